"""The answer of a study on one page: concordance and spread of every optimizer, with intervals, nulls and verdicts."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from harness.analysis.configurations import configuration_names
from harness.analysis.order import PRIMARY_THRESHOLD, of_first_probes
from harness.analysis.statistics.spread import told_ends
from harness.figures.drawing.decades import name_decades
from harness.figures.drawing.families import Families, by_family
from harness.figures.drawing.layout import PAGE
from harness.figures.drawing.style import GREY, INK, VERDICT_COLOURS, fitted, house_style, stacked
from harness.tables import LABELS, Tables

NAME, VERDICT, GAP, TOP, BOTTOM, ROW, RIGHT = 1.35, 1.9, 0.18, 0.3, 0.78, 0.165, 0.08
"""Inches: room for a name, a verdict, between the panels, above, below, for one row, and at the edge."""
LARGEST = 1e6
"""Ratios beyond this are drawn at the edge."""
BY_LOSS: dict[str, Any] = {"marker": "D", "ms": 3.2, "mew": 0.7, "mfc": "none"}
COLUMNS = [
    "configuration",
    "optimizer",
    "n_runs",
    "concordance",
    "low",
    "high",
    "null_concordance",
    "spread_bound",
    "spread",
]
COLUMNS += ["spread_low", "spread_high", "null_spread", "exponent", "p_adjusted", "verdict"]


def order_rows(tables: Tables) -> pd.DataFrame:
    """The primary endpoint of each configuration, from the largest spread to the smallest."""
    order = tables["order"]
    order = order[(order["matched_by"] == "cost") & (order["threshold"] == PRIMARY_THRESHOLD)]
    order = of_first_probes(order, tables)
    if order.empty:
        return pd.DataFrame(columns=COLUMNS)
    named = told_ends(order).assign(configuration=configuration_names(order[list(LABELS)]))
    # of two equal spreads the one that is a lower bound is the larger
    size = named["spread"].where(named["spread_bound"] != ">=", named["spread"] * 1.0001)
    return named.assign(size=size).sort_values(["size", "concordance"], ascending=False, ignore_index=True)[COLUMNS]


def order(tables: Tables, families: Families | None = None) -> Figure:
    """Concordance and spread with their intervals and nulls, one row for each optimizer, and the verdict.

    Many optimizers stand by family where `families` says it, that of the largest spread first."""
    rows = order_rows(tables)
    if rows.empty:
        raise ValueError("The table 'order' has no rows at threshold 0.1, so there is no order to draw.")
    groups = by_family(list(rows["optimizer"]), families)
    # rows from above: a heading takes one, too
    headings, places, line = [], np.zeros(len(rows), np.int64), 0
    for name, members in groups:
        headings += [(name, line)] if name else []
        line += bool(name)
        places[members] = np.arange(line, line + len(members))
        line += len(members)
    height = TOP + ROW * line + BOTTOM
    width = (PAGE - NAME - VERDICT - 2 * GAP - RIGHT) / 2
    with house_style():
        figure = Figure(figsize=(PAGE, height))
        boxes = [
            (left / PAGE, BOTTOM / height, width / PAGE, ROW * line / height) for left in (NAME, NAME + width + GAP)
        ]
        concordance, spread = (figure.add_axes(box) for box in boxes)
        _draw_concordance(concordance, rows, places)
        _draw_spread(spread, rows, places)
        for axes in (concordance, spread):
            # the first row on top
            axes.set_ylim(line - 0.5, -0.5)
            axes.spines[["top", "right", "left"]].set_visible(False)
            for place in places[places % 2 == 0]:
                axes.axhspan(place - 0.5, place + 0.5, color="#f4f4f4", lw=0, zorder=0)
        _write(figure, rows, places, NAME + 2 * (width + GAP))
        for name, place in headings:
            y = (height - TOP - ROW * (place + 0.5)) / height
            figure.text(0.06 / PAGE, y, name, va="center", size=6.5, weight="bold", color=GREY)
    return figure


def _colour(verdict: str) -> str:
    return VERDICT_COLOURS.get(verdict, GREY)


def _draw_concordance(axes: Axes, rows: pd.DataFrame, places: NDArray[np.int64]) -> None:
    axes.axvline(0.5, color=GREY, lw=0.5)
    for place, row in zip(places, rows.to_dict("records"), strict=True):
        look: dict[str, Any] = {"color": _colour(row["verdict"]), "zorder": 3}
        axes.hlines(place, row["low"], row["high"], lw=1.0, **look)
        axes.plot(row["concordance"], place, "o", ms=3.5, **look)
        axes.plot(row["null_concordance"], place, "|", ms=6, mew=1.0, color=INK, zorder=4)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("concordance C")
    axes.set_title("0: high first · 1: low first", size=6, color=GREY, pad=4)


def _draw_spread(axes: Axes, rows: pd.DataFrame, places: NDArray[np.int64]) -> None:
    axes.axvline(1, color=GREY, lw=0.5)
    ends = rows[["spread", "spread_low", "spread_high", "null_spread"]].to_numpy(float)
    # an interval may reach to infinity, which has no place on an axis
    known = ends[np.isfinite(ends) & (ends > 0)]
    low, high = (0.4, 10.0) if not known.size else (min(0.4, known.min() / 1.5), min(LARGEST, known.max() * 2))
    for place, row in zip(places, rows.to_dict("records"), strict=True):
        look: dict[str, Any] = {"color": _colour(row["verdict"]), "zorder": 3}
        span = np.clip([row["spread_low"], row["spread_high"]], low, high)
        if np.isfinite(row["spread"]):
            axes.hlines(place, *span, lw=1.0, **look)
            # an arrow where censored hits leave a bound alone
            marker = {">=": ">", "<=": "<"}.get(row["spread_bound"], "o")
            axes.plot(np.clip(row["spread"], low, high), place, marker, ms=3.5, clip_on=False, **look)
        # a null has no cost of its own: its spread is by loss, and looks unlike the mark of C
        axes.plot(row["null_spread"], place, color=INK, zorder=4, **BY_LOSS)
    axes.set(xscale="log", xlim=(low, high))
    axes.set_yticks([])
    name_decades(axes.xaxis)
    axes.set_xlabel("spread: cost ratio, highest to lowest k")


def _write(figure: Figure, rows: pd.DataFrame, places: NDArray[np.int64], right: float) -> None:
    """Names, verdicts, and what the marks mean."""
    height = figure.get_size_inches()[1]
    for axes in figure.axes:
        axes.set_yticks([])
    for place, row in zip(places, rows.to_dict("records"), strict=True):
        y = (height - TOP - ROW * (place + 0.5)) / height
        name, size = stacked(row["configuration"], 6.5, NAME - 0.12)
        figure.text((NAME - 0.06) / PAGE, y, name, ha="right", va="center", size=size, linespacing=0.95, color=INK)
        said, size = fitted(row["verdict"], 6.5, VERDICT - 0.04)
        figure.text(right / PAGE, y, said, va="center", size=size, color=_colour(row["verdict"]))
    handles = [
        Line2D([], [], marker="o", ms=3.5, color=INK, lw=1.0, label="estimate, 95 %"),
        Line2D([], [], marker=">", ms=3.5, color=INK, lw=0, label="at least: too few runs learned the highest"),
        Line2D([], [], marker="|", ms=6, mew=1.0, color=INK, lw=0, label="amplitude alone"),
        Line2D([], [], color=INK, lw=0, label="amplitude alone, by loss", **BY_LOSS),
    ]
    if (rows["spread_bound"] == "<=").any():
        handles.insert(2, Line2D([], [], marker="<", ms=3.5, color=INK, lw=0, label="at most: too few the lowest"))
    corner = (0.08 / PAGE, 0.17 / height)
    at: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": corner, "borderaxespad": 0, "borderpad": 0}
    figure.legend(handles=handles, ncols=len(handles), fontsize=6, frameon=False, columnspacing=1.2, **at)
    runs = sorted(set(rows["n_runs"]))
    counted = " to ".join(f"{count}" for count in runs[:1] + runs[1:][-1:])
    note = f"{counted} run{'' if runs == [1] else 's'} each; threshold {PRIMARY_THRESHOLD:g}; by cost"
    note += " but for what amplitude alone gives of a spread, which is by loss"
    figure.text(0.08 / PAGE, 0.05 / height, note, size=6, color=GREY)
