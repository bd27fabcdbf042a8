"""The place of a watched run in its study."""

import atexit
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from weakref import WeakMethod

from harness.analysis.units import unit_of
from harness.run.machine import machine
from harness.study.ledger.ledger import PARTS
from harness.study.store import STUDY, Store
from harness.study.understood import UNDERSTOOD
from harness.tables import AnyRows, Tables
from harness.watch.earlier import earlier
from harness.watch.identity import Terms, roll, run_id
from harness.whole_files import replace_text


class Entry:
    """One run of the study in `folder`; raises ValueError if it cannot be written, or counts cost in another unit."""

    def __init__(self, folder: Path, labels: Mapping[str, Any], said: Terms) -> None:
        self.labels = labels
        self.run_id = run_id(labels, said)
        self._terms = said
        self.understood: tuple[str, ...] = ()
        """What was understood of the data, in sentences that are kept in the study's folder."""
        self._store = Store(folder)
        # now, and not when the training is over
        self._store.check(roll(labels, said))
        if (folder / STUDY).is_file():
            self._check_unit()
        self._known = self._stamp()

    @property
    def is_ours(self) -> bool:
        """Whether nobody else has written the run since this did, or was made: a later watch of the same names."""
        return self._stamp() == self._known

    def _stamp(self) -> int:
        path = self._store.ledger.folder / PARTS / f"{self.run_id}.parquet"
        return path.stat().st_mtime_ns if path.is_file() else 0

    def earlier(self, cost: float) -> Tables | None:
        """The marks before this cost of the run as it lies there; None if there are none."""
        return earlier(self._store, self.run_id, cost)

    def write(self, tables: Mapping[str, AnyRows]) -> None:
        """Enter the study and write the run, in place of an earlier one of the same labels and seed."""
        self._store.open(roll(self.labels, self._terms))
        self._store.write(self.run_id, tables, machine())
        self._keep_understood()
        self._known = self._stamp()

    def _keep_understood(self) -> None:
        """Beside what others have written there: another loop may watch something else."""
        path = self._store.folder / UNDERSTOOD
        known = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        if new := [line for line in self.understood if line not in known]:
            replace_text(path, "".join(f"{line}\n" for line in (*known, *new)))

    def _check_unit(self) -> None:
        runs = self._store.read(["runs"])["runs"]
        for text in runs[runs["problem"] == self.labels["problem"]]["problem_settings"]:
            other = unit_of(text)
            if other != self._terms.unit:
                raise ValueError(
                    f"The study in '{self._store.folder}' counts the cost of this problem in {other}, and this watch "
                    f"in {self._terms.unit}: costs would not compare. Give unit='{other}' and `cost`, or another study."
                )


def at_exit(method: Callable[[], None]) -> None:
    """Have a method called when the process ends, while libraries are still there, if its owner lives then."""
    held = WeakMethod(method)
    atexit.register(lambda: (found := held()) and found())
