"""Methods of scipy that compare losses and never ask for a gradient; of Powell's and Nelder and Mead's, its points."""

from dataclasses import dataclass
from typing import Any, ClassVar

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting
from optimizers.restarts import CompiledDescent, descend_repeatedly


@dataclass(frozen=True)
class Powell(CompiledDescent):
    """Line minimisations along P directions, of which the best is replaced by the way of the whole sweep."""

    family: ClassVar[str] = "direct"
    needs: ClassVar[frozenset[Need]] = frozenset({"value"})
    source: ClassVar[str] = "Powell 1964; the points of scipy's Powell"
    expected: ClassVar[str] = "no closed form; low-first was reported (arXiv 2101.00747)"
    caveat: ClassVar[str] = "one sweep over the P directions takes about 6 P evaluations"
    max_dim: ClassVar[int] = 20_000  # 3 GB of directions
    # on `sin135`, seeds 100 to 102, 60,000 values: 3e-3; 0.03 reaches 6e-3
    xtol: float = setting(
        1e-2, "a hundredth of the relative width at which a line search ends", above=0.0, tune=(1e-4, 0.1)
    )

    def memory(self, dim: int) -> int:
        return 8 * dim * (dim + 8)

    def core(self, dim: int) -> tuple[Any, tuple[float, ...]]:
        del dim
        from optimizers.direct.powell_core import powell_core

        # scipy searches a hundred times as finely as it is told to
        return powell_core(), (100 * self.xtol,)


@dataclass(frozen=True)
class NelderMead(CompiledDescent):
    """P + 1 points, of which the worst is reflected, stretched or pulled in; moves adapted to the dimension."""

    family: ClassVar[str] = "direct"
    needs: ClassVar[frozenset[Need]] = frozenset({"value"})
    source: ClassVar[str] = "Nelder and Mead 1965; coefficients of Gao and Han 2012; the points of scipy's Nelder-Mead"
    caveat: ClassVar[str] = "slow above some tens of parameters: it changes one point of P + 1 in each step"
    max_dim: ClassVar[int] = 10_000
    edge: float = setting(1.0, "length of the edges of the first simplex", above=0.0, tune=(0.01, 3.0))

    def memory(self, dim: int) -> int:
        return 8 * ((dim + 1) * dim + 12 * dim)

    def core(self, dim: int) -> tuple[Any, tuple[float, ...]]:
        del dim
        from optimizers.direct.simplex_core import simplex_core

        return simplex_core(), (self.edge,)


@dataclass(frozen=True)
class COBYLA(Optimizer):
    """A linear model of the loss from P + 1 points, minimised in a ball that shrinks."""

    family: ClassVar[str] = "direct"
    needs: ClassVar[frozenset[Need]] = frozenset({"value"})
    source: ClassVar[str] = "Powell 1994; scipy COBYLA"
    caveat: ClassVar[str] = "each step costs P^2 operations in Python (9 ms at P = 121); for very small networks alone"
    max_dim: ClassVar[int] = 60
    radius: float = setting(0.3, "first radius of the ball", above=0.0, tune=(0.01, 3.0))

    def memory(self, dim: int) -> int:
        return 8 * 8 * (dim + 4) ** 2

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        from scipy.optimize import minimize

        options = {"rhobeg": self.radius, "tol": 1e-12, "maxiter": 10**9}

        def descend(theta: Doubles) -> tuple[Doubles, float]:
            result = minimize(objective.value, theta, method="COBYLA", options=options)
            return result.x, float(result.fun)

        descend_repeatedly(descend, theta0)


@dataclass(frozen=True)
class COBYQA(Optimizer):
    """A quadratic model of the loss from 2 P + 1 points, minimised in a trust region."""

    family: ClassVar[str] = "direct"
    needs: ClassVar[frozenset[Need]] = frozenset({"value"})
    source: ClassVar[str] = "Ragonneau 2022, thesis; scipy COBYQA"
    caveat: ClassVar[str] = "each step costs P^3 operations; for very small networks alone"
    max_dim: ClassVar[int] = 60
    radius: float = setting(0.3, "first radius of the trust region", above=0.0, tune=(0.01, 3.0))

    def memory(self, dim: int) -> int:
        return 8 * 24 * (dim + 4) ** 2

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        from scipy.optimize import minimize

        options = {"initial_tr_radius": self.radius, "final_tr_radius": 1e-12, "maxiter": 10**9, "maxfev": 10**9}

        def descend(theta: Doubles) -> tuple[Doubles, float]:
            result = minimize(objective.value, theta, method="COBYQA", options=options)
            return result.x, float(result.fun)

        descend_repeatedly(descend, theta0)
