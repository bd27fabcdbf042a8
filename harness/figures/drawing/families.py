"""Which optimizers stand together on a page of many: those of a family, as whoever asks for the figure names it."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

Families: TypeAlias = Mapping[str, str]
"""Optimizer to family; figures see tables alone, which do not say it."""
MANY = 16
"""Of more configurations a page is one row each, by family where families are known."""
OTHERS = "others"


def by_family(optimizers: Sequence[str], families: Families | None) -> list[tuple[str, list[int]]]:
    """Family and the places of its members in `optimizers`, in the order of their first ones.

    Few optimizers, or those without families, are one group without a name."""
    if not families or len(optimizers) <= MANY:
        return [("", list(range(len(optimizers))))]
    found: dict[str, list[int]] = {}
    for place, optimizer in enumerate(optimizers):
        found.setdefault(families.get(optimizer, OTHERS), []).append(place)
    return list(found.items())
