"""The verdict of each configuration under each choice, as a small table of colours: one column a choice."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from harness.analysis.configurations import configuration_names
from harness.figures.asked.standing import MARKS
from harness.figures.drawing.style import GREY, INK, VERDICT_COLOURS, house_style, text_width
from harness.tables import LABELS, Doubles

COLOURS = {**VERDICT_COLOURS, "mixed": "#CC79A7", "no order": "#009E73"}
"""Of verdicts that say something; the others are grey. In print without colours the marks tell them apart."""
NOTE = "without what amplitude alone would give, which 'order' has"
NOTHING = "#D9D9D9"
DARK = 1.5
"""Sum of red, green and blue below which text is white."""
CELL, FOOT = 0.22, 0.47
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
        wide, high = max(width + CELL * len(choices) + 0.5, NARROWEST), CELL * len(names) + 1.87
        figure = Figure(figsize=(wide, high))
        place = width / wide, FOOT / high, CELL * len(choices) / wide, CELL * len(names) / high
        axes = figure.add_axes(place)
        at = _places(rows, labels, choices)
        axes.imshow(_colours(verdicts, at, (len(names), len(choices))), aspect="auto", interpolation="nearest")
        for verdict, (row, column) in zip(verdicts, at, strict=True):
            mark = MARKS.get(verdict, "")
            axes.text(column, row, mark, size=SMALL, ha="center", va="center", color=_ink(verdict))
        _named(axes, names, [f"{name} {value}".strip() for name, value in choices])
        said = [(f"{MARKS[one]} {one}", COLOURS[one]) for one in dict.fromkeys(verdicts) if one in COLOURS]
        left = width
        for text, colour in (*said, ("grey: nothing said", GREY)):
            figure.text(left / wide, 0.22 / high, text, color=colour, size=SMALL)
            left += text_width(text, SMALL) + 0.15
        figure.text(width / wide, 0.08 / high, NOTE, color=GREY, size=6)
    return figure


def _ink(verdict: str) -> str:
    """White on what is dark."""
    return "white" if sum(to_rgb(COLOURS.get(verdict, NOTHING))) < DARK else INK


def _places(rows: pd.DataFrame, labels: pd.DataFrame, choices: Sequence[tuple[str, str]]) -> list[tuple[int, int]]:
    """Configuration and choice of each row, by number."""
    place = {tuple(map(str, key)): index for index, key in enumerate(labels.to_numpy())}
    return [
        (place[tuple(map(str, row[[*LABELS]]))], choices.index((row["choice"], row["value"])))
        for _, row in rows.iterrows()
    ]


def _colours(verdicts: "pd.Series[str]", at: list[tuple[int, int]], shape: tuple[int, int]) -> Doubles:
    """RGB of each configuration and choice, `(*shape, 3)`; white where a choice has no row."""
    image = np.ones((*shape, 3))
    for verdict, place in zip(verdicts, at, strict=True):
        image[place] = to_rgb(COLOURS.get(verdict, NOTHING))
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
