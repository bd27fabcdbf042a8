"""A heat map of many configurations: a strip each, one below the other, so that fifty are a page that can be read."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from harness.figures.drawing.families import Families, by_family
from harness.figures.drawing.heat_panel import Zero, scale
from harness.figures.drawing.layout import PAGE
from harness.figures.drawing.legend import HELD, colour_bar, error_colours
from harness.figures.drawing.panels import Panel
from harness.figures.drawing.style import GREY, INK, VERDICT_COLOURS, fitted, stacked
from harness.tables import Doubles

NAME, VERDICT, TOP, PITCH, STRIP, FAMILY = 1.45, 1.75, 0.1, 0.165, 0.135, 0.19
"""Inches: room for names and verdicts, and above; from strip to strip, a strip, a family's heading."""
LEGEND, LINE, EDGE = 0.85, 0.115, 0.06
"""Inches below the strips: for cost, colours and marks, for each line of text under them, and for the margin."""
DOT: dict[str, Any] = {"ls": "", "marker": "o", "ms": 2.2, "mfc": INK, "mec": "white", "mew": 0.4}


def strips(drawn: list[Panel], costs: Doubles, footer: tuple[str, ...], families: Families | None, unit: str) -> Figure:
    """The page, with costs in this unit; must be called within the house's style."""
    groups = by_family([panel.optimizer for panel in drawn], families)
    notes = (f"rows of a strip, from below: {_rows(drawn)}", *footer)
    below = LEGEND + LINE * len(notes) + EDGE
    tall = PITCH * len(drawn) + sum(FAMILY for name, _ in groups if name)
    height = TOP + tall + below
    figure = Figure(figsize=(PAGE, height))
    axes = figure.add_axes((NAME / PAGE, below / height, (PAGE - NAME - VERDICT) / PAGE, tall / height))
    scale(axes, costs, tall, named=True)
    axes.set_yticks([])
    y = tall
    for name, places in groups:
        if name:
            y -= FAMILY
            _say(figure, name, (0.06, below + y + 0.045), (PAGE, height), size=6.5, weight="bold", color=GREY)
        for place in places:
            y -= PITCH
            _draw(axes, drawn[place], y, costs)
            _name(figure, drawn[place], below + y + STRIP / 2, height)
    _explain(figure, below, unit, dotted=any(0 < len(panel.rows) <= 3 for panel in drawn))
    for line, text in enumerate(reversed(notes)):
        _say(figure, text, (NAME, EDGE + LINE * line), (PAGE, height), size=6, color=GREY)
    return figure


def _draw(axes: Axes, panel: Panel, bottom: float, costs: Doubles) -> None:
    if panel.reason:
        text, size = fitted(panel.reason, 5.5, PAGE - NAME - VERDICT - 0.1)
        axes.text(0.01, bottom + STRIP / 2, text, size=size, va="center", transform=axes.get_yaxis_transform())
        return
    edges = bottom + STRIP * np.linspace(0, 1, len(panel.rows) + 1)
    zero, errors = Zero.of(costs[-1]), np.ma.masked_invalid(np.minimum(panel.errors, 1.0))
    for across, cells in (([zero.left, zero.right], errors[:, :1]), (costs, errors[:, 1:])):
        axes.pcolormesh(across, edges, cells, rasterized=True, zorder=1, **error_colours())
    if panel.ended < costs[-1]:
        start = max(panel.ended, 1.0)
        axes.add_patch(Rectangle((start, bottom), costs[-1] - start, STRIP, zorder=2, **HELD))
    median = np.where(panel.hits[:, 1] < 1, zero.middle, panel.hits[:, 1])
    known = np.isfinite(median)
    # a dot for each of few rows; of many they would hide the strip
    if len(panel.rows) <= 3:
        axes.plot(median[known], ((edges[1:] + edges[:-1]) / 2)[known], zorder=4, **DOT)


def _name(figure: Figure, panel: Panel, y: float, height: float) -> None:
    name, size = stacked(panel.name, 6.5, NAME - 0.2)
    _say(figure, name, (NAME - 0.06, y), (PAGE, height), size=size, ha="right", va="center", color=INK)
    said, small = fitted("; ".join(filter(None, (panel.verdict, panel.endings))), 6, VERDICT - 0.14)
    colour = VERDICT_COLOURS.get(panel.verdict, GREY)
    _say(figure, said, (PAGE - VERDICT + 0.08, y), (PAGE, height), size=small, va="center", color=colour)


def _rows(drawn: list[Panel]) -> str:
    """What the rows of each strip are: their frequencies, where these are few and the same in all."""
    with_rows = [panel.rows for panel in drawn if len(panel.rows)]
    rows = list(with_rows[0].get_level_values("frequency")) if with_rows else []
    alike = all(other.equals(with_rows[0]) for other in with_rows)
    return f"k = {', '.join(f'{k:.3g}' for k in rows)}" if alike and len(rows) <= 8 else "the frequencies watched"


def _explain(figure: Figure, below: float, unit: str, *, dotted: bool) -> None:
    """What costs, colours and marks mean, in the upper part of what is `below` the strips."""
    height = figure.get_figheight()
    middle = NAME + (PAGE - NAME - VERDICT) / 2
    _say(figure, f"cost ({unit})", (middle, below - 0.31), (PAGE, height), ha="center", color=INK)
    bar = figure.add_axes((NAME / PAGE, (below - 0.52) / height, 2.0 / PAGE, 0.09 / height))
    colour_bar(figure, bar)
    dot = Line2D([], [], **DOT, label="learned by half of the seeds")
    held = Patch(**HELD | {"linewidth": 0.4}, label="half of the seeds have ended")
    figure.legend(
        handles=[dot, held] if dotted else [held],
        loc="lower left",
        bbox_to_anchor=((NAME + 2.3) / PAGE, (below - 0.68) / height),
        fontsize=6,
        frameon=False,
        borderaxespad=0,
        borderpad=0,
    )


def _say(figure: Figure, text: str, at: tuple[float, float], page: tuple[float, float], **style: Any) -> None:
    """Text at inches from the lower left corner."""
    figure.text(at[0] / page[0], at[1] / page[1], text, **style)
