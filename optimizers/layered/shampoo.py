"""Shampoo: each axis of a gradient is multiplied by an inverse root of its summed outer products.

Own code, all lanes at once, with the points of the library to rounding: it takes singular values of what is symmetric.
Of an axis with few fibres, as all are of narrow networks, the root is never made: `root_core.py` multiplies by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from optimizers.base import Doubles, Slot, setting
from optimizers.layered.arrays import UNKNOWN, AxesMethod, Move, along, arrays, fibres, outer_products

MOST_ROWS = 256
FEW = 1 / 8
"""Of the rows: eigenvectors serve more columns than that sooner."""


@dataclass(frozen=True)
class Shampoo(AxesMethod):
    """L <- L + GG', R <- R + G'G, W <- W - lr L^(-1/4) G R^(-1/4); of a vector the root is L^(-1/2)."""

    source: ClassVar[str] = "Gupta, Koren, Singer 2018, arXiv 1802.09568, algorithm 1; as pytorch_optimizer's"
    expected: ClassVar[str] = UNKNOWN
    copies: ClassVar[tuple[float, float, float]] = (1.0, 6.0, 4.0)
    lr: float = setting(0.1, "step length", above=0.0, tune=(1e-3, 10.0))
    eps: float = setting(1e-6, "added to the outer products", above=0.0, tune=(1e-8, 1e-2))

    def axes(self, shape: tuple[int, ...]) -> list[int]:
        return list(shape)

    def begin(self, theta: Doubles, layout: Sequence[Slot], rngs: Sequence[np.random.Generator]) -> Move:
        del rngs  # deterministic
        params = arrays(theta, layout)
        sums = [[np.tile(self.eps * np.eye(size), (len(theta), 1, 1)) for size in param.shape[1:]] for param in params]

        def move(gradient: Doubles) -> None:
            for param, own, array in zip(params, sums, arrays(gradient, layout), strict=True):
                step = array
                for axis, total in enumerate(own):
                    total[:] += outer_products(fibres(array, axis))
                    step = rooted(total, 2 * len(own), step, axis, self.eps)
                param[:] -= self.lr * step

        return move

    def prepare(self) -> None:
        from optimizers.layered.root_core import root_core

        root_core()


def rooted(matrices: Doubles, order: int, array: Doubles, axis: int, least: float) -> Doubles:
    """Each lane's array `(B, *shape)` multiplied along one axis by `A^(-1 / order)` of its `A (B, n, n)`.

    `least` is below the eigenvalues of A, or about so."""
    n, columns = matrices.shape[1], array[0].size // matrices.shape[1]
    if n == 1 or n > MOST_ROWS or columns > n * FEW:
        return along(inverse_root(matrices, order), array, axis)
    from optimizers.layered.root_core import root_core

    product, well, after = np.array(array), np.empty(len(array)), prod(array.shape[2 + axis :])
    root_core()(matrices.reshape(-1), product.reshape(-1), well, n, after, least, 1 / order)
    if not well.all():
        ill = well == 0.0
        product[ill] = along(inverse_root(matrices[ill], order), array[ill], axis)
    return product


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
