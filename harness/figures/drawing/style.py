"""How the figures look: a style that lasts while one is drawn or saved, a few colours, and text that fits its place."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from warnings import catch_warnings, filterwarnings

import matplotlib as mpl
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from harness.figures.drawing.fonts import fonts

STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
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
HINTED = 1.04
"""By how much small text is wider at most where its letters are fitted to pixels, as they are in a PNG."""


@contextmanager
def house_style() -> Iterator[None]:
    """The style within, whatever the user's own may be; theirs is back after it."""
    with mpl.rc_context(), catch_warnings():
        # `fonts.lacking` says it once
        filterwarnings("ignore", message="Glyph .* missing from")
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE | {"font.sans-serif": [*fonts()]})
        yield


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Inches that `text` takes at `size` points."""
    font = FontProperties(family=[*fonts()], weight=weight, size=size)
    # 72 points to the inch
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]) / 72 if text else 0.0


def fitted(text: str, size: float, room: float, weight: str = "normal") -> tuple[str, float]:
    """`text` and the size at which it fits into `room` inches: smaller by a quarter at most, then cut in the middle.

    Names of one study often begin alike, and say at their ends what tells them apart."""
    small = max(0.75 * size, min(size, size * room / max(text_width(text, size, weight), 1e-9)))
    return _cut_to(text, small, room, weight), small


def stacked(text: str, size: float, room: float, weight: str = "normal", most: int = 2) -> tuple[str, float]:
    """The same in up to `most` lines, broken between words, where one line would have to be cut."""
    small = 0.75 * size
    if text_width(text, small, weight) <= room or " " not in text:
        return fitted(text, size, room, weight)
    lines, words = [""], text.split(" ")
    for place, word in enumerate(words):
        joined = f"{lines[-1]} {word}".strip()
        if not lines[-1] or text_width(joined, small, weight) <= room:
            lines[-1] = joined
        elif len(lines) < most:
            lines.append(word)
        else:
            lines[-1] = " ".join([lines[-1], *words[place:]])
            break
    return "\n".join(_cut_to(line, small, room, weight) for line in lines), small


def _cut_to(text: str, size: float, room: float, weight: str) -> str:
    if text_width(text, size, weight) <= room * 1.001:
        return text
    kept = len(text) - 1
    while kept and text_width(_cut(text, kept), size, weight) > room:
        kept -= 1
    return _cut(text, kept)


def _cut(text: str, kept: int) -> str:
    # two letters at the start for each at the end
    end = kept // 3
    return f"{text[: kept - end].rstrip()}…{text[len(text) - end :].lstrip()}"


def lines_of(parts: Sequence[str], size: float, room: float) -> tuple[str, ...]:
    """`parts` one after the other, in lines that fit into `room` inches; a part that is longer is cut in the middle."""
    lines: list[str] = []
    room /= HINTED
    for part in (_cut_to(part, size, room, "normal") for part in parts):
        joined = f"{lines[-1]}  ·  {part}" if lines else part
        if lines and text_width(joined, size) <= room:
            lines[-1] = joined
        else:
            lines.append(part)
    return tuple(lines)
