"""What a descent does when its line search fails: begin again there, as long as that helps.

Line searches give up where rounding hides the slope or the curvature model has gone bad, which need not be a minimum.
A fresh model from the same point costs one evaluation, and tells the two apart.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import TypeAlias

import numpy as np

from optimizers.base import Doubles, Objective, Optimizer, Streams

Descend: TypeAlias = Callable[[Doubles], tuple[Doubles, float]]
"""From a start `(P,)` to where the method gave up, and the loss there."""


def descend_repeatedly(descend: Descend, theta0: Doubles) -> None:
    """Begin again where `descend` gave up, until that lowers the loss no more."""
    theta, lowest = theta0, inf
    while True:
        theta, loss = descend(theta)
        if not loss < lowest:  # and not `>=`: NaN has to end it too
            return
        lowest = loss


@dataclass(frozen=True)
class CompiledDescent(Optimizer):
    """A deterministic method whose loop is compiled; it asks for gradients if it needs them, and else for values."""

    @abstractmethod
    def core(self, dim: int) -> tuple[Callable[..., float], tuple[float, ...]]:
        """The loop, which moves a vector of `dim` numbers and returns the loss where it gives up, and its settings."""

    def prepare(self) -> None:
        self.core(1)

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        from optimizers.compiled.calls import Calls

        core, settings = self.core(len(theta0))
        calls = Calls(objective, len(theta0), slopes="gradient" in self.needs)

        def descend(theta: Doubles) -> tuple[Doubles, float]:
            moved = np.array(theta, np.float64)
            return moved, calls.run(core, moved, *settings)

        descend_repeatedly(descend, theta0)
