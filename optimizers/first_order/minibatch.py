"""Stochastic gradient descent: gradients of a few samples, drawn without replacement until all have been seen."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Streams, setting
from optimizers.first_order.elementwise import Step, adam_step, momentum_step
from optimizers.first_order.torch_methods import Lean, TorchMethod
from optimizers.namespace import library


@dataclass(frozen=True)
class SGD(TorchMethod):
    """v <- momentum v + g of a minibatch; theta <- theta - lr v."""

    needs: ClassVar[frozenset[Need]] = frozenset({"minibatch"})
    source: ClassVar[str] = "Robbins and Monro 1951; torch.optim.SGD"
    expected: ClassVar[str] = "low-first, as gradient descent, above a floor of noise that falls with lr"
    buffers: ClassVar[int] = 1
    proportional: ClassVar[bool] = True
    lr: float = setting(0.02, "step length", above=0.0, tune=(1e-4, 0.3))
    momentum: float = setting(0.0, "share of the velocity that is kept", at_least=0.0, below=1.0, tune=(0.0, 0.99))
    batch: int = setting(32, "samples of a minibatch", at_least=1, tune=(1, 256))

    def build(self, optim: Lean, params: list[Any]) -> Any:
        return optim.SGD(params, lr=self.lr, momentum=self.momentum, foreach=False)

    def own_step(self, theta: Doubles) -> Step:
        return momentum_step(theta, self.lr, self.momentum)

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        self.descend(theta0, batch_gradient(objective, self.batch, rng))


@dataclass(frozen=True)
class MinibatchAdam(TorchMethod):
    """Adam on the gradient of a minibatch, with its published constants."""

    needs: ClassVar[frozenset[Need]] = frozenset({"minibatch"})
    source: ClassVar[str] = "Kingma and Ba 2015, arXiv 1412.6980, algorithm 1; torch.optim.Adam"
    expected: ClassVar[str] = "as adam, above a floor of noise that falls with lr"
    buffers: ClassVar[int] = 2
    lr: float = setting(1e-3, "step length", above=0.0, tune=(1e-5, 0.1))
    batch: int = setting(128, "samples of a minibatch", at_least=1, tune=(16, 1024))

    def build(self, optim: Lean, params: list[Any]) -> Any:
        # theta <- theta - lr m^ / (sqrt(v^) + eps), as `adam`, with betas of 0.9 and 0.999
        return optim.Adam(params, lr=self.lr, fused=True)

    def own_step(self, theta: Doubles) -> Step:
        return adam_step(theta, self.lr)

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        self.descend(theta0, batch_gradient(objective, self.batch, rng))


def batch_gradient(objective: Objective, size: int, rng: Streams) -> Callable[[Doubles], Doubles]:
    """The gradient of the next minibatch at theta `(P,)` or `(B, P)`, of the same shape.

    The order of samples is drawn from `rng`, for each lane from its own."""
    rngs = [rng] if isinstance(rng, np.random.Generator) else list(rng)
    batches: Iterator[Any] | None = None

    def gradient(theta: Doubles) -> Doubles:
        nonlocal batches
        batches = batches or lane_minibatches(objective.n_samples, size, rngs, theta)
        rows = next(batches)
        return objective.batch_value_and_grad(theta, rows if theta.ndim == 2 else rows[0])[1]

    return gradient


def lane_minibatches(samples: int, size: int, rngs: Sequence[np.random.Generator], theta: Any) -> Iterator[Any]:
    """Rows `(B, k)` of the next minibatch of every lane; k is alike in all, in an epoch's last batch too.

    They lie where `theta` does: of a tensor, an epoch's order is sent to its device once."""
    while True:
        orders: Any = np.array([rng.permutation(samples) for rng in rngs])
        if not isinstance(theta, np.ndarray):
            orders = library(theta).asarray(orders, device=theta.device)
        for start in range(0, samples, size):
            yield orders[:, start : start + size]
