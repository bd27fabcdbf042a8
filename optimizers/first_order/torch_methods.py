"""First-order methods of torch.optim on the flat vector.

They act on every element by itself, so one flat parameter equals per-tensor parameters bit by bit, and a `(B, P)`
parameter is B runs.

Defaults were chosen on `sin135` by the loss after 20,000 gradients, seeds 100 to 115 (Adam: 100 to 102).
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from inspect import unwrap
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting
from optimizers.first_order.elementwise import SMALL, Step, adam_step, momentum_step
from optimizers.namespace import copied

ADAPTIVE = (
    "low-first in most published runs; in dispute whether adaptive steps weaken the bias (arXiv 2206.14862) or favour "
    "low frequencies (arXiv 2509.04713)"
)
"""What is expected of methods that divide each element by its size."""


@dataclass(frozen=True)
class TorchMethod(Optimizer):
    """A method of torch.optim whose step is elementwise and takes one gradient."""

    family: ClassVar[str] = "first-order"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    lanes: ClassVar[bool] = True
    any_precision: ClassVar[bool] = True
    tensors: ClassVar[bool] = True
    buffers: ClassVar[int] = 0
    """Vectors of P numbers that the method keeps from step to step."""
    schedule: str = setting("constant", "how `lr` changes", choices=("constant", "cosine", "step"))
    period: int = setting(10_000, "gradients until a cosine begins anew, or a step divides by ten", at_least=1)

    @abstractmethod
    def build(self, optim: "Lean", params: list[Any]) -> Any:
        """The optimizer of `params`, one tensor, by a class of torch.optim.

        `fused=True` is fastest; AdamW and SGD then round by place in a tensor, so they want `foreach=False`."""

    def own_step(self, theta: Doubles) -> Step | None:
        """The same for a small vector without torch, at a constant `lr`; None where it is torch's."""
        del theta
        return None

    def memory(self, dim: int) -> int:
        return 8 * dim * (3 + self.buffers)

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        self.descend(theta0, lambda theta: objective.value_and_grad(theta)[1])

    def descend(self, theta0: Doubles, gradient: Callable[[Doubles], Doubles]) -> None:
        """Step for ever along what `gradient` says."""
        theta = copied(theta0)
        small = isinstance(theta, np.ndarray) and theta.size <= SMALL
        own = self.own_step(theta) if self.schedule == "constant" and small else None
        while own is not None:
            own(gradient(theta))
        import torch

        # one memory with theta; a tensor is itself, and nothing leaves its device
        param = torch.as_tensor(theta)
        stepper = self.build(Lean(torch.optim), [param])
        advance = scheduled(torch.optim.lr_scheduler, self.schedule, self.period, stepper)
        step = bare_step(stepper, torch.no_grad)
        while True:
            param.grad = torch.as_tensor(gradient(theta))
            step()
            advance()


class Lean:
    """The classes of torch.optim, made without loading torch's compiler, which takes as long as torch itself."""

    def __init__(self, optim: ModuleType) -> None:
        self._optim = optim

    def __getattr__(self, name: str) -> Any:
        plain = getattr(self._optim, name)
        # torch guards this method against its compiler, and the guard loads the compiler
        return type(name, (plain,), {"add_param_group": unwrap(plain.add_param_group)})


def bare_step(stepper: Any, no_grad: Callable[[], Any]) -> Callable[[], None]:
    """The step without torch's wrappers for profilers, hooks and compilers: for small vectors they are half of it."""
    if "step" in vars(stepper):
        return stepper.step  # a schedule counts its calls
    step = unwrap(type(stepper).step)

    def call() -> None:
        with no_grad():
            step(stepper)

    return call


def scheduled(lr_scheduler: ModuleType, schedule: str, period: int, stepper: Any) -> Callable[[], None]:
    """What is called after every step.

    No schedule reads the budget: a run with a larger one begins with the same steps. Cosine is that of Loshchilov and
    Hutter 2017, arXiv 1608.03983, with restarts."""
    schedules: dict[str, Callable[[], Any]] = {
        "cosine": lambda: lr_scheduler.CosineAnnealingWarmRestarts(stepper, period),  # lr (1 + cos(pi t / period)) / 2
        "step": lambda: lr_scheduler.StepLR(stepper, period, gamma=0.1),
    }
    if schedule not in schedules:
        return lambda: None
    advance: Callable[[], None] = schedules[schedule]().step
    return advance


@dataclass(frozen=True)
class GD(TorchMethod):
    """theta <- theta - lr g."""

    source: ClassVar[str] = "Cauchy 1847; torch.optim.SGD"
    expected: ClassVar[str] = (
        "low-first: linearised, a mode of kernel eigenvalue lambda is learned in a time like 1 / lambda"
    )
    proportional: ClassVar[bool] = True
    lr: float = setting(0.05, "step length", above=0.0, tune=(1e-3, 1.0))  # at 0.1 one seed in twelve diverges

    @property
    def gradient_step(self) -> float | None:
        return self.lr if self.schedule == "constant" else None

    def build(self, optim: "Lean", params: list[Any]) -> Any:
        return optim.SGD(params, lr=self.lr, foreach=False)

    def own_step(self, theta: Doubles) -> Step:
        return momentum_step(theta, self.lr)


@dataclass(frozen=True)
class Momentum(TorchMethod):
    """v <- momentum v + g; theta <- theta - lr v."""

    source: ClassVar[str] = "Polyak 1964; torch.optim.SGD"
    expected: ClassVar[str] = (
        "low-first: well tuned, the time of a mode goes like lambda^(-1/2), half the slope of gradient descent's; "
        "arXiv 2206.14862 says that it reduces the bias"
    )
    buffers: ClassVar[int] = 1
    proportional: ClassVar[bool] = True
    lr: float = setting(0.03, "step length", above=0.0, tune=(1e-4, 0.3))  # 7e-4; 0.05 is unsteady for some seeds
    momentum: float = setting(0.9, "share of the velocity that is kept", at_least=0.0, below=1.0, tune=(0.5, 0.99))

    def build(self, optim: "Lean", params: list[Any]) -> Any:
        return optim.SGD(params, lr=self.lr, momentum=self.momentum, foreach=False)

    def own_step(self, theta: Doubles) -> Step:
        return momentum_step(theta, self.lr, self.momentum)


@dataclass(frozen=True)
class Adam(TorchMethod):
    """Steps along the mean gradient, each element divided by its root mean square."""

    source: ClassVar[str] = "Kingma and Ba 2015, arXiv 1412.6980, algorithm 1; torch.optim.Adam"
    expected: ClassVar[str] = ADAPTIVE
    buffers: ClassVar[int] = 2
    lr: float = setting(3e-3, "step length", above=0.0, tune=(1e-5, 0.1))  # 5e-5, as are 1e-3 and 1e-2
    beta1: float = setting(0.9, "decay of the mean", at_least=0.0, below=1.0, tune=(0.5, 0.99))
    beta2: float = setting(0.999, "decay of the mean square", at_least=0.0, below=1.0, tune=(0.9, 0.9999))
    eps: float = setting(1e-8, "added to the root mean square", above=0.0, tune=(1e-10, 1e-4))

    def build(self, optim: "Lean", params: list[Any]) -> Any:
        # m, v: decaying means of g and g^2, m^ = m / (1 - beta1^t), v^ = v / (1 - beta2^t)
        # theta <- theta - lr m^ / (sqrt(v^) + eps)
        return optim.Adam(params, lr=self.lr, betas=(self.beta1, self.beta2), eps=self.eps, fused=True)

    def own_step(self, theta: Doubles) -> Step:
        return adam_step(theta, self.lr, self.beta1, self.beta2, self.eps)
