"""Fonts: for letters that the usual one does not have, as of Chinese names, and in a PDF without tables of layout.

matplotlib has placed every letter already, and cutting these tables down to the letters that are used is half of the
time of embedding a font."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from fontTools import subset
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font

USUAL = subset.Options
LAYOUT = ("GDEF", "GPOS", "GSUB", "kern")


class WithoutLayout(subset.Options):  # type: ignore[misc]  # fontTools has no types
    """Drops these tables as well."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.drop_tables += LAYOUT


@contextmanager
def without_layout() -> Iterator[None]:
    """While it lasts, embedded fonts are so."""
    subset.Options = WithoutLayout
    try:
        yield
    finally:
        subset.Options = USUAL


PLAIN = "DejaVu Sans"
"""Comes with matplotlib, so that every machine draws the same figure."""
OTHERS = (
    *(f"Noto Sans CJK {place}" for place in ("SC", "JP", "KR", "TC")),
    *("Source Han Sans SC", "WenQuanYi Zen Hei", "PingFang SC", "Hiragino Sans", "Microsoft YaHei", "Yu Gothic"),
    *("Malgun Gothic", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Thai"),
)
"""In which letters are looked for that the usual one does not have."""


@cache
def fonts() -> tuple[str, ...]:
    """The usual font, and after it those of the others that this machine has."""
    known = set(fontManager.get_font_names())
    return (PLAIN, *(name for name in OTHERS if name in known))


@cache
def _drawable(font: str) -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family=font))).get_charmap())


def undrawable(text: str) -> str:
    """The letters of `text` that no font here has, each once; figures show a box for each."""
    letters = dict.fromkeys(text)
    return "".join(one for one in letters if one.isprintable() and not any(ord(one) in _drawable(f) for f in fonts()))


def lacking(text: str) -> str:
    """The sentence on letters that cannot be drawn; empty where there are none."""
    found = undrawable(text)
    return (
        f"No font here has the letters {found}: figures show boxes. Install Noto Sans CJK, or rename." if found else ""
    )
