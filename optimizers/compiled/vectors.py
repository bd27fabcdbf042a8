"""Sums over vectors, for cores: a product with a vector of some hundred numbers costs less than a call of a library."""

from typing import Any

from optimizers.compiled.compilation import fast, plain


@fast
def dot(first: Any, second: Any) -> Any:
    """The scalar product of two vectors."""
    total = 0.0
    for i in range(len(first)):
        total += first[i] * second[i]
    return total


@plain
def copy(source: Any, out: Any) -> None:
    """`out = source`; written out, because numba takes long to compile an assignment to a slice."""
    for i in range(len(out)):
        out[i] = source[i]


@plain
def fill(number: Any, out: Any) -> None:
    """`out = number`."""
    for i in range(len(out)):
        out[i] = number


@fast
def add(factor: Any, source: Any, out: Any) -> None:
    """`out += factor * source`."""
    for i in range(len(out)):
        out[i] += factor * source[i]


@plain
def differ(first: Any, second: Any, out: Any) -> None:
    """`out = first - second`."""
    for i in range(len(out)):
        out[i] = first[i] - second[i]


@plain
def is_zero(vector: Any) -> Any:
    """Whether every number of a vector is 0."""
    i = 0
    while i < len(vector) and vector[i] == 0.0:
        i += 1
    return i == len(vector)
