"""All runs that a folder holds: loose parts, merged ones, and those of the first layout."""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import pyarrow as pa

from harness.study.ledger import older, part, provenance
from harness.study.ledger.datasets import DATASET, MOST_RUNS, Dataset
from harness.study.ledger.leases import Leases
from harness.study.ledger.part import State, Unreadable
from harness.tables import AnyRows, Tables, frame
from harness.whole_files import TEMPORARY, is_being_written, replace_file

PARTS = "parts"
PARTIAL = "partial"
MERGING = "merging"
REFUSED = "refused"
LEASES = "leases"
TRACEBACKS = "tracebacks"
NAME = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_-]{0,127}")
"""What the id of a run looks like: nothing that leads out of a folder."""


T = TypeVar("T")


class Unwritable(ValueError):
    """The disk is full, or the folder may not be written to."""


class Ledger:
    """Writes and finds the runs in `folder`, which several studies may share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.dataset = Dataset(folder / DATASET)
        self.damaged: dict[str, str] = {}
        """Files among the parts that are none, with the reason."""
        self.put_aside: dict[str, str] = {}
        """Those that `check` has found and put aside."""
        self._checked: dict[Path, tuple[int, int]] = {}

    def write(self, run_id: str, tables: Mapping[str, AnyRows], machine: Mapping[str, Any], attempt: int = 1) -> None:
        """Write a finished run in place of what there is of it; raises Unwritable where the disk refuses it."""
        path = self._path(PARTS, run_id)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # the machine first and the kept half last: a kill between two lines loses neither a run nor its provenance
            provenance.record(self.folder, machine)
            part.write(path, run_id, tables, attempt)
            self.forget_partial(run_id)
        except OSError as error:
            raise Unwritable(
                f"A run could not be written to '{self.folder}': {error.strerror or error}. Every finished run is "
                "kept; start the same command again when that is mended."
            ) from None

    def write_partial(self, run_id: str, tables: Mapping[str, AnyRows]) -> None:
        """Write a run as it stands, for the case that it must be killed; it is in no table until then."""
        path = self._path(PARTIAL, run_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        # what a killed process wrote is safe with the system; after a power cut the run is made anew
        part.write(path, run_id, tables, durable=False)

    def partial(self, run_id: str) -> Tables | None:
        """What `write_partial` has left of a run."""
        try:
            return part.unpack(part.read(self._path(PARTIAL, run_id)))
        except Unreadable:
            return None

    def forget_partial(self, run_id: str) -> None:
        """Remove it."""
        self._path(PARTIAL, run_id).unlink(missing_ok=True)

    def keep_traceback(self, run_id: str, text: str) -> None:
        """Keep what a user's code said as the run failed; where the disk refuses it, the row's sentence must do."""
        path = self.folder / TRACEBACKS / f"{self._path(PARTS, run_id).stem}.txt"
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, lambda file: file.write(text.encode(errors="replace")), durable=False)

    def traceback(self, run_id: str) -> str:
        """That text; empty where there is none."""
        try:
            return (self.folder / TRACEBACKS / f"{self._path(PARTS, run_id).stem}.txt").read_text("utf-8", "replace")
        except OSError:
            return ""

    def leases(self, **options: Any) -> Leases:
        """The claims on runs of this ledger."""
        return Leases(self.folder / LEASES, **options)

    def states(self) -> dict[str, State]:
        """How each run stands. Loose parts are judged by their footers."""
        loose = {path.stem: state for path in self._loose() if (state := self._peek(path))}
        old = older.states(self.folder / PARTS) if (self.folder / PARTS / older.TABLES[-1]).is_dir() else {}
        # later ones win: a loose part was made after what was merged, and that after the first layout
        return {**old, **self.dataset.states(), **loose}

    def state(self, run_id: str) -> State | None:
        """How one run stands, if it is a loose part."""
        path = self._path(PARTS, run_id)
        return self._peek(path) if path.is_file() else None

    def check(self) -> dict[str, str]:
        """Read every loose part whole, and put those aside that are damaged; these, and why."""
        for path in self._loose():
            with suppress(OSError):
                stat = path.stat()
                # read whole once, and again only if size or time say that it has changed
                if self._checked.get(path) != (stat.st_size, stat.st_mtime_ns) and self._read(path) is not None:
                    self._checked[path] = stat.st_size, stat.st_mtime_ns
        found = dict(self.damaged)
        for name in found:
            self._put_aside(self.folder / PARTS / name)
        return found

    def _put_aside(self, path: Path) -> None:
        self.put_aside[path.name] = self.damaged.pop(path.name)
        # moved and not removed: somebody may want to know what has happened to them
        with suppress(OSError):  # a study that is read-only keeps them
            (self.folder / REFUSED).mkdir(exist_ok=True)
            path.replace(self.folder / REFUSED / path.name)

    def rows(self, run_ids: Iterable[str], tables: Iterable[str] | None = None) -> pa.Table | None:
        """The rows of those runs that are there, in this order, with these of their tables; None for no run."""
        wanted = dict.fromkeys(run_ids)
        loose = [row for path in self._loose(wanted) if (row := self._read(path)) is not None]
        have = {row["run_id"][0].as_py() for row in loose}
        merged = {key: state for key, state in self.dataset.states().items() if key in wanted and key not in have}
        found = loose + self.dataset.rows(merged, tables)
        have |= merged.keys()
        if (self.folder / PARTS / older.TABLES[-1]).is_dir():
            old = older.states(self.folder / PARTS)
            found += older.rows(self.folder / PARTS, [key for key in old if key in wanted and key not in have])
        if not found:
            return None
        together = pa.concat_tables(found, promote_options="default")
        place = {key: index for index, key in enumerate(together["run_id"].to_pylist())}
        return together.take(pa.array([place[key] for key in wanted if key in place]))

    def machines(self) -> pd.DataFrame:
        """The table `machines` of everything in the folder."""
        known = provenance.machines(self.folder)
        old = older.machines(self.folder / PARTS) if (self.folder / PARTS / "machines").is_dir() else []
        if not old:
            return known
        both = pd.concat([frame("machines", dict(pd.DataFrame(old))), known], ignore_index=True)
        return both.drop_duplicates("machine_id", ignore_index=True)

    def compact(self) -> int:
        """Merge the loose parts into files of many runs; how many there were. Damaged ones are put aside.

        They are moved aside first, so that whoever makes a run anew meanwhile loses nothing."""
        merging = self.folder / MERGING
        merging.mkdir(exist_ok=True)
        for path in self._loose():
            if self._peek(path):
                path.replace(merging / path.name)
        paths, merged = sorted(merging.glob("*.parquet")), 0
        for start in range(0, len(paths), MOST_RUNS):
            # merged on the disk before the parts go: a crash between leaves a run twice, and never not at all
            batch = paths[start : start + MOST_RUNS]
            read = {path: row for path in batch if (row := self._read(path)) is not None}
            if read:
                self.dataset.add(list(read.values()))
            for path in batch:
                if path in read:
                    path.unlink()
                else:  # its footer was whole: that it is damaged shows only now
                    self._put_aside(path)
            merged += len(read)
        merging.rmdir()
        return merged

    def leftovers(self) -> list[Path]:
        """What killed processes have left: temporary files, runs as they stood, and parts put aside."""
        found = [
            path
            for name in (PARTS, DATASET, PARTIAL, provenance.MACHINES, LEASES, MERGING)
            for path in (self.folder / name).glob(TEMPORARY)
        ]
        found += self.folder.glob(TEMPORARY)
        # tables are written when no run is claimed any more
        found = [path for path in found if not is_being_written(path)]
        return found + [path for name in (PARTIAL, REFUSED) for path in (self.folder / name).glob("[!.]*")]

    def _path(self, folder: str, run_id: str) -> Path:
        if not NAME.fullmatch(run_id):
            raise ValueError(f"The id of a run has letters and digits alone; got '{run_id[:80]}'.")
        return self.folder / folder / f"{run_id}.parquet"

    def _loose(self, wanted: Mapping[str, None] | None = None) -> list[Path]:
        """The parts by name, and those that a merge has moved aside."""
        found: dict[str, Path] = {}
        # PARTS first: a run that was made again during a merge goes before the part moved aside; and a part that is
        # moved while we look is seen here, there or among the merged ones, which are read after these
        for folder in (PARTS, MERGING):
            for path in sorted((self.folder / folder).glob("[!.]*.parquet")):
                if wanted is not None and path.stem not in wanted:
                    continue
                if NAME.fullmatch(path.stem) and path.is_file():
                    found.setdefault(path.stem, path)
                elif path.exists():
                    self.damaged[path.name] = "its name is none of a run"
        return list(found.values())

    def _peek(self, path: Path) -> State | None:
        return self._judged(path, part.peek)

    def _read(self, path: Path) -> pa.Table | None:
        return self._judged(path, part.read)

    def _judged(self, path: Path, look: Callable[[Path], T]) -> T | None:
        try:
            return look(path)
        except Unreadable as reason:
            aside = self.folder / MERGING / path.name
            if path.exists():
                self.damaged[path.name] = str(reason)
            elif path != aside and aside.exists():  # a merge has moved it since it was found
                return self._judged(aside, look)
            return None
