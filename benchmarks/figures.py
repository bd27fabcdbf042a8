"""Figures of the performance page, from tables."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from harness.figures.drawing.palette import LINES
from harness.figures.drawing.style import house_style

OURS, TARGET = "#1b6ca8", "#c1440e"
SIZES = {"lw": 1.0, "ms": 3}
MARKS = ("o", "^", "s")


def save(figure: Figure, path: Path) -> None:
    """As PNG, without the date, so that the same numbers give the same file."""
    with house_style():  # text is laid out when it is saved
        figure.savefig(path, dpi=200, metadata={"Software": None})


def ratio_figure(rows: pd.DataFrame) -> Figure:
    """A bar for each rival, a tick where the target lies."""
    rows = rows.iloc[::-1].reset_index(drop=True)
    with house_style():
        figure = Figure(figsize=(7.2, 0.7 + 0.2 * len(rows)), layout="constrained")
        axes = figure.subplots()
        axes.barh(rows.index, rows["ratio"], left=0, color=OURS, height=0.62)
        for index, target in rows["target"].dropna().items():
            axes.plot([target, target], [index - 0.42, index + 0.42], color=TARGET, lw=2.2)
        labels = rows["work"] + ", " + rows["network"] + ", " + rows["dtype"] + "  |  " + rows["against"]
        axes.set_yticks(rows.index, labels)
        axes.set_xscale("log")
        axes.set_xlim(min(0.5, rows["ratio"].min() / 1.5), rows[["ratio", "target"]].max().max() * 2)
        axes.axvline(1, color="black", lw=0.8)
        for index, ratio in rows["ratio"].items():
            near = [target for target in (rows["target"][index], 1.0) if ratio < target < 2 * ratio]
            axes.text(max(ratio, *near, ratio) * 1.08, index, f"{ratio:.3g}", va="center")
        axes.set_xlabel("their seconds / our seconds (line: target)")
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def cost_figure(costs: pd.DataFrame) -> Figure:
    """Time above, memory below, a column for each axis along which the work grows, a line for each optimizer."""
    axes_names, names = list(dict.fromkeys(costs["axis"])), sorted(costs["optimizer"].unique())
    colours_and_marks = [(colour, mark) for mark in MARKS for colour in LINES]
    of_name = {
        name: {"color": colour, "marker": mark} for name, (colour, mark) in zip(names, colours_and_marks, strict=False)
    }
    with house_style():
        figure = Figure(figsize=(1.8 * len(axes_names), 3.9), layout="constrained")
        grid = figure.subplots(2, len(axes_names), squeeze=False)
        for column, axis in enumerate(axes_names):
            _columns(grid[:, column], costs[costs["axis"] == axis], of_name)
            grid[1, column].set_xlabel(axis)
        grid[0, 0].set_ylabel("seconds a step, of all lanes")
        grid[1, 0].set_ylabel("MiB (dotted: estimated)")
        handles = [Line2D([], [], label=name, **SIZES, **look) for name, look in of_name.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=(len(names) + 1) // 2, frameon=False)
    return figure


def _columns(axes: np.ndarray, costs: pd.DataFrame, of_name: dict) -> None:
    time, memory = axes
    for name, rows in costs.sort_values("at").groupby("optimizer"):
        time.plot(rows["at"], rows["seconds"], **SIZES, **of_name[name])
        memory.plot(rows["at"], rows["bytes_measured"] / 2**20, **SIZES, **of_name[name])
        memory.plot(rows["at"], rows["bytes_estimated"] / 2**20, ":", lw=0.8, color=of_name[name]["color"])
    for one in axes:
        one.set_xscale("log")
        one.set_yscale("log")
        one.spines[["top", "right"]].set_visible(False)
