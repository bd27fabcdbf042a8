"""First-order methods of torch.optim on the flat vector.

They act on every element by itself, so one flat parameter equals per-tensor parameters bit by bit, and a `(B, P)`
parameter is B runs.

Defaults were chosen on `sin135` by the loss after 20,000 gradients, seeds 100 to 115 (Adam: 100 to 102).
"""

from abc import abstractmethod
from dataclasses import dataclass
from types import ModuleType
from typing import Any, ClassVar, Literal

from optimizers.base import Array, Need, Objective, Optimizer, Streams, setting


@dataclass(frozen=True)
class TorchMethod(Optimizer):
    """A method of torch.optim whose step is elementwise and takes one gradient."""

    family: ClassVar[str] = "first-order"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    incumbent: ClassVar[Literal["last", "best"]] = "last"
    lanes: ClassVar[bool] = True
    buffers: ClassVar[int] = 0
    """Vectors of P numbers that the method keeps from step to step."""

    @abstractmethod
    def build(self, optim: ModuleType, params: list[Any]) -> Any:
        """The torch.optim optimizer of `params`, one tensor; `foreach=False` is the fastest for a single one."""

    def memory(self, dim: int) -> int:
        return 8 * dim * (3 + self.buffers)

    def minimize(self, objective: Objective, theta0: Array, rng: Streams) -> None:
        del rng  # deterministic
        import torch

        theta = theta0.copy()
        param = torch.from_numpy(theta)  # shares its memory with theta
        stepper = self.build(torch.optim, [param])
        while True:
            _, gradient = objective.value_and_grad(theta)
            param.grad = torch.from_numpy(gradient)
            stepper.step()


@dataclass(frozen=True)
class GD(TorchMethod):
    """theta <- theta - lr g."""

    source: ClassVar[str] = "Cauchy 1847; torch.optim.SGD"
    lr: float = setting(0.05, "step length", above=0.0, tune=(1e-3, 1.0))  # at 0.1 one seed in twelve diverges

    def build(self, optim: ModuleType, params: list[Any]) -> Any:
        return optim.SGD(params, lr=self.lr, foreach=False)


@dataclass(frozen=True)
class Momentum(TorchMethod):
    """v <- momentum v + g; theta <- theta - lr v."""

    source: ClassVar[str] = "Polyak 1964; torch.optim.SGD"
    buffers: ClassVar[int] = 1
    lr: float = setting(0.03, "step length", above=0.0, tune=(1e-4, 0.3))  # 7e-4; 0.05 is unsteady for some seeds
    momentum: float = setting(0.9, "share of the velocity that is kept", at_least=0.0, below=1.0, tune=(0.5, 0.99))

    def build(self, optim: ModuleType, params: list[Any]) -> Any:
        return optim.SGD(params, lr=self.lr, momentum=self.momentum, foreach=False)


@dataclass(frozen=True)
class Adam(TorchMethod):
    """Steps along the mean gradient, each element divided by its root mean square."""

    source: ClassVar[str] = "Kingma and Ba 2015, arXiv 1412.6980, algorithm 1; torch.optim.Adam"
    buffers: ClassVar[int] = 2
    lr: float = setting(3e-3, "step length", above=0.0, tune=(1e-5, 0.1))  # 5e-5, as are 1e-3 and 1e-2
    beta1: float = setting(0.9, "decay of the mean", at_least=0.0, below=1.0, tune=(0.5, 0.99))
    beta2: float = setting(0.999, "decay of the mean square", at_least=0.0, below=1.0, tune=(0.9, 0.9999))
    eps: float = setting(1e-8, "added to the root mean square", above=0.0, tune=(1e-10, 1e-4))

    def build(self, optim: ModuleType, params: list[Any]) -> Any:
        return optim.Adam(params, lr=self.lr, betas=(self.beta1, self.beta2), eps=self.eps, foreach=False)
