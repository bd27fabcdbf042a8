"""A fully connected network with its first and second derivatives in the inputs, and residuals of equations of them.

Derivatives are carried forward beside the values: with h = phi(z), `h_k = phi' z_k` and `h_kk = phi'' z_k^2 + phi'
z_kk` for each input k. All are differentiated backward by hand, which takes phi''' as well; Hessian products are that
once more along the complex plane. The reference is torch autograd, in the tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Loss, Pullback, Slot
from problems.factories import resolve
from problems.networks.activations import ACTIVATIONS, Activation
from problems.networks.mlp import CACHE_ELEMENTS, MLP, Layers

STEP = 1e-20
"""Into the complex plane: its square is lost beside 1, and it is far from the smallest numbers."""


class Operator(Protocol):
    """A differential operator on one function u of d variables, local in u and its pure derivatives."""

    def value(self, jet: Array) -> Array:
        """N[u] of the jet `(1 + 2 d, ...)`: u, its d first derivatives, its d second ones."""

    def slopes(self, jet: Array) -> Array:
        """The derivative of N[u] in each part of the jet, of the same shape."""


@dataclass(frozen=True)
class ResidualMLP:
    """Outputs `(B, n, 2)`: u and `a N[u] + b u`, for inputs `(n, d + 2)` that hold x, a and b.

    Inside a domain b is 0, and on its boundary a is, so that one sum of squares has both. `mlp` has d inputs and one
    output; its parameters, their layout and their start are this network's. Raises ValueError for an activation without
    a third derivative."""

    mlp: MLP
    operator: Operator

    def __post_init__(self) -> None:
        if self._phi.third is None:
            smooth = ", ".join(name for name, make in ACTIVATIONS.items() if make().third is not None)
            raise ValueError(
                f"A residual takes second derivatives of the network, and its gradient third ones of the activation, "
                f"which '{self.mlp.activation}' does not have. Choose from: {smooth}."
            )

    @property
    def name(self) -> str:
        return self.mlp.name

    @property
    def layout(self) -> tuple[Slot, ...]:
        return self.mlp.layout

    @property
    def dim(self) -> int:
        return self.mlp.dim

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.mlp.dtype

    @cached_property
    def _phi(self) -> Activation:
        return resolve("activation", self.mlp.activation, ACTIVATIONS)

    def theta0(self, rng: np.random.Generator) -> NDArray[np.float64]:
        return self.mlp.theta0(rng)

    def block(self, n_samples: int) -> int:
        """As many as keep values and derivatives in a core's cache."""
        widths = self.mlp.widths
        return max(1, CACHE_ELEMENTS // (n_samples * sum(widths[1:]) * (1 + 2 * widths[0])))

    def forward(self, thetas: Array, inputs: Array) -> Array:
        jet = self._trace(self._layers(thetas), inputs)[2]
        return self._outputs(jet, inputs)

    def vjp(self, thetas: Array, inputs: Array) -> tuple[Array, Pullback]:
        layers = self._layers(thetas)
        zs, hiddens, jet = self._trace(layers, inputs)

        def pullback(cotangent: Array) -> NDArray[np.float64]:
            grads = np.empty((len(thetas), self.dim), cotangent.dtype if np.iscomplexobj(cotangent) else np.float64)
            for index, delta in self._deltas(layers, zs, hiddens, self._pull(jet, cotangent, inputs)):
                # value and derivatives, axis 1, go through the same W; the bias is in the value alone
                weight = (delta @ hiddens[index].swapaxes(2, 3)).sum(axis=1)
                self.mlp._store(grads, index, weight, delta[:, 0].sum(-1))  # noqa: SLF001  # one layout, kept by the network inside
            return grads

        return self._outputs(jet, inputs), pullback

    def jacobian(self, theta: Array, inputs: Array) -> NDArray[np.float64]:
        layers = self._layers(theta[None])
        zs, hiddens, jet = self._trace(layers, inputs)
        jacobian = np.empty((2, len(inputs), self.dim))
        for column in range(2):
            cotangent = np.zeros((1, len(inputs), 2), self.dtype)
            cotangent[..., column] = 1
            for index, delta in self._deltas(layers, zs, hiddens, self._pull(jet, cotangent, inputs)):
                weight = np.einsum("sin,sjn->nij", delta[0], hiddens[index][0])
                self.mlp._store(jacobian[column], index, weight, delta[0, 0].T)  # noqa: SLF001  # as above
        return jacobian.swapaxes(0, 1)

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

    def _outputs(self, jet: Array, inputs: Array) -> Array:
        """From the jet `(B, 1 + 2 d, 1, n)`."""
        parts = jet[:, :, 0].swapaxes(0, 1)
        inside, edge = inputs[:, -2].astype(self.dtype), inputs[:, -1].astype(self.dtype)
        return np.stack([parts[0], inside * self.operator.value(parts) + edge * parts[0]], axis=-1)

    def _pull(self, jet: Array, cotangent: Array, inputs: Array) -> Array:
        """The cotangent of the jet."""
        inside, edge = inputs[:, -2].astype(self.dtype), inputs[:, -1].astype(self.dtype)
        parts = (cotangent[..., 1] * inside) * self.operator.slopes(jet[:, :, 0].swapaxes(0, 1))
        parts[0] += cotangent[..., 0] + edge * cotangent[..., 1]
        return np.ascontiguousarray(parts.swapaxes(0, 1)[:, :, None])

    def _layers(self, thetas: Array) -> Layers:
        return [(weight[:, None], bias) for weight, bias in self.mlp._layers(thetas)]  # noqa: SLF001  # as above

    def _trace(self, layers: Layers, inputs: Array) -> tuple[list[Array], list[Array], Array]:
        """Pre-activations, the input of each layer, and the output, all `(B, 1 + 2 d, width, n)`."""
        n, d = len(inputs), self.mlp.widths[0]
        start = np.zeros((1, 1 + 2 * d, d, n), self.dtype)
        start[0, 0] = inputs[:, :d].T
        start[0, 1 : 1 + d] = np.eye(d)[:, :, None]  # dx/dx_k = e_k; second derivatives are 0
        zs: list[Array] = []
        hiddens: list[Array] = [start]
        for index, (weight, bias) in enumerate(layers):
            z = weight @ hiddens[-1]
            z[:, 0] += bias
            zs.append(z)
            if index < len(layers) - 1:
                hiddens.append(self._activated(z, d))
        return zs[:-1], hiddens, zs[-1]

    def _activated(self, z: Array, d: int) -> Array:
        here, first, second = z[:, :1], z[:, 1 : 1 + d], z[:, 1 + d :]
        value = self._phi.value(here)
        slope = self._phi.slope(here, value)
        bent = self._phi.bend(here, value) * first * first
        return np.concatenate([value, slope * first, bent + slope * second], axis=1)

    def _deltas(self, layers: Layers, zs: Sequence[Array], hiddens: Sequence[Array], delta: Array) -> Any:
        """Cotangents of the pre-activations of each layer, from the last to the first."""
        for index in reversed(range(len(layers))):
            yield index, delta
            if index:
                delta = self._back(layers[index][0].swapaxes(2, 3) @ delta, zs[index - 1], hiddens[index])

    def _back(self, above: Array, z: Array, hidden: Array) -> Array:
        """The cotangent of `z` from that of the activations made of it."""
        d, third = self.mlp.widths[0], self._phi.third
        assert third is not None  # or the network had not been made
        here, value, first, second = z[:, 0], hidden[:, 0], z[:, 1 : 1 + d], z[:, 1 + d :]
        slope, bend = self._phi.slope(here, value), self._phi.bend(here, value)
        by_first, by_second = above[:, 1 : 1 + d], above[:, 1 + d :]
        below = np.empty_like(above)
        below[:, 1 + d :] = slope[:, None] * by_second
        below[:, 1 : 1 + d] = slope[:, None] * by_first + 2 * bend[:, None] * first * by_second
        # phi'' z_k from the first derivatives; phi''' z_k^2 + phi'' z_kk from the second
        bent = (bend[:, None] * (first * by_first + second * by_second)).sum(axis=1)
        below[:, 0] = slope * above[:, 0] + bent + third(here, value) * (first * first * by_second).sum(axis=1)
        return below
