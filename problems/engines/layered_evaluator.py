"""The compiled evaluator of other fully connected networks: products by BLAS, all between them in compiled passes.

A lane is finished before the next begins, in scratch arrays that are used again. It takes any loss.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Problem
from problems.engines.kernel_data import Data, flat, gradients_by_numpy, prepared, values_by_numpy
from problems.engines.kernels.compiled import twin
from problems.engines.kernels.layer_rows import Passes, passes
from problems.engines.numpy_evaluator import NumpyEvaluator, joined
from problems.losses.regression import MSE
from problems.networks.mlp import MLP


@dataclass(frozen=True, eq=False)
class Scratch:
    """Arrays for n samples: of each hidden layer the products (then slopes), activations and cotangents `(H, n)`."""

    slopes: list[Array]
    activations: list[Array]
    cotangents: list[Array]
    out: Array


class LayeredEvaluator:
    """One row after the other: down through the layers, the loss, and up again."""

    name = "compiled"
    device = "cpu"

    def __init__(self, problem: Problem) -> None:
        network = problem.network
        assert isinstance(network, MLP)
        self.problem, self._reference, self._loss_function = problem, NumpyEvaluator(problem), problem.loss
        self._network, self._kind, self._twin = network, network.dtype, twin(network.activation)
        self._number = network.dtype.type(self._twin.parameter)
        self._data = prepared(problem)
        self._theta, self._grad = np.empty((2, network.dim), self._kind)
        self._layers, self._layer_grads = _views(network, self._theta), _views(network, self._grad)
        self._scratch: dict[int, Scratch] = {}
        self.residuals_and_jacobian, self.hvp = self._reference.residuals_and_jacobian, self._reference.hvp
        self.predict, self.outputs = self._reference.predict, self._reference.outputs

    @cached_property
    def _passes(self) -> Passes:
        return passes(self._twin.pair, self._kind)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._kind

    @property
    def offers(self) -> frozenset[str]:
        return self._reference.offers

    def prepare(self, needs: Collection[str]) -> None:
        del needs
        _ = self._passes

    def value(self, theta: Array) -> float:
        return float(self.values(theta[None])[0])

    def value_and_grad(self, theta: Array) -> tuple[float, NDArray[np.float64]]:
        losses, grads = self.values_and_grads(theta[None])
        return losses.item(), grads[0]

    def values(self, thetas: Array) -> NDArray[np.float64]:
        data, refused = self._data, False
        losses, lanes = np.empty(len(thetas)), len(data.y)
        for row, theta in enumerate(thetas):
            if self._passes.load(flat(theta), data.limit, self._theta):
                losses[row] = self._loss(data, row * lanes // len(losses))
            else:
                losses[row], refused = np.nan, True
        if refused:
            values_by_numpy(self._reference, thetas, losses)
        return losses

    def values_and_grads(self, thetas: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return self._differentiate(self._data, thetas)

    def batch_values_and_grads(
        self, thetas: Array, rows: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return self._differentiate(self._data.take(rows), thetas)

    def lane_batches(self, thetas: Array, rows: NDArray[np.intp]) -> tuple[Array, NDArray[np.float64]]:
        lanes = range(len(thetas))
        return joined([self._differentiate(self._data.take(rows[b], b), thetas[b : b + 1]) for b in lanes])

    def _differentiate(self, data: Data, thetas: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        losses, grads, refused, lanes = np.empty(len(thetas)), np.empty(thetas.shape), False, len(data.y)
        for row, theta in enumerate(thetas):
            if self._passes.load(flat(theta), data.limit, self._theta):
                scratch = self._descend(data, keep=True)
                losses[row] = self._cotangent(data, row * lanes // len(losses), scratch.out)
                self._ascend(data, scratch)
                grads[row] = self._grad
            else:
                losses[row], refused = np.nan, True
        if refused:
            gradients_by_numpy(self._reference, data, thetas, losses, grads)
        return losses, grads

    def _descend(self, data: Data, *, keep: bool) -> Scratch:
        """Fill the activations, and the slopes if they are to be kept; the last layer's biases are not added yet."""
        scratch, number, hidden = self._room(data.x.shape[1]), self._number, data.x
        for layer, (weight, bias) in enumerate(self._layers[:-1]):
            z = scratch.slopes[layer]
            _product(weight, hidden, z)
            if keep:
                hidden = scratch.activations[layer]
                self._passes.activate(number, bias, z, hidden)
            else:
                hidden = z
                self._passes.value(number, bias, z)
        _product(self._layers[-1][0], hidden, scratch.out)
        return scratch

    def _loss(self, data: Data, lane: int) -> float:
        out, bias = self._descend(data, keep=False).out, self._layers[-1][1]
        if isinstance(self._loss_function, MSE):
            total: float = self._passes.residual(bias, data.y[lane], out)
            return total / out.size
        out += bias[:, None]
        return float(self._loss_function.value(out.T[None], data.y[lane].T)[0])

    def _cotangent(self, data: Data, lane: int, out: Array) -> float:
        """The loss; turn the outputs into its derivative, and put its sums where the last biases' gradient belongs."""
        bias, sums, y = self._layers[-1][1], self._layer_grads[-1][1], data.y[lane]
        if isinstance(self._loss_function, MSE):
            total: float = self._passes.residual(bias, y, out)
            self._passes.scale(self._kind.type(2 / out.size), out, sums)  # 2 (f - y) / (n m); sums over samples are db
            return total / out.size
        out += bias[:, None]
        losses, cotangent = self._loss_function.value_and_cotangent(out.T[None], y.T)  # as losses have it, (1, n, m)
        out[:] = cotangent[0].T
        out.sum(axis=1, out=sums)
        return float(losses[0])

    def _ascend(self, data: Data, scratch: Scratch) -> None:
        """Fill the gradient, from the cotangent in `scratch.out`."""
        above = scratch.out
        for layer in range(len(self._layers) - 1, -1, -1):
            below = scratch.activations[layer - 1] if layer else data.x
            # dL/dW_l = D_l A_(l-1)', D_l `(fan_out, n)` and A_(l-1) `(fan_in, n)`
            np.matmul(above, below.T, out=self._layer_grads[layer][0])
            if layer:
                d = scratch.cotangents[layer - 1]
                # D_(l-1) = W_l' D_l * phi'; the pass multiplies and sums D_(l-1) into the gradient of the biases
                _product(self._layers[layer][0].T, above, d)
                self._passes.back(scratch.slopes[layer - 1], d, self._layer_grads[layer - 1][1])
                above = d

    def _room(self, samples: int) -> Scratch:
        if samples not in self._scratch:
            if len(self._scratch) > 1:  # minibatches and the whole
                self._scratch.clear()
            rows = [[np.empty((width, samples), self._kind) for width in self._network.widths[1:]] for _ in range(3)]
            self._scratch[samples] = Scratch(rows[0][:-1], rows[1][:-1], rows[2][:-1], rows[0][-1])
        return self._scratch[samples]


def _views(network: MLP, array: Array) -> list[tuple[Array, Array]]:
    """Weights `(fan_out, fan_in)` and biases `(fan_out,)` of each layer, inside the flat `array`."""
    views, offset = [], 0
    for fan_in, fan_out in pairwise(network.widths):
        middle = offset + fan_in * fan_out
        views.append((array[offset:middle].reshape(fan_out, fan_in), array[middle : middle + fan_out]))
        offset = middle + fan_out
    return views


def _product(weight: Array, rows: Array, out: Array) -> None:
    """`out = weight . rows`; of one row, without BLAS."""
    (np.multiply if weight.shape[1] == 1 else np.matmul)(weight, rows, out=out)
