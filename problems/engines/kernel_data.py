"""What the compiled kernels take of a problem, in the layout and precision that they want."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Problem
from problems.engines.kernels.compiled import twin
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.networks.mlp import MLP

LARGEST = {4: (1e6, 1e18), 8: (1e50, 1e150)}
"""By bytes of a float: parameters, and outputs, up to which sums of squares surely stay finite."""
LOOP_BYTES = 64
"""What a vectorised loop takes in a turn: two registers. Where a row is no multiple, a slow loop has to finish it."""
CACHE_BYTES = 1 << 18
"""What a kernel keeps at hand: half of a core's second-level cache."""


@dataclass(frozen=True, eq=False)
class Data:
    """Inputs `(d, n)`, targets `(L, m, n)`, and the size of parameters from which on numpy must do the work."""

    x: Array
    y: Array
    limit: float
    reach: float
    samples: int
    """n, without padding."""
    rows: NDArray[np.intp] | None = None
    """Which samples they are; None if all."""
    lane: int = 0
    """Whose targets come first."""

    def take(self, rows: NDArray[np.intp], lane: int | None = None) -> "Data":
        """The same for some samples, and for one lane if it is named."""
        y = self.y if lane is None or len(self.y) == 1 else self.y[lane : lane + 1]
        x, y = np.take(self.x, rows, axis=1), np.take(y, rows, axis=2)
        return Data(x, y, self.limit, self.reach, len(rows), rows, lane or 0)

    def spread(self, rows: NDArray[np.intp]) -> tuple["Data", int]:
        """The samples `rows (B, k)` of each lane side by side, padded, and how far the next lane is."""
        lanes, size = rows.shape
        stride = _whole_turns(size, self.x.itemsize)
        places = rows
        if size < stride:
            # the padding repeats a sample: kernels leave it out
            places = np.zeros((lanes, stride), np.intp)
            places[:, :size] = rows
        some = places.reshape(-1)
        shared = len(self.y) == 1
        y = self.y[0].take(some, axis=1) if shared else self.y[np.repeat(np.arange(lanes), stride), :, some].T
        return Data(self.x.take(some, axis=1), np.ascontiguousarray(y)[None], self.limit, self.reach, size), stride


def prepared(problem: Problem) -> Data:
    """The problem's data for its network, an `MLP`."""
    network = problem.network
    assert isinstance(network, MLP)
    x = np.ascontiguousarray(problem.inputs.T, network.dtype)
    targets = problem.targets if problem.targets.ndim == 3 else problem.targets[None]
    y = np.ascontiguousarray(targets.swapaxes(1, 2), network.dtype)
    # |w.x + b| <= (d max|x| + 1) max|theta|, and behind a layer of bounded activations (its width + 1) max|theta|
    spread = max(len(x) * float(np.abs(x).max(initial=0.0)), *network.widths[1:-2], 0) + 1
    reach = twin(network.activation).reach.get(network.dtype, np.inf)
    return Data(
        x, y, min(reach, largest_parameter(network)) / spread, float(np.abs(y).max(initial=0.0)), problem.n_samples
    )


def largest_parameter(network: MLP) -> float:
    """A size of parameters up to which no sum in the network leaves the numbers of its precision."""
    parameter, output = LARGEST[network.dtype.itemsize]
    if twin(network.activation).bounded:
        return parameter
    # L layers without a bound grow to at most (fan_in max|theta|)^L
    return min(parameter, float(output ** (1 / (len(network.widths) - 1))) / max(network.widths[:-1]))


def carried_parameter(network: MLP, order: int) -> float:
    """The same where derivatives up to `order` are carried, which no activation bounds."""
    parameter, output = LARGEST[network.dtype.itemsize]
    grown = float(output ** (1 / (order * (len(network.widths) - 1)))) / max(network.widths[:-1])
    return min(parameter, grown, twin(network.activation).reach.get(network.dtype, np.inf))


def flat(thetas: Array) -> NDArray[np.float64]:
    """Parameters as the kernels take them: float64, one after the other."""
    return np.ascontiguousarray(thetas, np.float64).reshape(-1)


def padded(data: Data) -> Data:
    """With samples of zeros at the end, so that rows fill whole turns of a vectorised loop; kernels leave them out."""
    more = ((0, 0), (0, _whole_turns(data.x.shape[1], data.x.itemsize) - data.x.shape[1]))
    return replace(data, x=np.pad(data.x, more), y=np.pad(data.y, ((0, 0), *more)))


def aligned(shape: tuple[int, int], kind: np.dtype[Any]) -> Array:
    """An array without values that begins with a line of the cache, so that no vector lies across two."""
    size = shape[0] * shape[1] * kind.itemsize
    room = np.empty(size + LOOP_BYTES, np.uint8)
    start = -room.ctypes.data % LOOP_BYTES
    return room[start : start + size].view(kind).reshape(shape)


def block_of(samples: int, rows: int, itemsize: int) -> int:
    """How many samples at once fill the cache, if each takes so many rows; all blocks nearly alike, and not tiny."""
    fitting = max(LOOP_BYTES, CACHE_BYTES // rows) // itemsize
    blocks = max(1, -(-samples // fitting))  # -(-a // b) rounds up
    return _whole_turns(-(-samples // blocks), itemsize)


def _whole_turns(samples: int, itemsize: int) -> int:
    turn = LOOP_BYTES // itemsize
    return max(1, -(-samples // turn)) * turn


def values_by_numpy(reference: NumpyEvaluator, thetas: Array, losses: NDArray[np.float64]) -> None:
    """Fill in the losses `(B,)` of the rows that a kernel has refused, which are NaN."""
    lanes = 1 if reference.problem.targets.ndim == 2 else len(reference.problem.targets)
    with np.errstate(all="ignore"):
        for row in np.flatnonzero(np.isnan(losses)):
            losses[row] = reference.lane(int(row) * lanes // len(losses)).values(thetas[row][None])[0]


def gradients_by_numpy(
    reference: NumpyEvaluator,
    data: Data,
    thetas: Array,
    losses: NDArray[np.float64],
    grads: NDArray[np.float64],
) -> None:
    """The same with gradients `(B, P)`, for the samples and lanes of `data`."""
    with np.errstate(all="ignore"):
        for row in np.flatnonzero(np.isnan(losses)):
            theta, own = thetas[row][None], reference.lane(data.lane + int(row) * len(data.y) // len(losses))
            some = data.rows
            loss, grad = own.values_and_grads(theta) if some is None else own.batch_values_and_grads(theta, some)
            losses[row], grads[row] = loss[0], grad[0]
