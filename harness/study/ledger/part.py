"""One run in one file: Parquet of a single row, in which each table of the run is a list of rows.

Any Parquet reader opens it, and many of them are one table of many rows, which is what `compact` writes. The run's id,
how often it was made and how it ended stand in the footer as well, so that asking for them reads no rows.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from harness.questions.reading import observed_schemas
from harness.study.ledger import checksum
from harness.study.ledger.absent import completed
from harness.tables import SCHEMA, AnyRows, Tables, empty
from harness.whole_files import replace_file

VERSION = 2
"""Of the layout of a part. The first kept one file a table, and is still read (`older.py`)."""
MARK = b"frequency-harness"
MAGIC = b"PAR1"
CHANGED = "it has changed since it was written: its checksum does not fit"
SMALL = 100_000
"""Bytes of a part in memory."""
LONGEST = 5_000_000
"""Rows of one table of one run; what claims more is no part of ours."""
KEY = "run_id"
ROWS_IN_GROUP = 500
COLUMNS = ("run_id", "attempt", "status", "reason", "observers")
"""Of a part, beside its tables."""
ARROW = {"str": pa.string(), "int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_()}


class Unreadable(ValueError):
    """A file among the parts that is none, or is damaged; the run counts as not made."""


class TooNew(ValueError):
    """A part that a later version of the harness has written."""


class State(NamedTuple):
    """How a run stands: its status, how often it was begun, and who observed it."""

    status: str
    attempt: int
    observers: str = ""


def declared() -> dict[str, dict[str, str]]:
    """The schemas of all tables that a run may produce."""
    return SCHEMA | observed_schemas()


def pack(run_id: str, tables: Mapping[str, AnyRows], attempt: int = 1) -> pa.Table:
    """The row of a run. In its tables the column `run_id` is left out, as it is the same throughout."""
    row = {name: str(next(iter(tables["runs"][name]))) for name in ("status", "reason", "observers")}
    columns = {
        "run_id": pa.array([run_id]),
        "attempt": pa.array([attempt], pa.int64()),
        **{name: pa.array([text]) for name, text in row.items()},
    }
    for name, rows in tables.items():
        if len(rows):
            # one list: its offsets are where it begins and where it ends
            columns[name] = pa.ListArray.from_arrays(pa.array([0, len(rows)], pa.int32()), _struct(name, rows))
    facts = facts_of(run_id, attempt, row["status"], row["observers"])
    return pa.table(columns).replace_schema_metadata(facts)


def facts_of(run_id: str, attempt: int, status: str, observers: str | None) -> dict[bytes, bytes]:
    """What the footer of a part says."""
    facts = {"version": VERSION, "run_id": run_id, "attempt": attempt, "status": status, "observers": observers or ""}
    return {MARK + b":" + key.encode(): str(value).encode() for key, value in facts.items()}


def _struct(name: str, rows: AnyRows) -> pa.StructArray:
    kinds = {column: kind for column, kind in declared()[name].items() if column != KEY}
    arrays = [_array(rows[column], kind) for column, kind in kinds.items()]
    return pa.StructArray.from_arrays(arrays, names=list(kinds))


def _array(column: Any, kind: str) -> pa.Array:
    if kind == "str":
        text = pa.array(column, pa.string(), from_pandas=True)
        return text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text  # pandas keeps some in pieces
    # not from pandas: NaN is a number here, and no missing value
    return pa.array(np.asarray(column, kind), ARROW[kind])


def write(path: Path, run_id: str, tables: Mapping[str, AnyRows], attempt: int = 1, *, durable: bool = True) -> None:
    """Write a part, whole or not at all."""
    replace_file(path, lambda file: write_rows(file, pack(run_id, tables, attempt)), durable=durable)


def write_rows(target: Any, rows: pa.Table) -> None:
    """Write rows, and their metadata, with a checksum of each page and one of the whole."""
    # in memory first: the sums are of the finished bytes, and stand among them
    held = pa.BufferOutputStream()
    # what makes a large part smaller takes more time than all else of a small one
    size = {"compression": "zstd"} if rows.nbytes > SMALL else {"compression": "snappy", "use_dictionary": False}
    options = {"write_page_checksum": True, "store_schema": False, "write_statistics": False, **size}
    with pq.ParquetWriter(held, rows.schema.remove_metadata(), **options) as writer:
        writer.write_table(rows.replace_schema_metadata(None), row_group_size=ROWS_IN_GROUP)
        writer.add_key_value_metadata(rows.schema.metadata | {checksum.NAME: checksum.BLANK})
    target.write(checksum.sealed(held.getvalue().to_pybytes()))


def peek(path: Path) -> State:
    """The state of the run in `path`, from its footer alone; raises Unreadable or TooNew."""
    facts = _facts(path, _footer(path))
    return State(facts["status"], int(facts["attempt"]), facts.get("observers", ""))


def read(path: Path, expected: str | None = None) -> pa.Table:
    """The row in `path`, every byte of it checked; raises Unreadable or TooNew.

    `expected` is the id that it must hold, which is the name of the file unless given."""
    footer = _footer(path)
    _facts(path, footer)
    try:
        if not checksum.is_whole(path.read_bytes()):
            raise Unreadable(CHANGED)
        rows = pq.ParquetFile(path, metadata=footer, page_checksum_verification=True).read(use_threads=False)
    except (OSError, ValueError, MemoryError, pa.ArrowException) as error:
        raise Unreadable(_first_line(error)) from None
    if rows.num_rows != 1 or rows["run_id"].to_pylist() != [expected or path.stem]:
        raise Unreadable("it holds another run than its name says")
    check_columns(rows.schema)
    return rows


def check_columns(schema: pa.Schema) -> None:
    """Raise Unreadable unless every column is one of ours, or a list of rows."""
    for field in schema:
        if field.name not in COLUMNS and not (
            pa.types.is_list(field.type) and pa.types.is_struct(field.type.value_type)
        ):
            raise Unreadable(f"its column '{field.name}' is no table")


def check_ends(path: Path) -> None:
    """Raise Unreadable unless the file begins and ends as Parquet does, and its footer is what was written."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            if size < 2 * len(MAGIC) + 4 or file.read(len(MAGIC)) != MAGIC:
                raise Unreadable("it is no Parquet file" if size else "it is empty")
            file.seek(-8, 2)  # the footer's length, little-endian, and the magic word
            length = int.from_bytes(file.read(4), "little")
            if length > size - 12 or file.read(4) != MAGIC:
                raise Unreadable("it is cut off")
            file.seek(-8 - length, 2)
            whole = checksum.is_whole_footer(file.read())
    except OSError as error:
        raise Unreadable(_first_line(error)) from None
    if not whole:
        raise Unreadable(CHANGED)


def _footer(path: Path) -> pq.FileMetaData:
    """The metadata, where it is plausible for the size of the file."""
    check_ends(path)  # before anything of it is believed: a damaged footer can end the process
    try:
        footer = pq.read_metadata(path)
        longest = max(
            (
                footer.row_group(group).column(column).num_values
                for group in range(footer.num_row_groups)
                for column in range(footer.num_columns)
            ),
            default=0,
        )
    except (OSError, ValueError, pa.ArrowException) as error:  # a damaged name is no text, which is a ValueError
        raise Unreadable(_first_line(error)) from None
    if longest > LONGEST * max(1, footer.num_rows):
        raise Unreadable(f"it claims {longest:,} rows in a column")
    return footer


def _facts(path: Path, footer: pq.FileMetaData) -> dict[str, str]:
    found = {
        key.removeprefix(MARK + b":").decode(): value.decode(errors="replace")
        for key, value in (footer.metadata or {}).items()
        if key.startswith(MARK + b":")
    }
    if not found.keys() >= {"version", "run_id", "attempt", "status"} or not found["attempt"].isdecimal():
        raise Unreadable("it was not written by this harness")
    if not found["version"].isdecimal() or int(found["version"]) > VERSION:
        raise TooNew(f"'{path}' was written by a later version of the harness (layout {found['version']}); update it.")
    if found["run_id"] != path.stem:
        raise Unreadable("it holds another run than its name says")
    return found


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def unpack(rows: pa.Table, names: Iterable[str] | None = None) -> Tables:
    """The tables of packed rows, one below the other in their order; those that no row has are empty."""
    wanted = [name for name in (declared() if names is None else names) if name in rows.column_names]
    given = dict(_unpacked(rows, wanted))
    return (
        given
        if names is None
        else {name: given[name] if name in given else empty(name, declared()[name]) for name in names}
    )


def _unpacked(rows: pa.Table, names: Iterable[str]) -> Iterator[tuple[str, pd.DataFrame]]:
    ids = rows["run_id"].combine_chunks()
    for name in names:
        lists = rows[name].combine_chunks()
        lengths = lists.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
        if lengths.sum():
            yield name, _frame(name, lists.flatten(), ids.take(pa.array(np.repeat(np.arange(len(lengths)), lengths))))


def _frame(name: str, struct: pa.StructArray, ids: pa.Array) -> pd.DataFrame:
    schema = declared()[name]
    found = dict(zip((field.name for field in struct.type), struct.flatten(), strict=True)) | {KEY: ids}
    columns = completed(name, {column: found[column] for column in schema if column in found}, schema)
    whole = {
        column: pd.Series(_values(columns[column], kind), dtype=kind)
        if column in found
        else pd.Series([columns[column]] * len(ids), dtype=kind)
        for column, kind in schema.items()
    }
    return pd.DataFrame(whole)


def _values(array: pa.Array, kind: str) -> Any:
    return array.to_pandas() if kind == "str" else array.to_numpy(zero_copy_only=False)
