"""An executor of worker processes that loses one task with a worker, and can end a task that takes too long."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from multiprocessing.connection import wait
from multiprocessing.reduction import ForkingPickler
from queue import SimpleQueue
from threading import Lock, Thread
from time import monotonic
from types import TracebackType
from typing import Any

from harness.study.workers.process import Worker, WorkerDied, check_main


class Overdue(Exception):
    """A task has outlasted its hard limit, and its process was killed."""


class Workers(Executor):
    """`count` processes, started when there is work for them. Raises CannotStart."""

    def __init__(self, count: int, environment: dict[str, str] | None = None) -> None:
        check_main()
        self.shares: dict[Future[Any], float] = {}
        """The share of each task in flight that is done."""
        self._environment = environment or {}
        self._tasks: SimpleQueue[tuple[Future[Any], bytes] | None] = SimpleQueue()
        self._count = count
        self._threads: list[Thread] = []
        self._workers: set[Worker] = set()
        self._lock = Lock()
        self._ended = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        # here and not in the thread: what cannot travel is an error of whoever submits it
        self._tasks.put((future, bytes(ForkingPickler.dumps((fn, args, kwargs)))))
        if len(self._threads) < self._count:
            self._threads.append(Thread(target=self._serve, daemon=True))
            self._threads[-1].start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        del cancel_futures  # nobody leaves tasks behind: an interrupt ends all of them
        # one for each thread, behind all tasks: whoever draws it has no more to do
        for _ in self._threads:
            self._tasks.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def end(self) -> None:
        """Kill the processes at once, as runs are whole or absent; none of them outlives the call."""
        with self._lock:
            self._ended = True
            for worker in self._workers:
                worker.process.kill()
        self.shutdown()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del error, trace
        self.shutdown() if kind is None else self.end()

    def _serve(self) -> None:
        """One thread: hands tasks to a process, and replaces the process where it must."""
        worker: Worker | None = None
        while (task := self._tasks.get()) is not None:
            future, content = task
            if self._ended or not future.set_running_or_notify_cancel():
                future.cancel()
                continue
            try:
                worker = worker or self._start()
                future.set_result(self._hand_over(worker, future, content))
            except (WorkerDied, Overdue) as error:
                if worker is not None:
                    self._forget(worker)
                worker = None
                future.set_exception(error)
            except BaseException as error:  # noqa: BLE001  # it belongs to whoever has given out the task
                future.set_exception(error)
        if worker is not None:
            worker.pipe.close()
            worker.process.join()
            self._workers.discard(worker)

    def _start(self) -> Worker:
        with self._lock:
            # asked under the lock: a worker either stands in the set that `end` kills, or is never started
            if self._ended:
                raise WorkerDied
            worker = Worker(self._environment)
            self._workers.add(worker)
        try:
            worker.await_ready()
        except BaseException:
            self._forget(worker)
            raise
        return worker

    def _forget(self, worker: Worker) -> None:
        with self._lock:
            self._workers.discard(worker)
        worker.kill()

    def _hand_over(self, worker: Worker, future: Future[Any], content: bytes) -> Any:
        try:
            worker.pipe.send_bytes(content)
            word, value = self._listen(worker, future)
        except (EOFError, OSError):
            raise WorkerDied from None
        finally:
            self.shares.pop(future, None)
        if word == "error":
            raise value
        return value

    def _listen(self, worker: Worker, future: Future[Any]) -> tuple[str, Any]:
        """The last word of a task; the clock of its limit stands still while it measures."""
        deadline: float | None = None
        left = 0.0
        paused = False
        while True:
            patience = None if deadline is None else max(0.0, deadline - monotonic())
            if not wait([worker.pipe, worker.process.sentinel], patience):
                raise Overdue
            # the process may be gone and its last word still lie in the pipe, which goes first
            if not worker.pipe.poll():
                raise WorkerDied
            word, value = worker.pipe.recv()
            if word in ("done", "error"):
                return word, value
            if word == "share":
                self.shares[future] = value
            elif word == "limit":
                deadline, paused = None if value is None else monotonic() + value, False
            elif word == "pause" and deadline is not None:
                # no deadline at all while it measures: `wait` then has all the time there is
                left, deadline, paused = deadline - monotonic(), None, True
            elif word == "resume" and paused:
                deadline, paused = monotonic() + left, False
