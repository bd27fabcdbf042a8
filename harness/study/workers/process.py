"""One worker process: how it is started, what it does, and how it ends with whoever has started it."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from harness.run.threads import PINNED
from harness.study.workers.channel import listening
from harness.study.workers.nursery import SIGN, context, environment, spawned, worker_environment

UNGUARDED = 77
"""The exit status of a worker whose main script starts workers without a guard."""
GUARD = (
    'Worker processes import the script that starts them: put the call below a line `if __name__ == "__main__":` of a '
    "script in a file, or use jobs=1."
)


class CannotStart(ValueError):
    """Worker processes cannot be started from where the user is."""


class WorkerDied(BrokenExecutor):
    """The process of a task has died. The executor goes on with another."""


class Worker:
    """A process on one thread of its numerical libraries, and the pipe to it."""

    def __init__(self, changed: Mapping[str, str] | None = None) -> None:
        """`changed` is the environment's, beside that of all workers."""
        changed = changed or {}
        try:
            self._start(context(changed), changed)
        # a nursery that has died, or could not begin, is no reason to make no run
        except (EOFError, ConnectionError):
            self._start(spawned(), changed)

    def _start(self, context: Any, changed: Mapping[str, str]) -> None:
        self.pipe, other = context.Pipe()
        with environment({**worker_environment(), **changed}):
            self.process = context.Process(target=_serve, args=(other, dict(os.environ)), name="run")
            self.process.start()
        # held open here as well, the pipe would not end with the process, and nobody would learn of its death
        other.close()

    def await_ready(self) -> None:
        """Wait until it can take a task; raises WorkerDied, or CannotStart, saying why it cannot."""
        wait([self.pipe, self.process.sentinel])
        try:
            if self.pipe.poll():
                self.pipe.recv()
                return
        # the pipe has ended with the process, whose status says why
        except EOFError:
            pass
        self.process.join()
        status = self.process.exitcode
        if status is not None and status < 0:  # killed by a signal, which has nothing to do with the script
            raise WorkerDied
        if status == UNGUARDED:
            raise CannotStart(GUARD)
        raise CannotStart(f"A worker process ended before it could begin (exit status {status}). {GUARD}")

    def kill(self) -> None:
        """End it now, whatever it does."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def check_main() -> None:
    """Raise CannotStart where a worker could not import the script that runs; leave a worker that is importing it."""
    if os.environ.get(SIGN):
        os._exit(UNGUARDED)
    script = getattr(sys.modules["__main__"], "__file__", None)
    if script is not None and not Path(script).exists():
        raise CannotStart(f"The code that runs comes from '{script}', which workers cannot read. {GUARD}")


def _serve(pipe: Connection, told: Mapping[str, str]) -> None:
    """Take tasks from the pipe until it closes, in the environment that was `told`."""
    # a fork has the environment of when the nursery was started, and of threads its libraries know no other
    pinned = {name: os.environ[name] for name in PINNED if name in os.environ}
    os.environ.clear()
    os.environ.update({name: value for name, value in told.items() if name not in PINNED} | pinned)
    os.environ.pop(SIGN, None)  # the main script is imported
    # Ctrl-C reaches all processes of a terminal: what becomes of workers is for their parent to say
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    pipe.send(("ready", None))
    with suppress(EOFError, OSError), listening(lambda word, value: pipe.send((word, value))):
        while True:
            answer = _carry_out(pipe.recv_bytes())
            try:
                pipe.send(answer)
            except (TypeError, AttributeError, ValueError):  # an error that does not travel
                pipe.send(("error", RuntimeError(f"{type(answer[1]).__name__}: {answer[1]}")))


def _carry_out(content: bytes) -> tuple[str, Any]:
    try:
        function, arguments, options = multiprocessing.reduction.ForkingPickler.loads(content)
    except (AttributeError, ImportError) as error:
        return "error", CannotStart(f"A worker process cannot find what it was sent: {error}. {GUARD}")
    except Exception as error:  # noqa: BLE001  # such as a plugin's file that is gone, or no longer loads
        return "error", CannotStart(f"A worker process cannot take what it was sent: {error}")
    try:
        return "done", function(*arguments, **options)
    except BaseException as error:  # noqa: BLE001  # it is raised where the task was given out
        return "error", error


def _end_with(sentinel: int) -> None:
    """A worker has nobody to work for once its parent is gone."""
    wait([sentinel])
    os._exit(1)
