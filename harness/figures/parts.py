"""Low and high part under the Gaussian filter, over cost.

The frequency principle holds where the low part is learned better at every mark."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from harness.analysis.configurations import configurations
from harness.analysis.incumbents import as_declared, of_point
from harness.analysis.units import cost_unit
from harness.figures.drawing.equal_costs import at_equal_costs
from harness.figures.drawing.grids import cost_axis, grid, label, title
from harness.figures.drawing.style import VERDICT_COLOURS, house_style
from harness.tables import Tables

COLOURS = (VERDICT_COLOURS["low-first"], VERDICT_COLOURS["high-first"])
STYLES = ("-", (0, (4, 1.5)))


def part_rows(spectra: pd.DataFrame) -> pd.DataFrame:
    """The rows about a part of all components together, which is what the filter watches."""
    # without a frequency are shares such as the accuracy
    return spectra[(spectra["component"] == -1) & spectra["frequency"].notna()]


def parts(tables: Tables) -> Figure:
    """Errors of the low and the high part over cost, a panel for each optimizer and width of the filter."""
    return draw_parts(tables["runs"], part_rows(as_declared(tables)["spectra"]), of_point(tables))


def draw_parts(every: pd.DataFrame, spectra: pd.DataFrame, point: str = "") -> Figure:
    """The figure of these rows about parts, of these runs, and at which point where it is not the usual one."""
    alike = spectra["probe"].nunique() == 1
    panels = [
        (name if alike else f"{name}, {probe}", rows)
        for name, runs in configurations(every)
        for probe, rows in spectra[spectra["run_id"].isin(runs["run_id"])].groupby("probe", sort=True)
    ]
    if not panels:
        raise ValueError(
            "The table 'spectra' has no parts: this figure is for problems of classes, such as 'digits-pca', with "
            "widths of the filter. Run one with --set problem.filters=3,7."
        )
    with house_style():
        figure, axes = grid(len(panels), most_columns=2 if len(panels) in (2, 4) else 3)
        for panel, (name, rows) in zip(axes, panels, strict=True):
            _draw(panel, rows)
            title(panel, name, f"e_low < e_high at {_share_ordered(rows):.0%} of marks")
        axes[0].set_ylim(0, min(1.6, 1.05 * spectra["error"].max()))
        handles = [
            Line2D([], [], color=colour, ls=style, lw=1.4, label=name)
            for colour, style, name in zip(COLOURS, STYLES, ("low part, e_low", "high part, e_high"), strict=True)
        ]
        seeds = every["seed"].nunique()
        note = f"median of {seeds} seeds; each of them, thin" if seeds > 1 else "one seed"
        note += f"; {spectra['probe'].iloc[0]}" if alike else ""
        note += f"; {point}" if point else ""
        label(figure, f"cost ({cost_unit(every)})", "error of the part", note, handles)
    return figure


def _draw(axes: Axes, rows: pd.DataFrame) -> None:
    frequencies = sorted(rows["frequency"].unique())
    for frequency, colour, style in zip(frequencies, COLOURS, STYLES, strict=True):
        own = rows[rows["frequency"] == frequency]
        for _, run in own.groupby("run_id"):
            axes.plot(run["cost"], run["error"], color=colour, ls=style, lw=0.5, alpha=0.5)
        median = at_equal_costs(own).groupby("mark")[["cost", "error"]].median()
        axes.plot(median["cost"], median["error"], color=colour, ls=style, lw=1.4)
    cost_axis(axes, float(rows["cost"].max()))


def _share_ordered(rows: pd.DataFrame) -> float:
    """Of all runs and marks after the first, the share at which the low part has the smaller error."""
    later = rows[rows["mark"] > 0]
    wide = later.pivot(index=["run_id", "mark"], columns="frequency", values="error")
    # columns are in the order of frequency, and the low part has frequency 0
    return float(np.mean(wide.iloc[:, 0] < wide.iloc[:, 1])) if len(wide) else float("nan")
