"""Adafactor: Adam whose mean squares of a matrix are kept as one row and one column.

Own code, all lanes at once, with the points of torch to rounding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod, sqrt
from typing import ClassVar

import numpy as np

from optimizers.base import Doubles, Slot, setting
from optimizers.layered.arrays import LayeredMethod, Move, arrays

DECAY = -0.8
LEAST_SIZE = 1e-3
EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Adafactor(LayeredMethod):
    """V = R C / mean(R), of rank one; a step has at most the rms max(1e-3, rms(W)) min(lr, 1 / sqrt(t))."""

    source: ClassVar[str] = "Shazeer and Stern 2018, arXiv 1804.04235; the points of torch.optim.Adafactor"
    caveat: ClassVar[str] = "steps are relative: torch multiplies lr by the size of the parameter"
    lr: float = setting(0.01, "largest relative step; it falls as 1 / sqrt(step)", above=0.0, tune=(1e-4, 1.0))

    def begin(self, theta: Doubles, layout: Sequence[Slot], rngs: Sequence[np.random.Generator]) -> Move:
        del rngs  # deterministic
        params, step = arrays(theta, layout), 0
        squares = [Squares(param.shape) for param in params]

        def move(gradient: Doubles) -> None:
            nonlocal step
            step += 1
            for param, own, array in zip(params, squares, arrays(gradient, layout), strict=True):
                update = array / np.sqrt(np.maximum(own.learn(array, step**DECAY), EPS * EPS))
                length = np.maximum(LEAST_SIZE, rms(param)) * min(self.lr, 1 / sqrt(step))
                update *= length / np.maximum(1.0, rms(update))
                param[:] -= update

        return move


class Squares:
    """Decaying means of the squares of a gradient: of a vector each, of a matrix those of rows and of columns."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._factored = len(shape) > 2
        self._all = np.zeros(shape if not self._factored else 0)
        self._rows = np.zeros((*shape[:-1], 1))
        self._columns = np.zeros((*shape[:-2], 1, shape[-1]))

    def learn(self, gradient: Doubles, weight: float) -> Doubles:
        """The estimate of the mean squares, after this gradient has come in with its weight."""
        square = gradient * gradient
        if not self._factored:
            self._all += weight * (square - self._all)
            return self._all
        self._rows += weight * (mean(square, -1) - self._rows)
        self._columns += weight * (mean(square, -2) - self._columns)
        return self._rows * self._columns / np.maximum(mean(self._rows, -2), EPS)


def mean(array: Doubles, axis: int) -> Doubles:
    """The mean along an axis, which stays; numpy's own takes three times as long to begin."""
    total: Doubles = np.add.reduce(array, axis=axis, keepdims=True)
    return total / array.shape[axis]


def rms(arrays: Doubles) -> Doubles:
    """The root mean square of each lane, with as many axes as `arrays (B, *shape)`."""
    flat = arrays.reshape(len(arrays), -1)
    sums = np.sqrt(np.einsum("bi,bi->b", flat, flat) / prod(arrays.shape[1:]))
    return sums.reshape(-1, *[1] * (arrays.ndim - 1))
