"""Easy and hard samples: how fast they are learned, whether runs agree, and what the hard ones have in common."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from harness.analysis.agreement import agreement, groups
from harness.analysis.configurations import configurations
from harness.figures.drawing.decades import name_decades
from harness.figures.drawing.grids import grid, label, title
from harness.figures.drawing.palette import LINES, MOST, looks
from harness.figures.drawing.style import GREY, house_style
from harness.tables import Tables

MEASURES = {"image_high": "image power above the median", "target_high": "target that the filter holds back"}


def samples(tables: Tables) -> Figure:
    """Share of samples learned for good over cost, agreement between runs, and roughness by tenths of the samples."""
    rows, parts = tables["samples"], _named(tables)
    measures = {name: text for name, text in MEASURES.items() if rows[name].notna().any()}
    with house_style():
        figure, axes = grid(2 + len(measures), most_columns=2, alike=False, gap=0.5)
        handles = _draw_learning(axes[0], parts)
        title(axes[0], "learned for good", "share of samples over cost in forward passes, a line a run")
        _draw_agreement(axes[-1], agreement(rows))
        title(axes[-1], "the same samples?", "rank correlation of learning times with a run that has another ...")
        for panel, (name, text) in zip(axes[1:-1], measures.items(), strict=True):
            _draw_groups(panel, groups(rows, name))
            title(panel, text, "mean of each tenth of the samples, those learned last to the right")
        note = "bars: 95 % by a bootstrap over samples"
        others = len(parts) - len(handles)
        note += f"; {others} others in grey, those named from the fastest to the slowest" if others else ""
        label(figure, "", "", note, handles)
    return figure


def _draw_learning(axes: Axes, parts: dict[str, pd.DataFrame]) -> list[Line2D]:
    # those never learned have infinite costs, so that a median needs no model of the missing
    ranked = sorted(parts, key=lambda name: float(parts[name]["final_cost"].median()))
    some = np.linspace(0, len(ranked) - 1, MOST).round().astype(int)
    named = list(parts) if len(parts) <= MOST else [ranked[place] for place in some]
    styles = dict(zip(named, looks(len(named)), strict=True))
    for name, own in parts.items():
        look = styles.get(name, {"color": "#dddddd", "zorder": 1})
        for _, run in own.groupby("run_id", sort=False):
            costs = np.sort(run["final_cost"].to_numpy(np.float64))
            # the i-th of n sorted costs is where the share becomes i / n
            shares = np.arange(1, len(costs) + 1) / len(costs)
            # those never learned count in the shares, and stand nowhere
            known = np.isfinite(costs)
            axes.step(np.maximum(costs[known], 1), shares[known], where="post", lw=0.8, **look)
    axes.set_xscale("log")
    name_decades(axes.xaxis)
    axes.set_ylim(0, 1.02)
    return [Line2D([], [], lw=1.2, label=name, **look) for name, look in styles.items()]


def _named(tables: Tables) -> dict[str, pd.DataFrame]:
    """Rows of each configuration that was watched so."""
    rows = tables["samples"]
    named = ((name, rows[rows["run_id"].isin(runs["run_id"])]) for name, runs in configurations(tables["runs"]))
    return {name: own for name, own in named if len(own)}


def _draw_agreement(axes: Axes, found: pd.DataFrame) -> None:
    places = np.arange(len(found))
    spread = [found["rho"] - found["low"], found["high"] - found["rho"]]
    axes.errorbar(places, found["rho"], yerr=spread, fmt="o", color=LINES[0], ms=4, lw=0.9)
    axes.set_xticks(places, [text.removeprefix("another ").replace(" and ", "\nand ") for text in found["pair"]])
    axes.set_xlim(-0.6, len(found) - 0.4)
    axes.set_ylim(min(0, float(found["low"].min(skipna=True) if len(found) else 0)), 1.02)
    axes.axhline(0, color=GREY, lw=0.5)
    if not len(found):
        axes.text(
            0.5, 0.5, "one run alone: nothing to compare", ha="center", color=GREY, size=6, transform=axes.transAxes
        )


def _draw_groups(axes: Axes, found: pd.DataFrame) -> None:
    spread = [found["mean"] - found["low"], found["high"] - found["mean"]]
    axes.errorbar(found["group"] + 1, found["mean"], yerr=spread, fmt="o-", color=LINES[1], ms=3, lw=0.9)
    axes.set_xticks(found["group"] + 1)
    axes.yaxis.set_major_locator(MaxNLocator(4))
