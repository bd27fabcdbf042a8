"""One panel of a heat map: errors, hits, what is held after the end, and what the title says."""

import textwrap
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter

from harness.figures.drawing.layout import GAP, LINE, Band, Layout, bands
from harness.figures.drawing.legend import CENSORED, FRAME, HELD, HIT, QUARTILES, error_colours
from harness.figures.drawing.panels import Panel
from harness.figures.drawing.style import GREY, INK, VERDICT_COLOURS, stacked, text_width
from harness.tables import Doubles

LABEL = 0.11
"""Least distance between the names of two rows, in inches."""


class Zero(NamedTuple):
    """Where cost 0 is drawn on a logarithmic axis that ends at `top`: in a column of its own, left of cost 1."""

    left: float
    middle: float
    right: float

    @classmethod
    def of(cls, top: float) -> "Zero":
        # on an axis of logarithms a power of the top is a share of its length: 11 % to 4 % left of cost 1
        return cls(*(float(top**-share) for share in (0.11, 0.075, 0.04)))


def draw_panel(figure: Figure, layout: Layout, index: int, panel: Panel, costs: Doubles) -> None:
    """Add the axes of the panel at `index`."""
    axes = layout.axes(figure, layout.panel(index))
    drawn = [] if panel.reason else bands(panel.rows, layout.height)
    scale(axes, costs, layout.height, named=layout.is_lowest(index))
    _name_rows(axes, panel, drawn, named=layout.is_first(index) or layout.gap > GAP)
    _title(axes, panel, layout)
    if panel.reason:
        _excuse(axes, panel.reason, layout)
    for band in drawn:
        _draw_errors(axes, panel, band, costs)
        _draw_hits(axes, panel, band, costs[-1])


def scale(axes: Axes, costs: Doubles, height: float, *, named: bool) -> None:
    """Cost on a logarithmic axis, with cost 0 in a column of its own."""
    # the slack is for budgets that are powers of ten, whose logarithm may come out below the whole number
    zero, decades = Zero.of(costs[-1]), np.arange(int(np.log10(costs[-1]) * (1 + 1e-9)) + 1)
    axes.set_xscale("log")
    axes.set_xlim(zero.left, costs[-1])
    axes.set_ylim(0, height)
    axes.spines[:].set_visible(False)
    labels = ["0", *(f"$10^{{{decade}}}$" if decade > 1 else f"{10**decade}" for decade in decades)]
    axes.xaxis.set_major_locator(FixedLocator([zero.middle, *(10.0**decades)]))
    axes.xaxis.set_major_formatter(FixedFormatter(labels) if named else NullFormatter())
    minor = np.outer(10.0**decades, np.arange(2, 10)).ravel()
    axes.xaxis.set_minor_locator(FixedLocator(minor[minor <= costs[-1]] if named else []))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _name_rows(axes: Axes, panel: Panel, drawn: list[Band], *, named: bool) -> None:
    """Names of components, and of as many frequencies as there is room for."""
    ticks, names = [], []
    for band in drawn:
        step = int(np.ceil(LABEL / (band.edges[1] - band.edges[0]) - 1e-9))
        ticks += list((band.edges[1:] + band.edges[:-1])[::step] / 2)
        names += [f"{frequency:.4g}" for _, frequency in panel.rows[band.rows][::step]]
        if len(drawn) > 1:
            at = axes.get_yaxis_transform()
            axes.text(0, band.edges[-1] + 0.025, f"component {band.component}", size=6, color=GREY, transform=at)
    axes.yaxis.set_major_locator(FixedLocator(ticks if named else []))
    axes.yaxis.set_major_formatter(FixedFormatter(names))


def _title(axes: Axes, panel: Panel, layout: Layout) -> None:
    """Name and verdict on the left; on the right how runs ended, and the concordance."""
    room = layout.width - text_width(panel.endings, 6) - 0.08
    name, size = stacked(panel.name, 7.5, room, "bold")
    beside = layout.width - 0.06 - text_width(panel.concordance, 6)
    # four to a page have no room for the whole of it, which the table and the figure `order` say
    short = text_width(panel.verdict, 6.5) > beside
    verdict = panel.verdict.replace("as amplitude alone would give", "as amplitude") if short else panel.verdict
    tight = min(1.0, (layout.width - 0.16) / (text_width(verdict, 6.5) + text_width(panel.concordance, 6) + 1e-9))
    colour = VERDICT_COLOURS.get(panel.verdict, GREY)
    pieces: tuple[tuple[int, float, str, dict[str, Any]], ...] = (
        (0, 0.18, name, {"size": size, "weight": "bold", "color": INK, "linespacing": 0.95}),
        (1, 0.18, panel.endings, {"size": 6, "color": GREY}),
        (0, 0.055, verdict, {"size": 6.5 * tight, "color": colour}),
        (1, 0.055, panel.concordance, {"size": 6 * tight, "color": INK}),
    )
    for x, inches, text, style in pieces:
        axes.text(x, 1 + inches / layout.height, text, ha=("left", "right")[x], transform=axes.transAxes, **style)


def _excuse(axes: Axes, reason: str, layout: Layout) -> None:
    """What is said where nothing can be drawn."""
    letters = max(8, int(layout.width * 0.92 / text_width("n" * 10, 6) * 10))
    text = textwrap.fill(reason, letters, max_lines=max(1, int(layout.height / LINE)), placeholder=" …")
    axes.patch.set_facecolor("#f2f2f2")
    axes.tick_params(axis="x", which="both", length=0)
    axes.text(0.5, 0.5, text, size=6, color=INK, ha="center", va="center", transform=axes.transAxes)


def _draw_errors(axes: Axes, panel: Panel, band: Band, costs: Doubles) -> None:
    # infinity becomes 1 first, the worst colour; what is masked is NaN, where nobody watched
    zero, errors = Zero.of(costs[-1]), np.ma.masked_invalid(np.minimum(panel.errors[band.rows], 1.0))
    for edges, cells in (([zero.left, zero.right], errors[:, :1]), (costs, errors[:, 1:])):
        axes.pcolormesh(edges, band.edges, cells, rasterized=True, zorder=1, **error_colours())
        _outline(axes, (edges[0], edges[-1]), band, **FRAME)
    if panel.ended < costs[-1]:
        _outline(axes, (max(panel.ended, 1.0), costs[-1]), band, **HELD)


def _draw_hits(axes: Axes, panel: Panel, band: Band, top: float) -> None:
    middles = (band.edges[1:] + band.edges[:-1]) / 2
    # hits at cost 0 stand in its column
    low, median, high = (np.where(cost < 1, Zero.of(top).middle, cost) for cost in panel.hits[band.rows].T)
    reached, spread = np.isfinite(median), np.isfinite(low)
    for halo in (True, False):
        axes.hlines(middles[spread], low[spread], np.minimum(high, top)[spread], zorder=3, **QUARTILES[halo])
    # markers of rows thinner than 0.06 inches would hide each other
    size = min(1.0, (band.edges[1] - band.edges[0]) / 0.06)
    hit, censored = (style | {"markersize": style["markersize"] * size} for style in (HIT, CENSORED))
    axes.plot(median[reached], middles[reached], zorder=4, **hit)
    # what no run watches was not missed by any
    missed = ~reached & panel.watched[band.rows]
    # 2.2 % of the axis beyond its end: not learned within the budget
    axes.plot(np.full(missed.sum(), top**1.022), middles[missed], zorder=4, clip_on=False, **censored)


def _outline(axes: Axes, ends: tuple[float, float], band: Band, **style: Any) -> None:
    """A rectangle from cost to cost, as high as the band."""
    bottom, top = band.edges[[0, -1]]
    axes.add_patch(Rectangle((ends[0], bottom), ends[1] - ends[0], top - bottom, zorder=2, **style))
