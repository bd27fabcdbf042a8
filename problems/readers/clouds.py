"""The one door for point clouds: a table of columns, of which three are coordinates and others are learned."""

from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from problems.readers.arrays import columns_table, load_npz
from problems.readers.cloud_columns import COLOURS, COORDINATES, FORM, VALUES, Cloud, are_colours, choose, common_name
from problems.readers.curves import read_table
from problems.readers.point_formats import read_pcd, read_ply
from problems.readers.tables import Table

COLOUR_ARRAYS = ("colors", "colours", "color", "colour", "rgb")


def read_cloud(path: str, content: bytes, columns: str = "") -> Cloud:
    """The cloud in a file's content; `columns` names x, y, z and what is learned. Raises ValueError."""
    # an .npz is a zip archive
    if content.startswith(b"PK\x03\x04") or path.lower().endswith(".npz"):
        table = _from_npz(path, content)
    elif content.startswith(b"ply"):
        found, first = read_ply(path, content)
        table = columns_table(path, found, f"'{path}' was read as PLY with {', '.join(found)}.", first_line=first)
    elif content.startswith((b"# .PCD", b"VERSION")):
        found, first = read_pcd(path, content)
        table = columns_table(path, found, f"'{path}' was read as PCD with {', '.join(found)}.", first_line=first)
    else:
        table = _from_columns(path, content)
    return choose(table, columns)


def _from_npz(path: str, content: bytes) -> Table:
    stored = load_npz(path, content)
    arrays = {name.lower(): array for name, array in stored.items()}
    points = arrays.pop("points", None)  # (n, 3)
    if points is None:
        # as the file spells them, so that two in other letters are two
        found = {name: array for name, array in stored.items() if array.ndim == 1}
        if len({len(array) for array in found.values()}) > 1:
            shapes = ", ".join(f"{name} {array.shape}" for name, array in found.items())
            raise ValueError(f"The columns of a cloud have one length; '{path}' has {shapes}. {FORM}")
        return columns_table(path, found, f"'{path}' was read as the arrays {', '.join(found)}.")
    values = next((arrays[name] for name in ("values", *VALUES, *COLOUR_ARRAYS) if name in arrays), None)
    fitting = {
        name: array for name, array in arrays.items() if array.ndim in (1, 2) and array.shape[:1] == points.shape[:1]
    }
    if points.ndim != 2 or points.shape[1] != 3 or not fitting:
        shape = "none" if values is None else values.shape
        raise ValueError(f"'{path}' has points {points.shape} and values {shape}. {FORM}")
    parts = [dict(zip(COORDINATES, points.T, strict=True))]
    parts += [_parts(name, array.reshape(len(points), -1)) for name, array in fitting.items()]
    columns = {name: column for part in parts for name, column in part.items()}
    if len(columns) < sum(map(len, parts)) or len(arrays) < len(stored) - 1:
        raise ValueError(
            f"No two arrays may give a column of one name; '{path}' has {', '.join(stored)}, of which points are x, y "
            "and z, and three colours red, green and blue. Save them under other names."
        )
    left = ", ".join(name for name in arrays if name not in fitting)
    shorter = f"; of another length, and left out: {left}" if left else ""
    return columns_table(path, columns, f"'{path}' was read as the arrays points, {', '.join(fitting)}{shorter}.")


def _parts(name: str, array: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """The columns of one array `(n, m)`: colours by their names, others numbered from 1."""
    name = "value" if name == "values" else name
    if array.shape[1] == 3 and (name in COLOUR_ARRAYS or are_colours(array)):
        return dict(zip(COLOURS, array.T, strict=True))
    if array.shape[1] == 1:
        return {name: array[:, 0]}
    return {f"{name}{number}": column for number, column in enumerate(array.T, 1)}


def _from_columns(path: str, content: bytes) -> Table:
    first, newline, rest = content.partition(b"\n")
    if first.strip().isdigit() and newline:  # XYZ begins with the number of points, and a line for a name
        content = newline + rest  # a blank line in its place, so that lines keep their numbers
    table = read_table(path, content)
    if set(COORDINATES) <= {common_name(name) for name in table.names}:
        return table
    # without x, y and z the order of the columns says what they are
    return replace(table, numbered=True)
