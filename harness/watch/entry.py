"""The place of a watched run in its study."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.analysis.units import unit_of
from harness.run.machine import machine
from harness.study.store import STUDY, Store
from harness.tables import RunRows
from harness.watch.identity import Terms, roll, run_id

ATTEMPTS = 20
"""To enter a study that other processes enter at the same moment."""


class Entry:
    """One run of the study in `folder`; raises ValueError if it cannot be written, or counts cost in another unit."""

    def __init__(self, folder: Path, labels: Mapping[str, Any], said: Terms) -> None:
        self.labels = labels
        self.run_id = run_id(labels, said)
        self._terms = said
        self._store = Store(folder)
        # now, and not when the training is over
        self._store.check(roll(labels, said))
        if (folder / STUDY).is_file():
            self._check_unit()

    def write(self, tables: RunRows) -> None:
        """Enter the study and write the run, in place of an earlier one of the same labels and seed."""
        for _ in range(ATTEMPTS):  # another process may enter at the same moment, and replace the list
            self._store.open(roll(self.labels, self._terms))
            if self.run_id in self._store.roll()["runs"]:
                break
        self._store.write(self.run_id, tables, machine())

    def _check_unit(self) -> None:
        runs = self._store.read(["runs"])["runs"]
        for text in runs[runs["problem"] == self.labels["problem"]]["problem_settings"]:
            other = unit_of(text)
            if other != self._terms.unit:
                raise ValueError(
                    f"The study in '{self._store.folder}' counts the cost of this problem in {other}, and this watch "
                    f"in {self._terms.unit}: costs would not compare. Give unit='{other}' and `cost`, or another study."
                )
