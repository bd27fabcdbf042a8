"""Jacobi's iteration: the classical smoother, and the counterpart of a network in the order of frequencies."""

from dataclasses import dataclass
from typing import ClassVar

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting


@dataclass(frozen=True)
class Jacobi(Optimizer):
    """theta <- theta - weight g, for an objective whose Hessian has the diagonal 1, such as that of `poisson-grid`.

    There it is exactly Jacobi's iteration, damped for a weight below 1. On another objective it is gradient descent
    with a step of `weight`."""

    family: ClassVar[str] = "relaxation"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    source: ClassVar[str] = "Jacobi 1845; Saad, Iterative methods for sparse linear systems, 4.1 and 13.2"
    expected: ClassVar[str] = "high-first on a grid: a sweep multiplies mode k of n by cos(k pi / n)"
    caveat: ClassVar[str] = (
        "a step of 1 diverges unless the largest eigenvalue of the Hessian is below 2; "
        "on networks, where it is not, random search beats it"
    )
    lanes: ClassVar[bool] = True
    weight: float = setting(1.0, "damping; 1 is none", above=0.0, tune=(0.3, 1.0))

    @property
    def gradient_step(self) -> float:
        return self.weight

    def memory(self, dim: int) -> int:
        return 8 * 2 * dim

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        theta = theta0.copy()
        while True:
            # on the grid g_i = u_i - (u_(i-1) + u_(i+1)) / 2 - h^2 f_i / 2: all points at once, from the old values
            theta -= self.weight * objective.value_and_grad(theta)[1]
