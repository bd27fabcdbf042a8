"""All optimizers of a study on all of its problems: a cell for each pair, coloured by how far low ones come first.

The colour is the spread (cost of the highest over that of the lowest watched frequency) on a logarithmic scale, the
number is the spread, and the mark says what the statistics make of it."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from harness.analysis.asked.sizes import is_sized, shared_sizes
from harness.analysis.asked.standing import method_names, standing
from harness.figures.drawing.grids import broken
from harness.figures.drawing.layout import PAGE
from harness.figures.drawing.style import GREY, INK, fitted, house_style, text_width
from harness.quantities import few_digits, held
from harness.tables import Tables

NAME, ROW, TOP, BOTTOM, EDGE = 1.35, 0.17, 0.95, 0.42, 0.75
"""Inches: room for the names of optimizers, one row, the names of problems above, the scale and a note below, and the
last of those names."""
WIDEST, NARROWEST = 0.85, 5.4
LEGIBLE = 0.33
"""Inches of a cell from which on it has a number beside its mark."""
STRONGEST = 100.0
"""Spreads beyond it, or below its inverse, have the darkest colour."""
MANY = 1e5
"""Spreads from here on are written with one digit and an exponent."""
PALE = 0.27, 0.73
"""Where on the colour map the ink of the numbers is dark."""
MARKS = {"low-first": "▼", "high-first": "▲", "no order": "=", "mixed": "×"}
"""▼ the low ones first: they are learned below the others on an axis of cost."""
SHOWN = "▼ low-first, ▲ high-first, = no order, × mixed; with ·, as amplitude alone would give"
NUMBERED = f"number: spread, - where too few learned; {SHOWN}; no mark: nothing is shown"
MARKED = f"{SHOWN}; no mark: nothing is shown"
BOUNDED = "at least, < at most, as too few runs learned the highest or the lowest; no colour: nothing bounds it"
SCALE = {1 / STRONGEST: "1/100", 0.1: "1/10", 1.0: "1", 10.0: "10", STRONGEST: "100"}
BAR, LINE = (1.5, 0.08), 0.105
"""Inches of the scale of colours, and from line to line of the notes below it."""


def standing_rows(tables: Tables, own: Sequence[str] = (), apart: Collection[str] = ()) -> pd.DataFrame:
    """The table behind the figure, with `method`, `size` and `counted`: from the largest mean spread to the smallest.

    `size` is the logarithm of the geometric mean over the problems that all of these methods have, whose rows are
    `counted`; methods without such a mean (samplers, those with a spread on half of the problems or fewer) follow.
    The optimizers `own` have one, over their problems; of problems `apart` no method is ranked."""
    rows = standing(tables)
    rows = rows.assign(method=method_names(rows))
    sizes = shared_sizes(rows, own, apart)
    size = rows["method"].map(sizes.mean(axis="columns"))
    rows = rows.assign(size=size, counted=size.notna() & rows["block"].isin(sizes.columns))
    return rows.sort_values(["size", "method"], ascending=[False, True], kind="stable")


def standing_figure(tables: Tables, own: Sequence[str] = (), apart: Collection[str] = ()) -> Figure:
    """A row for each method and a column for each problem; the names of the optimizers `own` are bold."""
    rows = standing_rows(tables, own, apart)
    if rows.empty:
        raise ValueError("The table 'order' has no primary rows, so there is no standing to draw.")
    methods, blocks = (list(dict.fromkeys(rows[name])) for name in ("method", "block"))
    cell = min((PAGE - NAME - EDGE) / len(blocks), WIDEST)
    legible = cell >= LEGIBLE
    # names of many problems stand steeply, so that they do not meet
    turned = 35 if legible else 60
    top = max(TOP, 0.15 + np.sin(np.radians(turned)) * max(text_width(block, 6.5) for block in blocks))
    width = max(NAME + cell * len(blocks) + EDGE, NARROWEST)
    notes = [
        line
        for note in (
            NUMBERED if legible else MARKED,
            f"{'' if legible else 'at the edge of a cell: '}> {BOUNDED}",
            _rows(rows),
            _absent(rows, tables["runs"]),
        )
        if note
        for line in broken(note, width - 0.16)
    ]
    bottom = BOTTOM + LINE * len(notes)
    height = top + ROW * len(methods) + bottom
    with house_style():
        figure = Figure(figsize=(width, height))
        box = NAME / width, bottom / height, cell * len(blocks) / width, ROW * len(methods) / height
        axes = figure.add_axes(box)
        _cells(axes, rows, methods, blocks, numbered=legible)
        axes.set_xticks(range(len(blocks)), blocks, rotation=turned, ha="left", rotation_mode="anchor")
        axes.xaxis.tick_top()
        mine = set(rows.loc[rows["optimizer"].isin(own), "method"])
        # bold is wider
        names = [fitted(name, 6.5, NAME - 0.12, "bold" if name in mine else "normal")[0] for name in methods]
        axes.set_yticks(range(len(methods)), names)
        for method, label in zip(methods, axes.get_yticklabels(), strict=True):
            if method in mine:
                label.set_fontweight("bold")
        axes.tick_params(which="both", length=0, colors=INK)
        axes.spines[:].set_visible(False)
        ranked = int(rows.drop_duplicates("method")["size"].notna().sum())
        if 0 < ranked < len(methods):
            axes.axhline(ranked - 0.5, color=INK, lw=0.8)
        for place, line in enumerate(reversed(notes)):
            figure.text(0.08 / width, (0.06 + LINE * place) / height, line, size=6, color=GREY)
        _scale(figure, (NAME, bottom - 0.19))
    return figure


def _rows(rows: pd.DataFrame) -> str:
    """By what the rows are sorted, in words."""
    ranked, shared = (rows.loc[rows["counted"], name].nunique() for name in ("method", "block"))
    if not ranked:
        return "rows by name: there is no problem on which all methods have a spread"
    mean = f"the geometric mean of spreads over the {shared} problems on which all have one"
    if shared == 1:
        several = rows["block"].nunique() > 1
        mean = f"the spread on {rows.loc[rows['counted'], 'block'].iloc[0]}" if several else "spread"
    below = "; below the line the others, by name" if ranked < rows["method"].nunique() else ""
    return f"rows by {mean}; a bound counts as it stands{below}"


def _absent(rows: pd.DataFrame, runs: pd.DataFrame) -> str:
    """Which optimizers have no row, as those of several targets that have learned something on one or none."""
    names = [name for name in dict.fromkeys(runs["optimizer"]) if name not in set(rows["optimizer"])]
    return f"without a row, as too little was learned: {', '.join(names)}" if names else ""


def _scale(figure: Figure, at: tuple[float, float]) -> None:
    """What the colours mean, at inches from the lower left corner."""
    width, height = figure.get_size_inches()
    axes = figure.add_axes((at[0] / width, at[1] / height, BAR[0] / width, BAR[1] / height))
    ends = np.log10([*SCALE])
    axes.imshow(np.linspace(0, 1, 256)[None], cmap="RdBu", aspect="auto", extent=(ends[0], ends[-1], 0, 1))
    axes.set_xticks(ends, [*SCALE.values()], size=6)
    axes.set_yticks([])
    axes.tick_params(length=2, pad=1.5)
    axes.spines[:].set_visible(False)
    place: dict[str, Any] = {"size": 6, "color": GREY, "va": "center", "transform": axes.transAxes}
    axes.text(-0.04, 0.5, "colour: spread", ha="right", **place)
    axes.text(1.04, 0.5, "blue where low ones come first, red where high ones do", ha="left", **place)


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
        text = f"{bound}{_short(row['spread'], row['spread_bound'])} {mark}".strip() if numbered else mark
        dark = PALE[0] < shade < PALE[1]
        ink = INK if dark else "white"
        axes.text(at[1], at[0], text, ha="center", va="center", size=5.5, color=ink)
        if bound and not numbered:
            side = 0.38 if bound == ">" else -0.38
            axes.plot(at[1] + side, at[0], bound, ms=1.6, mew=0, color=INK if dark else "white")
    axes.imshow(image, aspect="auto", interpolation="nearest")
    axes.set_xlim(-0.5, len(blocks) - 0.5)
    axes.set_xticks(np.arange(len(blocks) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(methods) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.0)


def _short(spread: float, bound: str) -> str:
    if not spread > 0:
        return "-"
    if spread >= MANY:
        return f"{held(spread, bound, digits=1, whole=np.inf):.0e}"
    return few_digits(held(spread, bound))
