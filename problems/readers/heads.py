"""What stands above the numbers of a text table: a preamble, names, units, or the numbers of the columns.

A line that is passed over is said to be; where a line may be a row as well as a name, what it was taken for is said.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from problems.readers.dialects import Dialect

MOST_SHOWN = 60
"""Letters of a line that a sentence quotes."""
TRIED = 50
"""Rows that tell which columns hold numbers, and how these are spelled."""
UNITS = {"s", "ms", "us", "µs", "ns", "min", "h", "sec", "second", "seconds", "hz", "khz", "mhz", "ghz", "rad", "deg"}
UNITS |= {"v", "mv", "uv", "kv", "volt", "volts", "a", "ma", "ua", "ampere", "w", "mw", "ohm", "db", "dbm"}
UNITS |= {"m", "mm", "um", "µm", "nm", "cm", "km", "n", "pa", "kpa", "bar", "k", "c", "°c", "g", "kg", "t"}
UNITS |= {"lsb", "counts", "a.u.", "au", "%", "-", "1", ""}
BRACKETED = re.compile(r"[(\[<{].*[)\]>}]")
WHOLE = re.compile(r"[+-]?\d+")


@dataclass(frozen=True)
class Line:
    """A line that counts, and its number in the file."""

    number: int
    text: str


class Head(NamedTuple):
    """How many lines come before the numbers, the names of the columns if there are any, and notes."""

    lines: int
    names: list[str]
    notes: tuple[str, ...] = ()


def head_of(path: str, lines: Sequence[Line], dialect: Dialect, width: int) -> Head:
    """What stands above the numbers; raises ValueError where one line alone may be a name or a number."""
    first = _first_row(lines, dialect, width)
    names, passed, notes = _names(lines[:first], dialect, width)
    if passed:
        count = "a line" if len(passed) == 1 else f"{len(passed):,} lines"
        shown = f"the first is line {passed[0].number}: " if len(passed) > 1 else f"line {passed[0].number}: "
        notes = (f"Above the numbers {count} went unread, {shown}'{passed[0].text.strip()[:MOST_SHOWN]}'.", *notes)
    if names or len(lines) - first < 2:
        return Head(first, names, notes)
    named = _numbering(path, lines[first:], dialect, width)
    return Head(first + bool(named.lines), named.names, (*notes, *named.notes))


def _first_row(lines: Sequence[Line], dialect: Dialect, width: int) -> int:
    """Where the numbers begin: the first line of the usual width that spells at least one number.

    Lines with a number go to the preamble where a line of words alone parts them from the first whole row."""
    found = _spelling(lines, dialect, width)
    # the later half, where a preamble does not outweigh the rows
    later = lines[(found + len(lines)) // 2 :][-TRIED:]
    rows = [row for row in (dialect.cells(line.text) for line in later) if len(row) == width]
    numeric = [
        place for place in range(width) if 2 * sum(dialect.number(row[place]) is not None for row in rows) > len(rows)
    ]
    for index in range(found, len(lines)):
        cells = dialect.cells(lines[index].text)
        if len(cells) == width and all(dialect.number(cells[place]) is not None for place in numeric):
            return index if index > found and _is_words(lines[index - 1], dialect, width) else found
    return found


def _spelling(lines: Sequence[Line], dialect: Dialect, width: int) -> int:
    for index, line in enumerate(lines):
        cells = dialect.cells(line.text)
        if any(dialect.number(cell) is not None for cell in cells) and (len(cells) == width or index > 0):
            return index
    return len(lines)


def _is_words(line: Line, dialect: Dialect, width: int) -> bool:
    cells = dialect.cells(line.text)
    return len(cells) == width and all(cell and dialect.number(cell) is None for cell in cells)


def _names(head: Sequence[Line], dialect: Dialect, width: int) -> tuple[list[str], list[Line], tuple[str, ...]]:
    """The names of the columns, the lines that are neither names nor units, and a note on units."""
    whole = [line for line in head if len(dialect.cells(line.text)) == width]
    # as R writes row names: the line of names is one short
    short = [line for line in head[-1:] if len(dialect.cells(line.text)) == width - 1]
    fitting = whole or short
    if not fitting:
        return [], list(head), ()
    united = len(fitting) > 1 and all(_is_unit(cell) for cell in dialect.cells(fitting[-1].text))
    named = fitting[-2] if united else fitting[-1]
    names = dialect.cells(named.text)
    if len(names) < width:
        names = ["", *names]
    taken = [named, fitting[-1]]
    note = (f"Line {fitting[-1].number} was taken for units: '{fitting[-1].text.strip()[:MOST_SHOWN]}'.",) * united
    return names, [line for line in head if line not in taken], note


def _is_unit(cell: str) -> bool:
    """Whether a cell is a unit: in brackets, known, or a power or ratio of such."""
    parts = re.split(r"[/*^·]|\d+", cell.lower())
    return bool(BRACKETED.fullmatch(cell)) or all(part.strip() in UNITS for part in parts)


def _numbering(path: str, rows: Sequence[Line], dialect: Dialect, width: int) -> Head:
    """A first line that numbers the columns, as pandas writes them where they have no names; `lines` is 1 or 0."""
    cells, quoted = dialect.cells(rows[0].text), f"line {rows[0].number}, '{rows[0].text.strip()[:MOST_SHOWN]}'"
    others = [row for row in (dialect.cells(line.text) for line in rows[1 : TRIED + 1]) if len(row) == width]
    said = f"Of '{path}' {quoted}, was taken for the numbers of the columns, not for a row."
    if not others or len(cells) != width:
        return Head(0, [])
    # an index goes up by one
    index = [dialect.number(row[0]) for row in others]
    if (
        width > 1
        and cells[0] == ""
        and index == [index[0] + step if index[0] is not None else None for step in range(len(index))]
    ):
        return Head(1, cells, (said,))
    if cells != [str(place) for place in range(width)]:
        return Head(0, [])
    columns = [[bool(WHOLE.fullmatch(row[place])) for row in others] for place in range(width)]
    if any(any(column) and not all(column) for column in columns):
        return Head(0, [])  # who writes 1 and 1.5 writes 0 for a value, too; pandas does not
    told = all(value is not None for value in index)
    steps = np.diff(np.array([0.0, *index] if told else [0.0], float))
    even = len(steps) > 1 and np.ptp(steps) <= 1e-6 * np.abs(steps).max() and steps[0] != 0
    decimals = any(not any(column) for column in columns)
    if width == 1 and decimals:
        raise ValueError(
            f"It must be clear whether the first line of '{path}', '0', is a number or the name that pandas gives a "
            "column without one; write it as 0.0, or leave it out."
        )
    if 0.0 in index or (decimals and not even):
        return Head(1, [], (said,)) if width > 1 else Head(0, [])
    return Head(0, [], (f"Of '{path}' {quoted}, was taken for a row; leave it out if it numbers the columns.",))
