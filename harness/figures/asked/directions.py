"""How fast a network's output changes along a direction, and how rough that direction is as a picture.

What is smooth to the eye need not be smooth to the network: an adversarial direction is rough, and answers at once."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from harness.analysis.configurations import configurations
from harness.figures.drawing.grids import FLOOR, columns_of, draw_floor, grid, label, title, width_of
from harness.figures.drawing.palette import LINES
from harness.figures.drawing.style import house_style, text_width
from harness.tables import Tables

KNOWN = ("principal", "class", "random", "adversarial")
"""Directions in the order in which they are drawn; others follow."""
TEXT = 5.5
"""Points of the names of directions."""
LETTERS = 3
"""Of the name of a direction, where panels are narrow; the note says all."""


def directions_rows(tables: Tables) -> pd.DataFrame:
    """Of each configuration and direction, medians over runs: response frequency with quartiles, and the picture's.

    `lowest` is the lowest frequency of a spectrum, one over the length of the cut: no mean of it lies below."""
    # the table has a row a frequency of the spectrum, and repeats on each what is of the direction
    rows = tables["response"].drop_duplicates(["run_id", "direction"])
    rows = rows.assign(lowest=1 / rows["extent"])
    measures = ["response_frequency", "response_low", "response_high", "image_frequency", "lowest"]
    parts = []
    for name, runs in configurations(tables["runs"]):
        own = rows[rows["run_id"].isin(runs["run_id"])]
        found = own.groupby("direction", sort=False)[measures].median().reset_index()
        parts.append(found.assign(configuration=name, n_runs=own["run_id"].nunique()))
    found = pd.concat(parts, ignore_index=True)[["configuration", "direction", *measures, "n_runs"]]
    place = {name: index for index, name in enumerate(KNOWN)}
    order = found["direction"].map(lambda name: place.get(name, len(KNOWN)))
    return found.assign(place=order).sort_values("place", kind="stable", ignore_index=True).drop(columns="place")


def directions(tables: Tables) -> Figure:
    """Response frequency of the output along each direction, beside its image frequency: a panel for each optimizer."""
    rows = directions_rows(tables)
    parts = list(rows.groupby("configuration", sort=False))
    with house_style():
        figure, axes = grid(len(parts), columns_of(len(parts)), alike=False)
        names = list(dict.fromkeys(rows["direction"]))
        wide = max(text_width(name, TEXT) for name in names) + 0.04
        letters = LETTERS if wide * len(names) > width_of(axes[0]) else None
        for panel, (name, own) in zip(axes, parts, strict=True):
            _draw(panel, own, letters)
            title(panel, str(name))
        rough = rows["image_frequency"].notna().any()
        handles = [Line2D([], [], color=LINES[0], marker="o", ms=4, lw=1, label="response frequency, with quartiles")]
        runs = ", ".join(map(str, sorted(rows["n_runs"].unique())))
        note = f"medians over samples, then over runs ({runs})"
        note += f"; {FLOOR}"
        note += "; in brackets: frequency of the direction as a picture, cycles per pixel" if rough else ""
        note += "; panels have axes of their own" if len(parts) > 1 else ""
        note += "".join(f"; {name[:letters]}: {name}" for name in names if letters)
        x = "direction in the space of inputs"
        label(figure, x, "cycles per unit of input", note, handles)
    return figure


def _draw(axes: Axes, rows: pd.DataFrame, letters: int | None) -> None:
    places = np.arange(len(rows))
    middle = rows["response_frequency"].to_numpy(float)
    # errorbar takes lengths, and not ends
    spread = [middle - rows["response_low"], rows["response_high"] - middle]
    draw_floor(axes, float(rows["lowest"].median()))
    axes.errorbar(places, middle, yerr=spread, fmt="o", color=LINES[0], ms=4, lw=1.1)
    axes.set_ylim(0, 1.15 * rows["response_high"].max())
    axes.set_xlim(-0.5, len(rows) - 0.5)
    rough = ["" if np.isnan(one) else f"\n({one:.2f})" for one in rows["image_frequency"]]
    names = [f"{name[:letters]}{more}" for name, more in zip(rows["direction"], rough, strict=True)]
    axes.set_xticks(places, names, size=TEXT)
    axes.locator_params(axis="y", nbins=4)
