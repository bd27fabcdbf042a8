"""How the columns of a text file are separated, and how its decimals are written: tried out on its lines."""

from collections import Counter
from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

SEPARATORS = ("\t", ";", ",", "|", None)
"""None is any stretch of blanks."""
SPOKEN = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "bars", None: "blanks"}
SAMPLED = 120
"""Lines that are tried, from the start, the middle and the end."""


class Dialect(NamedTuple):
    """What stands between columns, None for blanks, and what stands in decimals."""

    separator: str | None = ","
    decimal: str = "."

    def cells(self, line: str) -> list[str]:
        """The cells of a line, without quotation marks or blanks around them."""
        parts = line.split() if self.separator is None else _split(line, self.separator)
        return [_bare(part.strip()) for part in parts] if '"' in line else [part.strip() for part in parts]

    def number(self, cell: str) -> float | None:
        """The number that a cell spells, None if it spells none."""
        try:
            return float(cell.replace(self.decimal, ".") if self.decimal != "." else cell)
        except ValueError:
            return None

    @property
    def spoken(self) -> str:
        """The dialect in words."""
        between = f"separated by {SPOKEN.get(self.separator, repr(self.separator))}"
        return f"{between}, decimals with a comma" if self.decimal == "," else between


def _bare(cell: str) -> str:
    """A cell without the quotation marks around it; one within is doubled in the file."""
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"').strip()
    return cell.strip('"').strip()


def _split(line: str, separator: str) -> list[str]:
    """Split outside quotation marks."""
    if '"' not in line:
        return line.split(separator)
    parts, quoted = [""], False
    for letter in line:
        # a doubled mark, which stands for one inside a cell, turns it twice
        quoted ^= letter == '"'
        if letter == separator and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def sniff(lines: Sequence[str], separator: str | None) -> tuple[Dialect, int]:
    """The dialect in which most sampled lines are rows of numbers, and the number of columns; `separator` if given.

    Several columns go before one, and a decimal point before a comma."""
    sample = _sample(lines)
    options = SEPARATORS if separator is None else (None if separator == " " else separator,)
    dialects = [Dialect(*pair) for pair in product(options, ".,")]
    # of equals max takes the first: tabs before commas
    best = max(dialects, key=lambda dialect: _score(dialect, sample))
    return best, _usual_width(best, sample)


def _sample(lines: Sequence[str]) -> list[str]:
    if len(lines) <= SAMPLED:
        return list(lines)
    third = SAMPLED // 3
    middle = len(lines) // 2
    return [*lines[:third], *lines[middle : middle + third], *lines[-third:]]


def _usual_width(dialect: Dialect, sample: Sequence[str]) -> int:
    widths = Counter(len(dialect.cells(line)) for line in sample)
    # the most frequent width, of equally frequent ones the largest
    return max(widths, key=lambda width: (widths[width], width), default=0)


def _score(dialect: Dialect, sample: Sequence[str]) -> tuple[float, float, bool]:
    """Share of lines that are rows of numbers of the usual width, then numbers a line, then a plain decimal point."""
    width = _usual_width(dialect, sample)
    rows = [row for row in map(dialect.cells, sample) if len(row) == width]
    counts = [sum(dialect.number(cell) is not None for cell in row) for row in rows]
    # empty cells are gaps, not words
    whole = sum(count > 0 and count >= width - row.count("") for count, row in zip(counts, rows, strict=True))
    # 2 for several columns: with a wrong separator a whole line is one cell
    several = 1.0 + min(width - 1, 1)
    # two decimals: a line in some hundred decides nothing
    return several * round(whole / max(1, len(sample)), 2), sum(counts) / max(1, len(sample)), dialect.decimal == "."
