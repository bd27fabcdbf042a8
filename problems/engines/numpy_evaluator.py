"""The reference: every network and loss as they are written, a block of vectors and a chunk of samples at once."""

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, HessianNetwork, JacobianNetwork, Problem, SquaredLoss


def offered(problem: Problem) -> frozenset[str]:
    """What the reference can offer for a problem."""
    # a loss of the user's may have no second derivative
    curved = isinstance(problem.network, HessianNetwork) and hasattr(problem.loss, "curvature")
    squared = isinstance(problem.network, JacobianNetwork) and isinstance(problem.loss, SquaredLoss)
    return frozenset(
        {"value", "gradient", "population", "layout", "budget", "starts"}
        | (set() if problem.whole else {"minibatch"})
        | ({"hvp"} if curved else set())
        | ({"residuals"} if squared else set())
    )


class NumpyEvaluator:
    """Losses and gradients as sums over chunks, each weighted by its share of the samples."""

    name = "numpy"
    device = "cpu"

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._network, self._loss = problem.network, problem.loss
        self._inputs, self._targets = problem.inputs, problem.targets

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._network.dtype

    @property
    def state_dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float64)

    @property
    def offers(self) -> frozenset[str]:
        return offered(self.problem)

    def prepare(self, needs: Collection[str]) -> None:
        del needs

    def value(self, theta: Array) -> float:
        return float(self.values(theta[None])[0])

    def value_and_grad(self, theta: Array) -> tuple[float, NDArray[np.float64]]:
        losses, grads = self.values_and_grads(theta[None])
        return float(losses[0]), grads[0]

    def values(self, thetas: Array) -> Array:
        parts = [
            self._loss.value(self.outputs(thetas[rows], self._inputs), targets)
            for rows, targets in self._blocks(len(thetas))
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def values_and_grads(self, thetas: Array) -> tuple[Array, NDArray[np.float64]]:
        return joined(
            [self._differentiate(thetas[rows], self._inputs, targets) for rows, targets in self._blocks(len(thetas))]
        )

    def batch_values_and_grads(self, thetas: Array, rows: NDArray[np.intp]) -> tuple[Array, NDArray[np.float64]]:
        return self._differentiate(thetas, self._inputs[rows], self._targets[..., rows, :])

    def lane_batches(self, thetas: Array, rows: NDArray[np.intp]) -> tuple[Array, NDArray[np.float64]]:
        lanes = range(len(thetas))
        return joined([self.lane(b).batch_values_and_grads(thetas[b : b + 1], rows[b]) for b in lanes])

    def lane(self, index: int) -> "NumpyEvaluator":
        """The reference for one lane's targets."""
        return self if self._targets.ndim == 2 else NumpyEvaluator(self.problem.lane(index))

    def predict(self, thetas: Array) -> Array:
        size = self._network.block(self.problem.n_samples)
        blocks = [self.outputs(thetas[i : i + size], self._inputs) for i in range(0, len(thetas), size)]
        return np.concatenate(blocks)

    def outputs(self, thetas: Array, inputs: Array) -> Array:
        parts = [self._network.forward(thetas, inputs[rows]) for rows in chunks_of(self.problem, len(inputs))]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def residuals_and_jacobian(self, theta: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        assert isinstance(self._network, JacobianNetwork)
        assert isinstance(self._loss, SquaredLoss)
        outputs = self._network.forward(theta[None], self._inputs)[0]
        weights = np.broadcast_to(self._loss.residual_weights(outputs.shape), outputs.shape)
        jacobian = self._network.jacobian(theta, self._inputs) * weights[..., None]
        # r = w (f - y), `(n, m)`, with loss = r.r; the Jacobian is flattened in the same order
        residuals = weights * (outputs - self._targets)
        return residuals.ravel().astype(np.float64), np.asarray(jacobian, np.float64).reshape(-1, self.problem.dim)

    def hvp(self, theta: Array, vector: Array) -> NDArray[np.float64]:
        assert isinstance(self._network, HessianNetwork)
        product, n = np.zeros(self.problem.dim), self.problem.n_samples
        for rows in chunks_of(self.problem, n):
            inputs, targets = self._inputs[rows], self._targets[..., rows, :]
            # the loss of a chunk is a mean over its own samples
            product += len(inputs) / n * self._network.hvp(theta, vector, inputs, targets, self._loss)
        return product

    def _blocks(self, rows: int) -> Iterator[tuple[slice, Array]]:
        return blocks_of(rows, self._targets, self._network.block(self.problem.n_samples))

    def _differentiate(self, thetas: Array, inputs: Array, targets: Array) -> tuple[Array, NDArray[np.float64]]:
        chunks = chunks_of(self.problem, len(inputs))
        if len(chunks) == 1:
            return self._differentiate_chunk(thetas, inputs, targets)
        loss_sum, grad_sum = np.zeros(len(thetas)), np.zeros((len(thetas), self.problem.dim))
        for rows in chunks:
            losses, grads = self._differentiate_chunk(thetas, inputs[rows], targets[..., rows, :])
            share = len(inputs[rows]) / len(inputs)
            loss_sum += share * losses
            grad_sum += share * grads
        return loss_sum, grad_sum

    def _differentiate_chunk(self, thetas: Array, inputs: Array, targets: Array) -> tuple[Array, NDArray[np.float64]]:
        outputs, pullback = self._network.vjp(thetas, inputs)
        losses, cotangent = self._loss.value_and_cotangent(outputs, targets)
        return losses, np.asarray(pullback(cotangent), np.float64)


def blocks_of(rows: int, targets: Any, size: int) -> Iterator[tuple[slice, Any]]:
    """Rows that are evaluated at once, at most `size`, with their targets; of a population in lanes, lane by lane."""
    shared = targets.ndim == 2
    members = rows if shared else rows // len(targets)
    if shared or members == 1:
        for start in range(0, rows, size):
            block = slice(start, start + size)
            yield block, targets if shared else targets[block]
        return
    for lane, own in enumerate(targets):
        for start in range(lane * members, (lane + 1) * members, size):
            yield slice(start, min(start + size, (lane + 1) * members)), own


def chunks_of(problem: Problem, samples: int) -> list[slice]:
    """So many samples, at most a chunk of the problem at once."""
    size = problem.chunk or max(samples, 1)
    # no samples are one chunk too, whose outputs have a shape
    return [slice(start, start + size) for start in range(0, samples, size)] or [slice(0, 0)]


def joined(parts: list[tuple[Array, NDArray[np.float64]]]) -> tuple[Array, NDArray[np.float64]]:
    """Losses `(B,)` and gradients `(B, P)` of several blocks, one after another."""
    if len(parts) == 1:
        return parts[0]
    return np.concatenate([losses for losses, _ in parts]), np.concatenate([grads for _, grads in parts])
