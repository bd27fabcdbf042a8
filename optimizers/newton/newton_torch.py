"""Newton's method of pytorch-minimize, whose derivatives come from the objective and not from autograd."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting
from optimizers.newton.trust_region import COMPRESSED
from optimizers.restarts import descend_repeatedly


@dataclass(frozen=True)
class TorchNewtonCG(Optimizer):
    """Newton's equation solved by conjugate gradients, then torch's strong Wolfe line search."""

    family: ClassVar[str] = "newton"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient", "hvp"})
    source: ClassVar[str] = "Nocedal and Wright 2006, algorithm 7.1; pytorch-minimize newton-cg"
    expected: ClassVar[str] = COMPRESSED
    caveat: ClassVar[str] = "the library evaluates the point again that its line search has just evaluated"
    library: ClassVar[str] = "torchmin"
    lr: float = setting(1.0, "first step length that a line search tries", above=0.0, tune=(0.1, 1.0))

    def memory(self, dim: int) -> int:
        return 8 * 24 * dim

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        import torch
        from torchmin import minimize

        fun = differentiable(objective)
        options = {"lr": self.lr, "xtol": 0.0}

        def descend(theta: Doubles) -> tuple[Doubles, float]:
            found = minimize(fun, torch.from_numpy(theta), "newton-cg", max_iter=sys.maxsize, options=options)
            return found.x.numpy(), float(found.fun)

        descend_repeatedly(descend, theta0)


def differentiable(objective: Objective) -> Any:
    """The objective as a function of a tensor `(P,)` that torch can differentiate twice."""
    import torch

    class Gradient(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, theta: Any, gradient: Any) -> Any:
            context.save_for_backward(theta)
            # it came with the loss: handed on, so that it is paid for once
            return gradient.clone()

        @staticmethod
        def backward(context: Any, vector: Any) -> Any:
            (theta,) = context.saved_tensors
            # the derivative of g.v in theta is H'v, and H is symmetric
            return torch.from_numpy(objective.hvp(theta.detach().numpy(), vector.detach().numpy())), None

    twice: Callable[..., Any] = Gradient.apply  # the method has no types

    class Loss(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, theta: Any) -> Any:
            loss, gradient = objective.value_and_grad(theta.detach().numpy())
            context.save_for_backward(theta, torch.from_numpy(gradient))
            return theta.new_tensor(loss)

        @staticmethod
        def backward(context: Any, factor: Any) -> Any:
            theta, gradient = context.saved_tensors
            # factor g(theta), as a function of theta that can be differentiated once more
            return factor * twice(theta, gradient)

    return Loss.apply
