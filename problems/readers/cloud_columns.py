"""Which columns of a cloud are its coordinates and which are learned: as the user or their own names tell."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems.readers.tables import Table, Values, check_squares, listed, positions_of, without_index

COORDINATES = ("x", "y", "z")
VALUES = ("value", "intensity", "sdf", "signed_distance", "distance", "scalar", "quality", "density")
"""Names of what is learned, the first that is there; all names that begin so count."""
COLOURS = ("red", "green", "blue")
NORMALS = ("nx", "ny", "nz", "normal_x", "normal_y", "normal_z")
SHORT = {"r": "red", "g": "green", "b": "blue"}
GRAY = ("gray", "grey")
"""Names of a column that colours stand for, where the file has none of that name."""
LUMA = (0.299, 0.587, 0.114)  # of ITU-R BT.601, as Pillow's own gray
TOPS = (1.0, 255.0, 65_535.0)
"""Largest values that colours may have by their format."""
UNLIKE = 10.0
"""Ratio of spreads from which one output is as good as the whole mean square."""
FORM = (
    "Give x, y, z and one or more values for each point: columns of text, PLY, PCD, or an .npz with points (n, 3) and "
    "values (n,) or (n, m); --columns x,y,z,NAME says which columns they are. A shape without any file is learned by "
    "--problem solid-occupancy or solid-distance."
)


class Cloud(NamedTuple):
    """Points `(n, 3)`, what is learned `(n, m)`, what the columns of both are called, and what was understood."""

    points: Values
    values: Values
    axes: tuple[str, ...] = COORDINATES
    names: tuple[str, ...] = ("value",)
    notes: tuple[str, ...] = ()


def common_name(name: str) -> str:
    """A column's name as it is compared: in small letters, colours in full."""
    name = name.strip().lower()
    return SHORT.get(name, name)


def are_colours(values: NDArray[Any]) -> bool:
    """Whether three numbers a point may be taken for colours: whole, from 0 to 255, and not truth values."""
    return bool(len(values) and values.min() >= 0 and (values % 1 == 0).all() and 1 < values.max() <= 255)


def choose(table: Table, asked: str) -> Cloud:
    """The cloud in a table; `asked` names three coordinates and what is learned, else names or order tell.

    Raises ValueError, with the columns there are, where that is not clear."""
    if asked:
        return _asked(table, [name.strip() for name in asked.split(",")])
    if table.numbered:
        return _by_order(table)
    numeric, said = without_index(table)
    known = {common_name(table.names[place]): place for place in numeric}
    lacking = [name for name in COORDINATES if name not in known]
    if lacking:
        raise ValueError(f"A cloud has coordinates x, y and z; '{table.path}' has {listed(table) or 'nothing'}. {FORM}")
    for name in COORDINATES:
        _spelled(table, name)
    names = _learned([name for name in known if name not in COORDINATES])
    if not names:
        raise ValueError(
            f"A cloud needs a number to learn at each point; '{table.path}' has {listed(table)}. Add a column such as "
            f"intensity, sdf, or red, green, blue. {FORM}"
        )
    for name in names:
        _spelled(table, name)
    if "" in names:
        raise ValueError(
            f"What is learned has a name; '{table.path}' has {listed(table)}. Name what is meant with --columns "
            "x,y,z,NAME."
        )
    left = [name for name in known if name not in (*COORDINATES, *names)]
    others = f"; --columns would take others ({', '.join(left)})" if left else ""
    cloud = _read(table, [known[name] for name in (*COORDINATES, *names)], names)
    return cloud._replace(notes=(*table.notes, *said, f"{_quoted(names)} learned{others}.", *cloud.notes))


def _spelled(table: Table, name: str) -> str:
    """How the file spells what is called so; raises ValueError where it does so twice."""
    # words beside numbers are not meant
    spelled = dict.fromkeys(table.names[place] for place in table.numeric)
    found = [other for other in spelled if common_name(other) == common_name(name)]
    if len(found) > 1:
        raise ValueError(
            f"Columns must not be alike but for letters or a short form; '{table.path}' has '{found[0]}' and "
            f"'{found[1]}'. Name the ones that are meant with --columns, as the file spells them."
        )
    return found[0] if found else name


def _learned(others: Sequence[str]) -> list[str]:
    for wanted in VALUES:  # their order decides, and not that of the columns
        if found := [name for name in others if name.startswith(wanted)]:
            return found
    if set(COLOURS) <= set(others):
        return list(COLOURS)
    return [name for name in others if name not in NORMALS] or list(others)


def _by_order(table: Table) -> Cloud:
    width = len(table.numeric)
    if width < 4:
        raise ValueError(f"'{table.path}' has {width} column(s) of numbers, which are no x, y, z and a value. {FORM}")
    values = table.read(table.numeric[3:])
    coloured = width == 6 and are_colours(values)  # six columns may end in a normal as well
    names = list(COLOURS) if coloured else [table.names[place] for place in table.numeric[3:]]
    kind = "red, green, blue" if coloured else "a value" if width == 4 else f"{width - 3} values"
    called = [table.names[place] for place in table.numeric]
    bare = called == [str(place + 1) for place in table.numeric]
    spelled = "" if bare else f", in their order: {', '.join(called)} (--columns says otherwise)"
    said = f"The columns were taken for x, y, z{',' if coloured else ' and'} {kind}{spelled}."
    cloud = _read(table, table.numeric, names)
    return cloud._replace(notes=(*table.notes, said, *cloud.notes))


def _asked(table: Table, asked: Sequence[str]) -> Cloud:
    if len(asked) < 4 or len(set(asked)) < len(asked):
        raise ValueError(
            f"--columns names the three coordinates of a cloud and then what is learned, each once, such as "
            f"x,y,z,intensity; got '{','.join(asked)}'. '{table.path}' has: {listed(table)}."
        )
    # an exact name goes before one in other letters
    names = [name if name in table.names else _spelled(table, name) for name in asked]
    gray = [name for name in names[3:] if name.lower() in GRAY and name not in table.names]
    if gray and len(names) == 4 and set(COLOURS) <= {common_name(name) for name in table.names}:
        cloud = _read(table, positions_of(table, [*names[:3], *(_spelled(table, name) for name in COLOURS)]), COLOURS)
        said = "Colours became one gray (0.299 R + 0.587 G + 0.114 B), which is learned."
        # the weights add up to 1, so that gray has the range of its colours
        values = (cloud.values @ np.asarray(LUMA))[:, None]
        return cloud._replace(values=values, names=("gray",), notes=(*table.notes, said, *cloud.notes))
    places = positions_of(table, names)
    learned = [common_name(table.names[place]) for place in places[3:]]
    cloud = _read(table, places, learned)._replace(axes=tuple(table.names[place] for place in places[:3]))
    said = f"Coordinates are {', '.join(cloud.axes)}; {_quoted(learned)} learned."
    return cloud._replace(notes=(*table.notes, said, *cloud.notes))


def _read(table: Table, places: Sequence[int], names: Sequence[str]) -> Cloud:
    numbers = table.read(places)
    check_squares(table.path, numbers)
    values, notes = numbers[:, 3:], []
    colours = [column for column, name in enumerate(names) if name in COLOURS]
    if colours and len(values) and values[:, colours].min() >= 0 and values[:, colours].max() <= TOPS[-1]:
        top = next(top for top in TOPS if values[:, colours].max() <= top)
        values[:, colours] = -1 + 2 * values[:, colours] / top
        notes.append(f"Colours from 0 to {top:g} became -1 to 1.")
    spreads = values.std(axis=0) if len(values) else np.ones(len(names))
    wide, narrow = int(spreads.argmax()), int(spreads.argmin())
    if spreads[wide] > UNLIKE * spreads[narrow] > 0:
        notes.append(
            f"'{names[wide]}' spreads {spreads[wide] / spreads[narrow]:.3g} times as far as '{names[narrow]}', so that "
            "the mean square is mostly its own; rescale them if all matter alike."
        )
    return Cloud(numbers[:, :3], values, COORDINATES, tuple(names), tuple(notes))


def _quoted(names: Sequence[str]) -> str:
    spoken = ", ".join(f"'{name}'" for name in names)
    return f"{spoken} is what is" if len(names) == 1 else f"{spoken} are {len(names)} outputs that are"
