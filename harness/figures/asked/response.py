"""Response frequency against image frequency: what is rough to the eye need not be rough to the network."""

from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from harness.analysis.configurations import configurations
from harness.figures.drawing.decades import name_decades
from harness.figures.drawing.grids import FLOOR, draw_floor, error_axis, grid, label, title
from harness.figures.drawing.style import house_style
from harness.tables import Doubles, Tables

COLOURS = ("#1a1a1a", "#0072B2", "#009E73", "#B34700")
STYLES = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D")
MOST_PAIRS = 6
"""Of more configurations a page has the spectra alone; the figure `directions` has their mean frequencies."""
BINS = 24
"""Of the spectrum, log-spaced, within each of which powers are averaged."""


def response(tables: Tables) -> Figure:
    """Spectra of a trained network's output by direction, and their mean frequency over that of the picture.

    Two panels for each configuration, one where there are many; powers and frequencies are means over its runs."""
    rows = tables["response"]
    named = ((name, rows[rows["run_id"].isin(runs["run_id"])]) for name, runs in configurations(tables["runs"]))
    parts = {name: own for name, own in named if len(own)}
    handles: list[Line2D] = []
    note = f"cuts of length {rows['extent'].mean():.3g} through {rows['n_samples'].max()} samples"
    with house_style():
        if len(parts) > MOST_PAIRS:
            figure, axes = grid(len(parts))
            for panel, (name, own) in zip(axes, parts.items(), strict=True):
                handles = _draw_spectra(panel, own)
                title(panel, name)
            runs = ", ".join(map(str, sorted({own["run_id"].nunique() for own in parts.values()})))
            note += f"; means over runs ({runs}); mean frequencies: the figure 'directions'"
            label(figure, FREQUENCY, "power of the output", note, handles)
            return figure
        figure, axes = grid(2 * len(parts), most_columns=2, alike=False)
        for left, right, (name, own) in zip(axes[::2], axes[1::2], parts.items(), strict=True):
            handles = _draw(left, right, name, own)
        # below the last panels alone, or they would lie on the titles of the next
        axes[-2].set_xlabel(FREQUENCY, labelpad=2)
        rough = rows["image_frequency"].notna().any()
        axes[-1].set_xlabel("image frequency of the direction, cycles per pixel" if rough else "direction", labelpad=2)
        note += f"; {FLOOR}"
        note += "; panels have axes of their own" if len(parts) > 1 else ""
        label(figure, "", "", note, handles)
    return figure


FREQUENCY = "response frequency, cycles per unit of input"


def _draw(left: Axes, right: Axes, name: str, rows: pd.DataFrame) -> list[Line2D]:
    handles = _draw_spectra(left, rows)
    draw_floor(right, float((1 / rows.drop_duplicates("run_id")["extent"]).mean()))
    looks = zip(cycle(COLOURS), cycle(MARKERS), strict=False)
    for place, ((_, own), (colour, marker)) in enumerate(
        zip(rows.groupby("direction", sort=False), looks, strict=False)
    ):
        mean = own.drop_duplicates("run_id").mean(numeric_only=True)
        # inputs that are no pictures have no image frequencies
        _draw_mean(right, mean.fillna({"image_frequency": place}), color=colour, marker=marker)
    if rows["image_frequency"].isna().all():
        names = list(dict.fromkeys(rows["direction"]))
        right.set_xticks(range(len(names)), names)
        right.set_xlim(-0.5, len(names) - 0.5)
    right.yaxis.set_major_locator(MaxNLocator(4))
    right.set_ylim(0, 1.1 * rows["response_high"].max())
    first, runs = rows.iloc[0], rows["run_id"].nunique()
    title(left, name, f"power of the output; {first['problem']}, {first['network']}")
    over = "" if runs == 1 else f", mean of {runs} runs"
    title(right, "response frequency", f"cycles per unit of input, with quartiles over samples{over}")
    return handles


def _draw_spectra(axes: Axes, rows: pd.DataFrame) -> list[Line2D]:
    looks = zip(cycle(COLOURS), cycle(STYLES), cycle(MARKERS), strict=False)
    handles = []
    for (name, own), (colour, style, marker) in zip(rows.groupby("direction", sort=False), looks, strict=False):
        # by number and not by frequency: cuts of another extent have another grid
        places = own.groupby(own.groupby("run_id").cumcount())[["frequency", "power"]].mean()
        axes.plot(*_binned(places["frequency"].to_numpy(), places["power"].to_numpy()), color=colour, ls=style, lw=1.2)
        handles.append(Line2D([], [], color=colour, ls=style, lw=1.2, marker=marker, ms=3, label=str(name)))
    # powers fall over decades: linear axes would show the first bin alone
    error_axis(axes)
    axes.set(xscale="log", xlim=(None, rows["frequency"].max()))
    name_decades(axes.xaxis)
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
