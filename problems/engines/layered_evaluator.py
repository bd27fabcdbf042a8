"""The compiled evaluator of other fully connected networks: products by BLAS, all between them in compiled passes.

A lane is finished before the next begins, in scratch arrays that are used again. It takes any loss.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Problem
from problems.engines.kernel_data import Data, aligned, flat, gradients_by_numpy, padded, prepared, values_by_numpy
from problems.engines.kernels.compiled import kept_slope, twin
from problems.engines.kernels.layer_rows import Passes, passes
from problems.engines.numpy_evaluator import NumpyEvaluator, joined
from problems.engines.obstacles import FEW
from problems.losses.regression import MSE
from problems.networks.mlp import MLP


@dataclass(frozen=True, eq=False)
class Scratch:
    """Arrays for n samples: of each hidden layer the products (then activations), slopes and cotangents `(H, n)`.

    Where an activation tells its slope from its value, its slopes are its activations."""

    activations: list[Array]
    slopes: list[Array]
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
        self._data = padded(prepared(problem))
        self._theta, self._grad = np.empty((2, network.dim), self._kind)
        self._layers, self._layer_grads = views(network, self._theta), views(network, self._grad)
        self._few = network.widths[0] <= FEW
        self._scratch: dict[int, Scratch] = {}
        self.residuals_and_jacobian, self.hvp = self._reference.residuals_and_jacobian, self._reference.hvp
        self.predict, self.outputs = self._reference.predict, self._reference.outputs

    @cached_property
    def _passes(self) -> Passes:
        return passes(self._twin.pair, self._twin.slope, self._kind)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._kind

    @property
    def state_dtype(self) -> np.dtype[Any]:
        return self._kind

    @property
    def offers(self) -> frozenset[str]:
        return self._reference.offers

    def prepare(self, needs: Collection[str]) -> None:
        del needs
        _ = self._passes

    def value(self, theta: Array) -> float:
        return float(self.values(theta[None])[0])

    def value_and_grad(self, theta: Array) -> tuple[float, NDArray[Any]]:
        losses, grads = self.values_and_grads(theta[None])
        return losses.item(), grads[0]

    def values(self, thetas: Array) -> NDArray[np.float64]:
        data, refused = self._data, False
        losses, lanes = np.empty(len(thetas)), len(data.y)
        for row, theta in enumerate(thetas):
            if self._fits(theta, data.limit):
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

    def _fits(self, theta: Array, limit: float) -> bool:
        """Lay the parameters out in the network's precision; whether all are numbers below the limit."""
        if theta.dtype == self._kind:
            return bool(self._passes.take(np.ascontiguousarray(theta), limit, self._theta))
        return bool(self._passes.load(flat(theta), limit, self._theta))

    def _differentiate(self, data: Data, thetas: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        losses, refused, lanes = np.empty(len(thetas)), False, len(data.y)
        grads = np.empty(thetas.shape, self._kind if thetas.dtype == self._kind else np.float64)
        for row, theta in enumerate(thetas):
            if self._fits(theta, data.limit):
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
            z, slopes = scratch.activations[layer], scratch.slopes[layer]
            if layer == 0 and self._few:
                self._passes.enter(number, weight, bias, hidden, z, slopes)
            else:
                product(weight, hidden, z)
                if keep:
                    self._passes.activate(number, bias, z, slopes)
                else:
                    self._passes.value(number, bias, z)
            hidden = z
        product(self._layers[-1][0], hidden, scratch.out)
        return scratch

    def _loss(self, data: Data, lane: int) -> float:
        out, bias = self._descend(data, keep=False).out, self._layers[-1][1]
        if isinstance(self._loss_function, MSE):
            total: float = self._passes.residual(bias, data.y[lane], data.samples, out)
            return total / (len(out) * data.samples)
        own = out[:, : data.samples] + bias[:, None]
        return float(self._loss_function.value(own.T[None], data.y[lane, :, : data.samples].T)[0])

    def _cotangent(self, data: Data, lane: int, out: Array) -> float:
        """The loss; turn the outputs into its derivative, and put its sums where the last biases' gradient belongs."""
        bias, sums, y, n = self._layers[-1][1], self._layer_grads[-1][1], data.y[lane], data.samples
        size = len(out) * n
        if isinstance(self._loss_function, MSE):
            total: float = self._passes.residual(bias, y, n, out)
            self._passes.scale(self._kind.type(2 / size), out, sums)  # 2 (f - y) / (n m); sums over samples are db
            return total / size
        own = out[:, :n] + bias[:, None]
        # as losses have it, (1, n, m)
        losses, cotangent = self._loss_function.value_and_cotangent(own.T[None], y[:, :n].T)
        # the padding has no share in any gradient, because its cotangent is zero
        out[:, :n], out[:, n:] = cotangent[0].T, 0
        out.sum(axis=1, out=sums)
        return float(losses[0])

    def _ascend(self, data: Data, scratch: Scratch) -> None:
        """Fill the gradient, from the cotangent in `scratch.out`."""
        above = scratch.out
        for layer in range(len(self._layers) - 1, 0, -1):
            below = layer - 1
            activations, slopes, d = scratch.activations[below], scratch.slopes[below], scratch.cotangents[below]
            (grad, sums), weight = self._layer_grads[below], self._layers[layer][0]
            # dL/dW_l = D_l A_(l-1)', D_l `(fan_out, n)` and A_(l-1) `(fan_in, n)`
            product_across(above, activations, self._layer_grads[layer][0])
            # D_(l-1) = W_l' D_l * phi'; the pass multiplies and sums D_(l-1) into the gradient of the biases
            product(weight.T, above, d)
            if below == 0 and self._few:
                self._passes.leave(activations, slopes, d, data.x, sums, grad)
                return
            self._passes.back(activations, slopes, d, sums)
            above = d
        np.matmul(above, data.x.T, out=self._layer_grads[0][0])

    def _room(self, samples: int) -> Scratch:
        if samples not in self._scratch:
            if len(self._scratch) > 1:  # minibatches and the whole
                self._scratch.clear()
            widths, kept = self._network.widths[1:-1], self._twin.slope is kept_slope
            activations, cotangents = self._rows(widths, samples), self._rows(widths, samples)
            slopes = self._rows(widths, samples) if kept else activations
            (out,) = self._rows(self._network.widths[-1:], samples)
            self._scratch[samples] = Scratch(activations, slopes, cotangents, out)
        return self._scratch[samples]

    def _rows(self, widths: Sequence[int], samples: int) -> list[Array]:
        return [aligned((width, samples), self._kind) for width in widths]


def views(network: MLP, array: Array) -> list[tuple[Array, Array]]:
    """Weights `(fan_out, fan_in)` and biases `(fan_out,)` of each layer, inside the flat `array`."""
    views, offset = [], 0
    for fan_in, fan_out in pairwise(network.widths):
        middle = offset + fan_in * fan_out
        views.append((array[offset:middle].reshape(fan_out, fan_in), array[middle : middle + fan_out]))
        offset = middle + fan_out
    return views


def product(weight: Array, rows: Array, out: Array) -> None:
    """`out = weight . rows`, `(a, b)` times `(b, n)`; where b is 1, without BLAS."""
    (np.multiply if weight.shape[1] == 1 else np.matmul)(weight, rows, out=out)


def product_across(above: Array, below: Array, out: Array) -> None:
    """`out = above . below'`, `(a, n)` times `(n, b)`.

    Where few rows meet many, BLAS is faster on transposed ones, copies and all."""
    rows, columns = out.shape
    if 1 < rows <= columns // 4:
        out[:] = np.matmul(below, np.ascontiguousarray(above.T)).T
    else:
        np.matmul(above, below.T, out=out)
