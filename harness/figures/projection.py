"""The spectrum of the target with the peaks that are watched, and the error Delta_F of each of them over cost."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from harness.analysis.configurations import configurations
from harness.analysis.incumbents import of_point
from harness.analysis.order import PRIMARY_THRESHOLD
from harness.analysis.units import cost_unit
from harness.figures.drawing.equal_costs import at_equal_costs
from harness.figures.drawing.grids import cost_axis, error_axis, grid, label, title
from harness.figures.drawing.palette import shades
from harness.figures.drawing.style import GREY, INK, house_style
from harness.figures.spectrum import spectrum_rows
from harness.tables import Tables

PEAKS = 6
"""Of the target that are followed, the loudest."""
FEW = 6
"""Configurations that each have a spectrum of their own."""
MANY = 16
"""Frequencies from which on the spectrum is a line, and not stems."""
USUAL = 1e-3, 3.0
"""Errors that the axis holds at least; it goes on as far as errors do, the same in all panels."""


def projection_rows(tables: Tables) -> pd.DataFrame:
    """Of the component with the loudest wave, medians over runs of amplitude and error at equal costs.

    A run that ended keeps its last ones."""
    rows = spectrum_rows(tables)
    rows = rows[rows["frequency"] > 0]
    parts = []
    for name, runs in configurations(tables["runs"]):
        own = rows[rows["run_id"].isin(runs["run_id"])]
        if own.empty:
            continue
        own = at_equal_costs(own)
        component = own.sort_values("target_amplitude")["component"].iloc[-1]
        own = own[own["component"] == component]
        # error is Delta_F(k) = |h_k - f_k| / |f_k|
        columns = ["cost", "target_amplitude", "amplitude", "error"]
        found = own.groupby(["mark", "frequency"])[columns].median().reset_index()
        parts.append(found.assign(configuration=name, component=component, peak=found["frequency"].isin(peaks(found))))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def peaks(rows: pd.DataFrame) -> list[float]:
    """The loudest local maxima of the target's amplitude over the watched frequencies; of a few, all."""
    target = rows.groupby("frequency")["target_amplitude"].first().sort_index()
    if len(target) > MANY:
        height = target.to_numpy()
        # above the left neighbour and not below the right one, so that a plateau is one peak
        inner = np.r_[True, height[1:] > height[:-1]] & np.r_[height[:-1] >= height[1:], True]
        target = target[inner]
    # equally loud ones differ by rounding
    target = (target / target.max()).round(6)
    least = target.nlargest(PEAKS).min()
    louder, alike = target[target > least], target[target == least]
    # of as many alike as there is room for, evenly spaced ones, the lowest and the highest among them
    places = np.linspace(0, len(alike) - 1, min(PEAKS - len(louder), len(alike))).round().astype(int)
    return sorted(float(str(k)) for k in [*louder.index, *alike.index[places]])


def projection(tables: Tables) -> Figure:
    """Amplitudes of target and network over frequency with peaks marked, and Delta_F of these over cost."""
    rows = projection_rows(tables)
    if rows.empty:
        raise ValueError("The table 'spectra' has no frequencies above 0 to draw.")
    parts = list(rows.groupby("configuration", sort=False))
    # of many, a spectrum that several learn is drawn once
    learners = {str(name) if len(parts) <= FEW else _target(own): str(name) for name, own in reversed(parts)}
    spectra = set(learners.values())
    with house_style():
        columns = 2 if len(parts) == 1 else 4
        figure, axes = grid(len(spectra) + len(parts), most_columns=columns, alike=False, gap=0.42)
        free, ends = iter(axes), error_ends(rows[rows["peak"]])
        for name, own in parts:
            followed = sorted(own.loc[own["peak"], "frequency"].unique())
            colours = dict(zip(followed, shades(len(followed)), strict=True))
            if name in spectra:
                panel = next(free)
                _draw_spectrum(panel, own, colours)
                title(panel, str(name), "amplitude over frequency k")
            panel = next(free)
            _draw_errors(panel, own, colours, ends)
            title(
                panel,
                str(name) if len(spectra) < len(parts) else "",
                "Delta_F over cost" if len(parts) > FEW else f"Delta_F over cost ({cost_unit(tables['runs'])})",
            )
        handles = [
            Line2D([], [], color=INK, lw=1, ls=(0, (4, 1.5)), label="target"),
            Line2D([], [], color=GREY, lw=1.4, label="network at the end"),
            *_frequencies(rows),
        ]
        component = ", ".join(map(str, sorted(rows["component"].unique())))
        note = f"component {component}, which has the loudest wave; median over seeds; "
        note += f"dotted: {PRIMARY_THRESHOLD:g}, learned"
        note += f"; {point}" if (point := of_point(tables)) else ""
        # the titles of many have no room for it
        note += f"; cost in {cost_unit(tables['runs'])}" if len(parts) > FEW else ""
        label(figure, "", "", note, handles)
    return figure


def _target(rows: pd.DataFrame) -> str:
    """The same text for the same amplitudes of a target."""
    return str(rows.groupby("frequency")["target_amplitude"].first().round(6).to_dict())


def _frequencies(rows: pd.DataFrame) -> list[Line2D]:
    """The colours of frequencies, named where all panels follow the same."""
    found = [tuple(sorted(own)) for _, own in rows[rows["peak"]].groupby("configuration")["frequency"].unique().items()]
    if len(set(found)) != 1:
        return [Line2D([], [], lw=0, label="peaks dark to light from low to high")]
    return [
        Line2D([], [], color=colour, marker="o", ms=3, lw=1, label=f"k = {k:.3g}")
        for k, colour in zip(found[0], shades(len(found[0])), strict=True)
    ]


def _draw_spectrum(axes: Axes, rows: pd.DataFrame, colours: dict[float, object]) -> None:
    last = rows[rows["mark"] == rows["mark"].max()].sort_values("frequency")
    k, target = last["frequency"].to_numpy(float), last["target_amplitude"].to_numpy(float)
    if len(k) > MANY:
        axes.plot(k, last["amplitude"], color=GREY, lw=0.8)
        axes.plot(k, target, color=INK, lw=0.9, ls=(0, (4, 1.5)))
    else:
        axes.vlines(k, 0, target, color=INK, lw=1.0, ls=(0, (4, 1.5)))
        axes.plot(k, last["amplitude"], color=GREY, marker="_", ms=9, mew=1.4, lw=0)
    for frequency, colour in colours.items():
        axes.plot(frequency, target[np.argmin(np.abs(k - frequency))], color=colour, marker="o", ms=4, lw=0)
    axes.set_ylim(0, 1.15 * target.max())
    axes.locator_params(nbins=5)
    room = 0.06 * (k[-1] - k[0]) or 0.5
    axes.set_xlim(k[0] - room, k[-1] + room)


def error_ends(rows: pd.DataFrame) -> tuple[float, float]:
    """The ends of an axis that holds all errors that have a logarithm, with a little room."""
    errors = rows["error"].to_numpy(float)
    known = errors[np.isfinite(errors) & (errors > 0)]
    return min([USUAL[0], *known / 1.5]), max([USUAL[1], *known * 1.5])


def _draw_errors(axes: Axes, rows: pd.DataFrame, colours: dict[float, object], ends: tuple[float, float]) -> None:
    for frequency, colour in colours.items():
        own = rows[rows["frequency"] == frequency].sort_values("mark")
        # an error of 0 has no logarithm, and lies on the edge
        axes.plot(own["cost"], np.maximum(own["error"], ends[0]), color=colour, lw=1.1)
    axes.axhline(PRIMARY_THRESHOLD, color=GREY, lw=0.6, ls=(0, (1, 1)))
    cost_axis(axes, float(rows["cost"].max()))
    error_axis(axes)
    axes.set_ylim(*ends)
