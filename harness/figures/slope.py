"""How the cost to learn a frequency grows with it, beside what the theory of gradient descent foretells."""

from math import inf
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from harness.analysis.configurations import configurations
from harness.analysis.order import of_first_probes
from harness.analysis.units import cost_unit
from harness.figures.drawing.grids import columns_of, grid, is_low, label, name_frequencies, title
from harness.figures.drawing.panels import nearest_threshold
from harness.figures.drawing.style import GREY, INK, house_style
from harness.tables import Doubles, Tables

MEASURED: dict[str, Any] = {"marker": "o", "ms": 3.5, "color": INK, "mfc": INK, "lw": 0.8, "ls": ""}
CENSORED: dict[str, Any] = {"marker": "^", "ms": 3.5, "color": INK, "mfc": "white", "mew": 0.6, "ls": ""}
# larger than what is measured: where both are the same, it is seen behind
FORETOLD: dict[str, Any] = {"marker": "x", "ms": 6.5, "color": "#0072B2", "lw": 1.0, "ls": (0, (4, 1.5))}
EARLY = CENSORED | {"marker": "v"}
SHARES = (0.25, 0.5, 0.75)
FEW = 6
"""Frequencies that are all named on the axis."""


def slope_rows(tables: Tables) -> pd.DataFrame:
    """Of each configuration and frequency: quartiles of the hit cost, inf where censored, and the foretold median.

    `at_most` where a run that was first seen with the frequency learned may have had it before the median."""
    hits = tables["hits"]
    hits = hits[(hits["threshold"] == nearest_threshold(hits)) & (hits["frequency"] > 0)]
    # frequencies of another probe may be in another unit
    hits = of_first_probes(hits, tables)
    parts = []
    for name, runs in configurations(tables["runs"]):
        own = hits[hits["run_id"].isin(runs["run_id"])]
        for frequency, rows in own.groupby("frequency"):
            # what was not learned is later than anything, so that quartiles need no model of the missing
            low, median, high = _quantiles(rows["cost"].where(~rows["censored"], inf).to_numpy(float))
            foretold = rows["predicted_cost"].median()
            line = {"low": low, "median": median, "high": high, "foretold": foretold, "budget": runs["budget"].max()}
            # what lies at or above the median, and may lie below, leaves it known no better
            line["at_most"] = bool((rows["at_most"] & (rows["cost"] >= median)).any())
            parts.append({"configuration": name, "frequency": frequency, **line})
    return pd.DataFrame(parts)


def slope(tables: Tables) -> Figure:
    """Hit cost over frequency on logarithmic axes, a panel for each optimizer, with the theory where there is one."""
    rows = slope_rows(tables)
    if rows.empty or rows["frequency"].nunique() < 2:
        raise ValueError("A slope needs at least two frequencies above 0 that are watched; this study has fewer.")
    parts = list(rows.groupby("configuration", sort=False))
    with house_style():
        figure, axes = grid(len(parts), columns_of(len(parts)))
        for panel, (name, own) in zip(axes, parts, strict=True):
            title(panel, str(name), _draw(panel, own))
        # panels share the axis, and of several problems each has a budget of its own
        axes[0].set_ylim(0.7, 1.6 * float(rows["budget"].max()))
        handles = [
            Line2D([], [], label="median over seeds, with quartiles", **MEASURED),
            Line2D([], [], label="not learned by half of the seeds", **CENSORED),
        ]
        if rows["at_most"].any():
            handles.append(Line2D([], [], label="learned by half before their first mark", **EARLY))
        if (rows["foretold"] < inf).any():
            handles.append(Line2D([], [], label="tangent-kernel theory", **FORETOLD))
        note = "lines: least squares through the medians that are known; k^: their slope; at the budget where censored"
        label(figure, "frequency k", f"cost to learn it ({cost_unit(tables['runs'])})", note, handles)
    return figure


def _draw(axes: Axes, rows: pd.DataFrame) -> str:
    """One panel; the exponent in words."""
    k, budget = rows["frequency"].to_numpy(float), float(rows["budget"].max())
    # quartiles that lie beyond the budget are drawn up to it
    low, median, high = (np.clip(rows[name].to_numpy(float), 1, budget) for name in ("low", "median", "high"))
    early = rows["at_most"].to_numpy(bool)
    late = ~np.isfinite(rows["median"].to_numpy(float))
    hit = ~(early | late)
    axes.errorbar(k[hit], median[hit], yerr=[(median - low)[hit], (high - median)[hit]], **MEASURED)
    # a median that is not known is at least the budget
    axes.plot(k[late], np.full(late.sum(), budget), **CENSORED)
    axes.plot(k[early & ~late], median[early & ~late], **EARLY)
    known = rows["foretold"].notna().to_numpy()
    axes.plot(k[known], rows["foretold"].to_numpy(float)[known], **FORETOLD)
    axes.set(xscale="log", yscale="log")
    axes.minorticks_off()
    named = k if len(k) <= FEW else k[:: len(k) // 4]
    name_frequencies(axes, named.tolist())
    if hit.sum() < 2:
        return "fewer than two learned"
    # log cost = exponent log k + level
    exponent, level = np.polyfit(np.log(k[hit]), np.log(median[hit]), 1)
    axes.plot(k[hit], np.exp(level) * k[hit] ** exponent, color=GREY, lw=0.8)
    # what is censored would lie above: the line is about the others, and the exponent of `order` about all
    of = f" (of {hit.sum()} of {len(k)})" if hit.sum() < len(k) else ""
    return f"{'cost ~' if is_low(axes) else 'cost of the median grows like'} k^{exponent:.2f}{of}"


def _quantiles(costs: Doubles) -> tuple[float, ...]:
    """The smallest costs that the shares of the runs have reached: no mean of two, for infinity has none."""
    ordered = np.sort(costs)
    return tuple(float(ordered[int(np.ceil(share * len(ordered))) - 1]) for share in SHARES)
