"""The compiled evaluator of networks with one hidden layer and few inputs and outputs, for the mean squared loss."""

from collections.abc import Callable, Collection
from functools import cached_property, partial
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Problem
from problems.engines.base import Entry
from problems.engines.kernel_data import (
    Data,
    block_of,
    flat,
    gradients_by_numpy,
    padded,
    prepared,
    values_by_numpy,
)
from problems.engines.kernels.anchored import anchored_entry
from problems.engines.kernels.compilation import Kernel
from problems.engines.kernels.compiled import twin
from problems.engines.kernels.entries import (
    ANCHOR,
    BLOCK,
    DIM,
    INPUTS,
    LIMIT,
    LOSSES,
    NUMBER,
    OUTPUTS,
    REACH,
    ROW,
    ROWS,
    SAMPLES,
    WIDTH,
    W,
    X,
    Y,
    asking,
    table_of,
)
from problems.engines.kernels.shallow import gradient_entry, gradient_kernel, value_kernel
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.engines.shallow_curvature import ShallowCurvature
from problems.networks.mlp import MLP

ANCHOR_BYTES = 1 << 26
"""Activations of an anchor beyond this are not kept."""


class ShallowEvaluator:
    """Whole evaluations in one call of compiled code; those of a single point from an anchor, where few units move."""

    name = "compiled"
    device = "cpu"

    def __init__(self, problem: Problem) -> None:
        network = problem.network
        assert isinstance(network, MLP)
        self.problem, self._reference = problem, NumpyEvaluator(problem)
        self._network, self._kind, self._twin = network, network.dtype, twin(network.activation)
        self._number = network.dtype.type(self._twin.parameter)
        self._one_input, self._line = network.widths[0] == 1, network.widths[::2] == (1, 1)
        self._data = padded(prepared(problem))
        self._w = np.empty(network.dim, self._kind)
        self._two_ways = self._room(problem.n_samples)
        rows = 1 + network.widths[2]
        block = block_of(problem.n_samples, 8 * rows, self._kind.itemsize)  # an eighth: they fit the first-level cache
        self._one_way = np.empty((rows, block), self._kind)
        self._batch_size, self._batch = 0, np.empty((0, 0), self._kind)
        self._anchor, self._state = np.full(network.dim, np.nan), self._first_state()  # NaN: no anchor yet
        self._one = np.empty(1)
        self._spare = np.empty(0)
        self._entries: dict[str, tuple[Entry, NDArray[np.int64]]] = {}
        """C functions by need, and the tables that they are called with."""
        self._curvature = ShallowCurvature(network, self._data, self._twin, self._reference)
        self.residuals_and_jacobian, self.hvp = self._curvature.residuals_and_jacobian, self._curvature.hvp
        self.outputs = self._reference.outputs
        self._no_targets = np.zeros((1, *self._data.y.shape[1:]), self._kind)

    @cached_property
    def _values(self) -> Kernel:
        return value_kernel(self._twin.pair, self._kind, self._line)

    @cached_property
    def _gradients(self) -> Kernel:
        return gradient_kernel(self._twin.pair, self._twin.slope, self._kind, self._line)

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
        _ = self._values
        if "minibatch" in needs or ("gradient" in needs and "lanes" in needs):
            _ = self._gradients
        if "residuals" in needs or "hvp" in needs:
            self._curvature.prepare()
        for need in {"value", "gradient"} & ({*needs} if "lanes" not in needs else set()):
            self.entry(need)

    def entry(self, need: str) -> Entry | None:
        """A C function in place of `value` or `value_and_grad`, for the need `value` or `gradient`; None for none."""
        if self.problem.targets.ndim == 3 or (need == "value" and not self._state):
            return None
        if need not in self._entries:
            table = self._table(*(self._state if need == "value" else (self._w, self._two_ways)))
            if need == "value":
                function = anchored_entry(self._twin.pair, self._kind, self._one_input)
            else:
                function = gradient_entry(self._twin.pair, self._twin.slope, self._kind, self._line)
            self._entries[need] = Entry(function.address, table.ctypes.data), table
        return self._entries[need][0]

    @cached_property
    def _ask_value(self) -> Callable[..., float] | None:
        return self._asked("value")

    @cached_property
    def _ask_gradient(self) -> Callable[..., float] | None:
        return self._asked("gradient")

    def _asked(self, need: str) -> Callable[..., float] | None:
        """The entry as Python calls it, `(theta (P,), gradient (P,))`: found once, as that takes as long as a unit."""
        entry = self.entry(need)
        return None if entry is None else partial(asking(), *entry)

    def _table(self, w: Array, rows: Array) -> NDArray[np.int64]:
        data = self._data
        arrays = {X: data.x, Y: data.y, W: w, ROWS: rows, LOSSES: self._one, ANCHOR: self._anchor}
        sizes = {
            INPUTS: len(data.x),
            WIDTH: data.x.shape[1],
            OUTPUTS: data.y.shape[1],
            DIM: self._network.dim,
            ROW: rows.shape[0],
            BLOCK: rows.shape[1],
            SAMPLES: data.samples,
        }
        return table_of(arrays, sizes, {NUMBER: float(self._number), LIMIT: data.limit, REACH: data.reach})

    def value(self, theta: Array) -> float:
        ask = self._ask_value
        if ask is None:
            return float(self.values(theta[None])[0])
        loss: float = ask(np.ascontiguousarray(theta, np.float64), self._spare)
        # NaN where the kernel refuses the point
        return loss if loss == loss else float(self.values(theta[None])[0])

    def value_and_grad(self, theta: Array) -> tuple[float, NDArray[np.float64]]:
        ask, grad = self._ask_gradient, np.empty(len(theta))
        if ask is None:
            losses, grads = self.values_and_grads(theta[None])
            return float(losses[0]), grads[0]
        loss: float = ask(np.ascontiguousarray(theta, np.float64), grad)
        if loss != loss:
            gradients_by_numpy(self._reference, self._data, theta[None], self._one, grad[None])
            return self._one.item(), grad
        return loss, grad

    def values(self, thetas: Array) -> NDArray[np.float64]:
        data, losses = self._data, np.empty(len(thetas))
        if self._values(
            flat(thetas), data.x, data.y, data.samples, self._number, data.limit, self._w, self._one_way, losses
        ):
            values_by_numpy(self._reference, thetas, losses)
        return losses

    def predict(self, thetas: Array) -> Array:
        """By the kernel of losses, in whose scratch residuals are left, which are outputs where targets are 0."""
        data, number, rows = self._data, self._number, self._one_way
        n, m = data.samples, len(rows) - 1
        # of several blocks only the last is left
        if data.x.shape[1] > rows.shape[1]:
            return self._reference.predict(thetas)
        outputs = np.empty((len(thetas), n, m), self._kind)
        for theta, out in zip(thetas, outputs, strict=True):
            if self._values(flat(theta), data.x, self._no_targets, n, number, data.limit, self._w, rows, self._one):
                out[:] = self._reference.predict(theta[None])[0]
            else:
                out[:] = rows[:m, :n].T
        return outputs

    def values_and_grads(self, thetas: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return self._differentiate(self._data, self._two_ways, thetas)

    def batch_values_and_grads(
        self, thetas: Array, rows: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return self._differentiate(padded(self._data.take(rows)), self._batch_room(len(rows)), thetas)

    def lane_batches(self, thetas: Array, rows: NDArray[np.intp]) -> tuple[Array, NDArray[np.float64]]:
        data, stride = self._data.spread(rows)
        losses, grads = self._run(data, stride, self._batch_room(rows.shape[1]), thetas)
        # one number speaks for all, as there is nearly always nothing to do
        for lane in np.flatnonzero(np.isnan(losses)) if isnan(losses.sum()) else ():
            own = slice(lane, lane + 1)
            gradients_by_numpy(
                self._reference, self._data.take(rows[lane], int(lane)), thetas[own], losses[own], grads[own]
            )
        return losses, grads

    def _differentiate(
        self, data: Data, scratch: Array, thetas: Array
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        losses, grads = self._run(data, 0, scratch, thetas)
        if isnan(losses.sum()):
            gradients_by_numpy(self._reference, data, thetas, losses, grads)
        return losses, grads

    def _run(
        self, data: Data, stride: int, scratch: Array, thetas: Array
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Losses and gradients, NaN where the kernel refuses a lane."""
        losses, grads = np.empty(len(thetas)), np.empty(thetas.shape)
        point, slopes = flat(thetas), grads.reshape(-1)
        n, number, limit, w = data.samples, self._number, data.limit, self._w
        self._gradients(point, data.x, data.y, n, stride, number, limit, w, scratch, losses, slopes)
        return losses, grads

    def _room(self, samples: int) -> Array:
        """Scratch for gradients: outputs, and all activations and slopes of a block of samples."""
        # m rows of outputs, and for H units a row of activations and one of slopes
        count = self._network.widths[2] + 2 * self._network.widths[1]
        return np.empty((count, block_of(samples, count, self._kind.itemsize)), self._kind)

    def _batch_room(self, samples: int) -> Array:
        """The same for minibatches, which are nearly always of one size."""
        if samples != self._batch_size:
            self._batch_size, self._batch = samples, self._room(samples)
        return self._batch

    def _first_state(self) -> tuple[Array, ...]:
        """Room for what is kept of an anchor; none where it is too much, or where lanes have targets of their own."""
        # rows of outputs, a spare one, and one for each hidden unit
        kept = self._network.widths[2] + 1 + self._network.widths[1], self._data.x.shape[1]
        if self.problem.targets.ndim == 3 or kept[0] * kept[1] * self._kind.itemsize > ANCHOR_BYTES:
            return ()
        return np.empty((2, self._network.dim), self._kind), np.empty(kept, self._kind)
