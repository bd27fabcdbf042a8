"""Checks a plugin in another process, which is ended from outside if it does not come back: a check always ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

from harness.rules.check import Finding

SECONDS = 60.0
"""What one rule may take; the slowest of the house's own methods takes 5."""
STARTING = 120.0
"""What the libraries may take beside that, before the plugin is loaded, on a busy machine."""
MOST_PRINTED = 1_000_000
"""Bytes on the standard streams after which a plugin is taken to print for ever."""
PATIENCE = 0.02
"""Seconds between two looks."""


def check_file(path: str | Path, seconds: float = SECONDS) -> Iterator[Finding]:
    """Every rule for everything that the file registers; one that does not end in `seconds` is broken.

    Where a process had to be ended, or has ended itself, the other rules are not tried on the same method.
    Raises ValueError, saying what is wrong with the file, if it cannot be loaded."""
    done = 0
    while True:
        with TemporaryDirectory() as folder:
            watched = Watched(Path(path).resolve(), Path(folder), done, seconds)
            yield from watched.findings()
        if watched.finished:
            return
        fault = watched.fault
        if not fault.name:
            raise ValueError(f"The plugin '{path}' cannot be loaded: {fault.complaint}")
        yield fault
        # the same method would most likely hold the next process as well
        done = watched.first_of_the_next_name
        if done == len(watched.names):
            return


class Watched:
    """One process that checks, from the rule after the first `skip` on."""

    def __init__(self, plugin: Path, folder: Path, skip: int, seconds: float) -> None:
        self._lines = folder / "findings.jsonl"
        self._printed = folder / "printed.txt"
        self._words = [sys.executable, "-m", "harness.rules.inside", str(plugin), str(self._lines), str(skip)]
        self._seconds = seconds
        self._current = ("", "loads")
        self.names: list[str] = []
        """What each rule is to be tried on, in order."""
        self.finished = False
        self.fault = Finding("", "loads", None)
        """The rule at which the process ended without an answer, and why."""

    @property
    def first_of_the_next_name(self) -> int:
        """The number of the first rule for what is registered after the one at fault."""
        given_up = self.names.index(self.fault.name)
        return given_up + self.names.count(self.fault.name)

    def findings(self) -> Iterator[Finding]:
        """As they come, until the process ends or is ended."""
        seen, since = 0, monotonic() + STARTING
        self._lines.touch()
        with self._process() as process:
            while True:
                ended = process.poll() is not None  # looked at first: what was written before the end is read below
                # what follows the last newline is a line that is being written
                lines = self._lines.read_text(encoding="utf-8").split("\n")[:-1]
                for line in lines[seen:]:
                    seen, since = seen + 1, monotonic()
                    yield from self._read(json.loads(line))
                if self.finished:
                    return
                why = self._why(process.returncode) if ended else self._overrun(monotonic() - since)
                if why:
                    self.fault = Finding(*self._current, why)
                    return
                sleep(PATIENCE)

    def _read(self, line: dict[str, Any]) -> Iterator[Finding]:
        if "refused" in line:
            raise ValueError(line["refused"])
        if "names" in line:
            self.names = line["names"]
        if "began" in line:
            self._current = line["began"], line["rule"]
        if "complaint" in line:
            yield Finding(*self._current, line["complaint"])
        self.finished = "all" in line

    def _overrun(self, seconds: float) -> str | None:
        if self._printed.stat().st_size > MOST_PRINTED:
            return f"a method prints little; it was ended from outside after {MOST_PRINTED / 1e6:g} MB"
        if seconds > self._seconds:
            return (
                f"a run ends when the objective raises; it was ended from outside after {self._seconds:g} s: let that "
                "exception pass (no `except` may swallow it), and neither sleep nor wait"
            )
        return None

    def _why(self, code: int) -> str:
        how = f"by the signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        return f"a method leaves its process alone; the process ended {how}: return, and call neither exit nor abort"

    @contextmanager
    def _process(self) -> Iterator["subprocess.Popen[bytes]"]:
        root = str(Path(__file__).parents[2])
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        with self._printed.open("wb") as printed:
            # output goes to a file: a pipe that nobody reads fills up, and holds the plugin instead of being measured
            process = subprocess.Popen(
                self._words,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                # a group of its own, by which all that it starts can be ended
                start_new_session=True,
            )
            try:
                yield process
            finally:
                _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the process and, where the system has groups of them, all that it has started."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
