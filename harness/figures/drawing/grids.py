"""Panels with one axis system each, for figures that draw lines: a grid of them, and one legend below."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator

from harness.figures.drawing.decades import name_decades
from harness.figures.drawing.families import MANY
from harness.figures.drawing.layout import PAGE
from harness.figures.drawing.style import GREY, INK, STYLE, fitted, stacked, text_width

LEFT, RIGHT, TOP, BOTTOM, HEIGHT, GAP_X, GAP_Y = 0.5, 0.12, 0.34, 0.82, 1.55, 0.28, 0.5
"""Inches."""
SINGLE = 4.6
"""Width of a single panel, which leaves room for the legend."""
LOW, NEAR, DENSE = 0.62, 0.42, 5
"""Inches of a panel and between lines where there are many panels, and their columns: fifty are one page."""


def grid(panels: int, most_columns: int = 3, *, alike: bool = True, gap: float = GAP_X) -> tuple[Figure, list[Axes]]:
    """A figure with so many panels of equal size, filled in like text; `alike` is whether they share the y axis.

    `gap` are the inches between columns. Raises ValueError for no panel, as tables without rows have none."""
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
        axes[-1].tick_params(left=True, length=2.5)
        axes[-1].tick_params(which="both", labelleft=column == 0 or not alike)
        axes[-1].spines[["top", "right"]].set_visible(False)
    return figure, axes


def columns_of(configurations: int) -> int:
    """The most columns of a grid with a panel for each of so many configurations: beyond twelve, four."""
    return 4 if configurations > 12 else 3


def cost_axis(axes: Axes, top: float) -> None:
    """A logarithmic axis of cost from 0 to `top`, linear up to 1 so that cost 0 has a place, with few ticks."""
    # the part from 0 to 1 is as wide as 0.4 of a decade
    axes.set_xscale("symlog", linthresh=1, linscale=0.4)
    decades = range(max(1, int(np.floor(np.log10(max(top, 1))))) + 1)
    shown = decades[:: 2 if len(decades) > 3 else 1]
    axes.set_xticks([0, *(10.0**decade for decade in shown)], ["0", *(_power(decade) for decade in shown)])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(0, max(top, 1))


FEW = 6
"""Frequencies that are all named on an axis."""


def frequency_ticks(axes: Axes, frequencies: Iterable[float]) -> None:
    """Where few frequencies are watched, these and no others on the axis; see `name_frequencies`."""
    watched = sorted(set(frequencies))
    if len(watched) <= FEW:
        name_frequencies(axes, watched)


def name_frequencies(axes: Axes, watched: Sequence[float]) -> None:
    """Ticks at all of them, in ascending order, with names: the lowest, the highest, and what has room between."""
    names = [f"{one:.3g}" for one in watched]
    places = np.log(watched) if axes.get_xscale() == "log" else np.asarray(watched, float)
    # a panel has a margin of 5 % on both sides
    middles = 0.9 * width_of(axes) * (places - places[0]) / ((places[-1] - places[0]) or 1.0)
    halves = [0.5 * text_width(f"{name} ", STYLE["xtick.labelsize"]) for name in names]
    last = len(names) - 1
    free = halves[0]
    for index in range(1, last):
        end = middles[index] + halves[index]
        if middles[index] - halves[index] < free or end > middles[last] - halves[last]:
            names[index] = ""
        else:
            free = end
    axes.set_xticks(watched, names)


def error_axis(axes: Axes) -> None:
    """A logarithmic axis of errors, a name for each decade and no strokes between where panels are low."""
    # of panels that share the axis the first has set it for all; to set it again visits each of them
    if axes.get_yscale() != "log":
        axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(10, numticks=6))
    name_decades(axes.yaxis)
    if is_low(axes):
        axes.yaxis.set_minor_locator(NullLocator())


FLOOR = "dotted: 1/length of the cuts, below which no mean frequency can lie"


def draw_floor(axes: Axes, frequency: float) -> None:
    """The lowest frequency that a spectrum has, across the panel."""
    axes.axhline(frequency, color=GREY, lw=0.6, ls=(0, (1, 1)), zorder=0)


def is_low(axes: Axes) -> bool:
    """Whether the panel is one of many, which have little room."""
    return axes.get_position().height * cast("Figure", axes.figure).get_size_inches()[1] < HEIGHT - 0.01


def width_of(axes: Axes) -> float:
    """Inches that the panel is wide."""
    return float(axes.get_position().width * cast("Figure", axes.figure).get_size_inches()[0])


def _power(decade: int) -> str:
    return f"$10^{{{decade}}}$" if decade > 1 else str(10**decade)


def title(axes: Axes, name: str, note: str = "") -> None:
    """A name above the panel, and a note between them."""
    place: dict[str, Any] = {"transform": axes.transAxes, "va": "bottom"}
    tall = axes.get_position().height * cast("Figure", axes.figure).get_size_inches()[1]
    low, wide = is_low(axes), width_of(axes)
    # there is room for what is as wide as the panel, and no more
    fit = fitted if low and note else stacked
    (name, large), (note, small) = fit(name, 7 if low else 7.5, wide, "bold"), fitted(note, 6, wide)
    up = (0.14, 0.04) if note and (low or "\n" in name) else (0.17, 0.05) if note else (0.05, 0.05)
    axes.text(0, 1 + up[0] / tall, name, size=large, weight="bold", color=INK, linespacing=1.05, **place)
    axes.text(0, 1 + up[1] / tall, note, size=small, color=GREY, **place)


def label(figure: Figure, x: str, y: str, note: str, handles: Sequence[Artist]) -> None:
    """The names of the axes, which all panels share, what the lines are, and a note at the foot."""
    room = figure.get_size_inches()[0] - LEFT - RIGHT
    notes = broken(note, room)
    columns = _columns([str(handle.get_label()) for handle in handles], room)
    extra = NOTE * (len(notes) - 1)
    bottom = BOTTOM + extra + LEGEND * (max(0, len(handles) - 1) // columns)
    _raise(figure, bottom - BOTTOM)
    width, height = figure.get_size_inches()
    figure.text(0.5, (bottom - 0.36) / height, x, ha="center", color=INK)
    figure.legend(
        handles=list(handles),
        loc="lower left",
        bbox_to_anchor=(LEFT / width, (0.19 + extra) / height),
        ncols=columns,
        fontsize=6,
        frameon=False,
        borderaxespad=0,
        borderpad=0,
        columnspacing=1.2,
    )
    middle = (bottom + height - TOP) / 2 / height
    figure.text(0.06 / width, middle, y, rotation=90, va="center", color=INK)
    for line, text in enumerate(reversed(notes)):
        figure.text(LEFT / width, (0.06 + NOTE * line) / height, text, size=6, color=GREY)


NOTE, LEGEND = 0.105, 0.12
"""Inches of a further line."""
HINTED = 1.08
"""Small letters are set in whole pixels: at some resolutions they take so much more."""


def _columns(names: Sequence[str], room: float) -> int:
    """How many entries of a legend fit beside each other."""
    # a sample of the line, and what is between two entries
    most = max((text_width(name, 6) for name in names), default=0.0) + 0.35
    wide = sum(text_width(name, 6) + 0.35 for name in names)
    return max(1, len(names) if wide <= room else int(room / most))


def broken(note: str, room: float) -> list[str]:
    """Lines of a note, broken between words."""
    lines = [""]
    for word in note.split(" "):
        if lines[-1] and HINTED * text_width(f"{lines[-1]} {word}", 6) > room:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _raise(figure: Figure, extra: float) -> None:
    """Make room at the foot: panels keep their sizes in inches."""
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, height + extra)
    for axes in figure.axes:
        box = axes.get_position()
        low, tall = (box.y0 * height + extra) / (height + extra), box.height * height / (height + extra)
        axes.set_position((box.x0, low, box.width, tall))
