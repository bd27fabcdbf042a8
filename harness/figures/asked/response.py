"""Response frequency against image frequency: what is rough to the eye need not be rough to the network."""

from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, NullFormatter

from harness.figures.drawing.grids import grid, label, title
from harness.figures.drawing.style import house_style
from harness.tables import Doubles, Tables

COLOURS = ("#1a1a1a", "#0072B2", "#009E73", "#B34700")
STYLES = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D")
BINS = 24
"""Of the spectrum, log-spaced, within each of which powers are averaged."""


def response(tables: Tables) -> Figure:
    """Spectra of a trained network's output by direction, and their mean frequency over that of the picture.

    Two panels for each problem, network and optimizer; powers and frequencies are means over its runs."""
    rows = tables["response"]
    parts = [own for _, own in rows.groupby(["problem", "network", "optimizer"], sort=False)]
    with house_style():
        figure, axes = grid(2 * len(parts), most_columns=2, alike=False)
        handles = [_draw(left, right, own) for left, right, own in zip(axes[::2], axes[1::2], parts, strict=True)]
        # below the last panels alone, or they would lie on the titles of the next
        axes[-2].set_xlabel("response frequency, cycles per unit of input", labelpad=2)
        axes[-1].set_xlabel("image frequency of the direction, cycles per pixel", labelpad=2)
        extent = rows["extent"].mean()
        note = f"cuts of length {extent:.3g} through {rows['n_samples'].max()} samples"
        label(figure, "", "", note, handles[0])
    return figure


def _draw(left: Axes, right: Axes, rows: pd.DataFrame) -> list[Line2D]:
    looks = zip(cycle(COLOURS), cycle(STYLES), cycle(MARKERS), strict=False)
    handles = []
    for (name, own), (colour, style, marker) in zip(rows.groupby("direction", sort=False), looks, strict=False):
        # by number and not by frequency: cuts of another extent have another grid
        places = own.groupby(own.groupby("run_id").cumcount())[["frequency", "power"]].mean()
        left.plot(*_binned(places["frequency"].to_numpy(), places["power"].to_numpy()), color=colour, ls=style, lw=1.2)
        _draw_mean(right, own.drop_duplicates("run_id").mean(numeric_only=True), color=colour, marker=marker)
        handles.append(Line2D([], [], color=colour, ls=style, lw=1.2, marker=marker, ms=3, label=str(name)))
    # powers fall over decades: linear axes would show the first bin alone
    left.set(xscale="log", yscale="log", xlim=(None, rows["frequency"].max()))
    right.yaxis.set_major_locator(MaxNLocator(4))
    left.xaxis.set_minor_formatter(NullFormatter())
    right.set_ylim(0, 1.1 * rows["response_high"].max())
    first, runs = rows.iloc[0], rows["run_id"].nunique()
    title(left, f"{first['problem']}, {first['network']}, {first['optimizer']}", "power of the output")
    over = "" if runs == 1 else f", mean of {runs} runs"
    title(right, "response frequency", f"cycles per unit of input, with quartiles over samples{over}")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return handles


def _draw_mean(axes: Axes, row: "pd.Series[Any]", **look: Any) -> None:
    middle = row["response_frequency"]
    spread = [[middle - row["response_low"]], [row["response_high"] - middle]]
    axes.errorbar(row["image_frequency"], middle, yerr=spread, ms=4, lw=0.9, **look)


def _binned(frequency: Doubles, power: Doubles) -> tuple[list[float], list[float]]:
    # a little beyond the last frequency, which would else be a bin of its own
    edges = np.geomspace(frequency[0], frequency[-1] * 1.001, BINS + 1)
    place = np.digitize(frequency, edges)
    filled = np.unique(place)
    return [frequency[place == bin_].mean() for bin_ in filled], [power[place == bin_].mean() for bin_ in filled]
