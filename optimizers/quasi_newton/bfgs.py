"""BFGS with the rank-2 update of the inverse Hessian, O(P^2) a step.

scipy multiplies three P x P matrices instead, O(P^3): most of a run from a few hundred parameters on. Line search,
initial step and curvature rule are scipy's, so the iterates are scipy's to rounding (the tests compare them).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting
from optimizers.line_search import Line
from optimizers.restarts import descend_repeatedly


@dataclass(frozen=True)
class BFGS(Optimizer):
    """Dense inverse Hessian, Wolfe line search."""

    family: ClassVar[str] = "quasi-newton"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    source: ClassVar[str] = "Nocedal and Wright 2006, algorithm 6.1; line search of scipy's BFGS"
    expected: ClassVar[str] = "the order is passed quickly: a model of the curvature moves many modes at once"
    max_dim: ClassVar[int] = 20_000  # 3 GB of inverse Hessian
    c1: float = setting(1e-4, "sufficient decrease", above=0.0, below=0.5, tune=(1e-5, 1e-2))
    # on `sin135`, 20,000 gradients, seeds 100 to 102: 2e-9; 0.5 reaches the same
    c2: float = setting(0.9, "slope that may remain after a line search", above=0.0, below=1.0, tune=(0.1, 0.95))

    def memory(self, dim: int) -> int:
        return 8 * (dim * dim + 12 * dim)

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        descend_repeatedly(lambda theta: self._descend(objective, theta), theta0)

    def _descend(self, objective: Objective, theta: Doubles) -> tuple[Doubles, float]:
        """One run of the method, until no step along the search direction is long enough; the end and its loss."""
        line = Line(objective, theta)
        inverse = InverseHessian(len(theta))
        direction = -line.gradient  # H = I
        while True:
            gradient = line.gradient
            if not line.move(direction, self.c1, self.c2):
                return line.theta, line.loss
            if not line.step.any():
                return line.theta, line.loss
            direction = -inverse.update(line.step, line.gradient - gradient, direction, line.gradient)


class InverseHessian:
    """The estimate `H (P, P)`, of which only the upper triangle is kept up to date."""

    def __init__(self, dim: int) -> None:
        from scipy.linalg import blas

        self._blas = blas
        # Fortran order: of any other BLAS would update a copy, and copy P^2 numbers a step
        self._matrix = np.eye(dim, order="F")

    def update(self, step: Doubles, change: Doubles, direction: Doubles, gradient: Doubles) -> Doubles:
        """Take in one step `s` and change of gradient `y`; then `H gradient`, `(P,)`, for the new gradient.

        `H <- (I - rho s y') H (I - rho y s') + rho s s'` is `H + s w' + w s'` with `rho = 1 / y.s` and
        `w = (1 + rho y.Hy) rho s / 2 - rho Hy`. As `H g = -direction` for the old gradient g, one product with H serves
        for `Hy` and for the new direction."""
        product = self._blas.dsymv(1.0, self._matrix, gradient)
        curvature = change @ step
        rho = 1000.0 if curvature == 0 else 1 / curvature  # scipy's choice
        hessian_change = product + direction
        w = (1 + rho * (change @ hessian_change)) * rho / 2 * step - rho * hessian_change
        self._matrix = self._blas.dsyr2(1.0, step, w, a=self._matrix, overwrite_a=1)
        # H_new g = H g + s (w.g) + w (s.g): no second product with the matrix
        new_direction: Doubles = product + step * (w @ gradient) + w * (step @ gradient)
        return new_direction
