"""A network made of scaled copies of another: f(theta) = sum_c w_c g(s_c theta_c), theta = (theta_1, theta_2, ...).

One copy with factors s is a scaling (NTK, mean-field); two copies that start alike, with weights of opposite sign, are
an antisymmetric network, whose output starts at zero; copies of their own, of which each sees the input at another
scale, are a multi-scale network. All change only what the flat vector means, so every optimizer and every inner network
can have them.
"""

from abc import ABC
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, HessianNetwork, Loss, Network, Pullback, Slot

Scale: TypeAlias = Callable[[int, bool, int, int], float]
"""`scale(fan_in, is_bias, layer, layers)`: what a parameter is multiplied with before it is used."""


@dataclass(frozen=True)
class Combination(ABC):
    """What both kinds of combinations share; `combine` chooses between them."""

    inner: Any
    weights: tuple[float, ...]
    scale: Scale
    zooms: tuple[float, ...] = ()
    """By what each copy multiplies its input, as a factor of its first weights; empty if all see it as it is."""
    label: str = ""

    @property
    def name(self) -> str:
        return self.label or str(self.inner.name)

    @cached_property
    def layout(self) -> tuple[Slot, ...]:
        """Copy after copy."""
        return tuple(
            Slot(f"copy{copy}.{slot.name}" if copy else slot.name, slot.shape, copy * self.inner.dim + slot.offset)
            for copy in range(len(self.weights))
            for slot in self.inner.layout
        )

    @property
    def dim(self) -> int:
        return len(self.weights) * int(self.inner.dim)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.inner.dtype

    @cached_property
    def factors(self) -> NDArray[np.float64]:
        """s, `(C, p)`; a bias slot follows the weights whose fan-in it shares."""
        slots, fan_in = self.inner.layout, 1
        factors = np.empty((len(self.weights), self.inner.dim))
        for index, slot in enumerate(slots):
            is_bias = len(slot.shape) == 1
            fan_in = fan_in if is_bias else slot.shape[1]
            factor = self.scale(fan_in, is_bias, index // 2, len(slots) // 2)
            factors[:, slot.offset : slot.offset + prod(slot.shape)] = factor
        if self.zooms:
            # W (z x) + b = (z W) x + b
            factors[:, : prod(slots[0].shape)] *= np.array(self.zooms)[:, None]
        return factors

    def theta0(self, rng: np.random.Generator) -> NDArray[np.float64]:
        if self.zooms:
            return np.concatenate([self.inner.theta0(rng) for _ in self.zooms])
        # all copies start alike: where the weights sum to zero, so does the output
        return np.tile(self.inner.theta0(rng), len(self.weights))

    def block(self, n_samples: int) -> int:
        return max(1, int(self.inner.block(n_samples)) // len(self.weights))

    def _copies(self, thetas: Array) -> Array:
        """`(B C, p)` for the inner network."""
        copies: Array = thetas.reshape(len(thetas), *self.factors.shape) * self.factors
        return copies.reshape(-1, copies.shape[2])

    def _sum(self, outputs: Array) -> Array:
        """`(B, n, m)` from `(B C, n, m)`."""
        weights = np.asarray(self.weights, outputs.dtype)
        each = outputs.reshape(-1, len(weights), *outputs.shape[1:])
        total: Array = np.einsum("c,bcnm->bnm", weights, each)
        return total

    def forward(self, thetas: Array, inputs: Array) -> Array:
        return self._sum(self.inner.forward(self._copies(thetas), inputs))

    def vjp(self, thetas: Array, inputs: Array) -> tuple[Array, Pullback]:
        outputs, inner_pullback = self.inner.vjp(self._copies(thetas), inputs)

        def pullback(cotangent: Array) -> Array:
            weights = np.asarray(self.weights, cotangent.dtype)
            # dL/dtheta_c = s (w_c J_g' dL/df), J_g taken at s theta_c
            each = np.einsum("c,bnm->bcnm", weights, cotangent).reshape(-1, *cotangent.shape[1:])
            grads: Array = inner_pullback(each).reshape(len(thetas), *self.factors.shape) * self.factors
            return grads.reshape(len(thetas), self.dim)

        return self._sum(outputs), pullback


@dataclass(frozen=True)
class PlainCombination(Combination):
    """Of a network without second derivatives."""


@dataclass(frozen=True)
class CurvedCombination(Combination):
    """Of a network with second derivatives, which it then has too."""

    def jacobian(self, theta: Array, inputs: Array) -> Array:
        copies = zip(self._copies(theta[None]), self.weights, self.factors, strict=True)
        # df/dtheta_c = w_c J_g(s_c theta_c) diag(s_c), `(n, m, p)`, copy beside copy
        parts = [weight * self.inner.jacobian(copy, inputs) * factor for copy, weight, factor in copies]
        return np.concatenate(parts, axis=2)

    def hvp(self, theta: Array, vector: Array, inputs: Array, targets: Array, loss: Loss) -> Array:
        """Each copy sees the loss's derivatives at the sum of all."""
        outputs = self.forward(theta[None], inputs)
        direction = (self.jacobian(theta, inputs) @ vector)[None].astype(outputs.dtype)  # J v, (1, n, m)
        cotangent = loss.value_and_cotangent(outputs, targets)[1]
        bend = loss.curvature(outputs, direction, targets)
        # block c: s (w_c J_g' L'' J v + w_c sum_k L'_k (d2 g_k) s v_c); J v is of all copies
        copies = zip(self._copies(theta[None]), self._copies(vector[None]), self.weights, self.factors, strict=True)
        parts = [
            factor * self.inner.hvp(copy, move, inputs, targets, _Given(weight * cotangent, weight * bend))
            for copy, move, weight, factor in copies
        ]
        return np.concatenate(parts)


@dataclass(frozen=True, eq=False)
class _Given:
    """A loss whose derivatives at the point in question are known."""

    cotangent: Array
    bend: Array
    name: str = "given"

    def value(self, outputs: Array, targets: Array) -> Array:
        del targets
        return np.zeros(len(outputs), outputs.dtype)

    def value_and_cotangent(self, outputs: Array, targets: Array) -> tuple[Array, Array]:
        return self.value(outputs, targets), self.cotangent

    def curvature(self, outputs: Array, direction: Array, targets: Array) -> Array:
        del outputs, direction, targets
        return self.bend


def combine(inner: Network, weights: tuple[float, ...], scale: Scale) -> Network:
    """The combination of copies of `inner`, with second derivatives if it has them."""
    if isinstance(inner, HessianNetwork):
        return CurvedCombination(inner, weights, scale)
    return PlainCombination(inner, weights, scale)


def multiscale(inner: Network, zooms: tuple[float, ...], label: str) -> Network:
    """sum_c g(theta_c; z_c x), the copies independent of each other (MscaleDNN-2: Liu, Cai, Xu 2020)."""
    kind = CurvedCombination if isinstance(inner, HessianNetwork) else PlainCombination
    return kind(inner, (1.0,) * len(zooms), unscaled, zooms, label)


def unscaled(fan_in: int, is_bias: bool, layer: int, layers: int) -> float:
    """Parameters as they are."""
    del fan_in, is_bias, layer, layers
    return 1.0
