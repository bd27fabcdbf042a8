"""Fonts in a PDF without their tables of layout: matplotlib has placed every letter already.

Cutting these tables down to the letters that are used is half of the time of embedding a font."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fontTools import subset

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
