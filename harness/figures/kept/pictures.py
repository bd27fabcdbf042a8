"""Pictures while they are learned: the target, and what each optimizer had made of it at some costs."""

import json
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from harness.analysis.configurations import configurations
from harness.analysis.incumbents import of_kept
from harness.figures.drawing.layout import PAGE
from harness.figures.drawing.style import GREY, INK, fitted, house_style, stacked
from harness.figures.kept.outputs import kept, outputs_of
from harness.tables import Doubles, Tables

MOST_MARKS = 7
NAME, GAP, LABEL, TOP, EDGE = 0.7, 0.04, 0.14, 0.02, 0.2
"""Inches: room for a name, between pictures, for the text above one, above all and below all."""
LINE = 0.11
"""Inches that a line of a name takes."""


class Row(NamedTuple):
    """One configuration: its target and its pictures `(h, w)` or `(h, w, 3)`, each with its cost and relative error."""

    name: str
    target: Doubles
    pictures: list[tuple[float, float, Doubles]]


def pictures(tables: Tables) -> Figure:
    """Target and reconstructions at log-spaced costs, one row for each optimizer, of its run with the lowest seed."""
    rows = [_row(name, runs, tables["predictions"]) for name, runs in configurations(tables["runs"])]
    drawn = [row for row in rows if row is not None] or _on_grids(tables)
    if not drawn:
        raise ValueError(
            "The study keeps no pictures; this figure is for problems such as 'image', and for others on a grid in two "
            "dimensions, started again with --keep predictions."
        )
    columns = 1 + max(len(row.pictures) for row in drawn)
    width = (PAGE - NAME - columns * GAP) / columns
    heights = [width * row.target.shape[0] / row.target.shape[1] for row in drawn]
    page = TOP + sum(heights) + (LABEL + GAP) * len(drawn) + EDGE
    with house_style():
        figure = Figure(figsize=(PAGE, page))
        top = page - TOP
        for row, height in zip(drawn, heights, strict=True):
            top -= LABEL + height + GAP
            _draw(figure, row, (width, height), top + GAP)
        known = pictures_rows(tables)["run_id"].unique()
        seed = tables["runs"].loc[tables["runs"]["run_id"].isin(known), "seed"].min()
        caption = f"cost in forward passes and relative error, sqrt(sum (h - f)² / sum (f - mean f)²); seed {seed}"
        caption += f"; {point}" if (point := of_kept(tables)) else ""
        figure.text(NAME / PAGE, 0.06 / page, caption, size=6, color=GREY)
    return figure


def pictures_rows(tables: Tables) -> pd.DataFrame:
    """The predictions that are drawn: of pictures, or of what was kept on a grid."""
    return tables["predictions"] if len(tables["predictions"]) else outputs_of(tables)


def _on_grids(tables: Tables) -> list[Row]:
    """Rows of kept predictions whose inputs are all points of a grid in two dimensions."""
    if not len(tables.get("outputs", ())):
        return []
    rows = []
    for run in kept(tables):
        shape = [len(np.unique(run.x[:, axis])) for axis in range(run.x.shape[1])]
        if len(shape) != 2 or shape[0] * shape[1] != len(run.x) or run.target.shape[1] not in (1, 3):
            continue
        # y upwards, as in any graph
        order = np.lexsort((run.x[:, 0], -run.x[:, 1]))
        size = shape[1], shape[0]
        places = np.unique(np.linspace(0, len(run.marks) - 1, min(MOST_MARKS, len(run.marks))).round().astype(int))
        made = [(float(run.costs[place]), _picture(run.values[place, order].ravel(), size)) for place in places]
        target = _picture(run.target[order].ravel(), size)
        rows.append(Row(run.name, target, [(cost, _error(one, target), one) for cost, one in made]))
    return rows


def _row(name: str, runs: pd.DataFrame, predictions: pd.DataFrame) -> Row | None:
    known = runs[runs["run_id"].isin(predictions["run_id"].unique())].sort_values("seed")
    if known.empty:
        return None
    run = known.iloc[0]
    shape = _shape(json.loads(run["problem_settings"]))
    own = predictions[predictions["run_id"] == run["run_id"]]
    if shape is None or own["sample"].max() + 1 != shape[0] * shape[1]:
        return None
    marks = own["mark"].unique()
    chosen = marks[np.unique(np.linspace(0, len(marks) - 1, min(MOST_MARKS, len(marks))).round().astype(int))]
    parts = [own[own["mark"] == mark].sort_values(["sample", "component"]) for mark in chosen]
    target = _picture(parts[0]["target"], shape)
    made = [(float(part["cost"].iloc[0]), _picture(part["value"], shape)) for part in parts]
    return Row(name, target, [(cost, _error(picture, target), picture) for cost, picture in made])


def _shape(settings: dict[str, Any]) -> tuple[int, int] | None:
    """(height, width) of a problem with the setting `size`, such as `64x48`; None without it."""
    width, cross, height = str(settings.get("size", "")).partition("x")
    return (int(height), int(width)) if cross else None


def _picture(values: "pd.Series[float] | Doubles", shape: tuple[int, int]) -> Doubles:
    """`(h, w)` for one component, `(h, w, m)` for more."""
    picture = np.asarray(values, np.float64).reshape(*shape, -1)
    return picture[..., 0] if picture.shape[2] == 1 else picture


def _error(picture: Doubles, target: Doubles) -> float:
    # each colour about its own mean: a tint of the whole picture would make the denominator large, and the error small
    spread = target - target.mean(axis=(0, 1))
    return float(np.sqrt(((picture - target) ** 2).sum() / (spread**2).sum()))


def _draw(figure: Figure, row: Row, size: tuple[float, float], bottom: float) -> None:
    page = figure.get_size_inches()
    low, high = row.target.min(), row.target.max()
    # as many lines as stand beside a picture: cut to one, names that differ at their ends alone would be alike
    most = max(1, int(size[1] / LINE))
    name, points = stacked(row.name, 7, NAME - 0.06, "bold", most)
    figure.text(0.04 / page[0], (bottom + size[1] / 2) / page[1], name, size=points, weight="bold", va="center")
    labels = ["target", *(f"{cost:,.0f}: {error:.2f}" for cost, error, _ in row.pictures)]
    shown = [row.target, *(picture for *_, picture in row.pictures)]
    for column, (label, picture) in enumerate(zip(labels, shown, strict=True)):
        left = NAME + column * (size[0] + GAP)
        axes = figure.add_axes((left / page[0], bottom / page[1], size[0] / page[0], size[1] / page[1]))
        # on the target's own scale: what lies beyond it is black or white, and not a new scale for each picture
        brightness = np.clip(np.nan_to_num((picture - low) / (high - low)), 0, 1)
        axes.imshow(brightness, cmap="gray", vmin=0, vmax=1, interpolation="nearest", aspect="auto")
        axes.set_axis_off()
        text, points = fitted(label, 5.5, size[0])
        axes.set_title(text, size=points, pad=1.5, color=INK)
