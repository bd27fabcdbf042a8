"""The activations of `activations.py`, compiled: the same names and numbers, the same values and slopes."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from problems.calls import resolve
from problems.networks import elementwise
from problems.networks.elementwise import STEPWISE, Scalar, cosine, sine


class Compiled(NamedTuple):
    """`value(z)` and `slope(z, a)` for one float type; `needs_z` tells whether the slope looks at z at all."""

    value: Scalar
    slope: Callable[[Any, Any], Any]
    needs_z: bool


def compiled_activation(text: str, kind: Any) -> Compiled:
    """The compiled form of the activation that `text` names."""
    return resolve("activation", text, {name: partial(factory, kind) for name, factory in COMPILED.items()})


def tanh(kind: Any) -> Compiled:
    """The hyperbolic tangent."""
    one = kind(1)
    return Compiled(elementwise.tanh(kind), njit(**STEPWISE)(lambda z, a: one - a * a), needs_z=False)


def sigmoid(kind: Any) -> Compiled:
    """The logistic function."""
    one = kind(1)
    return Compiled(elementwise.sigmoid(kind), njit(**STEPWISE)(lambda z, a: a * (one - a)), needs_z=False)


def relu(kind: Any) -> Compiled:
    """max(z, 0); its slope at the kink is 0, as torch has it."""
    zero, one = kind(0), kind(1)

    @njit(**STEPWISE)
    def value(z: Any) -> Any:
        return max(zero, z)

    @njit(**STEPWISE)
    def slope(z: Any, a: Any) -> Any:
        _ = z
        return one if a > zero else zero

    return Compiled(value, slope, needs_z=False)


def sin(kind: Any, w0: float = 1.0) -> Compiled:
    """sin(w0 z)."""

    @njit(**STEPWISE)
    def value(z: Any) -> Any:
        return kind(sine(np.float64(w0 * z)))

    @njit(**STEPWISE)
    def slope(z: Any, a: Any) -> Any:
        _ = a
        return kind(w0 * cosine(np.float64(w0 * z)))

    return Compiled(value, slope, needs_z=True)


COMPILED: dict[str, Callable[..., Compiled]] = {"relu": relu, "sigmoid": sigmoid, "sin": sin, "tanh": tanh}
