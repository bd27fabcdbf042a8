"""A fully connected network with its derivatives in the inputs, carried forward beside its values.

With h = phi(z), `h_k = phi' z_k` and `h_kk = phi'' z_k^2 + phi' z_kk` for each input k. All are differentiated backward
by hand, which takes one derivative of phi more than the way forward. The reference is torch autograd, in the tests.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Pullback, Slot
from problems.factories import resolve
from problems.networks.activations import ACTIVATIONS, Activation
from problems.networks.mlp import CACHE_ELEMENTS, MLP, Layers, layers_of, store_layer


@dataclass(frozen=True)
class Around:
    """A network that evaluates the parameters of `mlp` in its own way; name, layout and start are those of `mlp`."""

    mlp: MLP

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


@dataclass(frozen=True)
class CarriedMLP(Around):
    """`jet (B, 1 + order d, m, n)`: the m outputs, their d first derivatives and, at order 2, their d second ones.

    What is made of a jet is the subclass's, which also says how many `columns` its outputs have."""

    order: ClassVar[int]
    """Up to which derivative: 1 or 2."""

    @property
    @abstractmethod
    def columns(self) -> int:
        """Of the outputs `(B, n, columns)`."""

    @abstractmethod
    def outputs_of(self, jet: Array, inputs: Array) -> Array:
        """Outputs `(B, n, columns)` of the jet."""

    @abstractmethod
    def pull(self, jet: Array, cotangent: Array, inputs: Array) -> Array:
        """The cotangent of the jet, contiguous, from that of the outputs."""

    def block(self, n_samples: int) -> int:
        """As many as keep values and derivatives in a core's cache."""
        widths = self.mlp.widths
        return max(1, CACHE_ELEMENTS // (n_samples * sum(widths[1:]) * (1 + self.order * widths[0])))

    def forward(self, thetas: Array, inputs: Array) -> Array:
        return self.outputs_of(self._trace(self._layers(thetas), inputs)[2], inputs)

    def vjp(self, thetas: Array, inputs: Array) -> tuple[Array, Pullback]:
        layers = self._layers(thetas)
        zs, hiddens, jet = self._trace(layers, inputs)

        def pullback(cotangent: Array) -> NDArray[np.float64]:
            grads = np.empty((len(thetas), self.dim), cotangent.dtype if np.iscomplexobj(cotangent) else np.float64)
            for index, delta in self._deltas(layers, zs, hiddens, self.pull(jet, cotangent, inputs)):
                # value and derivatives, axis 1, go through the same W; the bias is in the value alone
                weight = (delta @ hiddens[index].swapaxes(2, 3)).sum(axis=1)
                store_layer(self.layout, grads, index, weight, delta[:, 0].sum(-1))
            return grads

        return self.outputs_of(jet, inputs), pullback

    def jacobian(self, theta: Array, inputs: Array) -> NDArray[np.float64]:
        layers = self._layers(theta[None])
        zs, hiddens, jet = self._trace(layers, inputs)
        jacobian = np.empty((self.columns, len(inputs), self.dim))
        for column in range(self.columns):
            cotangent = np.zeros((1, len(inputs), self.columns), self.dtype)
            cotangent[..., column] = 1
            for index, delta in self._deltas(layers, zs, hiddens, self.pull(jet, cotangent, inputs)):
                weight = np.einsum("sin,sjn->nij", delta[0], hiddens[index][0])
                store_layer(self.layout, jacobian[column], index, weight, delta[0, 0].T)
        return jacobian.swapaxes(0, 1)

    def _layers(self, thetas: Array) -> Layers:
        """With an axis for the parts of the jet: `(B, 1, fan_out, fan_in)` and `(B, fan_out, 1)`."""
        return [(weight[:, None], bias) for weight, bias in layers_of(self.layout, thetas, self.dtype)]

    def _trace(self, layers: Layers, inputs: Array) -> tuple[list[Array], list[Array], Array]:
        """Pre-activations, the input of each layer, and the jet, all `(B, 1 + order d, width, n)`."""
        n, d = len(inputs), self.mlp.widths[0]
        start = np.zeros((1, 1 + self.order * d, d, n), self.dtype)
        start[0, 0] = inputs[:, :d].T
        start[0, 1 : 1 + d] = np.eye(d)[:, :, None]  # dx/dx_k = e_k for each sample; second derivatives are 0
        zs: list[Array] = []
        hiddens: list[Array] = [start]
        for index, (weight, bias) in enumerate(layers):
            z = weight @ hiddens[-1]
            z[:, 0] += bias  # constants have no derivative
            zs.append(z)
            if index < len(layers) - 1:
                hiddens.append(self._activated(z, d))
        return zs[:-1], hiddens, zs[-1]

    def _activated(self, z: Array, d: int) -> Array:
        here, first, second = z[:, :1], z[:, 1 : 1 + d], z[:, 1 + d :]
        value = self._phi.value(here)
        slope = self._phi.slope(here, value)
        parts = [value, slope * first]
        if self.order == 2:
            parts.append(self._phi.bend(here, value) * first * first + slope * second)
        return np.concatenate(parts, axis=1)

    def _deltas(
        self, layers: Layers, zs: Sequence[Array], hiddens: Sequence[Array], delta: Array
    ) -> Iterator[tuple[int, Array]]:
        """Cotangents of the pre-activations of each layer, from the last to the first."""
        for index in reversed(range(len(layers))):
            yield index, delta
            if index:
                delta = self._back(layers[index][0].swapaxes(2, 3) @ delta, zs[index - 1], hiddens[index])

    def _back(self, above: Array, z: Array, hidden: Array) -> Array:
        """The cotangent of `z` from that of the activations made of it."""
        d = self.mlp.widths[0]
        here, value, first, second = z[:, 0], hidden[:, 0], z[:, 1 : 1 + d], z[:, 1 + d :]
        slope, bend = self._phi.slope(here, value), self._phi.bend(here, value)
        by_first, by_second = above[:, 1 : 1 + d], above[:, 1 + d :]
        below = slope[:, None] * above
        # h_k = phi' z_k depends on z by phi'' z_k
        turned = first * by_first
        if self.order == 2:
            third = self._phi.third
            assert third is not None  # or the network had not been made
            below[:, 1 : 1 + d] += 2 * bend[:, None] * first * by_second
            # h_kk depends on z by phi''' z_k^2 + phi'' z_kk
            turned = turned + second * by_second
            below[:, 0] += third(here, value) * (first * first * by_second).sum(axis=1)
        below[:, 0] += bend * turned.sum(axis=1)
        return below
