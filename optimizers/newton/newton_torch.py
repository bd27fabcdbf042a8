"""Newton's method of pytorch-minimize, whose derivatives come from the objective and not from autograd."""

import sys
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

        fun = differentiated(objective)
        options = {"lr": self.lr, "xtol": 0.0}

        def descend(theta: Doubles) -> tuple[Doubles, float]:
            found = minimize(fun, torch.from_numpy(theta), "newton-cg", max_iter=sys.maxsize, options=options)
            return found.x.numpy(), float(found.fun)

        descend_repeatedly(descend, theta0)


def differentiated(objective: Objective) -> Any:
    """The objective as what the library makes of a function: loss, gradient and Hessian products of a tensor `(P,)`."""
    import torch
    from torchmin.function import de_value, sf_value
    from torchmin.optim.minimizer import LinearOperator, Minimizer

    def slopes(theta: Any) -> tuple[float, Any]:
        loss, gradient = objective.value_and_grad(theta.numpy())
        return loss, torch.from_numpy(gradient)

    class Differentiated(Minimizer):  # type: ignore[misc]  # the library takes it as it is, without autograd
        """The four names that its loop asks for."""

        _hessp, _hess, nfev = True, False, 0

        def __init__(self) -> None:
            """Without parameters: a point is what each call is given."""

        def closure(self, x: Any) -> Any:
            theta, (loss, gradient) = x.numpy(), slopes(x)
            product = LinearOperator(
                lambda vector: torch.from_numpy(objective.hvp(theta, vector.numpy())), (x.numel(), x.numel())
            )
            return sf_value(f=x.new_tensor(loss), grad=gradient, hessp=product, hess=None)

        def dir_evaluate(self, x: Any, t: float, d: Any) -> Any:
            return de_value(*slopes(x + d.mul(t)))

    return Differentiated()
