"""What the colours and marks of the heat maps mean, and which runs they show."""

from typing import Any

import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from harness.analysis.units import cost_unit
from harness.figures.drawing.layout import EDGE, LINE, RIGHT, TITLE, TOP, Layout
from harness.figures.drawing.panels import nearest_threshold
from harness.figures.drawing.style import GREY, INK
from harness.quantities import few_digits
from harness.tables import Tables

TICKS = (0.01, 0.03, 0.1, 0.3, 1.0)
HIT: dict[str, Any] = {"ls": "", "marker": "o", "markersize": 4.0, "mfc": INK, "mec": "white", "mew": 0.6}
CENSORED: dict[str, Any] = {"ls": "", "marker": ">", "markersize": 3.6, "mfc": "white", "mec": INK, "mew": 0.6}
QUARTILES: dict[bool, dict[str, Any]] = {
    True: {"colors": "white", "linewidth": 2.0},
    False: {"colors": INK, "linewidth": 0.9},
}
"""The line between quartiles: first its halo, then itself."""
HELD: dict[str, Any] = {"facecolor": "none", "edgecolor": "#8c8c8c", "hatch": "/////", "linewidth": 0.0}
FRAME: dict[str, Any] = {"facecolor": "none", "edgecolor": "#999999", "linewidth": 0.4, "clip_on": False}


def error_colours() -> dict[str, Any]:
    """Errors from 1 % to 100 % on a logarithmic scale, which puts the threshold in the middle; dark is learned."""
    # sqrt(0.01 * 1) = 0.1; what nobody watched is bluish, a colour that the map does not have
    return {"cmap": colormaps["magma"].with_extremes(bad="#dfe6ec"), "norm": LogNorm(0.01, 1.0, clip=True)}


def draw_legend(figure: Figure, layout: Layout, tables: Tables) -> None:
    """Labels of the axes, the colour bar, the marks and the footer."""
    center = layout.left + (layout.page[0] - layout.left - RIGHT) / 2
    layout.write(figure, f"cost ({cost_unit(tables['runs'])})", (center, layout.below - 0.31), ha="center", color=INK)
    middle = (layout.below + layout.page[1] - TOP - TITLE) / 2
    layout.write(figure, "frequency", (0.04, middle), rotation=90, va="center", color=INK)
    base = EDGE + LINE * len(layout.footer) + 0.08
    _colour_bar(figure, layout, base + (0.72 if layout.stacked else 0.26))
    _marks(figure, layout, tables["hits"], base)
    for line, text in enumerate(reversed(layout.footer)):
        layout.write(figure, text, (layout.left, EDGE + LINE * line), size=6, color=GREY)


def _colour_bar(figure: Figure, layout: Layout, bottom: float) -> None:
    width = layout.page[0] - layout.left - RIGHT if layout.stacked else 2.2
    colour_bar(figure, layout.axes(figure, (layout.left, bottom, width, 0.09)))


def colour_bar(figure: Figure, axes: Axes) -> None:
    """What the colours mean, along these axes."""
    bar = figure.colorbar(ScalarMappable(**error_colours()), cax=axes, orientation="horizontal", extend="both")
    bar.set_ticks(TICKS, labels=[f"{tick:g}" for tick in TICKS])
    bar.ax.minorticks_off()
    bar.outline.set_linewidth(0.4)
    bar.set_label("relative error $\\Delta_F(k)$, median over seeds", labelpad=1.5)


def _marks(figure: Figure, layout: Layout, hits: pd.DataFrame, bottom: float) -> None:
    learned = f"learned by half of the seeds (error ≤ {nearest_threshold(hits):g}), and quartiles"
    entries = {
        learned: Line2D([], [], color=INK, **HIT | {"ls": "-", "lw": 0.9}),
        "never learned by half of the seeds": Line2D([], [], **CENSORED),
        "half of the seeds have ended: last errors held": Patch(**HELD | {"linewidth": 0.4}),
    }
    x = layout.left if layout.stacked else layout.left + 2.6
    figure.legend(
        list(entries.values()),
        list(entries),
        loc="lower left",
        bbox_to_anchor=(x / layout.page[0], bottom / layout.page[1]),
        fontsize=6,
        frameon=False,
        borderaxespad=0,
        borderpad=0,
        labelspacing=0.35,
        handlelength=2.4,
    )


def footer(runs: pd.DataFrame) -> tuple[str, ...]:
    """Which runs these are: problem, network, number of seeds and budget."""
    budgets = sorted({runs["budget"].min(), runs["budget"].max()})
    seeds = runs["seed"].nunique()
    return (
        f"problem {_some(runs['problem'])}",
        f"network {_some(runs['network'])}, {_some(runs['activation'])}",
        f"{seeds} seed{'s' if seeds != 1 else ''}",
        f"budget {' to '.join(few_digits(budget, 3) for budget in budgets)} {cost_unit(runs)}",
    )


def _some(names: "pd.Series[str]") -> str:
    known = list(dict.fromkeys(names))
    return " and ".join(known) if len(known) < 3 else f"({len(known)} kinds)"
