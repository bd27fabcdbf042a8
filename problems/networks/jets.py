"""Residuals of equations: a differential operator on a fully connected network, exact to its second derivatives.

Hessian products are the way back once more, along the complex plane.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Loss
from problems.networks.activations import ACTIVATIONS
from problems.networks.carried import CarriedMLP

STEP = 1e-20
"""Into the complex plane: its square is lost beside 1, and it is far from the smallest numbers."""


class Operator(Protocol):
    """A differential operator on one function u of d variables, local in u and its pure derivatives."""

    def value(self, jet: Array) -> Array:
        """N[u] of the jet `(1 + 2 d, ...)`: u, its d first derivatives, its d second ones."""

    def slopes(self, jet: Array) -> Array:
        """The derivative of N[u] in each part of the jet, of the same shape."""


@dataclass(frozen=True)
class ResidualMLP(CarriedMLP):
    """Outputs `(B, n, 2)`: u and `a N[u] + b u`, for inputs `(n, d + 2)` that hold x, a and b.

    Inside a domain b is 0, and on its boundary a is, so that one sum of squares has both. `mlp` has d inputs and one
    output; its parameters, their layout and their start are this network's. Raises ValueError for an activation without
    a third derivative."""

    operator: Operator

    order = 2
    columns = 2

    def __post_init__(self) -> None:
        if self._phi.third is None:
            smooth = ", ".join(name for name, make in ACTIVATIONS.items() if make().third is not None)
            raise ValueError(
                f"A residual takes second derivatives of the network, and its gradient third ones of the activation, "
                f"which '{self.mlp.activation}' does not have. Choose from: {smooth}."
            )

    def hvp(self, theta: Array, vector: Array, inputs: Array, targets: Array, loss: Loss) -> NDArray[np.float64]:
        """The derivative of the gradient along `vector`, exact to rounding, as nothing is subtracted.

        For an analytic g: Im g(theta + i h v) / h is g' v up to h^2 (Squire and Trapp 1998)."""
        size = float(np.abs(vector).max())
        if not 0 < size < np.inf:
            return np.asarray(vector, np.float64) * 0.0
        moved = theta.astype(np.complex128) + 1j * (STEP / size) * vector
        outputs, pullback = self.vjp(moved[None], inputs)
        gradient = pullback(loss.value_and_cotangent(outputs, targets)[1])
        product: NDArray[np.float64] = gradient[0].imag * (size / STEP)
        return product

    def outputs_of(self, jet: Array, inputs: Array) -> Array:
        parts = jet[:, :, 0].swapaxes(0, 1)
        inside, edge = inputs[:, -2].astype(self.dtype), inputs[:, -1].astype(self.dtype)
        return np.stack([parts[0], inside * self.operator.value(parts) + edge * parts[0]], axis=-1)

    def pull(self, jet: Array, cotangent: Array, inputs: Array) -> Array:
        inside, edge = inputs[:, -2].astype(self.dtype), inputs[:, -1].astype(self.dtype)
        parts = (cotangent[..., 1] * inside) * self.operator.slopes(jet[:, :, 0].swapaxes(0, 1))
        parts[0] += cotangent[..., 0] + edge * cotangent[..., 1]
        return np.ascontiguousarray(parts.swapaxes(0, 1)[:, :, None])
