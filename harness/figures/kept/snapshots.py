"""What the network gives while it is trained: target and output at some costs, the same for every optimizer."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from harness.analysis.incumbents import of_kept
from harness.figures.drawing.layout import PAGE
from harness.figures.drawing.palette import LINES
from harness.figures.drawing.style import GREY, INK, house_style, stacked
from harness.figures.kept.outputs import Kept, kept_lines
from harness.tables import Tables

COLUMNS = 5
"""Costs that are shown unless they are named: 0, and log-spaced ones up to the last."""
MOST = 8
"""Costs that fit beside each other."""
EARLY = 0.7
"""Of a cost: where a run ended before this share of it, the panel says so."""
FEW, MANY = 12, 24
"""Rows that may be high, and rows beyond which their axis is told in the note alone."""
NAME, GAP_X, GAP_Y, TOP, BOTTOM, RIGHT, HIGH, LOW, LOWEST = 1.0, 0.08, 0.16, 0.34, 0.68, 0.08, 0.72, 0.5, 0.18
"""Inches."""


def snapshots_rows(tables: Tables, at: Sequence[float] = ()) -> pd.DataFrame:
    """Each curve that is drawn: the cost that it is shown for, the cost at which it was kept, and its points."""
    runs = kept_lines(tables)
    parts = []
    for one in runs:
        for cost in _costs(runs, at):
            place = one.at(cost)
            curve = {"x": one.x[:, 0], "target": one.target[:, 0], "value": one.values[place, :, 0]}
            about = {"configuration": one.name, "seed": one.seed, "shown": cost, "cost": one.costs[place]}
            # a run that ended early has no later mark
            ended = place == len(one.costs) - 1 and one.costs[place] < EARLY * cost
            parts.append(pd.DataFrame({**about, **curve, "error": one.errors()[place], "ended": ended}))
    return pd.concat(parts, ignore_index=True)


def snapshots(tables: Tables, at: Sequence[float] = ()) -> Figure:
    """Target and output of a problem of one variable at some costs, a row for each optimizer: its lowest seed."""
    rows = snapshots_rows(tables, at)
    costs, names = rows["shown"].unique(), list(dict.fromkeys(rows["configuration"]))
    many = len(names) > MANY
    height, gap = (LOWEST, 0.6 * GAP_Y) if many else (HIGH if len(names) <= FEW else LOW, GAP_Y)
    page = TOP + len(names) * (height + gap) + BOTTOM
    width = (PAGE - NAME - RIGHT - (len(costs) - 1) * GAP_X) / len(costs)
    with house_style():
        figure = Figure(figsize=(PAGE, page))
        for line, (_, own) in enumerate(rows.groupby("configuration", sort=False)):
            bottom = page - TOP - (line + 1) * height - line * gap
            for column, (cost, curve) in enumerate(own.groupby("shown", sort=False)):
                left = NAME + column * (width + GAP_X)
                axes = figure.add_axes((left / PAGE, bottom / page, width / PAGE, height / page))
                _draw(axes, curve, _limits(own))
                lowest = line == len(names) - 1
                axes.tick_params(
                    left=not many,
                    length=2,
                    labelleft=column == 0 and not many,
                    bottom=lowest or not many,
                    labelbottom=lowest,
                )
                if line == 0:
                    text = f"cost {cost:,.0f}"
                    axes.text(0.5, 1 + 0.16 / height, text, size=7, ha="center", color=INK, transform=axes.transAxes)
            lines = 1 if many else 4
            text, size = stacked(names[line], 7, NAME - (0.1 if many else 0.36), "bold", lines)
            figure.text(0.04 / PAGE, (bottom + height / 2) / page, text, size=size, weight="bold", va="center")
        _explain(figure, rows, page, of_kept(tables), many=many)
    return figure


def _costs(runs: Sequence[Kept], at: Sequence[float]) -> list[float]:
    if len(at) > MOST:
        raise ValueError(f"At most {MOST} costs fit beside each other; got {len(at)} after --at.")
    if at:
        return sorted(set(at))
    last = max(one.costs[-1] for one in runs)
    return [0.0, *np.unique(np.geomspace(min(10.0, last), max(last, 1.0), COLUMNS - 1).round()).tolist()]


def _limits(rows: pd.DataFrame) -> tuple[float, float]:
    """Of the target, with room: an output that runs away leaves the panel instead of flattening it."""
    low, high = rows["target"].min(), rows["target"].max()
    # a constant target has no height to take a quarter of
    room = 0.25 * (high - low) or 1.0
    return float(low - room), float(high + room)


def _draw(axes: Axes, rows: pd.DataFrame, limits: tuple[float, float]) -> None:
    axes.plot(rows["x"], rows["target"], color=INK, lw=0.7, ls=(0, (1, 1)))
    axes.plot(rows["x"], rows["value"], color=LINES[0], lw=1.1)
    axes.set_ylim(limits)
    axes.set_xlim(rows["x"].min(), rows["x"].max())
    axes.locator_params(nbins=4)
    axes.spines[["top", "right"]].set_visible(False)
    told = f"ended: {rows['error'].iloc[0]:.2g}" if rows["ended"].iloc[0] else f"{rows['error'].iloc[0]:.2g}"
    axes.text(1, 1.01, told, size=5.5, ha="right", va="bottom", color=GREY, transform=axes.transAxes)


def _explain(figure: Figure, rows: pd.DataFrame, page: float, point: str, *, many: bool) -> None:
    handles = [
        Line2D([], [], color=INK, lw=0.9, ls=(0, (1, 1)), label="target"),
        Line2D([], [], color=LINES[0], lw=1.2, label="output of the network, at the last kept mark up to the cost"),
    ]
    place = (NAME / PAGE, 0.17 / page)
    figure.legend(handles=handles, loc="lower left", bbox_to_anchor=place, ncols=2, fontsize=6, frameon=False)
    figure.text((NAME + PAGE) / 2 / PAGE, 0.4 / page, "input x", ha="center", color=INK)
    seeds = ", ".join(map(str, sorted(rows["seed"].unique())))
    note = f"cost in forward passes; small number: sqrt(sum (h - f)² / sum (f - mean f)²); seed {seeds}"
    note += f"; {point}" if point else ""
    # the target is one for all, so are the limits
    note += "; each panel from {:.2g} to {:.2g}".format(*_limits(rows)) if many else ""
    figure.text(NAME / PAGE, 0.07 / page, note, size=6, color=GREY)
