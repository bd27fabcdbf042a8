"""A fully connected network on the flat vector, in numpy, batched over parameter vectors.

Activations are kept features-first, `(B, width, n)`, so that the elementwise work runs along contiguous samples and
the products are plain batched matrix products. Backpropagation is written out; its reference is torch autograd, in the
tests.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Loss, Network, Pullback, Slot
from problems.factories import resolve
from problems.networks.activations import ACTIVATIONS, Activation
from problems.networks.inits import INITS, Init

Layers: TypeAlias = list[tuple[Array, Array]]
"""Weights `(B, fan_out, fan_in)` and biases `(B, fan_out, 1)`, from the first layer to the last."""

CACHE_ELEMENTS = 1 << 16
"""Activations of one block of parameter vectors: half a MiB in float64, about a core's second-level cache."""


def parse_widths(text: str) -> tuple[int, ...]:
    """`"1-40-1"` as `(1, 40, 1)`; raises ValueError for another form."""
    parts = text.split("-")
    if len(parts) < 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise ValueError(
            f"A network is written as widths from input to output, at least two, all positive, such as 1-40-1; "
            f"got '{text}'."
        )
    return tuple(int(part) for part in parts)


def layers_of(layout: tuple[Slot, ...], thetas: Array, dtype: np.dtype[Any]) -> Layers:
    """Views of the layers in `thetas (B, P)`, in the network's precision."""
    # a step into the complex plane (`problems.networks.jets`) is too small for half of it
    thetas = thetas if np.iscomplexobj(thetas) else thetas.astype(dtype, copy=False)
    arrays = [
        thetas[:, slot.offset : slot.offset + prod(slot.shape)].reshape(-1, slot.shape[0], prod(slot.shape[1:]))
        for slot in layout
    ]
    return list(zip(arrays[::2], arrays[1::2], strict=True))


def store_layer(layout: tuple[Slot, ...], grads: NDArray[np.float64], layer: int, weight: Array, bias: Array) -> None:
    """Write the weight `(B, fan_out, fan_in)` and bias `(B, fan_out)` of a layer to their places in `grads (B, P)`."""
    slot = layout[2 * layer]
    middle = slot.offset + prod(slot.shape)
    grads[:, slot.offset : middle] = weight.reshape(len(grads), -1)
    grads[:, middle : middle + slot.shape[0]] = bias


@dataclass(frozen=True)
class MLP:
    """Widths from input to output, an activation after every layer but the last."""

    widths: tuple[int, ...]
    activation: str = "tanh"
    init: str = "pytorch-uniform"
    precision: str = "float64"

    def __post_init__(self) -> None:
        _ = self._phi, self._law, self.dtype

    @property
    def name(self) -> str:
        return "-".join(map(str, self.widths))

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        if self.precision not in ("float32", "float64"):
            raise ValueError(f"The dtype of a network is float32 or float64; got '{self.precision}'.")
        return np.dtype(self.precision)

    @cached_property
    def layout(self) -> tuple[Slot, ...]:
        """Layer after layer, the weights `(fan_out, fan_in)` and then the biases, as torch.nn.Linear has them."""
        slots: list[Slot] = []
        offset = 0
        for layer, (fan_in, fan_out) in enumerate(pairwise(self.widths)):
            for name, shape in ((f"weight{layer}", (fan_out, fan_in)), (f"bias{layer}", (fan_out,))):
                slots.append(Slot(name, shape, offset))
                offset += prod(shape)
        return tuple(slots)

    @cached_property
    def dim(self) -> int:
        return self.layout[-1].offset + self.widths[-1]

    @cached_property
    def _phi(self) -> Activation:
        return resolve("activation", self.activation, ACTIVATIONS)

    @cached_property
    def _law(self) -> Init:
        return resolve("init", self.init, INITS)

    def theta0(self, rng: np.random.Generator) -> NDArray[np.float64]:
        return self._law.theta0(rng, self.layout)

    def block(self, n_samples: int) -> int:
        """As many as keep all activations in a core's cache."""
        return max(1, CACHE_ELEMENTS // (n_samples * sum(self.widths[1:])))

    def forward(self, thetas: Array, inputs: Array) -> Array:
        layers = self._layers(thetas)
        hidden = self._first(inputs)
        for weight, bias in layers[:-1]:
            hidden = self._phi.value(_affine(weight, bias, hidden))
        return _affine(*layers[-1], hidden).swapaxes(1, 2)

    def vjp(self, thetas: Array, inputs: Array) -> tuple[Array, Pullback]:
        layers = self._layers(thetas)
        zs, hiddens, output = self._trace(layers, inputs)

        def pullback(cotangent: Array) -> NDArray[np.float64]:
            grads = np.empty((len(thetas), self.dim))
            delta = np.ascontiguousarray(cotangent.swapaxes(1, 2))
            for index in reversed(range(len(layers))):
                # dL/dW_l = delta_l h_l', dL/db_l = delta_l summed over samples; layer l sees h_l `(B, fan_in, n)`
                store_layer(self.layout, grads, index, _outer(delta, hiddens[index]), delta.sum(-1))
                if index:
                    z, hidden = zs[index - 1], hiddens[index]
                    # delta_(l-1) = W_l' delta_l * phi'(z_(l-1))
                    delta = _push(layers[index][0], delta) * self._phi.slope(z, hidden)
            return grads

        return output.swapaxes(1, 2), pullback

    def input_gradient(self, theta: Array, inputs: Array, cotangent: Array) -> Array:
        layers = self._layers(theta[None])
        zs, hiddens, _ = self._trace(layers, inputs)
        delta = np.ascontiguousarray(cotangent.T.astype(self.dtype, copy=False))[None]
        for index in reversed(range(1, len(layers))):
            delta = _push(layers[index][0], delta) * self._phi.slope(zs[index - 1], hiddens[index])
        return _push(layers[0][0], delta)[0].T  # one layer further than the weights' gradient goes: W_0' delta_0

    def jacobian(self, theta: Array, inputs: Array) -> NDArray[np.float64]:
        layers = self._layers(theta[None])
        zs, hiddens, _ = self._trace(layers, inputs)
        n, m = len(inputs), self.widths[-1]
        jacobian = np.empty((m, n, self.dim))
        for component in range(m):
            delta = np.zeros((1, m, n), self.dtype)
            delta[:, component] = 1
            for index in reversed(range(len(layers))):
                # delta_l h_l' sample by sample, `(n, fan_out, fan_in)`
                weight = np.einsum("in,jn->nij", delta[0], hiddens[index][0])
                store_layer(self.layout, jacobian[component], index, weight, delta[0].T)
                if index:
                    z, hidden = zs[index - 1], hiddens[index]
                    delta = _push(layers[index][0], delta) * self._phi.slope(z, hidden)
        return jacobian.swapaxes(0, 1)

    def hvp(self, theta: Array, vector: Array, inputs: Array, targets: Array, loss: Loss) -> NDArray[np.float64]:
        """Pearlmutter 1994: the derivative of backpropagation in direction `vector`."""
        layers, moves = self._layers(theta[None]), self._layers(vector[None])
        zs, hiddens, output = self._trace(layers, inputs)
        dzs, dhiddens, doutput = self._trace_tangent(layers, moves, zs, hiddens)
        delta = loss.value_and_cotangent(output.swapaxes(1, 2), targets)[1].swapaxes(1, 2)
        ddelta = loss.curvature(output.swapaxes(1, 2), doutput.swapaxes(1, 2), targets).swapaxes(1, 2)
        product = np.empty((1, self.dim))
        for index in reversed(range(len(layers))):
            # R, the derivative along v: R(delta h') = R(delta) h' + delta R(h)'
            weight = _outer(ddelta, hiddens[index]) + _outer(delta, dhiddens[index])
            store_layer(self.layout, product, index, weight, ddelta.sum(-1))
            if index:
                z, hidden, dz = zs[index - 1], hiddens[index], dzs[index - 1]
                slope, bend = self._phi.slope(z, hidden), self._phi.bend(z, hidden)
                back = _push(layers[index][0], delta)
                # R(W' delta) = W' R(delta) + V' delta, for v of the parts V
                dback = _push(layers[index][0], ddelta) + _push(moves[index][0], delta)
                delta, ddelta = back * slope, dback * slope + back * bend * dz  # R(phi'(z)) = phi''(z) R(z)
        return product[0]

    def _layers(self, thetas: Array) -> Layers:
        return layers_of(self.layout, thetas, self.dtype)

    def _first(self, inputs: Array) -> Array:
        return inputs.T.astype(self.dtype, copy=False)[None]

    def _trace(self, layers: Layers, inputs: Array) -> tuple[list[Array], list[Array], Array]:
        """Pre-activations, the input of each layer, and the output `(B, m, n)`."""
        zs: list[Array] = []
        hiddens = [self._first(inputs)]
        for weight, bias in layers[:-1]:
            zs.append(_affine(weight, bias, hiddens[-1]))
            hiddens.append(self._phi.value(zs[-1]))
        return zs, hiddens, _affine(*layers[-1], hiddens[-1])

    def _trace_tangent(
        self, layers: Layers, moves: Layers, zs: list[Array], hiddens: list[Array]
    ) -> tuple[list[Array], list[Array], Array]:
        """The derivative of `_trace` when the parameters move along `moves`."""
        dzs: list[Array] = []
        dhiddens = [np.zeros_like(hiddens[0])]
        for index, ((weight, _), (dweight, dbias)) in enumerate(zip(layers, moves, strict=True)):
            # R(W h + b) = V h + c + W R(h), for v of the parts V and c
            dz = _affine(dweight, dbias, hiddens[index]) + weight @ dhiddens[-1]
            dzs.append(dz)
            if index < len(zs):
                dhiddens.append(self._phi.slope(zs[index], hiddens[index + 1]) * dz)
        return dzs[:-1], dhiddens, dzs[-1]


def _affine(weight: Array, bias: Array, hidden: Array) -> Array:
    z = weight * hidden if weight.shape[2] == 1 else weight @ hidden  # of one input an outer product: no need of BLAS
    z += bias
    return z


def _outer(delta: Array, hidden: Array) -> Array:
    return delta @ hidden.swapaxes(1, 2)


def _push(weight: Array, delta: Array) -> Array:
    return weight.swapaxes(1, 2) * delta if weight.shape[1] == 1 else weight.swapaxes(1, 2) @ delta


def fully_connected(network: str, shape: tuple[int, int], activation: str, init: str, dtype: str) -> Network:
    """The network that `network` and `init` spell, checked against the problem's `(inputs, outputs)`."""
    return resolve("init", init, INITS).wrap(MLP(checked_widths(network, shape), activation, init, dtype))


def checked_widths(network: str, shape: tuple[int, int]) -> tuple[int, ...]:
    """The widths that `network` spells; raises ValueError unless they suit `(inputs, outputs)`."""
    widths = parse_widths(network)
    if (widths[0], widths[-1]) != shape:
        raise ValueError(
            f"This problem has {shape[0]} input(s) and {shape[1]} output(s): its network starts with {shape[0]} and "
            f"ends with {shape[1]}, such as {shape[0]}-40-{shape[1]}; got '{network}'."
        )
    return widths
