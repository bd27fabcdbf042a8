"""Point clouds in the formats of scanners and meshes: PLY (Turk 1994) and PCD (Point Cloud Library), as text or binary.

Both are a header that declares the columns, and then the points row after row. Only points are read, not faces.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Columns = dict[str, NDArray[Any]]

PLY_TYPES = {"char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4"}
PLY_TYPES |= {"int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "uint32": "u4"}
PLY_TYPES |= {"float": "f4", "double": "f8", "float32": "f4", "float64": "f8"}
ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
PCD_TYPES = {"F": "f", "I": "i", "U": "u"}
PACKED = {
    "rgb": (("red", 16), ("green", 8), ("blue", 0)),
    "rgba": (("red", 16), ("green", 8), ("blue", 0), ("alpha", 24)),
}
"""Fields of PCD that hold several numbers in their bits, and how far these are shifted."""
PADDING = "_"
"""How PCL calls bytes between fields that mean nothing, as often as they occur."""


def read_ply(path: str, content: bytes) -> tuple[Columns, int]:
    """The properties of the vertices, by name, and the line of the first, 0 in a binary file; raises ValueError."""
    head, found, body = content.partition(b"end_header")
    lines = [line.split() for line in head.decode("latin-1").splitlines()]
    order = next((line[1] for line in lines if line[:1] == ["format"] and len(line) > 1), "")
    if not found or order not in ORDERS:
        raise ValueError(f"'{path}' must have the header of a PLY file, with a format and 'end_header'; it has not.")
    elements = [index for index, line in enumerate(lines) if line[:1] == ["element"]]
    if not elements or lines[elements[0]][1:2] != ["vertex"]:
        raise ValueError(f"The first element of '{path}' must be the vertices; save it so, or as .xyz.")
    end = elements[1] if len(elements) > 1 else len(lines)
    properties = [line[1:] for line in lines[elements[0] + 1 : end] if line[:1] == ["property"]]
    odd = [line for line in properties if len(line) != 2 or line[0] not in PLY_TYPES]
    if odd:
        raise ValueError(f"Every property of the vertices must be a number; '{path}' has '{' '.join(odd[0])}'.")
    # one record a point, packed without gaps, as the standard type of numpy is
    if len({name for _, name in properties}) < len(properties):
        raise ValueError(f"Every property of the vertices of '{path}' has a name of its own; one occurs twice.")
    kind = np.dtype([(name, ORDERS[order] + PLY_TYPES[code]) for code, name in properties])
    # the points begin after the line of end_header, which may end in \r\n
    body = body[body.index(b"\n") + 1 :] if b"\n" in body else b""
    count = "".join(lines[elements[0]][2:])
    if not count.isdecimal():
        raise ValueError(
            f"The vertices of '{path}' must be counted, as 'element vertex 100'; its header has '{count}'."
        )
    first_line = head.count(b"\n") + 2 if order == "ascii" else 0
    return _points(path, body, kind, int(count), first_line), first_line


def read_pcd(path: str, content: bytes) -> tuple[Columns, int]:
    """The fields of the points, by name, and the line of the first, 0 in a binary file; raises ValueError.

    A packed colour becomes red, green and blue, and alpha; padding and fields of several numbers are left out."""
    start = content.find(b"\nDATA ")
    if start < 0:
        raise ValueError(f"'{path}' must have the header of a PCD file, with a line DATA; it has not.")
    end = content.find(b"\n", start + 1)
    lines = [line.split() for line in content[: end if end > 0 else None].decode("latin-1").splitlines()]
    head = {line[0]: line[1:] for line in lines if line and not line[0].startswith("#")}
    lacking = [name for name in ("FIELDS", "SIZE", "TYPE", "POINTS", "DATA") if not head.get(name)]
    if lacking:
        raise ValueError(f"The header of a PCD file has a line {lacking[0]}; '{path}' has none.")
    way = head["DATA"][0]
    if way not in ("ascii", "binary"):
        raise ValueError(f"'{path}' holds its points as {way}; save it as ascii or binary.")
    kind, points = _record(path, head)
    first_line = content[: end + 1].count(b"\n") + 1 if way == "ascii" else 0
    columns = _points(path, content[end + 1 :], kind, points, first_line)
    columns = {name: column for name, column in columns.items() if column.ndim == 1 and not name.startswith(PADDING)}
    for packed, parts in PACKED.items():
        if packed in columns:
            _unpack(path, columns, kind, packed, parts)
    return columns, first_line


def _unpack(path: str, columns: Columns, kind: "np.dtype[Any]", packed: str, parts: Sequence[tuple[str, int]]) -> None:
    """Replaces a packed colour, 0xAARRGGBB in the bits of a number that may call itself a float, by its parts."""
    twins = [name for name, _ in parts if name in columns]
    if twins or kind[packed].itemsize != 4:
        raise ValueError(
            f"A packed colour has four bytes, and the points no '{parts[0][0]}' beside it; the field '{packed}' of "
            f"'{path}' has {kind[packed].itemsize} bytes, beside {', '.join(columns)}. Leave one of them out."
        )
    bits = np.ascontiguousarray(columns.pop(packed), kind[packed]).view("<u4")
    columns |= {name: (bits >> shift) & 255 for name, shift in parts}


def _record(path: str, head: dict[str, list[str]]) -> "tuple[np.dtype[Any], int]":
    """What the header of a PCD file says of one point, and how many there are; raises ValueError."""
    fields = [f"{PADDING}{number}" if name == PADDING else name for number, name in enumerate(head["FIELDS"])]
    counts = head.get("COUNT", ["1"] * len(fields))
    try:
        kind = np.dtype(
            [
                (name, f"<{PCD_TYPES[code]}{size}", (int(count),) if int(count) > 1 else ())
                for name, code, size, count in zip(fields, head["TYPE"], head["SIZE"], counts, strict=True)
            ]
        )
        return kind, int(head["POINTS"][0])
    # another letter, no number, more of one than of the other, or a name twice
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"The header of '{path}' must say of each field its own name, one SIZE, one TYPE (F, I or U) and COUNT, "
            f"and how many POINTS there are; it does not ({error})."
        ) from None


def _points(path: str, body: bytes, kind: "np.dtype[Any]", count: int, first_line: int) -> Columns:
    names = kind.names or ()
    if first_line:
        rows = body.decode("latin-1").splitlines()[:count]
        # a field of several numbers has as many places
        each = [name for name in names for _ in range(int(np.prod(kind[name].shape)))]
        try:
            table = np.array([row.split()[: len(each)] for row in rows], np.float64).reshape(-1, len(each))
        except ValueError:
            raise ValueError(_fault(path, rows, each, first_line)) from None
        parts = {name: table[:, [place for place, other in enumerate(each) if other == name]] for name in names}
        columns = {name: part if kind[name].shape else part[:, 0] for name, part in parts.items()}
    else:
        whole = body[: count * kind.itemsize]
        # whole records alone; what lacks is told below
        points = np.frombuffer(whole[: len(whole) // kind.itemsize * kind.itemsize], kind)
        columns = {name: points[name] for name in names}
    found = len(next(iter(columns.values()))) if columns else 0
    if found < count:
        raise ValueError(f"'{path}' announces {count:,} points and holds {found:,}: it is truncated.")
    return columns


def _fault(path: str, rows: Sequence[str], names: Sequence[str], first_line: int) -> str:
    """Names the first line that is no point, and one that is."""
    whole = [_is_point(row, len(names)) for row in rows]
    wrong = whole.index(False)
    example = f" A line such as '{rows[whole.index(True)].strip()[:60]}' is read." if any(whole) else ""
    return (
        f"Every point of '{path}' must be {len(names)} numbers ({', '.join(names)}), as its header says; line "
        f"{first_line + wrong} is '{rows[wrong].strip()[:60]}'.{example}"
    )


def _is_point(row: str, width: int) -> bool:
    try:
        return len([float(cell) for cell in row.split()[:width]]) == width
    except ValueError:
        return False
