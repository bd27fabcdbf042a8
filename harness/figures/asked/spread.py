"""One optimizer against all others: ratios of spread and of exponent, paired by seed, with intervals."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Transform

from harness.analysis.asked.against import ALONE, reference_names
from harness.analysis.asked.against import against as compared
from harness.analysis.configurations import configuration_names
from harness.analysis.order import of_first_probes
from harness.figures.drawing.decades import name_decades
from harness.figures.drawing.layout import PAGE
from harness.figures.drawing.style import GREY, INK, VERDICT_COLOURS, house_style, stacked
from harness.tables import LABELS, Tables

USUAL = "adam"
LEVEL = 0.05
LARGEST = 1e4
"""Ratios beyond this, or below one over it, are drawn at the edge."""
NAME, GAP, TOP, BOTTOM, ROW, RIGHT = 1.5, 0.3, 0.26, 0.78, 0.165, 0.2
"""Inches."""
PLATE: dict[str, Any] = {"bbox": {"facecolor": "white", "edgecolor": "none", "pad": 0.6}}
"""Behind words that stand on a line."""
COLUMNS = ["configuration", "reference", "n_pairs", "spread_bound", "spread_ratio", "spread_low", "spread_high"]
COLUMNS += ["spread_p_adjusted", "exponent_ratio", "exponent_low", "exponent_high", "exponent_p_adjusted"]


def spread_rows(tables: Tables, against: str | None = None) -> pd.DataFrame:
    """Each configuration beside the reference, from the largest ratio of spreads to the smallest."""
    names = list(dict.fromkeys(tables["runs"]["optimizer"]))
    reference = against or (USUAL if USUAL in names else names[0])
    rows = compared(tables, reference)
    if rows.empty:
        raise ValueError(ALONE)
    # ratios of another probe are about other frequencies
    rows = of_first_probes(rows, tables)
    named = rows.assign(configuration=configuration_names(rows[[*LABELS]]), reference=reference_names(rows))
    return named.sort_values("spread_ratio", ascending=False, ignore_index=True)[COLUMNS]


def spread(tables: Tables, against: str | None = None) -> Figure:
    """Ratios of spread and exponent to one optimizer's, paired by seed, a row for each of the others."""
    rows = spread_rows(tables, against)
    reference, several = _reference(rows)
    names = rows["configuration"] + (": " + rows["reference"] if several else "")
    height = TOP + ROW * len(rows) + BOTTOM
    width = (PAGE - NAME - GAP - RIGHT) / 2
    with house_style():
        figure = Figure(figsize=(PAGE, height))
        for column, measure in enumerate(("spread", "exponent")):
            left = NAME + column * (width + GAP)
            box = (left / PAGE, BOTTOM / height, width / PAGE, ROW * len(rows) / height)
            axes = figure.add_axes(box)
            _draw(axes, rows, measure)
            over = f"{measure} over that of {reference}{', behind the colon' if several else ''}"
            axes.text(0, 1.0, over, size=7, va="bottom", transform=axes.transAxes)
        for place, name in enumerate(names):
            text, size = stacked(str(name), 6.5, NAME - 0.14)
            y = BOTTOM + ROW * (len(rows) - place - 0.5)
            figure.text((NAME - 0.06) / PAGE, y / height, text, size=size, ha="right", va="center", color=INK)
        _explain(figure, height, rows)
    return figure


def _draw(axes: Axes, rows: pd.DataFrame, measure: str) -> None:
    middle, low, high = (rows[f"{measure}_{name}"].to_numpy(float) for name in ("ratio", "low", "high"))
    ratio = measure == "spread"
    if ratio:
        # an interval may be open to one side or both, and infinity has no place on the axis; what is NaN stays so
        low, high = np.nan_to_num(low, nan=np.nan), np.where(np.isinf(high), LARGEST, high)
        middle, low, high = (np.clip(part, 1 / LARGEST, LARGEST) for part in (middle, low, high))
    y = np.arange(len(rows))[::-1]
    known = np.isfinite(middle)
    colours = [_colour(m, p) for m, p in zip(middle, rows[f"{measure}_p_adjusted"], strict=True)]
    for place in np.flatnonzero(known):
        # no interval is a bar without length, below the marker
        ends = np.nan_to_num([low[place], high[place]], nan=middle[place])
        axes.plot(ends, [y[place]] * 2, color=colours[place], lw=1.1, solid_capstyle="butt")
        bound = rows["spread_bound"].iloc[place] if ratio else ""
        marker = {"": "o", ">=": ">", "<=": "<"}[str(bound)]
        axes.plot(middle[place], y[place], color=colours[place], marker=marker, ms=4, ls="", mfc=colours[place])
    for place in np.flatnonzero(~known):
        axes.text(
            0.01, y[place], "cannot be compared", size=5.5, color=GREY, va="center", transform=_rows_of(axes), **PLATE
        )
    if ratio:
        axes.set_xscale("log")
        name_decades(axes.xaxis)
    else:
        # names as wide as 0.975, with room between
        axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.axvline(1, color=GREY, lw=0.6, ls=(0, (1, 1)), zorder=0)
    axes.set_ylim(-0.5, len(rows) - 0.5)
    axes.set_xlim(*_ends([*low[known], *high[known], *middle[known], 1.0], ratio=ratio))
    axes.set_yticks([])
    axes.set_xlabel("ratio, median over seeds" if ratio else "ratio", labelpad=2)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _rows_of(axes: Axes) -> Transform:
    return axes.get_yaxis_transform()


def _ends(values: Iterable[float], *, ratio: bool) -> tuple[float, float]:
    finite = [value for value in values if np.isfinite(value)]
    low, high = min(finite), max(finite)
    if ratio:
        # at least from 1/2 to 2, or differences of a few per cent would look like large ones
        return min(low / 1.4, 0.5), max(high * 1.4, 2.0)
    # not so narrow that ratios of nearly one fill the axis
    return min(low - 0.06 * (high - low), 0.9), max(high + 0.06 * (high - low), 1.1)


def _colour(ratio: float, p: float) -> str:
    # also NaN: what could not be tested has no colour
    if not p < LEVEL:
        return INK
    return VERDICT_COLOURS["low-first" if ratio > 1 else "high-first"]


def _reference(rows: pd.DataFrame) -> tuple[str, bool]:
    """The method that all are compared with, and whether several of its configurations stand behind the colons."""
    return str(rows["reference"].iloc[0]).partition(" ")[0], rows["reference"].nunique() > 1


def _explain(figure: Figure, height: float, rows: pd.DataFrame) -> None:
    reference, _ = _reference(rows)
    told = (
        (VERDICT_COLOURS["low-first"], f"larger than {reference}'s, p < 0.05"),
        (VERDICT_COLOURS["high-first"], "smaller, p < 0.05"),
        (INK, "no difference shown"),
    )
    handles = [Line2D([], [], color=colour, marker="o", ms=3.5, lw=1.1, label=text) for colour, text in told]
    place = (NAME / PAGE, 0.16 / height)
    figure.legend(handles=handles, loc="lower left", bbox_to_anchor=place, ncols=3, fontsize=6, frameon=False)
    counts = list(dict.fromkeys((rows["n_pairs"].min(), rows["n_pairs"].max())))
    pairs = f"{' to '.join(map(str, counts))} pair{'' if counts == [1] else 's'}"
    note = f"paired by seed: {pairs}; bars 95 %; p corrected over the rows; > and < are bounds, of censored runs"
    figure.text(NAME / PAGE, 0.06 / height, note, size=6, color=GREY)
