"""The spectrum while it is learned: amplitudes of the target, and of the network at some costs."""

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.analysis.configurations import configurations
from harness.figures.drawing.grids import grid, label, title
from harness.figures.drawing.style import INK, house_style
from harness.tables import Tables

MARKS = 6
"""At so many log-spaced costs, the first after the start and the last."""
MANY = 40
"""From so many frequencies on, lines have no markers."""


def spectrum_rows(tables: Tables) -> pd.DataFrame:
    """The rows of the problem's first probe that are about a frequency."""
    spectra = tables["spectra"].dropna(subset="frequency")
    return spectra[spectra["probe"].isin(spectra["probe"].iloc[:1])]


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
    with house_style():
        figure, axes = grid(len(panels))
        for panel, (name, rows) in zip(axes, panels, strict=True):
            _draw(panel, rows)
            title(panel, name)
        note = f"numbers are costs in forward passes; seed {tables['runs']['seed'].min()}"
        label(figure, "frequency", "amplitude", note, axes[0].get_legend_handles_labels()[0])
    return figure


def _draw(axes: Axes, rows: pd.DataFrame) -> None:
    """The target in black; the network from dark to light as it spends."""
    marker = "o" if rows["frequency"].nunique() < MANY else ""
    marks = rows.groupby("mark")["cost"].first()
    shown = _log_spaced(marks)
    colours = colormaps["viridis"](np.linspace(0, 0.9, len(shown)))
    for mark, colour in zip(shown, colours, strict=True):
        own = rows[rows["mark"] == mark].sort_values("frequency")
        text = f"{marks[mark]:,.0f}"
        axes.plot(own["frequency"], own["amplitude"], color=colour, lw=0.9, marker=marker, ms=2, label=text)
    own = rows[rows["mark"] == marks.index[0]].sort_values("frequency")
    axes.plot(own["frequency"], own["target_amplitude"], color=INK, ls=(0, (4, 1.5)), lw=1.3, label="target")
    axes.set_yscale("log")
    axes.spines[["top", "right"]].set_visible(False)


def _log_spaced(marks: "pd.Series[float]") -> list[int]:
    """Mark 0, and the marks nearest to log-spaced costs up to the end."""
    later = marks[marks > 0]
    if later.empty:
        return [int(marks.index[0])]
    costs = np.geomspace(later.iloc[0], later.iloc[-1], MARKS)
    # nearest in |log(c / cost)|, in which the costs are evenly spaced
    nearest = [int(later.index[np.abs(np.log(later.to_numpy() / cost)).argmin()]) for cost in costs]
    return list(dict.fromkeys([int(marks.index[0]), *nearest]))
