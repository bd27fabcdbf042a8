"""SOAP: Adam in the eigenvectors of Shampoo's outer products.

Own code, all lanes at once, with the points of the library to rounding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import numpy as np

from optimizers.base import Doubles, Slot, setting
from optimizers.layered.arrays import UNKNOWN, AxesMethod, Move, along, arrays, fibres, outer_products

BETA1 = BETA2 = 0.95
EPS = 1e-8
MOST_AXIS = 10_000
"""An axis that is longer is not turned."""


@dataclass(frozen=True)
class SOAP(AxesMethod):
    """G' = Q_L' G Q_R, Adam on G', and back: Q_L, Q_R the eigenvectors of the mean GG' and G'G."""

    source: ClassVar[str] = "Vyas et al. 2024, arXiv 2409.11321, algorithm 3; the points of pytorch_optimizer's SOAP"
    expected: ClassVar[str] = UNKNOWN
    copies: ClassVar[tuple[float, float, float]] = (2.0, 3.5, 5.0)
    caveat: ClassVar[str] = (
        "takes no step in the first call, when it only begins its averages; refines eigenvectors in single precision, "
        "and those that no gradient has had a share in are whatever rounding makes of them, in the library's code too"
    )
    lr: float = setting(3e-3, "step length", above=0.0, tune=(1e-5, 0.1))
    every: int = setting(10, "steps between new eigenvectors", at_least=1)

    def axes(self, shape: tuple[int, ...]) -> list[int]:
        return [size for size in super().axes(shape) if size <= MOST_AXIS]

    def begin(self, theta: Doubles, layout: Sequence[Slot], rngs: Sequence[np.random.Generator]) -> Move:
        del rngs  # deterministic
        bases = [Bases(array.shape) for array in arrays(theta, layout)]
        # arrays without eigenvectors take part in what is done to whole vectors alone
        turned = [(own, slot) for own, slot in zip(bases, layout, strict=True) if own.axes]
        bases, slots, step = [own for own, _ in turned], [slot for _, slot in turned], -1
        mean, square = np.zeros_like(theta), np.zeros_like(theta)
        means, squares = arrays(mean, slots), arrays(square, slots)

        def move(gradient: Doubles) -> None:
            nonlocal step
            step += 1
            gradients = arrays(gradient, slots)
            if step == 0:
                for own, array in zip(bases, gradients, strict=True):
                    own.learn(array)
                    own.begin()
                return
            mean[:] += (1 - BETA1) * (gradient - mean)
            slope, way = gradient.copy(), mean.copy()
            ways = arrays(way, slots)
            for own, g, array, w, m in zip(bases, arrays(slope, slots), gradients, ways, means, strict=True):
                g[:], w[:] = own.turn(array), own.turn(m)
            square[:] += (1 - BETA2) * (slope * slope - square)
            way /= np.sqrt(square) + EPS
            for own, w, v, array in zip(bases, ways, squares, gradients, strict=True):
                w[:] = own.turn_back(w)
                own.learn(array)
                if step % self.every == 0:
                    own.refine(v)
            theta[:] -= self.lr * sqrt(1 - BETA2**step) / (1 - BETA1**step) * way

        return move


class Bases:
    """Mean outer products `(B, n, n)` of the axes of one array, and their eigenvectors; none of a vector.

    Nor of an axis of 1, whose eigenvector is a sign that comes in twice."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        lanes, sizes = shape[0], shape[1:]
        self.axes = [axis for axis, size in enumerate(sizes) if len(sizes) > 1 and 1 < size <= MOST_AXIS]
        self._outer = [np.zeros((lanes, sizes[axis], sizes[axis])) for axis in self.axes]
        self._vectors: list[Doubles] = []

    def learn(self, gradient: Doubles) -> None:
        """Let the outer products of a gradient into the means."""
        for axis, outer in zip(self.axes, self._outer, strict=True):
            change = outer_products(fibres(gradient, axis))
            change -= outer
            change *= 1 - BETA2
            outer[:] += change

    def begin(self) -> None:
        """Take the eigenvectors of the means, that of the largest eigenvalue first."""
        finite = [np.isfinite(outer).all(axis=(1, 2), keepdims=True) for outer in self._outer]
        self._vectors = [
            # torch's, not numpy's: of equal eigenvalues any basis will do, and that of the library is wanted
            np.flip(_torch_eigenvectors(np.where(fine, outer, 0.0)), axis=2)
            for outer, fine in zip(self._outer, finite, strict=True)
        ]

    def turn(self, array: Doubles) -> Doubles:
        """Into the eigenvectors."""
        for axis, vectors in zip(self.axes, self._vectors, strict=True):
            array = along(vectors.swapaxes(1, 2), array, axis)
        return array

    def turn_back(self, array: Doubles) -> Doubles:
        """Out of them."""
        for axis, vectors in zip(self.axes, self._vectors, strict=True):
            array = along(vectors, array, axis)
        return array

    def refine(self, square: Doubles) -> None:
        """One power iteration of the eigenvectors; the mean squares go with them when their order changes."""
        for place, axis in enumerate(self.axes):
            vectors = self._vectors[place]
            product = self._outer[place] @ vectors
            order = np.argsort(-(vectors * product).sum(axis=1), axis=1)  # (B, n)
            along_axis = order.reshape(len(order), *[1] * axis, -1, *[1] * (square.ndim - 2 - axis))
            square[:] = np.take_along_axis(square, along_axis, axis=1 + axis)
            self._vectors[place] = _orthonormal(np.take_along_axis(product, order[:, None], axis=2))


def _torch_eigenvectors(matrices: Doubles) -> Doubles:
    import torch

    shifted = torch.from_numpy(matrices + 1e-30 * np.eye(matrices.shape[-1]))
    # one by one: the lanes of a batch lie otherwise in memory, by which torch's LAPACK rounds
    return np.stack([torch.linalg.eigh(lane)[1].numpy() for lane in shifted])


def _orthonormal(matrices: Doubles) -> Doubles:
    """The orthogonal factor, in single precision as the library takes it."""
    import torch

    # what is not finite stays so in its lane, and is no error
    single = torch.from_numpy(matrices.astype(np.float32))
    return np.stack([torch.linalg.qr(lane)[0].numpy() for lane in single]).astype(np.float64)
