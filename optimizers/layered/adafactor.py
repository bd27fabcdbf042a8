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
        matrices = [slot for slot in layout if len(slot.shape) > 1]
        factors = [Factors(array.shape) for array in arrays(theta, matrices)]
        squares, step = np.zeros_like(theta), 0
        places, sizes = [slot.offset for slot in layout], np.array([prod(slot.shape) for slot in layout])

        def rms(vectors: Doubles) -> Doubles:
            """The root mean squares of all arrays, `(B, arrays)`."""
            return np.sqrt(np.add.reduceat(vectors * vectors, places, axis=1) / sizes)

        def move(gradient: Doubles) -> None:
            nonlocal step
            step += 1
            square, weight = gradient * gradient, step**DECAY
            # whole vectors at once: in the places of matrices, whose estimate is another, this is written over
            squares[:] += weight * (square - squares)
            for own, estimate, array in zip(factors, arrays(squares, matrices), arrays(square, matrices), strict=True):
                estimate[:] = own.learn(array, weight)
            update = gradient / np.sqrt(np.maximum(squares, EPS * EPS))
            lengths = np.maximum(LEAST_SIZE, rms(theta)) * min(self.lr, 1 / sqrt(step)) / np.maximum(1.0, rms(update))
            update *= np.repeat(lengths, sizes, axis=1)
            theta[:] -= update

        return move


class Factors:
    """Decaying means of the squares of a matrix' gradient, over its rows and over its columns."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._rows = np.zeros((*shape[:-1], 1))
        self._columns = np.zeros((*shape[:-2], 1, shape[-1]))

    def learn(self, square: Doubles, weight: float) -> Doubles:
        """The estimate of the mean squares, after these `(..., rows, columns)` have come in with their weight."""
        self._rows += weight * (mean(square, -1) - self._rows)
        self._columns += weight * (mean(square, -2) - self._columns)
        return self._rows * self._columns / np.maximum(mean(self._rows, -2), EPS)


def mean(array: Doubles, axis: int) -> Doubles:
    """The mean along an axis, which stays; numpy's own takes three times as long to begin."""
    total: Doubles = np.add.reduce(array, axis=axis, keepdims=True)
    return total / array.shape[axis]
