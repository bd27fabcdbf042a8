"""The figure of a claim, from its two committed tables: order, size and end of every method, registered and tuned."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter

from harness.commands.docs.claims_page import rows_of
from harness.figures.drawing.layout import PAGE
from harness.figures.drawing.style import GREY, INK, VERDICT_COLOURS, fitted, house_style
from harness.whole_files import replace_file

DPI = 110
NAME, GAP, TOP, BOTTOM, ROW, RIGHT = 2.3, 0.16, 0.08, 0.68, 0.14, 0.1
"""Inches."""
LARGEST = 1e6
TEXTS = {
    "spread": "spread: highest / lowest k",
    "concordance": "concordance C",
    "loss_end": "loss at the end",
}
TEXTS |= {
    "psnr": "PSNR at the end, dB",
    "rank": "stable rank at the end",
    "share": "budget to Adam's loss",
}
TEXTS["error"] = "largest error of a mode"
ENDS = {"spread": ("spread_low", "spread_high"), "concordance": ("low", "high"), "loss_end": ("loss_low", "loss_high")}
NULLS = {"spread": "null_spread", "concordance": "null_concordance"}


USUAL = ("concordance", "spread", "loss_end")


def draw(folder: Path, path: Path, panels=USUAL) -> None:
    """Write the figure of the claim in `folder`."""
    figure = claim_figure(pd.DataFrame(rows_of(folder)), panels)
    with house_style():
        written = partial(figure.savefig, format="png", dpi=DPI, metadata={"Software": None})
        replace_file(path, written, durable=False)


def claim_figure(rows: pd.DataFrame, panels) -> Figure:
    """A row for each configuration, a tuned one below its registered one, and a panel for each quantity."""
    numbers = [name for name in rows if name not in ("settings", "problem_settings") and name in _wanted(panels)]
    rows = rows.assign(**{name: pd.to_numeric(rows[name], errors="coerce") for name in numbers})
    height = TOP + ROW * len(rows) + BOTTOM
    width = (PAGE - NAME - GAP * len(panels) - RIGHT) / len(panels)
    places = np.arange(len(rows))[::-1]
    with house_style():
        figure = Figure(figsize=(PAGE, height))
        for number, panel in enumerate(panels):
            left = NAME + number * (width + GAP)
            axes = figure.add_axes((left / PAGE, BOTTOM / height, width / PAGE, ROW * len(rows) / height))
            _panel(axes, rows, panel, places)
        for place, row in zip(places, rows.to_dict("records"), strict=True):
            text, size = fitted(row["name"], 6.5, NAME - 0.12)
            y = (BOTTOM + ROW * (place + 0.5)) / height
            figure.text((NAME - 0.06) / PAGE, y, text, ha="right", va="center", size=size, color=INK)
        _explain(figure, height)
    return figure


def _wanted(panels) -> set[str]:
    return {name for panel in panels for name in (panel, *ENDS.get(panel, ()), NULLS.get(panel, ""))}


def _panel(axes, rows: pd.DataFrame, panel: str, places) -> None:
    values = rows[panel].to_numpy(float)
    ends = rows[list(ENDS.get(panel, (panel, panel)))].to_numpy(float)
    logarithmic = panel in ("spread", "loss_end", "share", "error")
    known = np.concatenate([values, ends.ravel(), rows[NULLS[panel]] if panel in NULLS else []])
    known = known[np.isfinite(known) & ((known > 0) | (not logarithmic))]
    low, high = _limits(panel, known, logarithmic)
    for place, row, value, (start, end) in zip(places, rows.to_dict("records"), values, ends, strict=True):
        if place % 2:
            axes.axhspan(place - 0.5, place + 0.5, color="#f4f4f4", lw=0, zorder=0)
        colour = VERDICT_COLOURS.get(row["verdict"], GREY)
        if panel in NULLS:
            axes.plot(float(row[NULLS[panel]] or "nan"), place, "|", ms=5, mew=0.9, color=INK, zorder=4)
        if np.isnan(value):
            continue
        tuned = row["settings_are"] == "tuned"
        bound = {">=": ">", "<=": "<"}.get(row["spread_bound"]) if panel == "spread" else None
        bound = bound or (">" if np.isinf(value) else None)
        axes.hlines(place, np.clip(start, low, high), np.clip(end, low, high), lw=0.9, color=colour, zorder=3)
        face = colour if tuned else "white"
        mark = {"ms": 4, "mew": 0.8, "mec": colour, "mfc": face, "zorder": 5, "clip_on": False}
        axes.plot(np.clip(value, low, high), place, bound or "o", **mark)
    if panel in ("spread", "concordance"):
        axes.axvline({"spread": 1, "concordance": 0.5}[panel], color=GREY, lw=0.5)
    if logarithmic:
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set(xlim=(low, high), ylim=(-0.5, len(rows) - 0.5), yticks=[], xlabel=TEXTS[panel])
    axes.spines[["top", "right", "left"]].set_visible(False)


def _limits(panel: str, known, logarithmic: bool) -> tuple[float, float]:
    if panel == "concordance":
        return -0.02, 1.02
    if not len(known):
        return 0.1, 10.0
    if logarithmic:
        least = min(0.5, known.min()) if panel == "spread" else known.min()
        return least / 1.5, min(LARGEST, known.max() * 2)
    room = 0.06 * (np.ptp(known) or 1.0)
    return known.min() - room, known.max() + room


def _explain(figure: Figure, height: float) -> None:
    handles = [
        Line2D([], [], marker="o", ms=4, mfc="white", mec=INK, color=INK, lw=0.9, label="registered settings"),
        Line2D([], [], marker="o", ms=4, mfc=INK, mec=INK, color=INK, lw=0.9, label="tuned by the loss alone"),
        Line2D([], [], marker=">", ms=4, mfc="white", mec=INK, lw=0, label="at least"),
        Line2D([], [], marker="|", ms=5, mew=0.9, color=INK, lw=0, label="what amplitude alone would give"),
    ]
    corner = (0.1 / PAGE, 0.17 / height)
    place = {"loc": "lower left", "bbox_to_anchor": corner, "borderaxespad": 0, "borderpad": 0}
    figure.legend(handles=handles, ncols=4, fontsize=6, frameon=False, columnspacing=1.2, **place)
    note = (
        "blue: low-first, vermilion: high-first, grey: neither; lines are 95 % intervals, quartiles of losses; "
        "by cost, a null's spread by loss"
    )
    figure.text(0.1 / PAGE, 0.05 / height, note, size=6, color=GREY)
