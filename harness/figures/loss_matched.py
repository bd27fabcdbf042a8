"""Errors of frequencies over the loss instead of the cost, so that a slow optimizer is not called an exception."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from harness.analysis.clocks import level_marks
from harness.analysis.configurations import configurations
from harness.analysis.incumbents import as_declared, of_point
from harness.analysis.levels import median_of_half
from harness.analysis.order import PRIMARY_THRESHOLD, of_first_probes
from harness.figures.drawing.decades import name_decades
from harness.figures.drawing.grids import columns_of, error_axis, grid, label, title
from harness.figures.drawing.palette import shades
from harness.figures.drawing.style import GREY, house_style
from harness.tables import Tables

STEPS_PER_DECADE, DECADES = 4, 4
FIRST = 10.0 ** (-1 / STEPS_PER_DECADE)
"""Of the first loss, the first level below it."""
MOST_FREQUENCIES = 12


def loss_matched_rows(tables: Tables) -> pd.DataFrame:
    """Of each configuration and frequency: the median error over runs at log-spaced losses, read when first reached."""
    tables = as_declared(tables)
    spectra = of_first_probes(tables["spectra"], tables)
    spectra = spectra[spectra["frequency"] > 0]
    shares = np.array([10.0 ** (-step / STEPS_PER_DECADE) for step in range(DECADES * STEPS_PER_DECADE + 1)])
    levels = level_marks(tables["runs"], tables["curves"], shares)
    at = spectra.merge(levels.assign(share=shares[levels["level"]]), on=["run_id", "mark"])
    parts = []
    for name, runs in configurations(tables["runs"]):
        parts.append(median_of_half(at, runs, ["frequency", "share"], "error").assign(configuration=name))
    return pd.concat(parts, ignore_index=True)[["configuration", "frequency", "share", "median", "count"]]


def loss_matched(tables: Tables) -> Figure:
    """Error of each frequency over the loss that has been reached, a panel for each optimizer."""
    rows = loss_matched_rows(tables)
    if rows.empty:
        raise ValueError("The tables have no frequencies above 0, so there is nothing to compare at equal loss.")
    if rows["share"].min() == 1:
        raise ValueError(
            f"Of no optimizer have half of the runs lost {1 - FIRST:.0%} of their first loss, so there is nothing to "
            "compare at equal loss. Draw 'heatmap', or give the runs a larger --budget."
        )
    # those of each panel are thinned for themselves: problems may watch different ones
    parts = [(name, _thinned(own)) for name, own in rows.groupby("configuration", sort=False)]
    watched = {str(name): sorted(own["frequency"].unique()) for name, own in parts}
    alike = len(set(map(tuple, watched.values()))) == 1
    with house_style():
        figure, axes = grid(len(parts), columns_of(len(parts)))
        for panel, (name, own) in zip(axes, parts, strict=True):
            shown = watched[str(name)]
            _draw(panel, own, dict(zip(shown, shades(len(shown)), strict=True)))
            # colours of all that any panel watches would be too many to tell apart
            title(panel, str(name), "" if alike else "k = " + ", ".join(f"{k:.3g}" for k in shown))
        for panel in axes:
            # from right to left: training goes on to the right, as on an axis of cost
            panel.set_xlim(1.1, min(0.45, 0.9 * float(rows["share"].min())))
        named = next(iter(watched.values())) if alike else []
        handles = [
            Line2D([], [], color=colour, lw=1.2, label=f"k={k:.3g}")
            for k, colour in zip(named, shades(len(named)), strict=False)
        ]
        note = "median over seeds, where half of them reach the loss, at the first mark at or below it; dotted: learned"
        note += "" if alike else "; each panel's frequencies dark to light from low to high"
        note += f"; {point}" if (point := of_point(tables)) else ""
        still = [str(name) for name, own in parts if own["share"].min() == 1]
        note += f"; no lines where fewer than half have lost {1 - FIRST:.0%} of it: {', '.join(still)}" if still else ""
        label(figure, "loss over the first loss", "relative error", note, handles)
    return figure


def _thinned(rows: pd.DataFrame) -> pd.DataFrame:
    frequencies = sorted(rows["frequency"].unique())
    return rows[rows["frequency"].isin(frequencies[:: -(-len(frequencies) // MOST_FREQUENCIES)])]


def _draw(axes: Axes, rows: pd.DataFrame, colours: dict[float, object]) -> None:
    for frequency, own in rows.groupby("frequency"):
        axes.plot(own["share"], own["median"], color=colours[float(str(frequency))], lw=1.2, marker="o", ms=1.8)
    axes.axhline(PRIMARY_THRESHOLD, color=GREY, lw=0.4, ls=(0, (1, 2)))
    error_axis(axes)
    axes.set(xscale="log", ylim=(1e-3, 3))
    name_decades(axes.xaxis)
