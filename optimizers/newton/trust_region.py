"""Methods of scipy that learn the curvature from Hessian-vector products, and its trust region on a matrix of secants.

SR1 has a compiled loop of its own, in `sr1_core.py`. All tolerances are zero (or the smallest number above it), so that
the budget ends a run.
"""

import sys
from abc import abstractmethod
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from typing import Any, ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting
from optimizers.restarts import CompiledDescent, descend_repeatedly

TINY = 1e-100
"""A gradient norm below it is zero: conjugate gradients square residuals as small as its 3/2nd power."""
COMPRESSED = "the order is passed quickly: a good model of the curvature moves all modes at once"


class StepIsNoNumber(Exception):
    """The model of the curvature gave no step, as scipy's solvers do once the gradient is rounding error alone."""


@dataclass(frozen=True)
class Curvature(Optimizer):
    """A method of scipy.optimize.minimize that takes loss and gradient together, and Hessian-vector products."""

    method: ClassVar[str]
    family: ClassVar[str] = "newton"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient", "hvp"})
    expected: ClassVar[str] = COMPRESSED

    @abstractmethod
    def options(self) -> dict[str, Any]:
        """Options of scipy's method beside `maxiter`, tolerances at zero."""

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        from scipy.optimize import minimize

        options = {"maxiter": sys.maxsize, **self.options()}

        def descend(theta: Doubles) -> tuple[Doubles, float]:
            best, lowest = theta, inf

            def fun(point: Doubles) -> tuple[float, Doubles]:
                nonlocal best, lowest
                if not np.isfinite(point).all():
                    raise StepIsNoNumber
                loss, grad = objective.value_and_grad(point)
                # scipy's own result is lost with an exception, so the best point is kept here
                if loss < lowest:
                    best, lowest = point.copy(), loss
                return loss, grad

            with suppress(StepIsNoNumber):
                minimize(fun, theta, jac=True, hessp=objective.hvp, method=self.method, options=options)
            return best, lowest

        descend_repeatedly(descend, theta0)


@dataclass(frozen=True)
class NewtonCG(Curvature):
    """Newton's equation solved by conjugate gradients up to the first negative curvature, then a line search."""

    source: ClassVar[str] = "Nocedal and Wright 2006, algorithm 7.1; scipy Newton-CG"
    method: ClassVar[str] = "Newton-CG"
    c2: float = setting(0.9, "slope that may remain after a line search", above=0.0, below=1.0, tune=(0.1, 0.95))

    def options(self) -> dict[str, Any]:
        return {"xtol": 0.0, "c2": self.c2}

    def memory(self, dim: int) -> int:
        return 8 * 16 * dim


@dataclass(frozen=True)
class TrustRegion(Curvature):
    """Settings that the trust-region methods share."""

    radius: float = setting(1.0, "first radius of the region", above=0.0, below=999.0, tune=(0.01, 100.0))

    def options(self) -> dict[str, Any]:
        # 1000 is scipy's own limit; the first radius must lie below it
        return {"gtol": TINY, "initial_trust_radius": self.radius, "max_trust_radius": 1000.0}


@dataclass(frozen=True)
class TrustNCG(TrustRegion):
    """Conjugate gradients on the quadratic model, up to the border of a region in which it is trusted."""

    source: ClassVar[str] = "Steihaug 1983; Nocedal and Wright 2006, algorithm 7.2; scipy trust-ncg"
    method: ClassVar[str] = "trust-ncg"

    def memory(self, dim: int) -> int:
        return 8 * 20 * dim


@dataclass(frozen=True)
class TrustKrylov(TrustRegion):
    """The quadratic model minimised in a Krylov space of the trust region, on its border as well."""

    source: ClassVar[str] = "Gould, Lucidi, Roma, Toint 1999; scipy trust-krylov"
    method: ClassVar[str] = "trust-krylov"

    def options(self) -> dict[str, Any]:
        # below it scipy's solver works on rounding errors and reads memory it has not written: runs would not repeat
        return {**super().options(), "gtol": 1e-12}

    def memory(self, dim: int) -> int:
        return 8 * dim * 60


@dataclass(frozen=True)
class SR1(CompiledDescent):
    """Trust region on a dense Hessian that symmetric rank-one updates learn from gradients; it may be indefinite."""

    family: ClassVar[str] = "quasi-newton"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    source: ClassVar[str] = "Nocedal and Wright 2006, algorithm 6.2; the points of scipy's trust-ncg with SR1"
    expected: ClassVar[str] = COMPRESSED
    max_dim: ClassVar[int] = 10_000  # 0.8 GB of matrix
    radius: float = setting(1.0, "first radius of the region", above=0.0, below=999.0, tune=(0.01, 100.0))

    def core(self, dim: int) -> tuple[Any, tuple[float, ...]]:
        del dim
        from optimizers.newton.sr1_core import sr1_core

        # B <- B + r r' / r.s with r = y - Bs, skipped where r.s is tiny against |r| |s|
        return sr1_core(), (self.radius, TINY)

    def memory(self, dim: int) -> int:
        return 8 * (dim * dim + 20 * dim)
