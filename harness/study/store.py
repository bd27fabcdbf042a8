"""The folder of a study: the list of its runs, the ledger that holds them, and the tables made from them.

The ledger is the folder's own unless several studies share one. What kills a study loses nothing that was finished, and
nothing half-written counts.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pandas as pd

from harness.analysis.alike import alike
from harness.analysis.incumbents import BEST
from harness.questions.reading import unseen
from harness.run.marks.observer import Observer
from harness.study.ledger.leases import alone
from harness.study.ledger.ledger import LEASES, PARTS, Ledger
from harness.study.ledger.part import KEY, State, TooNew, declared, unpack
from harness.study.ledger.whole_tables import read_whole, write_whole
from harness.study.roll import VERSION, is_roll, joined
from harness.tables import SCHEMA, AnyRows, Tables, empty
from harness.whole_files import TEMPORARY, check_writable, replace_file, replace_text
from problems.user_files import user_path

STUDY = "study.json"
EXPORTED = "tables.json"
"""Which runs the whole tables are of."""
MADE_FROM_OTHERS = ("hits", "order", "nulls", "machines")
RUN_TABLES = ("runs", "curves", "spectra", "predictions")
"""What every run produces."""
AGAIN = ("failed", "crashed")
"""Ends whose cause may have been removed."""
MOST_ATTEMPTS = 3
"""A run that failed is made again at the next start, and at the one after it."""


class OccupiedError(ValueError):
    """The output folder holds something else."""


class Store:
    """One study in `folder`; its runs lie in the folder `ledger`, or in the same."""

    def __init__(self, folder: Path, ledger: Path | None = None) -> None:
        self.folder = user_path(folder)
        self._shared = ledger

    @cached_property
    def ledger(self) -> Ledger:
        """Where the runs lie."""
        return Ledger(self._shared or self._recorded() or self.folder)

    def open(self, study: Mapping[str, Any]) -> None:
        """Make the folder for this study (`study_id`, and `runs` in order), or let the study there grow by these runs.

        Raises OccupiedError if it holds anything else, and ValueError if it cannot be written."""
        # nothing new, nothing written: the folder may be read-only
        if not self.is_entered(study):
            with self.alone():
                self.enter(study)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While it is entered, no other process changes the list of the runs, nor the file of the study."""
        with self._writing():
            self.folder.mkdir(parents=True, exist_ok=True)
        with alone(self.folder / LEASES):
            yield

    def is_entered(self, study: Mapping[str, Any]) -> bool:
        """Whether the list has these runs and terms."""
        found, grown = self.grown(study)
        return found == grown

    def enter(self, study: Mapping[str, Any]) -> None:
        """What `open` does, for who is alone there."""
        with self._writing():
            replace_text(self.folder / STUDY, json.dumps(self.grown(study)[1], separators=(",", ":")))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ValueError(
                f"The output folder '{self.folder}' must be writable; {error.strerror or error}. Choose another --out."
            ) from None

    def check(self, study: Mapping[str, Any]) -> None:
        """Raise what `open` and `write` would, and leave nothing."""
        check_writable(self.folder)
        self.grown(study)
        check_writable(self.ledger.folder / PARTS)

    def grown(self, study: Mapping[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        """The list there, if any, and what it would grow to; nothing is written. Raises OccupiedError."""
        found = self._found()
        occupied = found is None and self.folder.exists() and not (self._is_vacant() or self.has_lost_its_list())
        if occupied and (found := self._found()) is None:  # another may have begun the study in between
            raise OccupiedError(
                f"The output folder '{self.folder}' holds something else. Choose another --out, or remove that folder."
            )
        if found is not None and not self._may_grow(found, study):
            raise OccupiedError(
                f"The output folder '{self.folder}' holds the runs of another search. Choose another --out."
            )
        # up from where the folder lies, which is what `..` of it means also behind a link
        place = self.folder.resolve()
        # relative as well: from there the paths of the user's data in the study's file hold
        begun = {"begun": os.path.relpath(Path.cwd(), place)}
        grown = {**study, **begun} if found is None else joined(found, study)
        if self._shared is not None:
            # relative, so that a study and its ledger may be moved together
            grown["ledger"] = os.path.relpath(self._shared, place)
        return found, grown

    def write(self, run_id: str, tables: Mapping[str, AnyRows], machine: Mapping[str, Any], attempt: int = 1) -> None:
        """Write one finished run; raises Unwritable."""
        self.ledger.write(run_id, tables, machine, attempt)

    def states(self, observers: Sequence[Observer] = ()) -> dict[str, State]:
        """How the runs of this study stand, those that were made and that these observers have watched."""
        states = self.ledger.states()
        made = {run_id: states[run_id] for run_id in self.roll()["runs"] if run_id in states}
        return {run_id: state for run_id, state in made.items() if not unseen(observers, state.observers)}

    def done(self) -> set[str]:
        """The ids of the finished runs, however they ended."""
        return set(self.ledger.states())

    def read(self, tables: Iterable[str] | None = None) -> Tables:
        """The tables of all finished runs, in the order of the study, without those made from them."""
        schemas = declared()
        names = [name for name in (schemas if tables is None else tables) if name not in MADE_FROM_OTHERS]
        rows = self.ledger.rows(self.roll()["runs"], names)
        found = {name: empty(name, schemas[name]) for name in names} if rows is None else unpack(rows, names)
        for name, table in found.items():
            if KEY not in schemas[name]:  # of what several runs share, each tells the same
                found[name] = table.drop_duplicates(ignore_index=True)
        found = alike(found)
        if tables is not None and "machines" not in tables:
            return found
        return {**found, "machines": self.ledger.machines()}

    def roll(self) -> dict[str, Any]:
        """The list of the runs; raises FileNotFoundError if there is no study, and ValueError if it is damaged."""
        found = self._found()
        if found is None and self.has_lost_its_list():
            raise ValueError(
                f"The list of the runs in '{self.folder}', {STUDY}, is damaged or gone. Start the study once more as "
                f"it was started, with --out {self.folder}: the list is made anew, and what is finished is kept."
            )
        if found is None:
            raise FileNotFoundError(f"No study in '{self.folder}': it needs {STUDY}.")
        return found

    @property
    def incumbent(self) -> str:
        """The point of a run that the study's whole tables are about; before there are any, the best."""
        try:
            return str(json.loads((self.folder / EXPORTED).read_text())["incumbent"])
        except (OSError, ValueError, KeyError, TypeError):
            return BEST

    def export(self, tables: Tables, file_format: str, incumbent: str = BEST) -> list[Path]:
        """Write whole tables beside the parts, as `parquet` or `csv`; those of observers where they have rows."""
        names = [*SCHEMA, *(name for name, rows in tables.items() if name not in SCHEMA and len(rows))]
        paths = [self.folder / f"{name}.{file_format}" for name in names]
        # removed first and written last: tables of which a kill left some old and some new are never believed
        (self.folder / EXPORTED).unlink(missing_ok=True)
        for name, path in zip(names, paths, strict=True):
            replace_file(path, partial(write_whole, tables[name], file_format))
        known = {"runs": self._fingerprint(), "format": file_format, "incumbent": incumbent}
        replace_text(self.folder / EXPORTED, json.dumps(known))
        return paths

    def exported(self, name: str) -> pd.DataFrame | None:
        """A whole table as `export` has written it, if it is of the runs that are there now."""
        try:
            known = json.loads((self.folder / EXPORTED).read_text())
            path = self.folder / f"{name}.{known['format']}"
            return read_whole(name, path) if known["runs"] == self._fingerprint() and path.exists() else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _fingerprint(self) -> str:
        """Of the finished runs, and how often each was begun."""
        # with the attempt: a run that was made again is another, though its id is the same
        lines = (f"{run_id} {state.attempt} {state.status}\n" for run_id, state in self.states().items())
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def _found(self) -> dict[str, Any] | None:
        """The list there, if it is one; raises TooNew."""
        try:
            found = json.loads((self.folder / STUDY).read_text())
        except (OSError, ValueError):
            return None
        if is_roll(found) and found.get("version", 1) > VERSION:
            raise TooNew(f"The study in '{self.folder}' is of a later version of the harness; update it.")
        return found if is_roll(found) else None

    def _recorded(self) -> Path | None:
        place = (self._found() or {}).get("ledger")
        return self.folder / place if isinstance(place, str) else None

    @property
    def begun(self) -> Path | None:
        """The folder in which the study was begun, if it is known and still there."""
        found = (self._found() or {}).get("begun")
        place = self.folder / found if isinstance(found, str) else None
        return place.resolve() if place is not None and place.is_dir() else None

    @staticmethod
    def _may_grow(found: Mapping[str, Any], study: Mapping[str, Any]) -> bool:
        """A comparison grows; a search is continued, and joined by nothing else."""
        alike = found.get("purpose") == study.get("purpose")
        # a search draws its trials from its own seed: the runs of another would be no trials of it
        return alike and ("purpose" not in study or found.get("study_id") == study["study_id"])

    def _is_vacant(self) -> bool:
        """Whether nothing is there but what an interrupted `open` has left."""
        return self.folder.is_dir() and all(
            path.match(TEMPORARY) or path.name in (PARTS, LEASES) for path in self.folder.iterdir()
        )

    def has_lost_its_list(self) -> bool:
        """Whether the list alone is damaged or gone: finished runs lie there, which are found by their names."""
        return bool(Ledger(self.folder).states())


def read_exported(folder: Path) -> Tables:
    """The tables as `export` wrote them, from a folder without a ledger.

    Raises FileNotFoundError, saying what was looked for."""
    tables: Tables = {}
    for name, schema in declared().items():
        parquet, csv = folder / f"{name}.parquet", folder / f"{name}.csv"
        if parquet.exists() or csv.exists():
            tables[name] = read_whole(name, parquet if parquet.exists() else csv)
        elif name != RUN_TABLES[0]:
            tables[name] = empty(name, schema)
        else:
            raise FileNotFoundError(f"No results in '{folder}': it needs {STUDY} or {parquet.name} or {csv.name}.")
    return alike(tables)
