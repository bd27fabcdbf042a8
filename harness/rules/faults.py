"""Ways in which a network can fail, for the rules of `harness.rules.conformance`."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from problems.base import Array

Fault: TypeAlias = Callable[[int, Array], Array]
"""Takes the number of points evaluated before, and points `(B, P)`; gives what is added to their outputs, `(B,)`."""


def sound(before: int, thetas: Array) -> Array:
    """Nothing is broken."""
    del before
    return np.zeros(len(thetas))


class NetworkBroke(Exception):
    """Stands for an error in a network."""


def breaking_at(evaluation: int, error: Exception) -> Fault:
    """Raises `error` in the call that reaches this evaluation."""

    def fault(before: int, thetas: Array) -> Array:
        if before + len(thetas) > evaluation:
            raise error
        return sound(before, thetas)

    return fault


def one_nan(before: int, thetas: Array) -> Array:
    """The seventh evaluation is not a number."""
    return np.where(np.arange(before, before + len(thetas)) == 6, np.nan, 0.0)


def nothing_but_nan(before: int, thetas: Array) -> Array:
    """No evaluation is a number."""
    return sound(before, thetas) + np.nan


def wall_near(theta: Array) -> Fault:
    """Infinity on a half-space that begins close to `theta`."""

    def fault(before: int, thetas: Array) -> Array:
        del before
        return np.where(thetas.sum(axis=1) > theta.sum() + 0.01, np.inf, 0.0)

    return fault
