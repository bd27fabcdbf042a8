"""Figures of the performance page, from tables."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

OURS, TARGET = "#1b6ca8", "#c1440e"


def save(figure: Figure, path: Path) -> None:
    """As PNG, without the date, so that the same numbers give the same file."""
    figure.savefig(path, dpi=130, metadata={"Software": None})


def ratio_figure(rows: pd.DataFrame) -> Figure:
    """A bar for each rival, a tick where the target lies."""
    rows = rows.iloc[::-1].reset_index(drop=True)
    with mpl.rc_context({"font.size": 9}):
        figure = Figure(figsize=(8.5, 0.9 + 0.3 * len(rows)), layout="constrained")
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
    axes_names = list(dict.fromkeys(costs["axis"]))
    with mpl.rc_context({"font.size": 9}):
        figure = Figure(figsize=(3.2 * len(axes_names), 6.4), layout="constrained")
        grid = figure.subplots(2, len(axes_names), squeeze=False)
        names = sorted(costs["optimizer"].unique())
        colours = dict(zip(names, mpl.colormaps["tab20"](np.linspace(0, 1, 20))[: len(names)], strict=False))
        for column, axis in enumerate(axes_names):
            _columns(grid[:, column], costs[costs["axis"] == axis], colours)
            grid[1, column].set_xlabel(axis)
        grid[0, 0].set_ylabel("seconds an evaluation or step, of all lanes")
        grid[1, 0].set_ylabel("MiB")
        handles = {line.get_label(): line for one in grid[0] for line in one.get_lines()}
        figure.legend(handles.values(), handles, loc="outside lower center", ncols=6, frameon=False)
    return figure


def _columns(axes: np.ndarray, costs: pd.DataFrame, colours: dict) -> None:
    time, memory = axes
    for name, rows in costs.sort_values("at").groupby("optimizer"):
        time.plot(rows["at"], rows["seconds"], "o-", ms=3, label=name, color=colours[name])
        memory.plot(rows["at"], rows["bytes_measured"] / 2**20, "o-", ms=3, color=colours[name])
        memory.plot(rows["at"], rows["bytes_estimated"] / 2**20, ":", color=colours[name])
    for one in axes:
        one.set_xscale("log")
        one.set_yscale("log")
        one.spines[["top", "right"]].set_visible(False)
