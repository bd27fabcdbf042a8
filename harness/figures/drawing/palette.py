"""Colours and dashes that tell lines apart in print and for the colour-blind, and groups of lines that fit a panel."""

from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from typing import Any, TypeVar

import numpy as np
from matplotlib import colormaps

T = TypeVar("T")

LINES = ("#0072B2", "#B34700", "#009E73", "#1a1a1a", "#CC79A7", "#7A5C00")
"""Blue, vermilion, green, black, purple and ochre after Okabe and Ito, dark enough for thin lines."""
DASHES: tuple[Any, ...] = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)), (0, (6, 2)), (0, (2, 2)))
MOST = len(LINES)
"""Lines in one panel that a reader can still follow."""


def looks(count: int) -> list[dict[str, Any]]:
    """Colour and dash of so many lines; no two of the first six share either."""
    return [
        {"color": colour, "ls": dash} for colour, dash in islice(zip(cycle(LINES), cycle(DASHES), strict=False), count)
    ]


def shades(count: int) -> list[Any]:
    """So many colours from dark to light, for what has an order: frequencies from low to high, costs, losses."""
    return list(colormaps["viridis"](np.linspace(0.0, 0.88, max(count, 1))))


def groups(items: Sequence[T], most: int = MOST) -> Iterator[list[T]]:
    """`items` in their order, in groups of nearly equal size that hold at most so many."""
    # rounded up
    parts = -(-len(items) // most)
    for index in range(parts):
        yield list(items[index * len(items) // parts : (index + 1) * len(items) // parts])
