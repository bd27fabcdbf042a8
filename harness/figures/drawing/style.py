"""How the figures look: a style that lasts while one is drawn or saved, a few colours, and text that fits its place."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib, so that every machine draws the same figure
    "font.size": 7.0,
    "axes.labelsize": 7.0,
    "axes.linewidth": 0.5,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "xtick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.major.size": 0.0,
    "xtick.major.width": 0.5,
    "xtick.minor.width": 0.4,
    "xtick.major.pad": 2.0,
    "ytick.major.pad": 2.5,
    "hatch.linewidth": 0.4,
    "mathtext.fontset": "dejavusans",
    "pdf.fonttype": 42,  # text stays text, and journals accept it
    "svg.fonttype": "none",
    "svg.hashsalt": "frequency-harness",  # or names inside the file would differ from run to run
    "savefig.facecolor": "white",
    "savefig.edgecolor": "white",
    "path.simplify": True,
}

INK = "#1a1a1a"
GREY = "#666666"
VERDICT_COLOURS = {"low-first": "#0072B2", "high-first": "#B34700"}
"""Blue and vermilion of Okabe and Ito, the second darker so that small text keeps its contrast."""


@contextmanager
def house_style() -> Iterator[None]:
    """The style within, whatever the user's own may be; theirs is back after it."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Inches that `text` takes at `size` points."""
    font = FontProperties(family="DejaVu Sans", weight=weight, size=size)
    # 72 points to the inch
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]) / 72 if text else 0.0


def fitted(text: str, size: float, room: float, weight: str = "normal") -> tuple[str, float]:
    """`text` and the size at which it fits into `room` inches: smaller by a quarter at most, then cut short."""
    small = max(0.75 * size, min(size, size * room / max(text_width(text, size, weight), 1e-9)))
    if text_width(text, small, weight) <= room * 1.001:
        return text, small
    while text and text_width(text + "…", small, weight) > room:
        text = text[:-1]
    return text.rstrip() + "…", small


def lines_of(parts: Sequence[str], size: float, room: float) -> tuple[str, ...]:
    """`parts` one after the other, in lines that fit into `room` inches where each part does."""
    lines: list[str] = []
    for part in parts:
        joined = f"{lines[-1]}  ·  {part}" if lines else part
        if lines and text_width(joined, size) <= room:
            lines[-1] = joined
        else:
            lines.append(part)
    return tuple(lines)
