"""The evaluator of torch modules: data, losses and gradients stay where the module computes.

Parameters may be there already, as tensors, and then losses and gradients stay there, too; of arrays of numpy they come
back. Jacobians and Hessian products are the network's own.
"""

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from problems.base import Array, Problem, TensorLoss
from problems.engines.base import CannotServe
from problems.engines.numpy_evaluator import NumpyEvaluator, blocks_of, chunks_of
from problems.engines.torch_slopes import Slopes, differentiate, joined
from problems.networks.torch.module import ModuleNetwork


class TorchEvaluator:
    """A block of vectors and a chunk of samples at once, as the reference."""

    name = "torch"

    def __init__(self, problem: Problem) -> None:
        network = problem.network
        if not isinstance(network, ModuleNetwork):
            raise CannotServe("takes torch modules")
        self.problem, self._network, self._reference = problem, network, NumpyEvaluator(problem)
        if not isinstance(problem.loss, TensorLoss):
            raise CannotServe("takes losses of tensors")
        self._loss = problem.loss.on_tensors
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
        return self._network.dtype

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

    def values_and_grads(self, thetas: Array) -> tuple[Array, NDArray[Any]]:
        return _back(self._on_all(self.placed(thetas)), thetas)

    def batch_values_and_grads(self, thetas: Array, rows: NDArray[np.intp]) -> tuple[Array, NDArray[Any]]:
        chosen = torch.as_tensor(rows, device=self._samples.device)
        some = self._samples[chosen], self._targets[..., chosen, :]
        return _back(self._differentiate(self.placed(thetas), *some), thetas)

    def lane_batches(self, thetas: Array, rows: NDArray[np.intp]) -> tuple[Array, NDArray[Any]]:
        return _back(self._on_own(self.placed(thetas), torch.as_tensor(rows, device=self._samples.device)), thetas)

    def placed(self, thetas: Array) -> Tensor:
        """Parameters as a tensor where the module computes, in its precision."""
        return self._network.placed(thetas)

    def tensor_values_and_grads(self, thetas: Tensor) -> tuple[Tensor, Tensor]:
        """Losses `(B,)` in float64 and gradients `(B, P)` of tensors `(B, P)`; nothing leaves the device."""
        losses, grads = self._on_all(thetas)
        return losses, grads.to(thetas.dtype)

    def tensor_batches(self, thetas: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """The same for lane `b` on its own samples `rows[b]`, of `rows (B, k)`, which are there, too."""
        losses, grads = self._on_own(thetas, rows)
        return losses, grads.to(thetas.dtype)

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

    def _on_all(self, flat: Tensor) -> Slopes:
        return joined([self._differentiate(flat[some], self._samples, own) for some, own in self._blocks(len(flat))])

    def _on_own(self, flat: Tensor, rows: Tensor) -> Slopes:
        lanes, size = rows.shape
        shared = self._targets.ndim == 2
        # at once where a device has room for them; on a CPU, lane by lane is faster
        if self.device != "cpu" and self._network.maps and lanes * size <= self._network.chunk:
            of = rows if shared else (torch.arange(lanes, device=rows.device)[:, None], rows)
            return self._differentiate(flat, self._samples[rows], self._targets[of], own=True)
        return joined(
            [
                self._differentiate(
                    flat[b : b + 1],
                    self._samples[rows[b]],
                    (self._targets if shared else self._targets[b])[rows[b]],
                )
                for b in range(lanes)
            ]
        )

    def _differentiate(self, flat: Tensor, samples: Tensor, targets: Tensor, *, own: bool = False) -> Slopes:
        """Losses in float64, and gradients in float64 where they are sums over chunks."""
        count = samples.shape[1] if own else len(samples)
        chunks = [slice(None)] if own else chunks_of(self.problem, count)
        sums: Slopes | None = None
        for some in chunks:
            part = samples if own else samples[some]
            share = 1.0 if own else len(part) / count

            def loss(outputs: Tensor, lane: int | None, of: Tensor = targets[..., some, :]) -> Tensor:
                return self._loss(outputs, of if lane is None or of.ndim == 2 else of[lane])

            losses, grads = differentiate(self._network, flat, part, loss, own=own)
            if len(chunks) == 1:
                return losses.double(), grads
            # in double: many small parts make the sum
            weighed = share * losses.double(), share * grads.double()
            sums = weighed if sums is None else (sums[0] + weighed[0], sums[1] + weighed[1])
        assert sums is not None
        return sums

    def _blocks(self, rows: int) -> Iterator[tuple[slice, Any]]:
        return blocks_of(rows, self._targets, self._network.block(self.problem.n_samples))


def _back(slopes: Slopes, thetas: Array) -> tuple[Array, NDArray[Any]]:
    """On the host, gradients in the precision of the parameters."""
    losses, grads = (each.cpu().numpy() for each in slopes)
    return losses, grads.astype(thetas.dtype if thetas.dtype == np.float32 else np.float64, copy=False)
