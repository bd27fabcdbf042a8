"""Methods that compare losses along lines and never ask for a gradient."""

import sys
from dataclasses import dataclass
from typing import ClassVar

from optimizers.base import Array, Need, Objective, Optimizer, Streams, setting
from optimizers.restarts import descend_repeatedly


@dataclass(frozen=True)
class Powell(Optimizer):
    """Line minimisations along P directions, of which the best is replaced by the way of the whole sweep."""

    family: ClassVar[str] = "direct"
    needs: ClassVar[frozenset[Need]] = frozenset({"value"})
    source: ClassVar[str] = "Powell 1964; scipy Powell"
    max_dim: ClassVar[int] = 20_000  # 3 GB of directions
    # on `sin135`, seeds 100 to 102, 60,000 values: 3e-3; 0.03 reaches 6e-3
    xtol: float = setting(
        1e-2, "a hundredth of the relative width at which a line search ends", above=0.0, tune=(1e-4, 0.1)
    )

    def memory(self, dim: int) -> int:
        return 8 * dim * (dim + 8)

    def minimize(self, objective: Objective, theta0: Array, rng: Streams) -> None:
        del rng  # deterministic
        from scipy.optimize import minimize

        options = {"xtol": self.xtol, "ftol": 0.0, "maxiter": sys.maxsize, "maxfev": sys.maxsize}

        def descend(theta: Array) -> tuple[Array, float]:
            result = minimize(objective.value, theta, method="Powell", options=options)
            return result.x, float(result.fun)

        descend_repeatedly(descend, theta0)
