"""Data profiles: how many of the frequencies have been learned by which cost, over all seeds.

Source: Moré and Wild 2009, with a pair of seed and frequency in place of a problem."""

from math import e
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from harness.analysis.configurations import configurations
from harness.analysis.units import cost_unit
from harness.figures.drawing.families import Families, by_family
from harness.figures.drawing.grids import grid, label, title
from harness.figures.drawing.palette import groups, looks
from harness.figures.drawing.panels import nearest_threshold
from harness.figures.drawing.style import GREY, house_style
from harness.tables import Tables


def profile_rows(tables: Tables) -> pd.DataFrame:
    """Of each configuration, the costs at which the share of learned pairs grows, and that share."""
    hits = tables["hits"]
    # k = 0 is the mean of the target, which is no wave to be learned
    hits = hits[(hits["threshold"] == nearest_threshold(hits)) & (hits["frequency"] > 0)]
    parts = []
    for name, runs in configurations(tables["runs"]):
        own = hits[hits["run_id"].isin(runs["run_id"])]
        costs = np.sort(own.loc[~own["censored"], "cost"].to_numpy(float))
        # pairs that were never learned count below the line
        shares = np.arange(1, len(costs) + 1) / max(len(own), 1)
        parts.append(pd.DataFrame({"configuration": name, "cost": costs, "share": shares, "pairs": len(own)}))
    return pd.concat(parts, ignore_index=True)


def profile(tables: Tables, families: Families | None = None) -> Figure:
    """Share of (seed, frequency) pairs learned by each cost: a line for each optimizer, six to a panel.

    Panels of many optimizers are families where `families` says it."""
    rows = profile_rows(tables)
    if rows.empty:
        raise ValueError("No run has learned any frequency, so there is no profile to draw.")
    named = {name: str(runs["optimizer"].iloc[0]) for name, runs in configurations(tables["runs"])}
    top = float(tables["runs"]["budget"].max())
    by_name = {str(name): own for name, own in rows.groupby("configuration")}
    areas = {name: _area(by_name.get(name), top) for name in named}
    # by area and not by the last share, which most methods have in common
    names = sorted(named, key=lambda name: -areas[name])
    parts = [
        (_of_family(family, part, whole), part)
        for family, whole in by_family([named[name] for name in names], families)
        for part in groups([names[place] for place in whole])
    ]
    with house_style():
        figure, axes = grid(len(parts))
        for panel, (family, part) in zip(axes, parts, strict=True):
            _draw(panel, by_name, part, top)
            title(panel, "" if len(parts) == 1 else family)
        threshold = nearest_threshold(tables["hits"])
        note = f"learned: a hit at error {threshold:g}"
        note += "; panels from the fastest to the slowest, all lines in grey" if len(parts) > 1 else ""
        label(figure, f"cost ({cost_unit(tables['runs'])})", "share of seeds and frequencies", note, [])
    return figure


def _of_family(family: str, part: list[str], whole: list[int]) -> str:
    """The title of a panel: a family, and of how many of its methods these are some."""
    if not family:
        return f"{part[0]} to {part[-1]}"
    return family if len(part) == len(whole) else f"{family}: {len(part)} of {len(whole)}"


def _area(rows: pd.DataFrame | None, top: float) -> float:
    """How early on a logarithmic axis: the mean share from cost 1 to the largest budget."""
    if rows is None:
        return 0.0
    gained = np.diff(rows["share"].to_numpy(), prepend=0.0)
    # sum_i (s_i - s_{i-1}) (1 - log c_i / log top): the area below the steps, as a share of the whole
    return float((gained * (1 - np.log(rows["cost"].clip(1, top)) / np.log(max(top, e)))).sum())


def _draw(axes: Axes, by_name: dict[str, pd.DataFrame], shown: list[str], top: float) -> None:
    for own in by_name.values():
        axes.step(*_steps(own, top), where="post", color="#dddddd", lw=0.5, zorder=1)
    handles = []
    for name, look in zip(shown, looks(len(shown)), strict=True):
        handles.append(Line2D([], [], lw=1.3, label=name, **look))
        # what has learned nothing stays at the lower edge
        steps = _steps(by_name[name], top) if name in by_name else ([1.0, top], [0.0, 0.0])
        axes.step(*steps, where="post", lw=1.3, clip_on=name in by_name, **look)
    corner = _free_corner([by_name[name] for name in shown if name in by_name], len(shown), top)
    box = axes.legend(handles=handles, fontsize=5.5, loc=corner, handlelength=2.6, labelspacing=0.25)
    box.get_frame().set(facecolor="white", edgecolor="none", alpha=0.85)
    # above what is grey, below what is named
    box.set_zorder(1.5)
    axes.set(xscale="log", xlim=(1, top), ylim=(0, 1.02))
    axes.axhline(1, color=GREY, lw=0.4)


def _free_corner(lines: list[pd.DataFrame], names: int, top: float) -> Literal["lower right", "upper left"]:
    """Where fewer steps run: they rise from the lower left to the upper right, some early and some late."""
    tall, costs = 0.07 * names, np.geomspace(1, max(top, e), 60)
    shares = [np.searchsorted(own["cost"].to_numpy(), costs, side="right") / own["pairs"].iloc[0] for own in lines]
    above = sum(int((share[:30] > 1 - tall).sum()) for share in shares)
    below = sum(int((share[30:] < tall).sum()) for share in shares)
    return "lower right" if below < above else "upper left"


def _steps(rows: pd.DataFrame, top: float) -> tuple[list[float], list[float]]:
    costs, shares = rows["cost"].clip(lower=1).tolist(), rows["share"].tolist()
    # from nothing at cost 1, and level from the last hit to the budget
    return [1.0, *costs, top], [0.0, *shares, shares[-1]]
