"""Conjugate gradients after Fletcher and Reeves. scipy's CG is Polak-Ribiere and has no other, hence these lines."""

from dataclasses import dataclass
from typing import ClassVar

from optimizers.base import Array, Need, Objective, Optimizer, Streams, setting
from optimizers.line_search import Line
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
        line = Line(objective, theta)
        direction, steps = -line.gradient, 0
        while line.gradient.any():
            old = line.gradient
            if not line.move(direction, self.c1, self.c2) or not line.step.any():
                break
            steps += 1
            restart = steps % (self.restart or len(theta)) == 0
            kept = 0.0 if restart else (line.gradient @ line.gradient) / (old @ old)
            direction = kept * direction - line.gradient
        return line.theta, line.loss
