"""Columns of numbers from files of arrays: .npy, .npz and .parquet; nothing in them is unpickled."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from problems.readers.tables import Table, Values, check_exact

NAMELESS = "__index_level_"
"""How pandas calls an index without a name in Parquet."""


def read_npy(path: str, content: bytes) -> Table:
    """One array `(n,)` or `(n, k)`; raises ValueError."""
    try:
        array = np.load(BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise ValueError(f"'{path}' must be an array of numbers; {_reason(error)}.") from None
    return _one_array(path, array)


def read_npz(path: str, content: bytes) -> Table:
    """Several arrays `(n,)`, one a column, or one array as in .npy; raises ValueError."""
    arrays = load_npz(path, content)
    if len(arrays) == 1:
        return _one_array(path, next(iter(arrays.values())))
    long = {name: np.squeeze(array) for name, array in arrays.items()}
    lengths = {name: array.shape for name, array in long.items()}
    flat = {name: array for name, array in long.items() if array.ndim == 1}
    if len(flat) < 2 or len({len(array) for array in flat.values()}) > 1:
        shapes = ", ".join(f"{name} {shape}" for name, shape in lengths.items())
        raise ValueError(f"A curve in .npz is arrays of one length, such as x (n,) and y (n,); '{path}' has {shapes}.")
    left = ", ".join(name for name in arrays if name not in flat)
    others = f"; of another shape, and left out: {left}" if left else ""
    return columns_table(
        path, flat, f"'{path}' was read as {len(flat)} arrays of {len(next(iter(flat.values()))):,} numbers{others}."
    )


def load_npz(path: str, content: bytes) -> dict[str, NDArray[Any]]:
    """All arrays of the archive, by name; raises ValueError."""
    try:
        with np.load(BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (ValueError, EOFError, OSError, BadZipFile, KeyError) as error:
        raise ValueError(f"'{path}' must be an .npz of arrays of numbers; {_reason(error)}.") from None
    # of what is no array numpy gives the bytes
    odd = [name for name, array in arrays.items() if not isinstance(array, np.ndarray)]
    if odd:
        raise ValueError(
            f"'{path}' must be an .npz of arrays of numbers; it is another archive, which holds '{odd[0]}'. Save its "
            "arrays with numpy.savez."
        )
    return arrays


def read_parquet(path: str, content: bytes) -> Table:
    """The columns of a table, an index that pandas has kept first, as in CSV; raises ValueError."""
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(BytesIO(content)) as file:
            names = list(file.schema_arrow.names)
            table = file.read()
        kept = [name for name in _index_of(table) if name in names]
        order = [*kept, *(name for name in names if name not in kept)]
        arrays = [table.column(names.index(name)).to_numpy() for name in order]
    # what its parsing stumbles over
    except (pyarrow.ArrowException, OSError, ValueError, KeyError, TypeError, OverflowError, MemoryError) as error:
        raise ValueError(f"'{path}' must be a Parquet file that can be read; {_reason(error)}.") from None
    if len(set(names)) < len(names):
        twin = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"Each column of a table has its own name; '{path}' has {names.count(twin)} columns '{twin}'.")
    columns = dict(zip(order, arrays, strict=True))
    notes = [f"'{path}' was read as a Parquet table of {table.num_rows:,} rows."]
    nameless = [name for name in columns if name.startswith(NAMELESS)]
    for name in nameless:
        if columns[name].dtype.kind not in "biuf":
            notes.append("Its index, which has no name and holds no numbers, was left out.")
            del columns[name]
    # one index alone can be meant by no name
    found = {"" if [name] == nameless else name: column for name, column in columns.items()}
    return columns_table(path, found, " ".join(notes))


def _index_of(table: Any) -> list[str]:
    """The columns that were an index in pandas; ranges, which it does not store, are dicts there."""
    try:
        listed = (table.schema.pandas_metadata or {}).get("index_columns", [])
    except ValueError:  # of a program that writes no JSON there
        listed = []
    return [name for name in listed if isinstance(name, str)]


def _one_array(path: str, array: NDArray[Any]) -> Table:
    about = f"'{path}' was read as an array of shape {array.shape} and type {array.dtype}."
    if not array.size:
        raise ValueError(f"Columns hold numbers; the array in '{path}' is empty.")
    if array.dtype.names:
        odd = [f"{name} {array[name].shape}" for name in array.dtype.names if array[name].ndim != 1]
        if odd:
            raise ValueError(f"Each field of a structured array is a column (n,); '{path}' has {', '.join(odd)}.")
        return columns_table(path, {name: array[name] for name in array.dtype.names}, about)
    if array.ndim not in (1, 2):
        raise ValueError(f"Columns are an array (n,) or (n, k); '{path}' has the shape {array.shape}.")
    # one or two long rows are x and y lying down: as columns they would be hundreds of curves
    if array.ndim == 2 and array.shape[0] <= 2 < array.shape[1]:
        raise ValueError(
            f"Columns are an array (n, k), one row a point; '{path}' has the shape {array.shape}. Save its transpose."
        )
    wide = array.reshape(len(array), -1)  # (n,) to (n, 1)
    columns = {str(number + 1): column for number, column in enumerate(wide.T)}
    return columns_table(path, columns, about, numbered=True)


def columns_table(
    path: str, columns: Mapping[str, NDArray[Any]], about: str, *, numbered: bool = False, first_line: int = 0
) -> Table:
    """A table of arrays `(n,)` by name; rows are told by their number, or by the line where `first_line` is one.

    Raises ValueError for complex numbers."""
    names = tuple(columns)
    # truth values, whole numbers of either kind, floating point
    numeric = tuple(position for position, name in enumerate(names) if columns[name].dtype.kind in "biuf")
    odd = [f"{name} is complex" for name in names if columns[name].dtype.kind == "c"]
    if odd:
        raise ValueError(f"Columns are real numbers; in '{path}' {odd[0]}. Save its real and imaginary part.")

    def place(row: int) -> str:
        return f"line {row + first_line} of '{path}'" if first_line else f"row {row + 1} of '{path}'"

    def read(positions: Sequence[int]) -> Values:
        for position in positions:
            check_exact(f"'{path}', column '{names[position]}',", columns[names[position]])
        values = np.stack([columns[names[position]].astype(np.float64) for position in positions], axis=1)
        broken = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if len(broken):
            row = ", ".join(f"{value:g}" for value in values[broken[0]])
            raise ValueError(
                f"Every cell of the columns that are read must be a finite number; {place(int(broken[0]))} is '{row}', "
                f"the first of {len(broken):,}."
            )
        return values

    return Table(path, names, numeric, read, place, (about,), numbered=numbered)


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return "it holds objects, which would have to be unpickled" if "allow_pickle" in text else text[:120]
