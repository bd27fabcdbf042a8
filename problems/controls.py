"""Problems whose order is known in advance, to tell whether the instrument finds it.

The model is linear in its parameters: `f(x) = sum_k s_k (a_k cos kx + b_k sin kx)`. On a periodic grid its Hessian
under the mean squared loss is diagonal, and gradient descent with step `lr` shrinks the error of frequency k by
`1 - lr s_k^2` a step. The scales `s_k` therefore fix the order: equal scales give none, rising ones high-first, falling
ones low-first. With the slope in the loss as well the factor is `1 - lr s_k^2 (1 + k^2)`: high-first for equal scales.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Loss, Problem, Pullback, Recipe, Slot, fixed
from problems.line.waves import WAVES, check_waves, periodic_grid
from problems.losses.regression import SlopeMSE, make_loss
from problems.probes.line import CIRCLE, tones_probe


@dataclass(frozen=True)
class FourierFeatures:
    """The linear model, with parameters `(a_k for each k, b_k for each k)`; `sloped` adds its slope as an output."""

    omegas: tuple[int, ...]
    scales: tuple[float, ...]
    sloped: bool = False
    name: str = "fourier-features"

    @property
    def dim(self) -> int:
        return 2 * len(self.omegas)

    @cached_property
    def layout(self) -> tuple[Slot, ...]:
        return (Slot("cosine", (len(self.omegas),), 0), Slot("sine", (len(self.omegas),), len(self.omegas)))

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float64)

    def theta0(self, rng: np.random.Generator) -> NDArray[np.float64]:
        return 0.1 * rng.standard_normal(self.dim)

    def block(self, n_samples: int) -> int:
        """As many as keep the outputs within 8 MiB."""
        return max(1, (1 << 20) // n_samples)  # 2^20 doubles

    @property
    def _outputs(self) -> int:
        return 2 if self.sloped else 1

    def _features(self, inputs: Array) -> Array:
        """`(samples * outputs, P)`, the outputs of a sample below each other."""
        phases = inputs * np.asarray(self.omegas)
        cosine, sine = np.cos(phases), np.sin(phases)
        features: Array = np.concatenate([cosine, sine], axis=1) * np.tile(self.scales, 2)
        if not self.sloped:
            return features
        # d/dx s_k cos kx = -k s_k sin kx, d/dx s_k sin kx = k s_k cos kx
        slopes = np.concatenate([-sine, cosine], axis=1) * np.tile(np.multiply(self.scales, self.omegas), 2)
        # (n, 2, P) to (2 n, P)
        return np.stack([features, slopes], axis=1).reshape(-1, self.dim)

    def forward(self, thetas: Array, inputs: Array) -> Array:
        return (thetas @ self._features(inputs).T).reshape(len(thetas), -1, self._outputs)

    def vjp(self, thetas: Array, inputs: Array) -> tuple[Array, Pullback]:
        features = self._features(inputs)
        outputs = (thetas @ features.T).reshape(len(thetas), -1, self._outputs)
        # f = J theta, so the gradient is J^T times the cotangent
        return outputs, lambda cotangent: cotangent.reshape(len(cotangent), -1) @ features

    def jacobian(self, theta: Array, inputs: Array) -> Array:
        del theta  # linear
        return self._features(inputs).reshape(-1, self._outputs, self.dim)

    def hvp(self, theta: Array, vector: Array, inputs: Array, targets: Array, loss: Loss) -> Array:
        """Gauss-Newton, exact here: there is no curvature but the loss's."""
        outputs, pullback = self.vjp(theta[None], inputs)
        direction = self.forward(vector[None], inputs)
        # J^T (d^2 loss / df^2) J v
        product: Array = pullback(loss.curvature(outputs, direction, targets))[0]
        return product


@dataclass(frozen=True, kw_only=True)
class LinearControl(Recipe):
    """sum_k sin(omega_k x), learned by the linear model with `scales`."""

    network: str = "fourier-features"
    activation: str = "none"
    init: str = "normal(0.1)"
    budget: int = fixed(12_000)
    omegas: tuple[int, ...] = (1, 3, 5)
    scales: tuple[float, ...] = (0.3, 0.3, 0.3)
    samples: int = 201

    def build(self, rng: np.random.Generator) -> Problem:
        del rng  # the target is the same for every seed
        check_waves(self.samples, self.omegas, scales=self.scales)
        for name in ("network", "activation", "init", "dtype"):
            only, got = getattr(LinearControl, name), getattr(self, name)
            if got != only:
                raise ValueError(f"The {name} of a control is '{only}', and nothing else; got '{got}'.")
        inputs = periodic_grid(self.samples)
        omegas = np.asarray(self.omegas)
        targets = np.sin(inputs * omegas).sum(axis=1, keepdims=True)
        probe = tones_probe(inputs, targets, np.sort(omegas.astype(float)), CIRCLE.unit, WAVES)
        loss = make_loss(self.loss, slopes=True)
        network = FourierFeatures(self.omegas, self.scales, isinstance(loss, SlopeMSE))
        if network.sloped:
            # the slope of sum_k sin kx is sum_k k cos kx
            targets = np.concatenate([targets, np.cos(inputs * omegas) @ omegas[:, None]], axis=1)
        return Problem(inputs, targets, network, loss, (probe,))
