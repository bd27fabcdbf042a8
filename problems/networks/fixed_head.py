"""The two-layer ReLU network whose outer weights are fixed: the model of the theory of the first layer (BASRI)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Pullback, Slot

Start: TypeAlias = Callable[[np.random.Generator, int], NDArray[np.float64]]
"""Weights `(half, 2)` of size 1 of the first half of the units."""

CACHE_ELEMENTS = 1 << 18  # 1 MiB in float32


def _even(rng: np.random.Generator, half: int) -> NDArray[np.float64]:
    angles = 2 * np.pi * (np.arange(half) + rng.uniform()) / half
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _paired(rng: np.random.Generator, half: int) -> NDArray[np.float64]:
    return rng.standard_normal((half, 2))


STARTS: dict[str, Start] = {"even": _even, "paired": _paired}


@dataclass(frozen=True)
class FixedHead:
    """f(x) = m^(-1/2) sum_r a_r relu(w_r.x + b_r), of which w (and b, if there is one) are trained.

    x is a point of the circle. The signs a_r are +1 for the first half and -1 for the other, whose weights are at the
    start those of the first, so that f = 0; and b = 0. `init` says how the first half is drawn: `paired` from
    N(0, std^2), `even` with directions at even distances, turned at random, and of length std. The kernel of the first
    layer depends on directions alone: `even` is the quadrature of its integral that `paired` is the Monte Carlo
    estimate of, and std decides only how far the weights must move to leave that kernel."""

    width: int
    bias: bool
    std: float
    init: str = "even"
    precision: str = "float32"

    @property
    def name(self) -> str:
        return f"2-{self.width}-1"

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.precision)

    @property
    def layout(self) -> tuple[Slot, ...]:
        weight = Slot("weight0", (self.width, 2), 0)
        return (weight, Slot("bias0", (self.width,), 2 * self.width)) if self.bias else (weight,)

    @property
    def dim(self) -> int:
        return self.width * (2 + self.bias)

    def theta0(self, rng: np.random.Generator) -> NDArray[np.float64]:
        weights = np.tile(self.std * STARTS[self.init](rng, self.width // 2), (2, 1))
        return np.concatenate([weights.ravel(), np.zeros(self.width * self.bias)])

    def block(self, n_samples: int) -> int:
        """As many as keep the hidden layer in a core's cache."""
        return max(1, CACHE_ELEMENTS // (n_samples * self.width))

    def forward(self, thetas: Array, inputs: Array) -> Array:
        return self._outputs(self._hidden(thetas, inputs))

    def vjp(self, thetas: Array, inputs: Array) -> tuple[Array, Pullback]:
        z = self._hidden(thetas, inputs)
        seen = self._seen(inputs)

        def pullback(cotangent: Array) -> NDArray[np.float64]:
            # df/dw_r = m^(-1/2) a_r [z_r > 0] x, and without x for b_r
            slopes = (z > 0).astype(self.dtype) @ (cotangent * seen)  # (B, m, 2), or (B, m, 3) with the bias
            slopes *= self._head[:, None]
            weights = slopes[..., :2].reshape(len(thetas), -1)
            return np.concatenate([weights, slopes[..., 2:].reshape(len(thetas), -1)], axis=1, dtype=float)

        return self._outputs(z), pullback

    @property
    def _head(self) -> Array:
        signs = np.repeat(np.array([1, -1], self.dtype), self.width // 2)
        return signs * self.dtype.type(self.width**-0.5)

    def _seen(self, inputs: Array) -> Array:
        """Inputs, and a column of ones for the bias."""
        ones = np.ones((len(inputs), int(self.bias)), self.dtype)
        return np.concatenate([inputs.astype(self.dtype, copy=False), ones], axis=1)

    def _hidden(self, thetas: Array, inputs: Array) -> Array:
        """Pre-activations `(B, m, n)`."""
        thetas = thetas.astype(self.dtype, copy=False)
        weights = thetas[:, : 2 * self.width].reshape(-1, self.width, 2)
        biases = thetas[:, 2 * self.width :].reshape(len(thetas), self.width, int(self.bias))
        z: Array = np.concatenate([weights, biases], axis=2) @ self._seen(inputs).T
        return z

    def _outputs(self, z: Array) -> Array:
        return (self._head @ np.maximum(z, 0))[..., None]
