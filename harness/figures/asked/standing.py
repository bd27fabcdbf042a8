"""All optimizers of a study on all of its problems: a cell for each pair, coloured by how far low ones come first.

The colour is the spread (cost of the highest over that of the lowest watched frequency) on a logarithmic scale, the
number is the spread, and the mark says what the statistics make of it."""

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from harness.analysis.asked.standing import method_names, standing
from harness.figures.drawing.layout import PAGE
from harness.figures.drawing.style import GREY, INK, fitted, house_style, text_width
from harness.tables import Tables

NAME, ROW, TOP, BOTTOM, EDGE = 1.35, 0.17, 0.95, 0.42, 0.75
"""Inches: room for the names of optimizers, one row, the names of problems above, the scale below, and the last
of those names."""
WIDEST, NARROWEST = 0.85, 5.4
LEGIBLE = 0.33
"""Inches of a cell from which on it has a number beside its mark."""
STRONGEST = 100.0
"""Spreads beyond it, or below its inverse, have the darkest colour."""
PALE = 0.27, 0.73
"""Where on the colour map the ink of the numbers is dark."""
MARKS = {"low-first": "▼", "high-first": "▲", "no order": "=", "mixed": "×"}
"""▼ the low ones first: they are learned below the others on an axis of cost."""
WITH_NUMBERS = (
    "number: spread   ▼ low-first   ▲ high-first   = no order   × mixed   pale number: nothing is shown",
    "· as amplitude alone would give   > at least: the highest was not always learned   -: too few learned",
)
IN_COLOURS = (
    (
        f"colour: spread, blue where low ones come first, red where high ones do, darkest from {STRONGEST:g} on; "
        "none where nothing bounds it"
    ),
    "▼ low-first   ▲ high-first   = no order   × mixed   no mark: nothing is shown   · as amplitude alone would give",
)


def standing_rows(tables: Tables) -> pd.DataFrame:
    """The table behind the figure, with a column `method`: from the largest mean spread to the smallest."""
    rows = standing(tables)
    rows = rows.assign(method=method_names(rows))
    # log of the geometric mean over problems
    size = np.log(rows["spread"].where(is_sized(rows))).groupby(rows["method"]).mean()
    return rows.assign(size=rows["method"].map(size)).sort_values(["size", "method"], ascending=False, kind="stable")


def is_sized(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Where a spread is known: one with the interval [0, inf] may lie anywhere, and a spread of 0 is none."""
    low, high = (rows[name].astype(np.float64) for name in ("spread_low", "spread_high"))
    return (rows["spread"] > 0) & ((low > 0) | np.isfinite(high))


def standing_figure(tables: Tables) -> Figure:
    """A row for each method and a column for each problem."""
    rows = standing_rows(tables)
    if rows.empty:
        raise ValueError("The table 'order' has no primary rows, so there is no standing to draw.")
    methods, blocks = (list(dict.fromkeys(rows[name])) for name in ("method", "block"))
    cell = min((PAGE - NAME - EDGE) / len(blocks), WIDEST)
    legible = cell >= LEGIBLE
    # names of many problems stand steeply, so that they do not meet
    turned = 35 if legible else 60
    top = max(TOP, 0.15 + np.sin(np.radians(turned)) * max(text_width(block, 6.5) for block in blocks))
    width, height = NAME + cell * len(blocks) + EDGE, top + ROW * len(methods) + BOTTOM
    width = max(width, NARROWEST)
    with house_style():
        figure = Figure(figsize=(width, height))
        box = NAME / width, BOTTOM / height, cell * len(blocks) / width, ROW * len(methods) / height
        axes = figure.add_axes(box)
        _cells(axes, rows, methods, blocks, numbered=legible)
        axes.set_xticks(range(len(blocks)), blocks, rotation=turned, ha="left", rotation_mode="anchor")
        axes.xaxis.tick_top()
        names = [fitted(method, 6.5, NAME - 0.12)[0] for method in methods]
        axes.set_yticks(range(len(methods)), names)
        axes.tick_params(which="both", length=0, colors=INK)
        axes.spines[:].set_visible(False)
        for place, line in zip((0.22, 0.1), WITH_NUMBERS if legible else IN_COLOURS, strict=True):
            figure.text(0.08 / width, place / height, line, size=6, color=GREY)
    return figure


def _cells(axes: Axes, rows: pd.DataFrame, methods: list[str], blocks: list[str], *, numbered: bool) -> None:
    # log S = 0, no preference, is white in the middle: blue where low ones come first, red where high ones do
    scale, norm = colormaps["RdBu"], LogNorm(1 / STRONGEST, STRONGEST, clip=True)
    image = np.ones((len(methods), len(blocks), 4))
    for row in rows.assign(sized=is_sized(rows)).to_dict("records"):
        at = methods.index(row["method"]), blocks.index(row["block"])
        shade = float(norm(row["spread"])) if row["sized"] else 0.5
        image[at] = scale(shade)
        verdict = row["verdict"].split(",")[0]
        mark = MARKS.get(verdict, "") + ("·" if "," in row["verdict"] else "")
        bound = {">=": ">", "<=": "<"}.get(row["spread_bound"], "")
        text = f"{bound}{_short(row['spread'])} {mark}".strip() if numbered else mark
        dark = PALE[0] < shade < PALE[1]
        ink = (INK if mark else GREY) if dark else ("white" if mark else "#e6e6e6")
        axes.text(at[1], at[0], text, ha="center", va="center", size=5.5, color=ink)
    axes.imshow(image, aspect="auto", interpolation="nearest")
    axes.set_xticks(np.arange(len(blocks) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(methods) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.0)


def _short(spread: float) -> str:
    if not spread > 0:
        return "-"
    return f"{spread:.2g}" if spread < 100 else f"{spread:,.0f}" if spread < 1e5 else f"{spread:.0e}"
