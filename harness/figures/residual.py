"""The spectrum of what is left to learn at equal loss: a comparison of frequencies that amplitude cannot confound.

The relative error of a loud frequency falls first whoever learns, if all are learned at one speed in absolute terms.
The residual in units of its own start has no amplitude of the target in it."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from harness.analysis.clocks import level_marks
from harness.analysis.configurations import configurations
from harness.analysis.incumbents import as_declared, of_point
from harness.analysis.levels import median_of_half
from harness.analysis.order import of_first_probes
from harness.figures.drawing.grids import columns_of, error_axis, frequency_ticks, grid, label, title
from harness.figures.drawing.palette import shades
from harness.figures.drawing.style import GREY, house_style
from harness.tables import Tables

SHARES = (0.5, 0.2, 0.1, 0.03, 0.01, 0.001)
"""Of a run's first loss, at which residuals are read."""
LEAST = 1e-3
"""Residual at which the axis ends."""


def residual_rows(tables: Tables) -> pd.DataFrame:
    """Of each configuration, share of the first loss, and frequency: the residual over its start, median over runs.

    It is read at the first mark where the loss is at or below that share; a share that fewer than half of the runs
    reach is left out, and so is a component without a start."""
    tables = as_declared(tables)
    spectra = of_first_probes(tables["spectra"], tables)
    spectra = spectra[spectra["frequency"] > 0]
    # the error is relative to the target's amplitude: their product is |h_k - f_k|
    spectra = spectra.assign(residual=spectra["error"] * spectra["target_amplitude"])
    key = ["run_id", "component", "frequency"]
    # r_k(t) / r_k(0): of its own start, as the target's amplitude cancels
    start = spectra[spectra["mark"] == 0].set_index(key)["residual"].rename("start")
    levels = level_marks(tables["runs"], tables["curves"], np.array(SHARES))
    levels = levels.assign(share=np.take(SHARES, levels["level"]))
    at = spectra.merge(levels, on=["run_id", "mark"]).join(start, on=key)
    at = at[at["start"] > 0].assign(ratio=lambda rows: rows["residual"] / rows["start"])
    parts = []
    for name, runs in configurations(tables["runs"]):
        parts.append(median_of_half(at, runs, ["share", "frequency"], "ratio").assign(configuration=name))
    return pd.concat(parts, ignore_index=True)[["configuration", "share", "frequency", "median", "count"]]


def residual(tables: Tables) -> Figure:
    """Residual over its start by frequency, at equal shares of the first loss: a panel for each optimizer."""
    rows = residual_rows(tables)
    if rows.empty:
        raise ValueError(
            "Of no optimizer have half of the runs halved their loss, so there are no residuals to compare at equal "
            "loss. Draw 'heatmap', or give the runs a larger --budget."
        )
    parts = list(rows.groupby("configuration", sort=False))
    colours = dict(zip(SHARES, shades(len(SHARES)), strict=True))
    with house_style():
        figure, axes = grid(len(parts), columns_of(len(parts)))
        # axes are shared: the lowest of all panels, within three decades
        least = max(LEAST, min(0.09, 0.7 * float(rows["median"].min())))
        for panel, (name, own) in zip(axes, parts, strict=True):
            _draw(panel, own.assign(median=own["median"].clip(lower=least)), colours)
            title(panel, str(name))
        axes[0].set_ylim(least, 3)
        reached = set(rows["share"])
        handles = [
            Line2D([], [], color=look, lw=1.2, marker="o", ms=2.5, label=f"{share:g}")
            for share, look in colours.items()
            if share in reached
        ]
        note = (
            "numbers are losses as shares of the first; median over seeds, where half of them reach it; a line that "
            "rises to the right has learned low frequencies first"
        )
        note += f"; {point}" if (point := of_point(tables)) else ""
        note += f"; what is less than {LEAST:g} lies on the lower edge" if (rows["median"] < least).any() else ""
        absent = [name for name, _ in configurations(tables["runs"]) if name not in dict(parts)]
        note += f"; not halved by half of the seeds: {', '.join(absent)}" if absent else ""
        label(figure, "frequency", "residual over its start", note, handles)
    return figure


def _draw(axes: Axes, rows: pd.DataFrame, colours: dict[float, object]) -> None:
    for share, own in rows.groupby("share"):
        axes.plot(
            own["frequency"], own["median"], color=colours[float(str(share))], lw=1.0, marker="o", ms=2.5, clip_on=False
        )
    axes.axhline(1, color=GREY, lw=0.4)
    error_axis(axes)
    frequency_ticks(axes, rows["frequency"])
