"""Functions that minimise, of the kind of `scipy.optimize.minimize`: `minimize(fun, x0, ...)`.

Where the signature leaves open how it takes its slopes, the function is tried on a small bowl.
"""

import ast
import inspect
import textwrap
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from optimizers.base import Doubles, Objective, Streams
from optimizers.user.foreign import Foreign
from optimizers.user.signatures import fixed, parameters
from optimizers.user.slopes import Convention, call

TRIES = 40
"""Evaluations of the bowl after which a function has shown how it takes its slopes."""


@dataclass(frozen=True)
class ForeignFunction(Foreign):
    """A function `minimize(fun, x0)`."""

    convention: ClassVar[Convention]

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        assert isinstance(rng, np.random.Generator)
        try:
            call(self.foreign, self.convention, objective, theta0, rng, self.chosen)
        except TypeError as error:
            if self.convention.jac is None and _lives_with_pairs(self.foreign):
                name = getattr(self.foreign, "__name__", self.foreign)
                raise TypeError(
                    f"The function '{name}' takes what fun(x) gives for loss and gradient; it is the loss alone, as "
                    "the function has no argument jac. Write minimize(fun, x0, jac): it is called with jac=True then, "
                    "and fun(x) gives both."
                ) from error
            raise


def convention_of(name: str, foreign: Callable[..., Any]) -> Convention:
    """How `foreign` takes its slopes; raises ValueError with its own error if it takes a step in no way."""
    kinds = {"yield": inspect.isgeneratorfunction, "async": inspect.iscoroutinefunction}
    kinds["async and yield"] = inspect.isasyncgenfunction
    if word := next((word for word, is_kind in kinds.items() if is_kind(inspect.unwrap(foreign))), ""):
        raise ValueError(f"The function '{name}' has {word}, so that a call of it runs nothing. Write it without.")
    known, bound = parameters(foreign), fixed(foreign)
    if "jac" not in known:
        return Convention(None)
    if "jac" in bound:
        return Convention("pair" if bound["jac"] is True else None)
    if known["jac"].default in (True, known["jac"].empty):
        return _required(foreign)
    errors = []
    for convention in _candidates("hessp" in known):
        try:
            return _tried(foreign, convention)
        except Exception as error:  # noqa: BLE001  # the next convention may be the right one
            errors.append(error)
    raise ValueError(
        f"The function '{name}' takes no step from x0 on a small bowl, whichever way it is handed its slopes; with "
        f"jac=True it says: {type(errors[0]).__name__}: {errors[0]}"
    )


def _lives_with_pairs(foreign: Callable[..., Any]) -> bool:
    try:
        _tried(foreign, Convention("pair"))
    except Exception:  # noqa: BLE001  # an error that is not about pairs
        return False
    return True


def _required(foreign: Callable[..., Any]) -> Convention:
    """A `jac` that must be given is a function if it is called, or if what it is handed on to calls it."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(foreign)))
    except (OSError, TypeError, SyntaxError):
        return Convention("pair")
    if any(isinstance(node, ast.Call) and _is_jac(node.func) for node in ast.walk(tree)):
        return Convention("callable")
    if any(_is_jac(node) for node in ast.walk(tree)):
        for convention in _candidates(hessp=False):
            with suppress(Exception):
                return _tried(foreign, convention)
    return Convention("pair")


def _is_jac(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "jac"


def _candidates(hessp: bool) -> list[Convention]:
    # a pair costs one evaluation where two functions may cost two, so it is tried first
    plain = [Convention("pair"), Convention("callable")]
    return plain + ([Convention("pair", hessp=True), Convention("callable", hessp=True)] if hessp else [])


def _tried(foreign: Callable[..., Any], convention: Convention) -> Convention:
    """The convention, if the function lives with it; one without slopes if it says that it has no use for them."""
    bowl = Bowl()
    with warnings.catch_warnings(record=True) as said, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        with suppress(Enough):
            call(foreign, convention, bowl, np.zeros(bowl.dim), np.random.default_rng(0), {})
    if not bowl.evaluations:
        raise ValueError("it returns without an evaluation")
    unused = any("does not use gradient information" in str(warning.message) for warning in said)  # scipy's sentence
    return Convention(None) if unused else convention


class Enough(Exception):
    """The bowl has seen enough."""


class Bowl:
    """Half the squared distance to (1, 1, 1): an objective for trying, which ends after some evaluations."""

    dim = 3

    def __init__(self) -> None:
        self.evaluations = 0

    def value(self, theta: Doubles) -> float:
        """The loss."""
        return self.value_and_grad(theta)[0]

    def value_and_grad(self, theta: Doubles) -> tuple[float, Doubles]:
        """Loss and gradient."""
        self.evaluations += 1
        if self.evaluations > TRIES:
            raise Enough
        offset = np.asarray(theta, np.float64).reshape(self.dim) - 1
        return float(offset @ offset) / 2, offset

    def hvp(self, theta: Doubles, vector: Doubles) -> Doubles:
        """The Hessian is the identity."""
        self.value(theta)
        return np.array(vector, np.float64)
