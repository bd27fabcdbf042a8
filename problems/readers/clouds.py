"""The one door for point clouds: three coordinates and one number for each point, whatever the file calls them."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems.readers.arrays import load_npz
from problems.readers.point_formats import Columns, read_pcd, read_ply
from problems.readers.text_tables import read_text

COORDINATES = ("x", "y", "z")
VALUES = ("value", "intensity", "sdf", "signed_distance", "distance", "scalar", "quality", "density", "w", "v")
"""Names of the one number of a point, the first that is there; a name that begins so counts as well."""
COLOURS = ("red", "green", "blue")
SHORT = {"r": "red", "g": "green", "b": "blue"}
LUMA = (0.299, 0.587, 0.114)  # of ITU-R BT.601, as Pillow's own gray
FORM = (
    "Give x, y, z and a value for each point: columns of text, PLY, PCD, or an .npz with points (n, 3) and values (n,)."
)


class Cloud(NamedTuple):
    """Points `(n, 3)`, one value each, `(n,)`, and what was understood."""

    points: NDArray[np.float64]
    values: NDArray[np.float64]
    notes: tuple[str, ...]


def read_cloud(path: str, content: bytes) -> Cloud:
    """The cloud in a file's content; raises ValueError naming what it holds instead."""
    # an .npz is a zip archive
    if content.startswith(b"PK\x03\x04") or path.lower().endswith(".npz"):
        return _from_npz(path, content)
    if content.startswith(b"ply"):
        return _named(path, read_ply(path, content), "PLY")
    if content.startswith((b"# .PCD", b"VERSION")):
        return _named(path, read_pcd(path, content), "PCD")
    return _from_text(path, content)


def _from_npz(path: str, content: bytes) -> Cloud:
    arrays = {name.lower(): array for name, array in load_npz(path, content).items()}
    if "points" not in arrays:
        return _named(path, {name: array for name, array in arrays.items() if array.ndim == 1}, "arrays")
    values = next((arrays[name] for name in ("values", *VALUES) if name in arrays), None)
    points = arrays["points"]
    if values is None or points.ndim != 2 or points.shape[1] != 3 or values.shape[:1] != points.shape[:1]:
        shape = "none" if values is None else values.shape
        raise ValueError(f"'{path}' has points {points.shape} and values {shape}. {FORM}")
    note = f"'{path}' was read as arrays points and values."
    if values.ndim == 2 and values.shape[1] == 3:
        return _grey(points, values, note)
    if values.size != len(points):
        raise ValueError(f"'{path}' has points {points.shape} and values {values.shape}. {FORM}")
    return Cloud(points.astype(np.float64), values.reshape(-1).astype(np.float64), (note,))


def _from_text(path: str, content: bytes) -> Cloud:
    lines = content.split(b"\n", 1)
    if lines[0].strip().isdigit() and len(lines) > 1:  # XYZ begins with the number of points, and a line for a name
        content = lines[1]
    table = read_text(path, content)
    values = table.read(table.numeric) if table.numeric else np.zeros((0, 0))
    if not table.numbered:
        named = {table.names[place].lower(): values[:, index] for index, place in enumerate(table.numeric)}
        if set(COORDINATES) <= named.keys():
            return _named(path, named, "text")
    width = values.shape[1]
    if width == 4:
        return Cloud(values[:, :3], values[:, 3], (*table.notes, "The columns were taken for x, y, z and a value."))
    if (
        # six columns may end in a normal as well: colours are whole numbers from 0 to 255
        width == 6
        and len(values)
        and values[:, 3:].min() >= 0
        and (values[:, 3:] % 1 == 0).all()
        and values[:, 3:].max() <= 255
    ):
        return _grey(
            values[:, :3], values[:, 3:], f"{table.notes[0]} The columns were taken for x, y, z, red, green, blue."
        )
    raise ValueError(f"'{path}' has {width} column(s) of numbers, which are no x, y, z and a value. {FORM}")


def _named(path: str, columns: Columns, kind: str) -> Cloud:
    columns = {SHORT.get(name.lower(), name.lower()): column for name, column in columns.items()}
    lacking = [name for name in COORDINATES if name not in columns]
    listed = ", ".join(columns) or "nothing"
    if lacking:
        raise ValueError(f"A cloud has coordinates x, y and z; '{path}' has {listed}. {FORM}")
    points = np.stack([columns[name].astype(np.float64) for name in COORDINATES], axis=1)
    others = [name for name in columns if name not in (*COORDINATES, *COLOURS)]
    # the order of VALUES decides, and not that of the columns
    chosen = next((name for wanted in VALUES for name in others if name.startswith(wanted)), None)
    if chosen is not None:
        note = f"'{path}' was read as {kind} with {listed}; '{chosen}' is what is learned."
        return Cloud(points, columns[chosen].astype(np.float64), (note,))
    if set(COLOURS) <= columns.keys():
        colours = np.stack([columns[name].astype(np.float64) for name in COLOURS], axis=1)
        return _grey(points, colours, f"'{path}' was read as {kind} with {listed}.")
    if len(others) == 1:
        note = f"'{path}' was read as {kind} with {listed}; '{others[0]}' is what is learned."
        return Cloud(points, columns[others[0]].astype(np.float64), (note,))
    raise ValueError(
        f"A cloud needs a number to learn at each point; '{path}' has {listed}. Add a column such as intensity or sdf."
    )


def _grey(points: NDArray[Any], colours: NDArray[Any], note: str) -> Cloud:
    top = 255.0 if colours.max() > 1 else 1.0
    # the weights add up to 1, so that gray has the range of its colours
    values = -1 + 2 * (colours @ np.asarray(LUMA)) / top
    said = f"Colours from 0 to {top:g} became one gray from -1 to 1 (0.299 R + 0.587 G + 0.114 B)."
    return Cloud(points.astype(np.float64), values.astype(np.float64), (note, said))
