"""Methods that sleep, loop, fail or die on request, where worker processes can import them."""

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.run.spec import RunSpec, find_problem
from optimizers.base import Optimizer


@dataclass(frozen=True)
class Walk(Optimizer):
    """Steps at random, and behaves as it is told after `after` evaluations."""

    family = "test"
    needs = frozenset({"value"})
    source = "this file"
    behaviour: str = "well"
    after: int = 10
    seconds: float = 0.0
    marker: str = ""
    """A file that counts how often the run was begun, where behaviour depends on it."""

    def minimize(self, objective, theta0, rng):
        assert isinstance(rng, np.random.Generator)
        if self.seconds:
            time.sleep(self.seconds)
        for _ in range(self.after):
            objective.value(theta0 + rng.standard_normal(objective.dim))
        BEHAVIOURS[self.behaviour](self)
        while True:
            objective.value(theta0 + rng.standard_normal(objective.dim))


@dataclass(frozen=True)
class Deaf(Optimizer):
    """The same steps, and no exception ends them."""

    family = "test"
    needs = frozenset({"value"})
    source = "this file"

    def minimize(self, objective, theta0, rng):
        while True:
            with suppress(BaseException):  # as a bare `except` does
                objective.value(theta0 + rng.standard_normal(objective.dim))


def _loop(_):
    while True:
        pass


def _fail(_):
    raise ArithmeticError("no luck")


def _begun(walk):
    """How often this was called before."""
    with Path(walk.marker).open("a+") as file:
        file.write(".")
        return file.tell() - 1


def _fail_at_first(walk):
    if _begun(walk) == 0:
        _fail(walk)


def _die_at_first(walk):
    if _begun(walk) == 0:
        os.kill(os.getpid(), signal.SIGKILL)


BEHAVIOURS = {
    "well": lambda walk: None,
    "sleep": lambda walk: time.sleep(1000),
    "loop": _loop,
    "fail": _fail,
    "fail-at-first": _fail_at_first,
    "die": lambda walk: os.kill(os.getpid(), signal.SIGKILL),
    "die-at-first": _die_at_first,
}


def walks(count, name="walk", budget=40, **settings):
    """So many runs, which differ in seed."""
    terms = {key: settings.pop(key) for key in ("time_limit", "marks") if key in settings}
    recipe = find_problem("control-flat")
    return [RunSpec("control-flat", recipe, name, Walk(**settings), seed, budget, **terms) for seed in range(count)]
