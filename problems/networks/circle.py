"""The two-layer ReLU network whose outer weights are fixed: the model of the theory of the first layer (BASRI)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Pullback, Slot

CACHE_ELEMENTS = 1 << 18


@dataclass(frozen=True)
class FixedHead:
    """f(x) = m^(-1/2) sum_r a_r relu(w_r.x + b_r), of which w (and b, if there is one) are trained.

    The signs a_r are +1 for the first half and -1 for the other. At the start w_r is drawn from N(0, std^2) for the first
    half and repeated for the other, so that f = 0, and b = 0. The kernel of the first layer depends on the direction of
    w_r alone, so std changes nothing but how far the weights are from leaving it."""

    width: int
    inputs: int
    bias: bool
    std: float
    precision: str = "float32"

    @property
    def name(self) -> str:
        return f"{self.inputs}-{self.width}-1"

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.precision)

    @property
    def layout(self) -> tuple[Slot, ...]:
        weight = Slot("weight0", (self.width, self.inputs), 0)
        return (weight, Slot("bias0", (self.width,), self.width * self.inputs)) if self.bias else (weight,)

    @property
    def dim(self) -> int:
        return self.width * (self.inputs + self.bias)

    def theta0(self, rng: np.random.Generator) -> NDArray[np.float64]:
        weights = np.tile(self.std * rng.standard_normal((self.width // 2, self.inputs)), (2, 1))
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
            slopes = (z > 0).astype(self.dtype) @ (cotangent * seen)  # (B, m, d), or (B, m, d + 1) with the bias
            slopes *= self._head[:, None]
            weights = slopes[..., : self.inputs].reshape(len(thetas), -1)
            return np.concatenate([weights, slopes[..., self.inputs :].reshape(len(thetas), -1)], axis=1, dtype=float)

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
        weights = thetas[:, : self.width * self.inputs].reshape(-1, self.width, self.inputs)
        biases = thetas[:, self.width * self.inputs :].reshape(len(thetas), self.width, int(self.bias))
        z: Array = np.concatenate([weights, biases], axis=2) @ self._seen(inputs).T
        return z

    def _outputs(self, z: Array) -> Array:
        return (self._head @ np.maximum(z, 0))[..., None]
