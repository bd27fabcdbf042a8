"""A fully connected network of one variable that also gives its slope: outputs `[f, f']`.

The inputs are `[z, dz/dx]` side by side, `(n, 2 d)`, where `z(x) (n, d)` is what the network sees of the variable x: x
itself, or an embedding of it. The slope is the exact forward tangent, and the gradient of both outputs the exact
reverse of it. An activation's third derivative would be needed for second-order methods, and is not offered.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Pullback
from problems.networks.carried import Around
from problems.networks.mlp import Layers, layers_of, store_layer

Duals: TypeAlias = list[tuple[Array, Array]]
"""Values and their derivatives in x, both `(B, width, n)`."""


@dataclass(frozen=True)
class SlopedMLP(Around):
    """`mlp` has one output; this network has two."""

    def block(self, n_samples: int) -> int:
        return self.mlp.block(2 * n_samples)  # values and slopes

    def forward(self, thetas: Array, inputs: Array) -> Array:
        return self._outputs(self._trace(layers_of(self.layout, thetas, self.dtype), inputs)[1][-1])

    def vjp(self, thetas: Array, inputs: Array) -> tuple[Array, Pullback]:
        layers = layers_of(self.layout, thetas, self.dtype)
        hiddens, zs = self._trace(layers, inputs)

        def pullback(cotangent: Array) -> NDArray[np.float64]:
            grads = np.empty((len(thetas), self.dim))
            both = cotangent.swapaxes(1, 2)
            delta, ddelta = np.ascontiguousarray(both[:, :1]), np.ascontiguousarray(both[:, 1:])
            for index in reversed(range(len(layers))):
                hidden, dhidden = hiddens[index]
                # z = W h + b and z' = W h': both cotangents reach W, the value's alone reaches b
                weight = delta @ hidden.swapaxes(1, 2) + ddelta @ dhidden.swapaxes(1, 2)
                store_layer(self.layout, grads, index, weight, delta.sum(-1))
                if index:
                    delta, ddelta = self._pull(layers[index][0], (delta, ddelta), zs[index - 1], hidden)
            return grads

        return self._outputs(zs[-1]), pullback

    def _pull(self, weight: Array, deltas: tuple[Array, Array], z: tuple[Array, Array], hidden: Array) -> Any:
        """Cotangents of a layer's `(z, z')` from those of the next: h = phi(z), h' = phi'(z) z'."""
        back, dback = (weight.swapaxes(1, 2) @ delta for delta in deltas)
        slope, bend = self._phi.slope(z[0], hidden), self._phi.bend(z[0], hidden)
        # h = phi(z) and h' = phi'(z) z' both depend on z: the second by phi''(z) z'
        return back * slope + dback * bend * z[1], dback * slope

    def _trace(self, layers: Layers, inputs: Array) -> tuple[Duals, Duals]:
        """The input and the affine image of each layer, with their derivatives in x."""
        seen, moving = np.split(inputs.T.astype(self.dtype, copy=False)[None], 2, axis=1)
        hiddens, zs = [(seen, moving)], []
        for index, (weight, bias) in enumerate(layers):
            hidden, dhidden = hiddens[-1]
            zs.append((weight @ hidden + bias, weight @ dhidden))
            if index < len(layers) - 1:
                z, dz = zs[-1]
                value = self._phi.value(z)
                hiddens.append((value, self._phi.slope(z, value) * dz))
        return hiddens, zs

    def _outputs(self, last: tuple[Array, Array]) -> Array:
        shape = np.broadcast_shapes(last[0].shape, last[1].shape)
        return np.concatenate([np.broadcast_to(part, shape) for part in last], axis=1).swapaxes(1, 2)
