"""The strong Wolfe line search of scipy's BFGS and CG, without its comparisons of whole vectors.

scipy searches by functions of a point, and compares each point with the last to spare an evaluation; it has the same
searches by functions of a length, which are used here. The points are the same to the last bit.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from optimizers.base import Doubles, Objective

Accept: TypeAlias = Callable[[Doubles], bool]


class Line:
    """The loss along one direction at a time, from a point that moves; the last evaluation is remembered.

    `theta`, `loss` and `gradient` belong to the point reached, `before` is the loss at the one before it, and `step`
    the way between them."""

    def __init__(self, objective: Objective, theta: Doubles) -> None:
        self._objective = objective
        self.theta = theta
        self.loss, self.gradient = objective.value_and_grad(theta)
        self.before = self.loss + float(np.linalg.norm(self.gradient)) / 2  # scipy's guess: a first step of about one

    def move(self, direction: Doubles, c1: float, c2: float, accept: Accept | None = None) -> bool:
        """Take a step that satisfies the Wolfe conditions; False where neither of scipy's searches finds one.

        `accept` may refuse a step for the gradient at its end."""
        from scipy.optimize._linesearch import scalar_search_wolfe1, scalar_search_wolfe2

        self._direction, self._length = direction, 0.0
        self._found: tuple[float, Doubles] = self.loss, self.gradient
        # phi(t) = L(theta + t d) with phi'(0) = g.d; the first t tried is min(1, 2.02 (phi(0) - before) / phi'(0))
        start = (self._value, self._slope, self.loss, self.before, self.gradient @ direction)
        further = None if accept is None else lambda length, _loss: accept(self._at(length)[1])
        # strong Wolfe: phi(t) <= phi(0) + c1 t phi'(0) and |phi'(t)| <= c2 |phi'(0)|
        length, loss, _ = scalar_search_wolfe1(*start, c1=c1, c2=c2, amax=1e100, amin=1e-100)
        # first the search of More and Thuente 1994; failing that, Nocedal and Wright 2006, algorithms 3.5 and 3.6
        if length is None or (further is not None and not further(length, loss)):
            length, loss, _, _ = scalar_search_wolfe2(*start, c1=c1, c2=c2, amax=1e100, extra_condition=further)
        if length is None:
            return False
        self.before, self.loss = self.loss, loss
        self.gradient = self._at(length)[1]  # free where the search ended at its last evaluation
        self.step: Doubles = length * direction
        self.theta = self.theta + self.step
        return True

    def _at(self, length: float) -> tuple[float, Doubles]:
        if length != self._length:
            self._length = length
            self._found = self._objective.value_and_grad(self.theta + length * self._direction)
        return self._found

    def _value(self, length: float) -> float:
        return self._at(length)[0]

    def _slope(self, length: float) -> float:
        return float(self._at(length)[1] @ self._direction)
