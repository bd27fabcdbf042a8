"""What all files of columns have in common, and the choice of the columns that are wanted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

ABSCISSAS = ("x", "t", "time")
"""Names of what a curve is a function of, wherever it stands."""


LARGEST = 1e150
"""Of numbers whose squares are numbers yet, also summed; squares of all below one over it are 0."""
WHOLE = 2**53
"""Up to which double precision has every whole number."""


def check_squares(what: str, values: Values) -> None:
    """Raises ValueError for numbers `(n,)` or `(n, k)` whose squares are infinite, or 0 in all of a column."""
    reached = np.abs(values).max(axis=0, initial=0.0)
    largest, smallest = float(reached.max(initial=0.0)), float(reached.min(initial=LARGEST, where=reached > 0))
    if largest > LARGEST:
        raise ValueError(
            f"Numbers must lie below {LARGEST:g}, as their squares are summed; '{what}' reaches {largest:.3g}. Rescale "
            "them."
        )
    if smallest < 1 / LARGEST:
        raise ValueError(
            f"Numbers must reach {1 / LARGEST:g}, as their squares are summed; '{what}' reaches {smallest:.3g}. "
            "Rescale them."
        )


def check_exact(what: str, given: NDArray[Any]) -> None:
    """Raises ValueError for whole numbers that double precision would change."""
    if given.dtype.kind not in "iu" or not given.size:
        return
    largest = max(abs(int(given.min())), abs(int(given.max())))
    if largest <= WHOLE:
        return
    with np.errstate(invalid="ignore"):  # the largest of 64 bits become one more, which they do not hold
        changed = given.astype(np.float64).astype(given.dtype) != given
    if changed.any():
        raise ValueError(
            f"Whole numbers beyond {WHOLE:,} must be ones that double precision has; those of {what} reach "
            f"{largest:,}. Subtract the first of them, or save them as floating-point numbers if their last digits may "
            "go."
        )


@dataclass(frozen=True)
class Table:
    """Named columns of one file: `read` gives some, by position, as `(n, k)`; `place` says where a row stands."""

    path: str
    names: tuple[str, ...]
    numeric: tuple[int, ...]
    """Positions of the columns that hold numbers."""
    read: Callable[[Sequence[int]], Values]
    place: Callable[[int], str]
    notes: tuple[str, ...] = ()
    """What was understood, in sentences."""
    numbered: bool = False
    """Whether the file gives no names, so that columns go by their numbers."""


def chosen(table: Table, columns: str, wanted: int) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Positions of the columns that `columns` names, such as `t,y` or `1,3`, or else of the only ones; and notes.

    Raises ValueError, with the names there are, where the choice is not clear."""
    if columns:
        return _named(table, [name.strip() for name in columns.split(",")], wanted), ()
    candidates, notes = without_index(table)
    # clear without being asked only if no column of text stands beside them
    if len(candidates) in (1, wanted) and len(table.names) - len(notes) == len(candidates):
        return _by_name(table, candidates), notes
    if not table.numeric:
        raise ValueError(
            f"What is read are columns of numbers, such as -1.5 or 2e-3; '{table.path}' has no column of numbers."
        )
    example = ",".join(table.names[position] or str(position + 1) for position in candidates[:wanted])
    found = f"'{table.path}' has {len(table.names)} columns: {listed(table)}."
    if len(candidates) < wanted:
        raise ValueError(
            f"A curve is made of columns of numbers; {found} Only {example} holds numbers: write the others as such, "
            "dates as days or seconds since the first."
        )
    raise ValueError(f"A curve has two columns, x and y; {found} Name the two with --columns {example}.")


def _by_name(table: Table, positions: tuple[int, ...]) -> tuple[int, ...]:
    """Of two columns the one first that is called as x is, and the other is not."""
    names = [table.names[position].lower() for position in positions]
    return positions[::-1] if len(names) == 2 and names[1] in ABSCISSAS and names[0] not in ABSCISSAS else positions


def _named(table: Table, names: list[str], wanted: int) -> tuple[int, ...]:
    if not 1 <= len(names) <= wanted:
        raise ValueError(f"--columns names {wanted} columns, x and then y (or y alone); got {len(names)} names.")
    return positions_of(table, names)


def positions_of(table: Table, names: Sequence[str]) -> tuple[int, ...]:
    """Positions of named columns of numbers; raises ValueError with the nearest name, or those of numbers."""
    positions = tuple(_position(table, name) for name in names)
    for position, name in zip(positions, names, strict=True):
        if position not in table.numeric:
            raise ValueError(f"The column '{name}' of '{table.path}' does not hold numbers. {_hint(table)}")
    return positions


def _position(table: Table, name: str) -> int:
    if table.names.count(name) > 1:
        places = [str(place + 1) for place, other in enumerate(table.names) if other == name]
        raise ValueError(
            f"'{table.path}' has {len(places)} columns '{name}'; take one by its number: {' or '.join(places)}."
        )
    if name in table.names:
        return table.names.index(name)
    # a name goes before a number: a column may be called 1
    if name.isdecimal() and 1 <= int(name) <= len(table.names):
        return int(name) - 1
    near = get_close_matches(name, table.names, 1, 0.5)
    guess = f" Did you mean '{near[0]}'?" if near else ""
    raise ValueError(f"'{table.path}' has no column '{name}'.{guess} It has: {listed(table)}.")


def without_index(table: Table) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The columns of numbers without one that only numbers the rows: the first, nameless, beside at least two more."""
    candidates = table.numeric
    nameless = not table.numbered and table.names and table.names[0].lower() in ("", "index", "unnamed: 0")
    if len(candidates) < 3 or not nameless or candidates[0] != 0:
        return candidates, ()
    steps = np.diff(table.read([0])[:, 0])
    # an index goes up by one; a first column that does not is data
    if not (steps == 1).all():
        return candidates, ()
    return candidates[1:], ("The first column numbers the rows and was left out.",)


def _hint(table: Table) -> str:
    numbers = ", ".join(table.names[position] for position in table.numeric)
    return f"Those of numbers: {numbers}." if numbers else "None holds numbers."


def listed(table: Table) -> str:
    """The names of the columns, twenty at most."""
    names = [name or f"{number} (no name)" for number, name in enumerate(table.names, 1)]
    return ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
