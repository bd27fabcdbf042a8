"""Panels with one axis system each, for figures that draw lines: a grid of them, and one legend below."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from harness.figures.drawing.families import MANY
from harness.figures.drawing.layout import PAGE
from harness.figures.drawing.style import GREY, INK, fitted

LEFT, RIGHT, TOP, BOTTOM, HEIGHT, GAP_X, GAP_Y = 0.5, 0.12, 0.34, 0.82, 1.55, 0.28, 0.5
"""Inches."""
SINGLE = 4.6
"""Width of a single panel, which leaves room for the legend."""
LOW, NEAR, DENSE = 0.62, 0.42, 5
"""Inches of a panel and between lines where there are many panels, and their columns: fifty are one page."""


def grid(panels: int, most_columns: int = 3, *, alike: bool = True, gap: float = GAP_X) -> tuple[Figure, list[Axes]]:
    """A figure with so many panels of equal size, filled in like text; `alike` is whether they share the y axis.

    `gap` are the inches between columns."""
    if panels < 1:
        raise ValueError("The table that this figure is drawn from has no rows. Finish at least one run first.")
    dense = panels > MANY and most_columns > 2
    columns = DENSE if dense else min(panels, most_columns)
    # rounded up
    lines = -(-panels // columns)
    width = SINGLE if columns == 1 else PAGE
    tall, apart = (LOW, NEAR) if dense else (HEIGHT, GAP_Y)
    height = TOP + lines * tall + (lines - 1) * apart + BOTTOM
    figure = Figure(figsize=(width, height))
    own = (width - LEFT - RIGHT - (columns - 1) * gap) / columns
    axes: list[Axes] = []
    for index in range(panels):
        line, column = divmod(index, columns)
        left = LEFT + column * (own + gap)
        bottom = height - TOP - (line + 1) * tall - line * apart
        box = (left / width, bottom / height, own / width, tall / height)
        axes.append(figure.add_axes(box, sharey=axes[0] if axes and alike else None))
        axes[-1].tick_params(left=True, length=2.5, labelleft=column == 0 or not alike)
    return figure, axes


def cost_axis(axes: Axes, top: float) -> None:
    """A logarithmic axis of cost from 0 to `top`, linear up to 1 so that cost 0 has a place, with few ticks."""
    # the part from 0 to 1 is as wide as 0.4 of a decade
    axes.set_xscale("symlog", linthresh=1, linscale=0.4)
    decades = range(max(1, int(np.floor(np.log10(max(top, 1))))) + 1)
    shown = decades[:: 2 if len(decades) > 3 else 1]
    axes.set_xticks([0, *(10.0**decade for decade in shown)], ["0", *(_power(decade) for decade in shown)])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(0, max(top, 1))


def _power(decade: int) -> str:
    return f"$10^{{{decade}}}$" if decade > 1 else str(10**decade)


def title(axes: Axes, name: str, note: str = "") -> None:
    """A name above the panel, and a note between them."""
    place: dict[str, Any] = {"transform": axes.transAxes, "va": "bottom"}
    box, page = axes.get_position(), cast("Figure", axes.figure).get_size_inches()
    wide, tall = box.width * page[0], box.height * page[1]
    low = tall < HEIGHT - 0.01
    # a panel of many has room for what is as wide as it, and no more
    (name, large), (note, small) = (
        (fitted(name, 7, wide, "bold"), fitted(note, 6, wide)) if low else ((name, 7.5), (note, 6))
    )
    up = (0.14, 0.04) if low and note else (0.04, 0.04) if low else (0.17, 0.05)
    axes.text(0, 1 + up[0] / tall, name, size=large, weight="bold", color=INK, **place)
    axes.text(0, 1 + up[1] / tall, note, size=small, color=GREY, **place)


def label(figure: Figure, x: str, y: str, note: str, handles: Sequence[Artist]) -> None:
    """The names of the axes, which all panels share, what the lines are, and a note at the foot."""
    width, height = figure.get_size_inches()
    figure.text(0.5, (BOTTOM - 0.36) / height, x, ha="center", color=INK)
    figure.legend(
        handles=list(handles),
        loc="lower left",
        bbox_to_anchor=(LEFT / width, 0.19 / height),
        ncols=len(handles),
        fontsize=6,
        frameon=False,
        borderaxespad=0,
        borderpad=0,
        columnspacing=1.2,
    )
    middle = (BOTTOM + height - TOP) / 2 / height
    figure.text(0.06 / width, middle, y, rotation=90, va="center", color=INK)
    figure.text(LEFT / width, 0.06 / height, note, size=6, color=GREY)
