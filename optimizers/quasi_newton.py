"""Methods that learn the curvature from gradients, by scipy.

All tolerances are zero, so that the budget ends a run; a failed line search restarts (`optimizers.restarts`).
Defaults were chosen on `sin135` by the loss after 20,000 gradients, seeds 100 to 102.
"""

import sys
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from optimizers.base import Array, Need, Objective, Optimizer, Streams, setting
from optimizers.restarts import descend_repeatedly


@dataclass(frozen=True)
class ScipyDescent(Optimizer):
    """A method of scipy.optimize.minimize that takes loss and gradient together."""

    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    method: ClassVar[str]

    @abstractmethod
    def options(self) -> dict[str, Any]:
        """Options of scipy's method beside `maxiter`, tolerances at zero."""

    def minimize(self, objective: Objective, theta0: Array, rng: Streams) -> None:
        del rng  # deterministic
        from scipy.optimize import minimize

        options = {"maxiter": sys.maxsize, **self.options()}

        def descend(theta: Array) -> tuple[Array, float]:
            result = minimize(objective.value_and_grad, theta, jac=True, method=self.method, options=options)
            return result.x, float(result.fun)

        descend_repeatedly(descend, theta0)


@dataclass(frozen=True)
class LBFGS(ScipyDescent):
    """Inverse Hessian from the last few steps."""

    family: ClassVar[str] = "quasi-newton"
    source: ClassVar[str] = "Zhu, Byrd, Lu, Nocedal 1997, algorithm 778; scipy L-BFGS-B"
    expected: ClassVar[str] = "the order is passed quickly: a model of the curvature moves many modes at once"
    method: ClassVar[str] = "L-BFGS-B"
    # 4e-8; scipy's 10 reaches 7e-7
    history: int = setting(20, "steps remembered", at_least=1, tune=(3, 100))
    line_search: int = setting(20, "most evaluations of one line search", at_least=1)

    def options(self) -> dict[str, Any]:
        return {"gtol": 0.0, "ftol": 0.0, "maxcor": self.history, "maxls": self.line_search, "maxfun": sys.maxsize}

    def memory(self, dim: int) -> int:
        return 8 * (dim * (2 * self.history + 22) + 11 * self.history * (self.history + 1))


@dataclass(frozen=True)
class CG(ScipyDescent):
    """Nonlinear conjugate gradients, Polak-Ribiere+, Wolfe line search."""

    family: ClassVar[str] = "conjugate-gradient"
    source: ClassVar[str] = "Nocedal and Wright 2006, section 5.2; scipy CG"
    expected: ClassVar[str] = "the order is passed quickly: each step along a Krylov space serves many modes"
    method: ClassVar[str] = "CG"
    c1: float = setting(1e-4, "sufficient decrease", above=0.0, below=0.5, tune=(1e-5, 1e-2))
    # 5e-6; scipy's 0.4 reaches 3e-5
    c2: float = setting(0.1, "slope that may remain after a line search", above=0.0, below=1.0, tune=(0.05, 0.5))

    def options(self) -> dict[str, Any]:
        return {"gtol": 0.0, "c1": self.c1, "c2": self.c2}

    def memory(self, dim: int) -> int:
        return 8 * 20 * dim
