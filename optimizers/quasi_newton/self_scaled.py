"""Quasi-Newton methods that rescale their inverse Hessian in every step: self-scaled BFGS and self-scaled Broyden.

With H the inverse Hessian, s the step, y the change of the gradient and B = H^-1, put

    b = s.Bs / y.s,   h = y.Hy / y.s,   a = b h - 1 >= 0,   v = s / y.s - Hy / y.Hy.

All of them are `H <- (H - Hy (Hy)' / y.Hy + phi (y.Hy) v v') / tau + s s' / y.s`. BFGS is phi = 1, tau = 1; the
self-scaled one has tau = min(1, 1 / b). Broyden's has its own theta, from which phi = (1 - theta) / (1 + a theta) and
tau follow (Urban et al. 2025, equations 13 to 24, after Al-Baali). As Bs = -alpha g, b costs one inner product.
"""

from dataclasses import dataclass
from math import isfinite, sqrt
from typing import ClassVar, NamedTuple

import numpy as np

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting
from optimizers.line_search import Line
from optimizers.restarts import descend_repeatedly

TINY = 1e-300
"""Instead of a = 0, where s and Hy are parallel and every theta gives the same update."""


LEAST = 1e-290
"""Products of step and gradient below which nothing is learned: at a minimum they are rounding."""


class Weights(NamedTuple):
    """How an update of the family is put together."""

    phi: float
    tau: float


def bfgs_weights(b: float, h: float, dim: int) -> Weights:
    """Self-scaled BFGS."""
    del h, dim
    return Weights(1.0, min(1.0, 1 / b))


def broyden_weights(b: float, h: float, dim: int) -> Weights:
    """Self-scaled Broyden: theta as close to (1 - b) / b as a bound on the condition number allows."""
    # a >= 0 by Cauchy and Schwarz: (s.y)^2 <= s.Bs y.Hy
    a = max(b * h - 1, TINY)
    # rho = min(1, h (1 - c)) with c = sqrt(a / (1 + a)); theta lies between (rho - 1) / a and 1 / rho
    rho = max(min(1.0, h * (1 - sqrt(a / (1 + a)))), TINY)  # where a is huge, the root rounds to 1
    theta = max((rho - 1) / a, min(1 / rho, (1 - b) / b))
    # theta multiplies the determinant of B by sigma = 1 + a theta, against BFGS
    # and tau, of which n - 1 directions take part, would undo that at sigma^(-1 / (n - 1))
    # at the bound with a rho that has rounded away it is the difference of two ones
    sigma = 1 + a * theta or TINY
    scale = abs(sigma) ** (1 / (1 - dim)) if dim > 1 else 1.0
    smaller = min(1.0, 1 / b)
    tau = min(smaller * scale, sigma) if theta <= 0 else smaller * min(scale, 1 / theta)
    return Weights((1 - theta) / sigma, tau)


UPDATES = {"bfgs": bfgs_weights, "broyden": broyden_weights}


@dataclass(frozen=True)
class SelfScaled(Optimizer):
    """Dense inverse Hessian, rescaled in every step; the Wolfe line search of BFGS."""

    family: ClassVar[str] = "quasi-newton"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    source: ClassVar[str] = "Urban et al. 2025, arXiv 2405.04230; Kiyani et al. 2025, arXiv 2501.16371; Al-Baali 1998"
    expected: ClassVar[str] = (
        "like BFGS, and said to be weaker in bias: it is the method of choice for equations with fine structure "
        "(arXiv 2501.16371)"
    )
    max_dim: ClassVar[int] = 20_000  # 3 GB of inverse Hessian
    update: str = setting("broyden", "which member of the family", choices=tuple(UPDATES))
    c1: float = setting(1e-4, "sufficient decrease", above=0.0, below=0.5, tune=(1e-5, 1e-2))
    c2: float = setting(0.9, "slope that may remain after a line search", above=0.0, below=1.0, tune=(0.1, 0.95))

    def memory(self, dim: int) -> int:
        return 8 * (dim * dim + 12 * dim)

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        descend_repeatedly(lambda theta: self._descend(objective, theta), theta0)

    def _descend(self, objective: Objective, theta: Doubles) -> tuple[Doubles, float]:
        """One run of the method, until no step along the search direction is long enough; the end and its loss."""
        line = Line(objective, theta)
        inverse = ScaledInverse(len(theta), self.update)
        direction = -line.gradient
        while True:
            gradient = line.gradient
            if not line.move(direction, self.c1, self.c2) or not line.step.any():
                return line.theta, line.loss
            direction = -inverse.update(line.step, gradient, line.gradient, direction)


class ScaledInverse:
    """The estimate `H (P, P)`, of which only the upper triangle is kept up to date."""

    def __init__(self, dim: int, update: str) -> None:
        from scipy.linalg import blas

        self._blas = blas
        self._weights = UPDATES[update]
        # Fortran order: of any other BLAS would update a copy, and copy P^2 numbers a step
        self._matrix = np.eye(dim, order="F")

    def update(self, step: Doubles, before: Doubles, gradient: Doubles, direction: Doubles) -> Doubles:
        """Take in a step between two gradients, along `direction = -H before`; then `H gradient`, `(P,)`."""
        product: Doubles = self._blas.dsymv(1.0, self._matrix, gradient)
        change, turned = gradient - before, product + direction  # y, Hy
        slope, curved = float(change @ step), float(change @ turned)
        along = -float(np.linalg.norm(step) / np.linalg.norm(direction)) * float(step @ before)  # s.Bs
        if not min(slope, curved, along) > 0:  # rounding: nothing can be learned from this step
            return product
        phi, tau = self._weights(along / slope, curved / slope, len(step))
        # the inverses of these would leave the numbers of a float
        if not (min(slope, curved * tau) > LEAST and isfinite(phi * curved / tau)):
            return product
        v = step / slope - turned / curved
        self._matrix /= tau
        for weight, vector in ((-1 / (curved * tau), turned), (phi * curved / tau, v), (1 / slope, step)):
            self._matrix = self._blas.dsyr(weight, vector, a=self._matrix, overwrite_a=1)
        # H_new g by the same three terms, from the product H g that is known: one product with the matrix a step
        turned_slope, v_slope = float(turned @ gradient), float(v @ gradient)
        scaled = (product - turned * (turned_slope / curved) + v * (phi * curved * v_slope)) / tau
        return scaled + step * (float(step @ gradient) / slope)
