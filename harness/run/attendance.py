"""Who stands by while a batch is made: somebody who is told its progress, and somebody who may have to end it."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from typing import Protocol, TypeAlias

from harness.run.metering.account import Observe, Snapshot
from harness.tables import RunRows
from optimizers.base import Doubles
from optimizers.isolation import globals_kept

Progress: TypeAlias = Callable[[float], None]
"""Is told the share of the budget that is spent, at every mark."""


Forsaken: TypeAlias = Callable[[list[RunRows]], object]
"""Is given the finished runs of a batch whose method no exception ends, and does not return."""


class Attendant(Protocol):
    """Ends a batch from outside where the method does not come back, and keeps what was measured until then."""

    def attend(self, tables: Callable[[], list[RunRows]]) -> None:
        """Is told before the first evaluation; `tables` gives the runs as they stand, at any time, in any thread."""

    def measuring(self) -> AbstractContextManager[None]:
        """Is entered for each measurement, whose seconds are not the method's."""


class Attended:
    """The observer of a batch, attended."""

    def __init__(
        self,
        observe: Observe,
        budget: float,
        progress: Progress | None = None,
        attendant: Attendant | None = None,
        forsaken: Forsaken | None = None,
    ) -> None:
        self._observe = observe
        self._budget = budget
        self._progress = progress
        self._attendant = attendant
        self.forsaken = forsaken
        self._measuring = Lock()

    def __call__(self, lanes: list[int], snapshot: Snapshot, last: Doubles, best: Doubles) -> None:
        attended = self._attendant.measuring() if self._attendant else nullcontext()
        # the lock is also taken by whoever reads the tables meanwhile: no row is of half a mark. What an observer draws
        # from a global generator is not missing to the method
        with self._measuring, attended, globals_kept():
            self._observe(lanes, snapshot, last, best)
        if self._progress:
            self._progress(min(1.0, snapshot.cost / self._budget))

    def begin(self, tables: Callable[[], list[RunRows]]) -> None:
        """Tell the attendant, if there is one, that the method is about to begin."""

        def between_measurements() -> list[RunRows]:
            with self._measuring:
                return tables()

        if self._attendant:
            self._attendant.attend(between_measurements)
