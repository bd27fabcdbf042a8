"""Shampoo: each axis of a gradient is multiplied by an inverse root of its summed outer products.

Own code, all lanes at once, with the points of the library to rounding: it takes singular values of what is symmetric.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from optimizers.base import Doubles, Slot, setting
from optimizers.layered.arrays import UNKNOWN, LayeredMethod, Move, along, arrays, fibres


@dataclass(frozen=True)
class Shampoo(LayeredMethod):
    """L <- L + GG', R <- R + G'G, W <- W - lr L^(-1/4) G R^(-1/4); of a vector the root is L^(-1/2)."""

    source: ClassVar[str] = "Gupta, Koren, Singer 2018, arXiv 1802.09568, algorithm 1; as pytorch_optimizer's"
    expected: ClassVar[str] = UNKNOWN
    max_dim: ClassVar[int] = 500_000  # an eigenproblem of every axis
    lr: float = setting(0.1, "step length", above=0.0, tune=(1e-3, 10.0))
    eps: float = setting(1e-6, "added to the outer products", above=0.0, tune=(1e-8, 1e-2))

    def memory(self, dim: int) -> int:
        return 8 * 64 * dim

    def begin(self, theta: Doubles, layout: Sequence[Slot], rngs: Sequence[np.random.Generator]) -> Move:
        del rngs  # deterministic
        params = arrays(theta, layout)
        sums = [[np.tile(self.eps * np.eye(size), (len(theta), 1, 1)) for size in param.shape[1:]] for param in params]

        def move(gradient: Doubles) -> None:
            for param, own, array in zip(params, sums, arrays(gradient, layout), strict=True):
                step = array
                for axis, total in enumerate(own):
                    rows = fibres(array, axis)
                    total[:] += rows @ rows.swapaxes(1, 2)
                    step = along(inverse_root(total, 2 * len(own)), step, axis)
                param[:] -= self.lr * step

        return move


def inverse_root(matrices: Doubles, order: int) -> Doubles:
    """`A^(-1 / order)` of symmetric positive matrices `(B, n, n)`; not a number where A is none, in its lane alone."""
    if matrices.shape[-1] == 1:
        return np.abs(matrices) ** (-1 / order)
    finite = np.isfinite(matrices).all(axis=(1, 2), keepdims=True)
    values, vectors = np.linalg.eigh(np.where(finite, matrices, 0.0))
    # singular values, as the library has them: rounding may leave a tiny eigenvalue below zero
    roots = np.abs(values)[:, None] ** (-1 / order)
    product: Doubles = (vectors * roots) @ vectors.swapaxes(1, 2)
    return np.where(finite, product, np.nan)
