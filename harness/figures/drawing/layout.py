"""Where things go on a page of small multiples, in inches from its lower left corner."""

from dataclasses import dataclass
from math import ceil
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.tables import Doubles

Box: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, width, height."""

COLUMN, PAGE = 3.5, 7.1
"""Widths of one column and of the full page of a journal."""
TITLE, STRIP, GAP, RIGHT, TOP = 0.34, 0.13, 0.24, 0.16, 0.06
X_LABELS, LEGEND, LEGEND_STACKED, LINE, EDGE = 0.42, 0.44, 0.84, 0.125, 0.06
ROW, LOWEST, HIGHEST, FULL = 0.2, 0.6, 2.2, 8.5
"""Heights of a row, of a panel, and of all panels together where that can be."""


@dataclass(frozen=True)
class Layout:
    """A grid of equal panels with a legend and a few lines of text below."""

    panels: int
    height: float  # of each panel
    left: float  # room for labels of rows, before the first column
    gap: float  # before the others
    footer: tuple[str, ...]

    @property
    def columns(self) -> int:
        """At most four, or three where rows are named in between: the fewest that need no more lines than those."""
        choices = (2, 3, 4) if self.gap <= GAP else (2, 3)
        return 1 if self.panels == 1 else min(choices, key=lambda columns: (ceil(self.panels / columns), columns))

    @property
    def lines(self) -> int:
        return ceil(self.panels / self.columns)

    @property
    def page(self) -> tuple[float, float]:
        return COLUMN if self.columns == 1 else PAGE, TOP + self.lines * (TITLE + self.height) + self.below

    @property
    def stacked(self) -> bool:
        """Whether the parts of the legend stand below each other."""
        return self.columns == 1

    @property
    def below(self) -> float:
        """Height of all that is below the panels."""
        return X_LABELS + (LEGEND_STACKED if self.stacked else LEGEND) + 0.08 + LINE * len(self.footer) + EDGE

    @property
    def width(self) -> float:
        """Of each panel."""
        return (self.page[0] - self.left - RIGHT - (self.columns - 1) * self.gap) / self.columns

    def panel(self, index: int) -> Box:
        """The box of a panel; they are filled in like text."""
        line, column = divmod(index, self.columns)
        bottom = self.page[1] - TOP - (line + 1) * (TITLE + self.height)
        return self.left + column * (self.width + self.gap), bottom, self.width, self.height

    def is_lowest(self, index: int) -> bool:
        """Whether no panel stands below this one."""
        return index + self.columns >= self.panels

    def is_first(self, index: int) -> bool:
        """Whether no panel stands to the left of this one."""
        return index % self.columns == 0

    def axes(self, figure: Figure, box: Box) -> Axes:
        """Axes in `box`."""
        width, height = self.page
        return figure.add_axes((box[0] / width, box[1] / height, box[2] / width, box[3] / height))

    def write(self, figure: Figure, text: str, at: tuple[float, float], **style: Any) -> None:
        """Text at a point of the page."""
        figure.text(at[0] / self.page[0], at[1] / self.page[1], text, **style)


def panel_height(panels: int, rows: int, bands: int) -> float:
    """Height for the rows of each panel, in inches: all panels fill a page at most, unless that made rows too thin."""
    # only `lines` is asked of it, which depends on the number of panels alone
    share = FULL / Layout(panels, 0.0, 0.0, 0.0, ()).lines - TITLE
    return float(np.clip(ROW * rows, LOWEST, np.clip(share, max(LOWEST, 0.3 * bands), max(HIGHEST, 0.7 * bands))))


class Band(NamedTuple):
    """The rows of one component, as they stand in a panel."""

    component: int
    rows: slice
    edges: Doubles  # inches from the panel's lower edge, ascending like the frequencies


def components(rows: pd.MultiIndex) -> list[int]:
    """The components of `rows` in ascending order."""
    return sorted(set(rows.get_level_values("component")))


def bands(rows: pd.MultiIndex, height: float) -> list[Band]:
    """Components from top to bottom with a strip above each of several, frequencies from bottom to top."""
    known = components(rows)
    strip = STRIP if len(known) > 1 else 0.0
    row = (height - strip * len(known)) / max(len(rows), 1)
    placed, first, top = [], 0, height
    for component in known:
        count = int((rows.get_level_values("component") == component).sum())
        bottom = top - strip - count * row
        placed.append(Band(component, slice(first, first + count), bottom + row * np.arange(count + 1.0)))
        first, top = first + count, bottom
    return placed
