"""Objects that are asked for points and told their losses: of pycma, nevergrad, optuna, cmaes, or of the user's own."""

import copy
import random
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Streams
from optimizers.user.foreign import Extras, Foreign
from optimizers.user.signatures import parameters, required, wanted

OFFERED = ("x0", "theta0", "rng", "seed", "dim", "parametrization")
"""Arguments that a class or function may ask for to make its object anew for a run."""
ONE_ARGUMENT = (
    "Its tell() has one argument, so ask() is called for each point alone and tell() is given a list of pairs of point "
    "and loss, as cmaes has it: write tell(points, losses) to be told both."
)
RADIUS: Extras = {"radius": (1.0, "each coordinate is suggested within this distance of the start")}


@dataclass(frozen=True)
class ForeignAskTell(Foreign):
    """An object with `ask()`, which gives one point or several, and `tell(points, losses)`, in turns."""

    needs: ClassVar[frozenset[Need]] = frozenset({"value", "population"})

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        assert isinstance(rng, np.random.Generator)
        method = self._make(theta0.copy(), rng)
        # what was made may have seeded them, with one number for all runs; the harness puts them back
        np.random.seed(int(rng.integers(2**32)))  # noqa: NPY002  # it may draw from no other
        random.seed(int(rng.integers(2**32)))
        dialogue = Dialogue(method, theta0, vars(self).get("radius", 1.0))
        objective.value(theta0)
        while True:
            points = dialogue.ask()
            dialogue.tell(objective.values(points))

    def _make(self, theta0: Doubles, rng: np.random.Generator) -> Any:
        if not callable(self.foreign) or is_teller(self.foreign):
            return copy.deepcopy(self.foreign)  # it learns as it goes, and the next run needs it fresh
        return make(self.foreign, theta0, rng, self.chosen)


def is_teller(thing: Any) -> bool:
    """Whether it is an object (and not a class) to be asked and told."""
    return (
        not isinstance(thing, type) and callable(getattr(thing, "ask", None)) and callable(getattr(thing, "tell", None))
    )


def make(foreign: Any, theta0: Doubles, rng: np.random.Generator, chosen: dict[str, Any]) -> Any:
    """Call a class or function with the start, in whatever name it has for it, and what else it asks for."""
    offered: dict[str, Any] = {"rng": rng, "seed": int(rng.integers(2**31)), "dim": len(theta0)}
    offered |= {"x0": theta0, "theta0": theta0}
    if "parametrization" in parameters(foreign):
        offered["parametrization"] = _parametrization(theta0, rng)
    given = {**chosen, **wanted(foreign, offered)}
    unnamed = [name for name in required(foreign) if name not in given]
    return foreign(theta0, **given) if unnamed else foreign(**given)


def _parametrization(theta0: Doubles, rng: np.random.Generator) -> Any:
    """nevergrad's space of points around the start, with a generator of its own."""
    import nevergrad

    space = nevergrad.p.Array(init=theta0)
    space.random_state = np.random.RandomState(int(rng.integers(2**32)))  # nevergrad takes no other
    return space


class Dialogue:
    """Turns of asking and telling, in the form of answer that the object has."""

    def __init__(self, method: Any, start: Doubles, radius: float) -> None:
        self._method = method
        self._start = start
        self._radius = radius
        self._asked: Any = None
        self._single = False
        self._pairs = len(parameters(method.tell)) == 1
        """Whether a whole population is told at once, in a list of pairs of point and loss, as cmaes has it."""

    def ask(self) -> Doubles:
        """Points `(S, P)`, float64 unless they are complex.

        Raises ValueError for points of another length."""
        if self._pairs:
            self._asked = [self._method.ask() for _ in range(int(getattr(self._method, "population_size", 1)))]
        else:
            self._asked = self._method.ask()
        numbers = self._numbers(self._asked)
        self._single = numbers.ndim < 2
        points = np.atleast_2d(numbers)
        if points.ndim != 2 or points.shape[1] != len(self._start):
            given = numbers.shape[1:] if self._pairs else numbers.shape
            raise ValueError(
                f"ask() gives one point of {len(self._start)} numbers, or a list of such points; it gave an array of "
                f"shape {given}. {ONE_ARGUMENT if self._pairs else ''}".rstrip()
            )
        return points

    def tell(self, losses: Doubles) -> None:
        """Hand over the losses `(S,)` of the points asked for last."""
        if self._pairs:
            try:
                self._method.tell(list(zip(self._asked, losses.tolist(), strict=True)))
            except Exception as error:
                raise ValueError(f"{ONE_ARGUMENT} It raises {type(error).__name__}: {error}") from error
        else:
            self._method.tell(self._asked, float(losses[0]) if self._single else losses)

    def _numbers(self, asked: Any) -> Any:
        if callable(getattr(asked, "suggest_float", None)):  # a trial of optuna
            near = enumerate(self._start.tolist())
            return np.array([asked.suggest_float(f"x{i}", x - self._radius, x + self._radius) for i, x in near])
        if hasattr(asked, "value") and not callable(asked.value):  # a candidate of nevergrad
            return np.asarray(asked.value)
        if isinstance(asked, list | tuple) and any(hasattr(each, "value") for each in asked):
            return np.stack([self._numbers(each) for each in asked])
        return np.asarray(asked)
