"""How a function of the user's is handed loss and slopes, and what that costs.

Either none, or `jac=True` with a `fun` that gives loss and gradient, or a `jac` to be called, as scipy calls a
minimiser of one's own.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from optimizers.base import Doubles, Need
from optimizers.user.signatures import required, wanted

REPEATS = 100
"""Answers from memory at one point; a loop that stands still pays from then on, or it would never end."""


class Sloped(Protocol):
    """What of an objective a function may ask, at theta `(P,)`."""

    def value(self, theta: Doubles) -> Any:
        """The loss."""

    def value_and_grad(self, theta: Doubles) -> tuple[Any, Doubles]:
        """Loss and gradient."""

    def hvp(self, theta: Doubles, vector: Doubles) -> Doubles:
        """Hessian times vector."""


class Convention(NamedTuple):
    """How slopes are handed over: `jac` is None (not at all), "pair" or "callable"; `hessp` is offered or not."""

    jac: str | None
    hessp: bool = False

    @property
    def needs(self) -> frozenset[Need]:
        """What a method of this convention may evaluate."""
        slopes: set[Need] = {"gradient"} if self.jac == "pair" else {"value", "gradient"}
        return frozenset({"value"} if self.jac is None else slopes | ({"hvp"} if self.hessp else set()))


class Slopes:
    """`fun`, `jac` and `hessp` of one objective at x `(P,)`; a loss that came with a gradient is not paid for twice."""

    def __init__(self, objective: Sloped) -> None:
        self._objective = objective
        self._theta: Doubles | None = None
        self._known: tuple[float, Doubles] = (0.0, np.empty(0))
        self._repeats = 0

    def pair(self, x: Doubles, *args: Any) -> tuple[float, Doubles]:
        """Loss and gradient together."""
        del args
        loss, gradient = self._objective.value_and_grad(np.ascontiguousarray(x))
        return float(loss), gradient

    def value(self, x: Doubles, *args: Any) -> float:
        """The loss; free where the gradient has just been taken."""
        del args
        if self._remembered(x):
            return self._known[0]
        return float(self._objective.value(np.ascontiguousarray(x)))

    def gradient(self, x: Doubles, *args: Any) -> Doubles:
        """The gradient, for the price of both."""
        del args
        if not self._remembered(x):
            self._known, self._theta = self.pair(x), np.array(x)
        return self._known[1].copy()  # the caller may write into it

    def hessp(self, x: Doubles, vector: Doubles, *args: Any) -> Doubles:
        """Hessian times vector."""
        del args
        return self._objective.hvp(np.ascontiguousarray(x), np.ascontiguousarray(vector))

    def _remembered(self, x: Doubles) -> bool:
        stands = self._theta is not None and np.array_equal(x, self._theta)
        self._repeats = self._repeats + 1 if stands else 0
        return stands and self._repeats <= REPEATS


def call(
    foreign: Callable[..., Any],
    convention: Convention,
    objective: Sloped,
    theta0: Doubles,
    rng: np.random.Generator,
    chosen: dict[str, Any],
) -> None:
    """Call the function as its convention has it."""
    slopes = Slopes(objective)
    fun = slopes.pair if convention.jac == "pair" else slopes.value
    offered: dict[str, Any] = {"rng": rng}
    if convention.jac is not None:
        offered["jac"] = True if convention.jac == "pair" else slopes.gradient
    if convention.hessp:
        offered["hessp"] = slopes.hessp
    if "callback" in required(foreign):
        offered["callback"] = lambda *seen: None
    given = wanted(foreign, offered)
    foreign(fun, theta0.copy(), **given, **{name: value for name, value in chosen.items() if name not in given})
