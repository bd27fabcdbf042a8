"""The verdict of each configuration under each choice, as a small table of colours: one column a choice."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from harness.analysis.configurations import configuration_names
from harness.figures.drawing.style import GREY, INK, VERDICT_COLOURS, house_style
from harness.tables import LABELS, Doubles

COLOURS = {**VERDICT_COLOURS, "mixed": "#CC79A7", "no order": "#009E73"}
"""Of verdicts that say something; the others are grey."""
NOTHING = "#D9D9D9"
CELL = 0.22
LETTER = 0.075
"""Inches, as NARROWEST is; a letter at SMALL points."""
NARROWEST = 3.5
SMALL = 6.5


def robustness_figure(rows: pd.DataFrame) -> Figure:
    """Of the table of `harness.analysis.asked.robustness`: a row for each configuration, the primary choice first.

    Raises ValueError where nothing was measured."""
    if rows.empty:
        raise ValueError("Nothing was measured in this study, so there is no verdict to draw under any choice.")
    choices = list(dict.fromkeys(zip(rows["choice"], rows["value"], strict=True)))
    labels = rows[[*LABELS]].drop_duplicates()
    names = configuration_names(labels)
    verdicts = rows["verdict"].astype(str).str.split(",").str[0]  # without ", as amplitude alone would give"
    with house_style():
        width = LETTER * max(map(len, names)) + 0.3
        wide, high = max(width + CELL * len(choices) + 0.5, NARROWEST), CELL * len(names) + 1.75
        figure = Figure(figsize=(wide, high))
        place = width / wide, 0.35 / high, CELL * len(choices) / wide, CELL * len(names) / high
        axes = figure.add_axes(place)
        axes.imshow(_colours(rows, verdicts, labels, choices), aspect="auto", interpolation="nearest")
        _named(axes, names, [f"{name} {value}".strip() for name, value in choices])
        left = width / wide
        for verdict in (verdict for verdict in dict.fromkeys(verdicts) if verdict in COLOURS):
            figure.text(left, 0.1 / high, verdict, color=COLOURS[verdict], size=SMALL)
            left += (LETTER * len(verdict) + 0.15) / wide
        figure.text(left, 0.1 / high, "grey: nothing said", color=GREY, size=SMALL)
    return figure


def _colours(
    rows: pd.DataFrame, verdicts: "pd.Series[str]", labels: pd.DataFrame, choices: Sequence[tuple[str, str]]
) -> Doubles:
    """RGB of each configuration and choice, `(configurations, choices, 3)`; white where a choice has no row."""
    place = {tuple(map(str, key)): index for index, key in enumerate(labels.to_numpy())}
    image = np.ones((len(labels), len(choices), 3))
    for verdict, (_, row) in zip(verdicts, rows.iterrows(), strict=True):
        at = place[tuple(map(str, row[[*LABELS]]))], choices.index((row["choice"], row["value"]))
        image[at] = to_rgb(COLOURS.get(verdict, NOTHING))
    return image


def _named(axes: Axes, names: Sequence[str], choices: Sequence[str]) -> None:
    """Rows and columns with their names, and cells that a grid parts."""
    axes.set_xticks(range(len(choices)), choices, rotation=60, ha="left")
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(names)), names)
    # minor ticks between the cells, so that the grid parts them
    axes.set_xticks(np.arange(len(choices) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.0)
    axes.tick_params(which="both", length=0, colors=INK)
    for spine in axes.spines.values():
        spine.set_visible(False)
