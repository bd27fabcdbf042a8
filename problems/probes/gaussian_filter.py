"""Low and high frequencies in any number of dimensions, by a Gaussian filter in the space of inputs.

`y_low_i = sum_j y_j G_ij / sum_j G_ij` with `G_ij = exp(-|x_i - x_j|^2 / (2 delta))`, and `y_high = y - y_low`; the
error of either part is `e = (sum_i |y_i - h_i|^2 / sum_i |y_i|^2)^(1/2)`, with y the targets and h the predictions.
Delta is a variance, in squared units of the inputs. Source: SHED, section 4.

The parts are rows of frequency 0 and `1 / (2 pi sqrt(delta))`, the standard deviation of the filter's own spectrum in
cycles per unit: the order statistics then ask whether the low part is learned before the high one.

Cost: `rows n (2 d + 2 m + 10)` operations a delta to set up, and a product `(rows, n) x (n, m)` a mark where the
weights fit into `MEMORY`; else all of it at every mark. Memory: `MEMORY`, or blocks of `BLOCK` weights.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from problems.base import Array

MEMORY = 1 << 27
"""Bytes of weights that one probe keeps."""
BLOCK = 1 << 24
"""Weights at once in single precision: 64 MiB."""
UNINFORMATIVE = 0.001
"""Share of the variance of the targets below which a part is as good as nothing."""


class UninformativeFilter(UserWarning):
    """A width of the filter that leaves nothing to compare."""


def weights(inputs: NDArray[np.float32], rows: slice, delta: float) -> NDArray[np.float32]:
    """`G_ij / sum_j G_ij` for i in `rows` and all j, `(rows, n)`; distances by one matrix product.

    The product loses digits where inputs lie far from 0, so they are to be centred."""
    # -|x - y|^2 = 2 x.y - |x|^2 - |y|^2
    square = np.einsum("nd,nd->n", inputs, inputs)
    exponent = inputs[rows] @ inputs.T
    exponent *= 2.0
    exponent -= square
    exponent -= square[rows, None]
    np.minimum(exponent, 0.0, out=exponent)  # a distance may be negative by rounding
    exponent *= np.float32(0.5 / delta)
    own = np.arange(len(exponent)), np.arange(len(inputs))[rows]
    exponent[own] = 0.0  # exactly: x_i is where x_i is
    matrix = np.exp(exponent, out=exponent)
    # never by zero: a sample's weight on itself is 1
    matrix /= matrix.sum(axis=1, dtype=np.float64, keepdims=True)
    return matrix


@dataclass(frozen=True, eq=False)
class FilterProbe:
    """Watches both parts of `targets (n, m)` at the first `rows` of `inputs (n, d)`, filtered over all of them."""

    inputs: Array
    targets: Array
    delta: float
    rows: int

    @property
    def name(self) -> str:
        return f"filter({self.delta:g})"

    @property
    def component(self) -> NDArray[np.int64]:
        """All components together."""
        return np.array([-1, -1])

    @property
    def frequency(self) -> NDArray[np.float64]:
        # exp(-x^2 / (2 delta)) has the spectrum exp(-2 pi^2 delta k^2), up to a factor
        return np.array([0.0, 1 / (2 * pi * sqrt(self.delta))])

    @cached_property
    def target_amplitude(self) -> NDArray[np.float64]:
        return self._amplitudes(self._target)

    def measure(self, predictions: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        found = self.parts(predictions)
        return self._amplitudes(found), self._amplitudes(found - self._target) / self.target_amplitude

    def parts(self, outputs: Array) -> NDArray[np.float64]:
        """The low and the high part of `outputs (n, m)`, float64 `(2, rows, m)`."""
        single = outputs.astype(np.float32, copy=False)
        low = np.concatenate([matrix @ single for matrix in self._blocks()]).astype(np.float64)
        return np.stack([low, outputs[: len(low)] - low])

    def shares(self) -> tuple[float, float]:
        """Of the targets' variance at the rows: what is left in the low part, and what is in the high one."""
        low, high = self._target
        mean = self.targets.mean(axis=0)
        variance = float(((self.targets[: len(low)] - mean) ** 2).sum())
        return float(((low - mean) ** 2).sum()) / variance, float((high**2).sum()) / variance

    def check(self) -> None:
        """Warn of a width at which one of the parts is as good as nothing."""
        low, high = self.shares()
        if high < UNINFORMATIVE:
            warnings.warn(
                f"Filter width delta = {self.delta:g} is uninformative: the low part is the target itself (the high "
                f"part has {high:.2g} of its variance). Take a larger delta.",
                UninformativeFilter,
                stacklevel=2,
            )
        elif low < UNINFORMATIVE:
            warnings.warn(
                f"Filter width delta = {self.delta:g} is uninformative: the low part is the target's mean (it has "
                f"{low:.2g} of the variance). Take a smaller delta.",
                UninformativeFilter,
                stacklevel=2,
            )

    @cached_property
    def _target(self) -> NDArray[np.float64]:
        return self.parts(self.targets)

    @cached_property
    def _centred(self) -> NDArray[np.float32]:
        return (self.inputs - self.inputs.mean(axis=0, dtype=np.float64)).astype(np.float32)

    @cached_property
    def _kept(self) -> list[NDArray[np.float32]]:
        return list(self._fresh()) if 4 * self.rows * len(self.inputs) <= MEMORY else []  # 4 bytes a weight

    def _blocks(self) -> Iterator[NDArray[np.float32]]:
        return iter(self._kept) if self._kept else self._fresh()

    def _fresh(self) -> Iterator[NDArray[np.float32]]:
        size = max(1, BLOCK // len(self.inputs))
        for start in range(0, self.rows, size):
            yield weights(self._centred, slice(start, min(start + size, self.rows)), self.delta)

    def _amplitudes(self, parts: NDArray[np.float64]) -> NDArray[np.float64]:
        # (2,), the root of the mean over rows of |y_i|^2, all components together
        amplitudes: NDArray[np.float64] = np.sqrt((parts**2).sum(axis=2).mean(axis=1))
        return amplitudes
