"""The compiled evaluator of networks that carry derivatives in their inputs, by which equations are learned.

Products by BLAS, of values and derivatives side by side; activations between them in compiled passes. What is made of
the network's jet, and the loss, stay as they are written. A lane is finished before the next begins.
"""

from collections.abc import Collection
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Problem
from problems.engines.base import CannotServe
from problems.engines.kernel_data import (
    Data,
    aligned,
    carried_parameter,
    gradients_by_numpy,
    padded,
    values_by_numpy,
)
from problems.engines.kernels.carried_rows import Carried, carried
from problems.engines.kernels.compiled import twin
from problems.engines.layered_evaluator import product, product_across, views
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.networks.carried import CarriedMLP


class CarriedEvaluator:
    """One row after the other; minibatches and what needs a Jacobian or Hessian are the reference's."""

    name = "compiled"
    device = "cpu"

    def __init__(self, problem: Problem) -> None:
        network = problem.network
        assert isinstance(network, CarriedMLP)
        mlp = network.mlp
        self.problem, self._reference, self._network = problem, NumpyEvaluator(problem), network
        self._kind, self._twin, self._variables = network.dtype, twin(mlp.activation), mlp.widths[0]
        if self._twin.bend is None or (network.order == 2 and self._twin.third is None):
            raise CannotServe(f"has no compiled derivatives of the activation '{mlp.activation}'")
        self._number = self._kind.type(self._twin.parameter)
        self._data = _data(problem, network)
        self._theta, self._grad = np.empty((2, network.dim), self._kind)
        self._layers, self._layer_grads = views(mlp, self._theta), views(mlp, self._grad)
        d, *hidden, last = mlp.widths
        parts, room = 1 + network.order * d, self._data.x.shape[1]
        start = np.zeros((d, parts, room), self._kind)
        # dx/dx_k = e_k, and second derivatives are 0
        start[:, 0], start[:, 1 : 1 + d] = self._data.x, np.eye(d)[:, :, None]
        self._start = start.reshape(d, -1)
        # of each hidden layer products, activations and cotangents with their derivatives, and slopes
        self._zs, self._hs, self._bys = ([aligned((h, parts * room), self._kind) for h in hidden] for _ in range(3))
        self._slopes = [aligned((h, room), self._kind) for h in hidden]
        self._out = aligned((last, parts * room), self._kind)
        self.residuals_and_jacobian, self.hvp = self._reference.residuals_and_jacobian, self._reference.hvp
        self.batch_values_and_grads = self._reference.batch_values_and_grads
        self.lane_batches, self.outputs = self._reference.lane_batches, self._reference.outputs

    @cached_property
    def _kernels(self) -> Carried:
        third = self._twin.third if self._network.order == 2 else None
        return carried(self._twin.pair, self._twin.bend, third, self._kind)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._kind

    @property
    def state_dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float64)

    @property
    def offers(self) -> frozenset[str]:
        return self._reference.offers

    def prepare(self, needs: Collection[str]) -> None:
        del needs
        _ = self._kernels

    def value(self, theta: Array) -> float:
        return float(self.values(theta[None])[0])

    def value_and_grad(self, theta: Array) -> tuple[float, NDArray[np.float64]]:
        losses, grads = self.values_and_grads(theta[None])
        return float(losses[0]), grads[0]

    def values(self, thetas: Array) -> NDArray[np.float64]:
        losses = np.empty(len(thetas))
        for row, theta in enumerate(thetas):
            jet = self._descend(theta)
            if jet is None:
                losses[row] = np.nan
            else:
                losses[row] = self.problem.loss.value(self._outputs(jet), self._targets(row, len(thetas)))[0]
        if np.isnan(losses).any():
            values_by_numpy(self._reference, thetas, losses)
        return losses

    def values_and_grads(self, thetas: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        losses, grads = np.empty(len(thetas)), np.empty(thetas.shape)
        for row, theta in enumerate(thetas):
            jet = self._descend(theta)
            if jet is None:
                losses[row] = np.nan
                continue
            targets = self._targets(row, len(thetas))
            found, cotangent = self.problem.loss.value_and_cotangent(self._outputs(jet), targets)
            losses[row] = found[0]
            self._ascend(self._network.pull(jet, cotangent, self.problem.inputs)[0])
            grads[row] = self._grad
        if np.isnan(losses).any():
            gradients_by_numpy(self._reference, self._data, thetas, losses, grads)
        return losses, grads

    def predict(self, thetas: Array) -> Array:
        outputs = np.empty((len(thetas), self.problem.n_samples, self._network.columns), self._kind)
        for theta, out in zip(thetas, outputs, strict=True):
            jet = self._descend(theta)
            out[:] = (self._reference.predict(theta[None]) if jet is None else self._outputs(jet))[0]
        return outputs

    def _outputs(self, jet: Array) -> Array:
        return self._network.outputs_of(jet, self.problem.inputs)

    def _targets(self, row: int, rows: int) -> Array:
        targets = self.problem.targets
        return targets if targets.ndim == 2 else targets[row * len(targets) // rows]

    def _descend(self, theta: Array) -> Array | None:
        """The jet `(1, parts, m, n)`; None for parameters that a kernel cannot take."""
        # written so that NaN is refused as well
        if not np.abs(theta).max() < self._data.limit:
            return None
        np.copyto(self._theta, theta)
        hidden = self._start
        for (weight, bias), z, h, slopes in zip(self._layers, self._zs, self._hs, self._slopes, strict=False):
            product(weight, hidden, z)
            self._kernels.there(self._number, self._variables, bias, z, h, slopes)
            hidden = h
        weight, bias = self._layers[-1]
        product(weight, hidden, self._out)
        jet = np.ascontiguousarray(self._parts_of_out().swapaxes(0, 1))
        jet[0] += bias[:, None]
        return jet[None]

    def _parts_of_out(self) -> Array:
        """What the last layer gives, `(m, parts, n)`, without the padding."""
        return self._out.reshape(len(self._out), -1, self._data.x.shape[1])[..., : self._data.samples]

    def _ascend(self, cotangent: Array) -> None:
        """Fill the gradient, from the cotangent of the jet `(parts, m, n)`."""
        self._out[:] = 0  # the padding has no share
        self._parts_of_out()[:] = cotangent.swapaxes(0, 1)
        self._layer_grads[-1][1][:] = cotangent[0].sum(axis=1)
        above = self._out
        for below in reversed(range(len(self._zs))):
            z, h, slopes, by = self._zs[below], self._hs[below], self._slopes[below], self._bys[below]
            product_across(above, h, self._layer_grads[below + 1][0])
            product(self._layers[below + 1][0].T, above, by)
            self._kernels.back(self._number, self._variables, z, h, slopes, by, self._layer_grads[below][1])
            above = by
        np.matmul(above, self._start.T, out=self._layer_grads[0][0])


def _data(problem: Problem, network: CarriedMLP) -> Data:
    """Inputs of the network alone, which come first, with samples that fill whole turns; targets tell the lanes."""
    x = np.ascontiguousarray(problem.inputs[:, : network.mlp.widths[0]].T, network.dtype)
    targets = problem.targets if problem.targets.ndim == 3 else problem.targets[None]
    spread = max(len(x) * float(np.abs(x).max(initial=0.0)), *network.mlp.widths[1:-1]) + 1
    limit = carried_parameter(network.mlp, network.order) / spread
    return padded(Data(x, targets.swapaxes(1, 2), limit, 0.0, problem.n_samples))
