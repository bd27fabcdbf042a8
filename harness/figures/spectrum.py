"""The spectrum while it is learned: amplitudes of the target, and of the network at some costs."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from harness.analysis.configurations import configurations
from harness.analysis.incumbents import as_declared, of_point
from harness.analysis.order import of_first_probes
from harness.analysis.units import cost_unit
from harness.figures.drawing.grids import error_axis, frequency_ticks, grid, label, title
from harness.figures.drawing.style import INK, house_style
from harness.tables import Tables

MARKS = 6
"""At so many log-spaced costs, the first after the start and the last."""
TARGET: dict[str, Any] = {"color": INK, "ls": (0, (4, 1.5)), "lw": 1.3}
MANY = 40
"""From so many frequencies on, lines have no markers."""


def spectrum_rows(tables: Tables) -> pd.DataFrame:
    """The rows of each problem's first probe that are about a frequency."""
    tables = as_declared(tables)
    return of_first_probes(tables["spectra"].dropna(subset="frequency"), tables)


def spectrum(tables: Tables) -> Figure:
    """Amplitude over frequency, of the target and of the network at some costs: the run with the lowest seed."""
    spectra = spectrum_rows(tables)
    if spectra.empty:
        raise ValueError("The table 'spectra' has no frequencies to draw.")
    panels = []
    for name, runs in configurations(tables["runs"]):
        known = runs[runs["run_id"].isin(spectra["run_id"].unique())].sort_values("seed")
        if len(known):
            own = spectra[spectra["run_id"] == known["run_id"].iloc[0]]
            panels += [
                (f"{name}, component {component}" if own["component"].nunique() > 1 else name, rows)
                for component, rows in own.groupby("component")
            ]
    costs = _log_spaced(pd.concat([rows for _, rows in panels])["cost"])
    colours = colormaps["viridis"](np.linspace(0, 0.9, len(costs)))
    with house_style():
        figure, axes = grid(len(panels))
        for panel, (name, rows) in zip(axes, panels, strict=True):
            _draw(panel, rows, dict(zip(costs, colours, strict=True)))
            title(panel, name)
        seeds = ", ".join(map(str, sorted({_seed(tables, rows) for _, rows in panels})))
        note = f"numbers are costs in {cost_unit(tables['runs'])}, read at the last mark up to each; seed {seeds}"
        note += f"; {point}" if (point := of_point(tables)) else ""
        handles = [
            Line2D([], [], color=look, lw=0.9, label=f"{cost:,.0f}") for cost, look in zip(costs, colours, strict=True)
        ]
        handles.append(Line2D([], [], label="target", **TARGET))
        label(figure, "frequency", "amplitude", note, handles)
    return figure


def _seed(tables: Tables, rows: pd.DataFrame) -> int:
    return int(tables["runs"].set_index("run_id")["seed"][rows["run_id"].iloc[0]])


def _draw(axes: Axes, rows: pd.DataFrame, colours: dict[float, Any]) -> None:
    """The target in black; the network from dark to light as it spends, up to the mark where it ended."""
    marker = "o" if rows["frequency"].nunique() < MANY else ""
    marks = rows.groupby("mark")["cost"].first().sort_values()
    # the slack is for costs that are sums of prices
    places = {cost: int(marks.searchsorted(cost * (1 + 1e-9), side="right")) - 1 for cost in colours}
    # a mark is drawn once, for the least of the costs that it is the last mark of
    shown = {place: cost for cost, place in reversed(places.items())}
    for place, cost in sorted(shown.items()):
        own = rows[rows["mark"] == marks.index[place]].sort_values("frequency")
        axes.plot(own["frequency"], own["amplitude"], color=colours[cost], lw=0.9, marker=marker, ms=2)
    own = rows[rows["mark"] == marks.index[0]].sort_values("frequency")
    # a line of one point is none
    axes.plot(own["frequency"], own["target_amplitude"], marker="_" if len(own) == 1 else "", ms=14, mew=1.3, **TARGET)
    error_axis(axes)
    frequency_ticks(axes, rows["frequency"])


def _log_spaced(costs: "pd.Series[float]") -> list[float]:
    """Cost 0, and log-spaced costs up to the end, the same for all panels."""
    later = costs[costs > 0]
    if later.empty:
        return [0.0]
    # rounded up, so that the last mark is among them
    return [0.0, *np.unique(np.ceil(np.geomspace(later.min(), later.max(), MARKS) - 1e-6)).tolist()]
