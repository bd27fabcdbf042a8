"""Conjugate gradients after Fletcher and Reeves. scipy's CG is Polak-Ribiere and has no other, hence these lines."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from optimizers.base import Array, Need, Objective, Optimizer, Streams, setting
from optimizers.bfgs import LastPoint
from optimizers.restarts import descend_repeatedly


@dataclass(frozen=True)
class FletcherReeves(Optimizer):
    """d <- -g + (g.g / g_old.g_old) d, strong Wolfe line search."""

    family: ClassVar[str] = "conjugate-gradient"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    source: ClassVar[str] = "Fletcher and Reeves 1964; Nocedal and Wright 2006, algorithm 5.4"
    expected: ClassVar[str] = "the order is passed quickly: each step along a Krylov space serves many modes"
    caveat: ClassVar[str] = "a bad direction may last for many steps (Nocedal and Wright, section 5.2), unlike in cg"
    c1: float = setting(1e-4, "sufficient decrease", above=0.0, below=0.5, tune=(1e-5, 1e-2))
    c2: float = setting(0.1, "slope that may remain after a line search; below 1/2", above=0.0, below=0.5)
    restart: int = setting(0, "steps after which the direction is the gradient again; 0 is P", at_least=0)

    def memory(self, dim: int) -> int:
        return 8 * 10 * dim

    def minimize(self, objective: Objective, theta0: Array, rng: Streams) -> None:
        del rng  # deterministic
        descend_repeatedly(lambda theta: self._descend(objective, theta), theta0)

    def _descend(self, objective: Objective, theta: Array) -> tuple[Array, float]:
        point = LastPoint(objective)
        loss, gradient = point.value(theta), point.gradient(theta)
        before = loss + float(np.linalg.norm(gradient)) / 2  # as in scipy's CG: a first step of about one
        direction, steps = -gradient, 0
        while gradient.any():
            found = wolfe(point, (theta, direction, gradient), (loss, before), self.c1, self.c2)
            if found is None or not (found[0] * direction).any():
                break
            length, loss, before = found
            theta = theta + length * direction
            old, gradient = gradient, point.gradient(theta)
            steps += 1
            kept = 0.0 if steps % (self.restart or len(theta)) == 0 else (gradient @ gradient) / (old @ old)
            direction = kept * direction - gradient
        return theta, loss


def wolfe(
    point: LastPoint, line: tuple[Array, Array, Array], losses: tuple[float, float], c1: float, c2: float
) -> tuple[float, float, float] | None:
    """Step length, loss there and loss before; None where neither of scipy's line searches finds a step.

    `line` is theta, direction and gradient; `losses` are those at theta and at the point before it."""
    from scipy.optimize._linesearch import line_search_wolfe1, line_search_wolfe2

    common: dict[str, Any] = {"c1": c1, "c2": c2, "amax": 1e100}
    start = (point.value, point.gradient, *line, *losses)
    length, _, _, loss, before, _ = line_search_wolfe1(*start, amin=1e-100, **common)
    if length is None:
        length, _, _, loss, before, _ = line_search_wolfe2(*start, **common)
    return None if length is None else (length, loss, before)
