"""PSGD with Kronecker factors: a preconditioner for each axis, fitted by random probes of the gradient.

Own code, all lanes at once, with the points of the library to rounding: it contracts small tensors one by one, and
took forty times as long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from optimizers.base import Doubles, Slot, setting
from optimizers.layered.arrays import UNKNOWN, AxesMethod, Move, along, arrays, fibres, outer_products

FITTING_RATE = 0.1
BALANCED = 0.01
"""Share of the fits in which the factors of an array are given equal norms."""
MOST_TRIANGULAR = 8192
LARGEST_STEP = 1.1
TINY = 2.0**-126
"""The smallest number of bfloat16, as the library has it."""


@dataclass(frozen=True)
class Kron(AxesMethod):
    """Momentum, multiplied by triangular factors of each axis that whiten it."""

    source: ClassVar[str] = "Li 2018, arXiv 1512.04202; the points of pytorch_optimizer's Kron"
    expected: ClassVar[str] = UNKNOWN
    copies: ClassVar[tuple[float, float, float]] = (1.0, 5.0, 6.0)
    caveat: ClassVar[str] = "factors are fitted in single precision, so steps have seven digits"
    lr: float = setting(3e-3, "step length", above=0.0, tune=(1e-5, 0.1))
    momentum: float = setting(0.9, "decay of the momentum", at_least=0.0, below=1.0, tune=(0.5, 0.99))
    fitting: float = setting(
        0.1, "share of the steps that fit the factors: one after each 1 / fitting, rounded up", above=0.0, below=1.01
    )

    def axes(self, shape: tuple[int, ...]) -> list[int]:
        return [size for size in super().axes(shape) if size <= MOST_TRIANGULAR]

    def begin(self, theta: Doubles, layout: Sequence[Slot], rngs: Sequence[np.random.Generator]) -> Move:
        params = arrays(theta, layout)
        factors = [Factors(param.shape) for param in params]
        chances = [Chance(rng) for rng in rngs]
        mean, step, waited = np.zeros_like(theta), 0, 0

        def move(gradient: Doubles) -> None:
            nonlocal mean, step, waited
            step, waited = step + 1, waited + 1
            fits = waited >= 1 / self.fitting
            balanced = np.array([chance.uniform() < BALANCED for chance in chances]) & fits
            mean = self.momentum * mean + (1 - self.momentum) * gradient
            momenta = arrays(mean / (1 - self.momentum**step), layout)
            for param, own, momentum in zip(params, factors, momenta, strict=True):
                if fits:
                    own.balance(balanced)
                    own.fit(momentum, np.stack([chance.normal(momentum.shape[1:]) for chance in chances]))
                whitened = own.whiten(momentum)
                squares = (whitened * whitened).reshape(len(whitened), -1)
                size = np.sqrt(np.add.reduce(squares, axis=1) / squares.shape[1]) + 1e-6
                share = self.lr * np.minimum(LARGEST_STEP / size, 1.0)
                param[:] -= share.reshape(-1, *[1] * (param.ndim - 1)) * whitened
            waited = 0 if fits else waited

        return move


class Chance:
    """The draws of one lane: those of torch and of numpy's old generator, which the library uses, both seeded."""

    def __init__(self, rng: np.random.Generator) -> None:
        import torch

        self._torch = torch
        # numpy's old generator takes 32 bits, torch's 64
        self._normal = torch.Generator().manual_seed(int(rng.integers(2**63)))
        self.uniform = np.random.RandomState(int(rng.integers(2**32))).random_sample

    def normal(self, shape: tuple[int, ...]) -> Doubles:
        """Standard normal numbers."""
        drawn: Any = self._torch.randn(shape, generator=self._normal, dtype=self._torch.float64)
        return np.asarray(drawn.numpy())


class Factors:
    """Upper triangular factors Q_i `(B, n, n)` of the axes of an array; of vectors and axes of 1 diagonals `(B, n)`."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        lanes, sizes = shape[0], shape[1:]
        self._factors = [
            np.ones((lanes, size))
            if size == 1 or size > MOST_TRIANGULAR or len(sizes) < 2
            else np.tile(np.eye(size), (lanes, 1, 1))
            for size in sizes
        ]

    def whiten(self, array: Doubles) -> Doubles:
        """`Q_1'Q_1 G Q_2'Q_2` for a matrix."""
        for axis, factor in enumerate(self._factors):
            array = along(factor.swapaxes(1, -1), along(factor, array, axis), axis)
        return array

    def balance(self, lanes: Any) -> None:
        """Give the factors of an array equal largest elements, in the lanes where `lanes (B,)` is True."""
        if not lanes.any() or len(self._factors) < 2:
            return
        norms = np.stack([np.abs(factor).reshape(len(factor), -1).max(axis=1) for factor in self._factors])
        scales = np.where(lanes, norms.prod(axis=0) ** (1 / len(norms)) / norms, 1.0)
        for factor, scale in zip(self._factors, scales, strict=True):
            factor[:] *= scale.reshape(-1, *[1] * (factor.ndim - 1))

    def fit(self, gradient: Doubles, noise: Doubles) -> None:
        """One step of the factors towards `E[(Q G)(Q G)'] = I`, by a probe of normal numbers."""
        # A = Q_1 G Q_2' and B = Q_1^-T V Q_2^-1; Q <- Q - rate triu(AA' - BB') Q / |AA' + BB'|
        turned, solved = gradient, noise
        for axis, factor in enumerate(self._factors):
            turned = along(factor, turned, axis)
            solved = along(1 / factor, solved, axis) if factor.ndim == 2 else _solved(factor, solved, axis)
        for axis, factor in enumerate(self._factors):
            a, b = fibres(turned, axis), fibres(solved, axis)
            if factor.ndim == 2:
                first, second = (a * a).sum(axis=2), (b * b).sum(axis=2)
                size = np.abs(first + second).max(axis=1, keepdims=True) + TINY
                factor[:] -= FITTING_RATE * (first - second) * factor / size
            else:
                first, second = outer_products(a), outer_products(b)
                size = least_norm(first + second)[:, None, None] + TINY
                factor[:] -= np.triu(FITTING_RATE * (first - second)) / size @ factor


def _solved(factor: Doubles, array: Doubles, axis: int) -> Doubles:
    """`X Q^-1` along one axis, in single precision as the library does it."""
    import torch

    moved = np.moveaxis(array, 1 + axis, -1)
    rows = torch.from_numpy(np.ascontiguousarray(moved.reshape(len(array), -1, moved.shape[-1]), np.float32))
    upper = torch.from_numpy(factor.astype(np.float32))
    found = torch.linalg.solve_triangular(upper, rows, upper=True, left=False).numpy().astype(np.float64)
    return np.moveaxis(found.reshape(moved.shape), -1, 1 + axis)


def least_norm(matrices: Doubles) -> Doubles:
    """Lower bounds `(B,)` of the spectral norms of symmetric `(B, n, n)`: a power step from the longest row."""
    largest = np.abs(matrices).max(axis=(1, 2))
    scaled = matrices / np.where(largest > 0, largest, 1.0)[:, None, None]
    longest = (scaled * scaled).sum(axis=1).argmax(axis=1)
    row = np.take_along_axis(scaled, longest[:, None, None], axis=1) @ scaled
    row /= np.maximum(np.linalg.norm(row, axis=2, keepdims=True), np.finfo(np.float64).tiny)
    bound: Doubles = largest * np.linalg.norm(row @ scaled, axis=(1, 2))
    return bound
