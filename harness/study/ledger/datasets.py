"""Many runs in one file: the rows of their parts, one below the other, as `compact` merges them."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness.study.ledger import checksum
from harness.study.ledger.part import (
    CHANGED,
    COLUMNS,
    MARK,
    VERSION,
    State,
    TooNew,
    Unreadable,
    check_columns,
    check_ends,
    write_rows,
)
from harness.whole_files import replace_file

DATASET = "dataset"
MOST_RUNS = 10_000
"""Of one file, which is held in memory as it is written."""


class Dataset:
    """The merged files in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._checked: dict[Path, tuple[int, int]] = {}
        """Size and time of the files that were found whole."""

    def states(self) -> dict[str, State]:
        """How each run in them stands; a later file goes before an earlier one."""
        found: dict[str, State] = {}
        for path in self.paths():
            columns = _read(path, ["run_id", "status", "attempt", "observers"]).to_pydict()
            observers = columns.get("observers", [""] * len(columns["run_id"]))
            states = map(State, columns["status"], columns["attempt"], (text or "" for text in observers))
            found.update(_latest(found, zip(columns["run_id"], states, strict=True)))
        return found

    def rows(self, wanted: Mapping[str, State], tables: Iterable[str] | None = None) -> list[pa.Table]:
        """The rows of those runs in that state, with these of their tables."""
        return list(self._rows(wanted, None if tables is None else [*COLUMNS, *tables])) if wanted else []

    def _rows(self, wanted: Mapping[str, State], columns: list[str] | None) -> Iterator[pa.Table]:
        ids = pa.array(list(wanted))
        missing = set(wanted)
        # the latest file first, and every run once: what an earlier one says of it is passed over
        for path in reversed(self.paths()):
            self._check(path)
            rows = _read(path, columns)
            rows = rows.filter(pc.is_in(rows["run_id"], value_set=ids))
            found = rows.select(["run_id", "attempt"]).to_pydict()
            pairs = zip(found["run_id"], found["attempt"], strict=True)
            chosen = [i for i, (key, n) in enumerate(pairs) if key in missing and n == wanted[key].attempt]
            missing -= {found["run_id"][i] for i in chosen}
            # with its type, which no row at all would not tell
            yield rows.take(pa.array(chosen, pa.int64()))

    def add(self, rows: list[pa.Table]) -> Path:
        """Write rows as a new file, after all others."""
        last = max((int(path.name.split("-")[0]) for path in self.paths()), default=0)
        self.folder.mkdir(parents=True, exist_ok=True)
        # two that merge at once may count to one number; the token keeps their files apart
        path = self.folder / name_of(last + 1, secrets.token_hex(4))
        replace_file(path, lambda file: write_merged(file, rows))
        return path

    def paths(self) -> list[Path]:
        """The files, the oldest first."""
        return sorted(path for path in self.folder.glob("[0-9]*-*.parquet") if path.name.split("-")[0].isdecimal())

    def _check(self, path: Path) -> None:
        """Raise Unreadable unless every byte is what was written; of a file once, while it does not change."""
        stat = path.stat()
        if self._checked.get(path) != (stat.st_size, stat.st_mtime_ns):
            try:
                check_ends(path)
                whole = checksum.is_whole(path.read_bytes())
            except (OSError, Unreadable) as error:
                raise _unreadable(path, str(error)) from None
            if not whole:
                raise _unreadable(path, CHANGED)
            self._checked[path] = stat.st_size, stat.st_mtime_ns


def name_of(number: int, token: str) -> str:
    """The name of a merged file."""
    return f"{number:06d}-{token}.parquet"


def write_merged(target: Any, rows: Sequence[pa.Table]) -> None:
    """Write rows of many runs into an open file, as one merged file."""
    # runs have different tables: a column that one lacks is null there
    merged = pa.concat_tables(rows, promote_options="default")
    write_rows(target, merged.replace_schema_metadata({MARK + b":version": str(VERSION).encode()}))


def _read(path: Path, columns: list[str] | None) -> pa.Table:
    try:
        check_ends(path)
        file = pq.ParquetFile(path, page_checksum_verification=True)
        version = (file.metadata.metadata or {}).get(MARK + b":version", b"?").decode()
        if not version.isdecimal() or int(version) > VERSION:
            raise TooNew(f"'{path}' was written by another version of the harness (layout {version}); update it.")
        check_columns(file.schema_arrow)
        known = set(file.schema_arrow.names)
        return file.read(None if columns is None else [name for name in columns if name in known])
    except (OSError, pa.ArrowException, Unreadable) as error:
        raise _unreadable(path, str(error)) from None


def _unreadable(path: Path, why: str) -> Unreadable:
    return Unreadable(
        f"The merged runs in '{path}' cannot be read: {why.splitlines()[0]}. Take the file from a copy, or move it "
        "away and start the study again: its runs are then made anew."
    )


def _latest(found: Mapping[str, State], new: Iterable[tuple[str, State]]) -> dict[str, State]:
    return {key: state for key, state in new if key not in found or state.attempt >= found[key].attempt}
