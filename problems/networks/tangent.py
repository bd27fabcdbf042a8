"""A fully connected network together with its derivatives in the inputs, for losses that see slopes.

The derivatives are carried forward beside the values (forward mode), one tangent for each input, and both are
differentiated backward by hand. With `h = phi(z)` and `dh = phi'(z) dz`, the way back needs `phi''` as well. The
reference is torch autograd, in the tests.
"""

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Pullback, Slot
from problems.factories import resolve
from problems.networks.activations import ACTIVATIONS, Activation
from problems.networks.mlp import CACHE_ELEMENTS, MLP


@dataclass(frozen=True)
class TangentMLP:
    """Outputs `(B, n, m (1 + d))`: the m values of `mlp`, then their m derivatives in input 0, in input 1, ...

    Its parameters, their layout and their initial values are those of `mlp`. It gives a Jacobian but no Hessian
    products, for which third derivatives of the activation would be needed."""

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

    def block(self, n_samples: int) -> int:
        """As many as keep values and tangents in a core's cache."""
        widths = self.mlp.widths
        return max(1, CACHE_ELEMENTS // (n_samples * sum(widths[1:]) * (1 + widths[0])))

    def forward(self, thetas: Array, inputs: Array) -> Array:
        return _columns(self._trace(self._layers(thetas), inputs)[2])

    def vjp(self, thetas: Array, inputs: Array) -> tuple[Array, Pullback]:
        layers = self._layers(thetas)
        zs, hiddens, output = self._trace(layers, inputs)

        def pullback(cotangent: Array) -> NDArray[np.float64]:
            grads = np.empty((len(thetas), self.dim))
            delta = _stacked(cotangent, self.mlp.widths[-1])
            for index in reversed(range(len(layers))):
                # value and tangents, axis 1, go through the same W; the bias is in the value alone
                weight = (delta @ hiddens[index].swapaxes(2, 3)).sum(axis=1)
                self._store(grads, index, weight, delta[:, 0].sum(-1))
                if index:
                    delta = self._back(layers[index][0], delta, zs[index - 1], hiddens[index])
            return grads

        return _columns(output), pullback

    def jacobian(self, theta: Array, inputs: Array) -> NDArray[np.float64]:
        layers = self._layers(theta[None])
        zs, hiddens, output = self._trace(layers, inputs)
        _, streams, m, n = output.shape
        jacobian = np.empty((streams * m, n, self.dim))
        for column in range(streams * m):
            delta = np.zeros((1, streams, m, n), self.dtype)
            delta[:, column // m, column % m] = 1  # as `_columns` has them: m components a stream
            for index in reversed(range(len(layers))):
                weight = np.einsum("sin,sjn->nij", delta[0], hiddens[index][0])
                self._store(jacobian[column], index, weight, delta[0, 0].T)
                if index:
                    delta = self._back(layers[index][0], delta, zs[index - 1], hiddens[index])
        return jacobian.swapaxes(0, 1)

    def _layers(self, thetas: Array) -> list[tuple[Array, Array]]:
        """Views `(B, 1, fan_out, fan_in)` and `(B, fan_out, 1)` of each layer, in the network's precision."""
        thetas = thetas.astype(self.dtype, copy=False)
        arrays = [
            thetas[:, slot.offset : slot.offset + prod(slot.shape)].reshape(-1, slot.shape[0], prod(slot.shape[1:]))
            for slot in self.layout
        ]
        return [(weight[:, None], bias) for weight, bias in zip(arrays[::2], arrays[1::2], strict=True)]

    def _trace(self, layers: list[tuple[Array, Array]], inputs: Array) -> tuple[list[Array], list[Array], Array]:
        """Pre-activations, the input of each layer, and the output, all `(B, 1 + d, width, n)`: values, tangents."""
        n, d = inputs.shape
        start = np.zeros((1, 1 + d, d, n), self.dtype)
        start[0, 0] = inputs.T
        start[0, 1:] = np.eye(d)[:, :, None]  # dx/dx_k = e_k for each sample: (d, d, n)
        zs: list[Array] = []
        hiddens: list[Array] = [start]
        for index, (weight, bias) in enumerate(layers):
            z = weight @ hiddens[-1]
            z[:, 0] += bias  # constants have no tangent
            zs.append(z)
            if index < len(layers) - 1:
                value = self._phi.value(z[:, :1])
                hiddens.append(np.concatenate([value, self._phi.slope(z[:, :1], value) * z[:, 1:]], axis=1))
        return zs[:-1], hiddens, zs[-1]

    def _back(self, weight: Array, delta: Array, z: Array, hidden: Array) -> Array:
        """The cotangent of the pre-activations below, from that of the layer above."""
        below: Array = weight.swapaxes(2, 3) @ delta
        value, here = hidden[:, 0], z[:, 0]
        # d(phi'(z) dz_k)/dz = phi''(z) dz_k, summed over k; taken of `below` before the next line changes it
        bent = (below[:, 1:] * z[:, 1:]).sum(axis=1) * self._phi.bend(here, value)
        below *= self._phi.slope(here, value)[:, None]
        below[:, 0] += bent
        return below

    def _store(self, grads: NDArray[np.float64], layer: int, weight: Array, bias: Array) -> None:
        slot = self.layout[2 * layer]
        middle = slot.offset + prod(slot.shape)
        grads[:, slot.offset : middle] = weight.reshape(len(grads), -1)
        grads[:, middle : middle + slot.shape[0]] = bias


def _columns(output: Array) -> Array:
    """`(B, 1 + d, m, n)` as `(B, n, m (1 + d))`."""
    return output.reshape(len(output), -1, output.shape[-1]).swapaxes(1, 2)


def _stacked(cotangent: Array, m: int) -> Array:
    """The reverse of `_columns`, contiguous."""
    B, n, columns = cotangent.shape
    return np.ascontiguousarray(cotangent.swapaxes(1, 2)).reshape(B, columns // m, m, n)
