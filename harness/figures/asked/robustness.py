"""The verdict of each configuration under each choice, as a small table of colours: one column a choice."""

import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from harness.analysis.configurations import configuration_names
from harness.figures.drawing.style import GREY, INK, VERDICT_COLOURS, house_style
from harness.tables import LABELS

COLOURS = {**VERDICT_COLOURS, "mixed": "#CC79A7", "no order": "#009E73"}
"""Of verdicts that say something; the others are grey."""
NOTHING = "#D9D9D9"
CELL = 0.22
"""Inches."""


def robustness_figure(rows: pd.DataFrame) -> Figure:
    """Of the table of `harness.analysis.asked.robustness`: a row for each configuration, the primary choice first."""
    if rows.empty:
        raise ValueError("Nothing was measured in this study, so there is no verdict to draw under any choice.")
    choices = list(dict.fromkeys(zip(rows["choice"], rows["value"], strict=True)))
    labels = rows[[*LABELS]].drop_duplicates()
    names = configuration_names(labels)
    place = {tuple(map(str, key)): index for index, key in enumerate(labels.to_numpy())}
    # (configurations, choices, RGB); white where a choice has no row
    image = np.ones((len(names), len(choices), 3))
    said: list[str] = []
    for _, row in rows.iterrows():
        # without what follows a comma, "as amplitude alone would give"
        base = str(row["verdict"]).split(",")[0]
        said += [base] if base in COLOURS and base not in said else []
        at = place[tuple(map(str, row[[*LABELS]]))], choices.index((row["choice"], row["value"]))
        image[at] = to_rgb(COLOURS.get(base, NOTHING))
    with house_style():
        # about 0.075 inches a letter at 6.5 points
        width = 0.075 * max(map(len, names)) + 0.3
        size = width + CELL * len(choices) + 0.5, CELL * len(names) + 1.75
        figure = Figure(figsize=(max(size[0], 3.5), size[1]))
        axes = figure.add_axes(
            (
                width / max(size[0], 3.5),
                0.35 / size[1],
                CELL * len(choices) / max(size[0], 3.5),
                CELL * len(names) / size[1],
            )
        )
        axes.imshow(image, aspect="auto", interpolation="nearest")
        axes.set_xticks(
            range(len(choices)), [f"{name} {value}".strip() for name, value in choices], rotation=60, ha="left"
        )
        axes.xaxis.tick_top()
        axes.set_yticks(range(len(names)), names)
        # minor ticks between the cells, so that the grid parts them
        axes.set_xticks(np.arange(len(choices) + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(len(names) + 1) - 0.5, minor=True)
        axes.grid(which="minor", color="white", linewidth=1.0)
        axes.tick_params(which="both", length=0, colors=INK)
        for spine in axes.spines.values():
            spine.set_visible(False)
        left = width / max(size[0], 3.5)
        for verdict in said:
            figure.text(left, 0.1 / size[1], verdict, color=COLOURS[verdict], size=6.5)
            left += (0.075 * len(verdict) + 0.15) / max(size[0], 3.5)
        figure.text(left, 0.1 / size[1], "grey: nothing said", color=GREY, size=6.5)
    return figure
