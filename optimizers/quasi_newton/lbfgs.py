"""L-BFGS by scipy.

Its tolerances are zero, so that the budget ends a run; a failed line search restarts (`optimizers.restarts`).
"""

import sys
from dataclasses import dataclass
from typing import ClassVar

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting
from optimizers.restarts import descend_repeatedly


@dataclass(frozen=True)
class LBFGS(Optimizer):
    """Inverse Hessian from the last few steps."""

    family: ClassVar[str] = "quasi-newton"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    source: ClassVar[str] = "Zhu, Byrd, Lu, Nocedal 1997, algorithm 778; scipy L-BFGS-B"
    expected: ClassVar[str] = "the order is passed quickly: a model of the curvature moves many modes at once"
    # on `sin135`, 20,000 gradients, seeds 100 to 102: 4e-8; scipy's 10 reaches 7e-7
    history: int = setting(20, "steps remembered", at_least=1, tune=(3, 100))
    line_search: int = setting(20, "most evaluations of one line search", at_least=1)

    def memory(self, dim: int) -> int:
        # the work array of L-BFGS-B, 2 m P + 5 P + 11 m^2 + 8 m numbers for m pairs, and vectors of scipy's own
        return 8 * (dim * (2 * self.history + 22) + 11 * self.history * (self.history + 1))

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        from scipy.optimize import minimize

        endless = {"gtol": 0.0, "ftol": 0.0, "maxiter": sys.maxsize, "maxfun": sys.maxsize}
        options = {"maxcor": self.history, "maxls": self.line_search, **endless}

        def descend(theta: Doubles) -> tuple[Doubles, float]:
            result = minimize(objective.value_and_grad, theta, jac=True, method="L-BFGS-B", options=options)
            return result.x, float(result.fun)

        descend_repeatedly(descend, theta0)
