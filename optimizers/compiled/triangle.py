"""Symmetric matrices, of which the lower triangle is kept, row by row: half the memory, and half of it to pass over."""

from typing import Any

import numpy as np

from optimizers.compiled.compilation import plain


@plain
def identity(dim: Any) -> Any:
    """The identity, `(dim (dim + 1) / 2,)`."""
    entries = np.zeros(dim * (dim + 1) // 2)
    for i in range(dim):
        entries[i * (i + 3) // 2] = 1.0
    return entries


@plain
def row_of(entries: Any, i: Any) -> Any:
    """Row i up to the diagonal, `(i + 1,)`, as a view."""
    start = i * (i + 1) // 2
    return entries[start : start + i + 1]
