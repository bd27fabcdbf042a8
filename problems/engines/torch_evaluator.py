"""The evaluator of torch modules: data, losses and gradients stay where the module computes.

Only parameters go there and only losses and gradients come back; Jacobians and Hessian products are the network's own.
"""

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from problems.base import Array, Problem
from problems.engines.base import CannotServe
from problems.engines.numpy_evaluator import NumpyEvaluator, blocks_of, chunks_of, joined
from problems.engines.torch_losses import TORCH_LOSSES
from problems.networks.torch.module import ModuleNetwork


class TorchEvaluator:
    """A block of vectors and a chunk of samples at once, as the reference."""

    name = "torch"

    def __init__(self, problem: Problem) -> None:
        network = problem.network
        if not isinstance(network, ModuleNetwork):
            raise CannotServe("takes torch modules")
        self.problem, self._network, self._reference = problem, network, NumpyEvaluator(problem)
        self._loss = TORCH_LOSSES[type(problem.loss)]
        self._samples, self._targets = network.sampled(problem.inputs), network.placed(problem.targets)
        self.residuals_and_jacobian, self.hvp = self._reference.residuals_and_jacobian, self._reference.hvp
        self.outputs = self._reference.outputs

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._network.dtype

    @property
    def device(self) -> str:
        return str(self._samples.device)

    @property
    def state_dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float64)

    @property
    def offers(self) -> frozenset[str]:
        return self._reference.offers

    def prepare(self, needs: Collection[str]) -> None:
        """Let torch load what its first evaluation loads."""
        del needs
        with torch.no_grad():
            self._network.respond(self._network.placed(np.zeros((1, self.problem.dim))), self._samples[:1])

    def value(self, theta: Array) -> float:
        return float(self.values(theta[None])[0])

    def value_and_grad(self, theta: Array) -> tuple[float, NDArray[np.float64]]:
        losses, grads = self.values_and_grads(theta[None])
        return float(losses[0]), grads[0]

    def values(self, thetas: Array) -> NDArray[np.float64]:
        blocks = self._blocks(len(thetas))
        with torch.no_grad():
            return np.concatenate([self._evaluate(thetas[rows], targets) for rows, targets in blocks])

    def values_and_grads(self, thetas: Array) -> tuple[Array, NDArray[np.float64]]:
        blocks = self._blocks(len(thetas))
        return joined([self._differentiate(thetas[rows], self._samples, targets) for rows, targets in blocks])

    def batch_values_and_grads(self, thetas: Array, rows: NDArray[np.intp]) -> tuple[Array, NDArray[np.float64]]:
        chosen = torch.as_tensor(rows, device=self._samples.device)
        return self._differentiate(thetas, self._samples[chosen], self._targets[..., chosen, :])

    def lane_batches(self, thetas: Array, rows: NDArray[np.intp]) -> tuple[Array, NDArray[np.float64]]:
        chosen = torch.as_tensor(rows, device=self._samples.device)
        own = [self._targets if self._targets.ndim == 2 else self._targets[lane] for lane in range(len(thetas))]
        return joined(
            [
                self._differentiate(thetas[b : b + 1], self._samples[chosen[b]], own[b][chosen[b]])
                for b in range(len(thetas))
            ]
        )

    def predict(self, thetas: Array) -> Array:
        size = self._network.block(self.problem.n_samples)
        blocks = [thetas[start : start + size] for start in range(0, len(thetas), size)]
        with torch.no_grad():
            return np.concatenate([self._outputs(block) for block in blocks])

    def _outputs(self, thetas: Array) -> Array:
        flat, chunks = self._network.placed(thetas), chunks_of(self.problem, self.problem.n_samples)
        parts = [self._network.respond(flat, self._samples[some]) for some in chunks]
        outputs: Array = torch.cat(parts, dim=1).cpu().numpy()
        return outputs

    def _evaluate(self, thetas: Array, targets: Tensor) -> NDArray[np.float64]:
        flat, n = self._network.placed(thetas), self.problem.n_samples
        total = torch.zeros(len(thetas), dtype=torch.float64, device=flat.device)  # sums of chunks in double
        for some in chunks_of(self.problem, n):
            samples = self._samples[some]
            total += len(samples) / n * self._loss(self._network.respond(flat, samples), targets[..., some, :])
        return total.cpu().numpy()

    def _differentiate(self, thetas: Array, samples: Tensor, targets: Tensor) -> tuple[Array, NDArray[np.float64]]:
        flat = self._network.placed(thetas).requires_grad_()
        total = torch.zeros(len(thetas), dtype=torch.float64, device=flat.device)
        grads = torch.zeros(flat.shape, dtype=torch.float64, device=flat.device)
        for some in chunks_of(self.problem, len(samples)):
            part, share = samples[some], len(samples[some]) / len(samples)
            losses = self._loss(self._network.respond(flat, part), targets[..., some, :])
            total += share * losses.detach()
            grads += share * torch.autograd.grad(losses.sum(), flat)[0]  # rows of a batch do not touch each other
        return total.cpu().numpy(), grads.cpu().numpy()

    def _blocks(self, rows: int) -> Iterator[tuple[slice, Any]]:
        return blocks_of(rows, self._targets, self._network.block(self.problem.n_samples))
