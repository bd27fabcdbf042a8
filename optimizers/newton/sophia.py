"""Sophia: momentum over a diagonal of the Hessian that is guessed from time to time, each element clipped."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting


@dataclass(frozen=True)
class Sophia(Optimizer):
    """theta <- theta - lr clip(m / max(gamma h, eps), 1); h averages Hutchinson's u * Hu over every `every` steps."""

    family: ClassVar[str] = "newton"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient", "hvp"})
    source: ClassVar[str] = "Liu et al. 2024, arXiv 2305.14342, algorithms 1 and 3"
    expected: ClassVar[str] = (
        "no theory known; where the clip holds it is a sign method, elsewhere a diagonal Newton step, which should "
        "weaken the order"
    )
    caveat: ClassVar[str] = "where the guessed curvature is not positive, it steps by the sign of the momentum"
    lr: float = setting(3e-3, "largest step of an element", above=0.0, tune=(1e-5, 0.1))
    beta1: float = setting(0.96, "decay of the momentum", at_least=0.0, below=1.0, tune=(0.5, 0.99))
    beta2: float = setting(0.99, "decay of the curvature", at_least=0.0, below=1.0, tune=(0.9, 0.999))
    gamma: float = setting(0.01, "factor of the curvature: the larger, the fewer elements are clipped", above=0.0)
    every: int = setting(10, "steps between guesses of the curvature", at_least=1)

    def memory(self, dim: int) -> int:
        return 8 * 8 * dim

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        assert isinstance(rng, np.random.Generator)
        theta, momentum, curvature, step = theta0.copy(), np.zeros_like(theta0), np.zeros_like(theta0), 0
        while True:
            gradient = objective.value_and_grad(theta)[1]
            momentum = self.beta1 * momentum + (1 - self.beta1) * gradient
            if step % self.every == 0:
                # E[u_i (Hu)_i] = H_ii, since E[u_i u_j] is 1 for i = j and 0 otherwise
                u = rng.standard_normal(len(theta))
                curvature = self.beta2 * curvature + (1 - self.beta2) * u * objective.hvp(theta, u)
            # where h <= 0 the quotient is enormous, and the clip leaves the sign of m
            theta -= self.lr * np.clip(momentum / np.maximum(self.gamma * curvature, 1e-12), -1.0, 1.0)
            step += 1
