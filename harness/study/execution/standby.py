"""Beside a job with a time limit: its partial curves are kept on disk, for the case that its process must be killed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread
from time import monotonic

from harness.study.ledger.ledger import Ledger
from harness.study.workers.channel import tell
from harness.tables import RunRows

EVERY = 1.0
"""Seconds between two looks at whether there is something new to keep."""
GRACE = 5.0
"""Seconds, at least, that a method has beyond the soft limit; with long limits a quarter of them."""


def hard_limit(time_limit: float, grace: float = GRACE) -> float:
    """Seconds outside measuring after which a job is ended from outside."""
    return time_limit + max(grace, time_limit / 4)


class Standby:
    """The attendant of the runs of one job."""

    def __init__(
        self, ledger: Ledger, run_ids: Sequence[str], seconds: float, end: Callable[[], object] | None = None
    ) -> None:
        """`end` is called when the `seconds` have passed, where nobody outside this process counts them."""
        self._ledger = ledger
        self._run_ids = run_ids
        self._seconds = seconds
        self._end = end
        self._began = self._paused_at = 0.0
        self._over = Event()
        self._thread: Thread | None = None

    def attend(self, tables: Callable[[], list[RunRows]]) -> None:
        self._rest()
        # one for each thread: a job whose methods have no lanes attends several times
        self._over = Event()
        self._began, self._paused_at = monotonic(), 0.0
        self._thread = Thread(target=self._keep, args=(tables, self._over), daemon=True)
        self._thread.start()
        tell("limit", self._seconds)

    @contextmanager
    def measuring(self) -> Iterator[None]:
        tell("pause")
        self._paused_at = monotonic()
        try:
            yield
        finally:
            # a start that moves on by the pause is a clock that has stood still
            self._began += monotonic() - self._paused_at
            self._paused_at = 0.0
            tell("resume")

    def leave(self) -> None:
        """The job has come back: nothing need be kept."""
        tell("limit", None)
        self._rest()
        for run_id in self._run_ids:
            self._ledger.forget_partial(run_id)

    def _rest(self) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _keep(self, tables: Callable[[], list[RunRows]], over: Event) -> None:
        marks = 0
        while not over.wait(EVERY):
            standing = tables()
            reached = sum(len(one["curves"]) for one in standing)
            # no new mark, nothing new to keep: a slow method does not wear the disk
            if reached > marks:
                marks = reached
                for one in standing:
                    with suppress(OSError):  # a full disk is told when the run itself is written
                        self._ledger.write_partial(str(one["runs"]["run_id"][0]), one)
            if self._end is not None and not self._paused_at and monotonic() - self._began > self._seconds:
                self._end()
