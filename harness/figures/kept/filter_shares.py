"""What the Gaussian filter does: to a step on a line, and to the target of a problem, over its width."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from harness.figures.drawing.grids import grid, label, title
from harness.figures.drawing.style import GREY, INK, house_style
from harness.figures.parts import COLOURS, STYLES


class Example(NamedTuple):
    """A target on a line and its low part, all `(n,)`."""

    delta: float
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    low: NDArray[np.float64]


def filter_shares(
    shares: pd.DataFrame, examples: list[Example], problem: str, limit: float, about: str = "steps on a line"
) -> Figure:
    """Each example in a panel of its own, then the shares of the problem's variance over the width.

    `shares` has the columns delta, low and high; below `limit` a part is as good as nothing."""
    with house_style():
        figure, axes = grid(len(examples) + 1, most_columns=4, alike=False)
        for panel, example in zip(axes, examples, strict=False):
            _draw_example(panel, example)
            title(panel, f"delta = {example.delta:g}", about)
        _draw_shares(axes[-1], shares, limit)
        title(axes[-1], problem, "share of the variance")
        entries = zip((INK, *COLOURS), ((0, (1, 1)), *STYLES), ("target", "low part", "high part"), strict=True)
        handles = [Line2D([], [], color=colour, ls=style, lw=1.4, label=name) for colour, style, name in entries]
        handles = handles if examples else handles[1:]  # of pictures and space no target is drawn
        note = f"grey: widths at which a part has less than {limit:g} of the variance, and says nothing"
        label(figure, "", "", note, handles)
    return figure


def _draw_example(axes: Axes, example: Example) -> None:
    axes.plot(example.x, example.y, color=INK, ls=(0, (1, 1)), lw=1)
    axes.set_xlabel("x", labelpad=2)
    for values, colour, style in zip((example.low, example.y - example.low), COLOURS, STYLES, strict=True):
        axes.plot(example.x, values, color=colour, ls=style, lw=1.2)


def _draw_shares(axes: Axes, shares: pd.DataFrame, limit: float) -> None:
    for name, colour, style in zip(("low", "high"), COLOURS, STYLES, strict=True):
        axes.plot(shares["delta"], shares[name], color=colour, ls=style, lw=1.2, marker="o", ms=2)
    axes.set_xscale("log")
    axes.set_xlabel("delta", labelpad=2)
    idle = shares[(shares["low"] < limit) | (shares["high"] < limit)]
    for delta in idle["delta"]:
        # a factor to both sides: equally wide wherever it stands on the logarithmic axis
        axes.axvspan(delta / 1.2, delta * 1.2, color=GREY, alpha=0.2, lw=0)
