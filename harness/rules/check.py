"""Is a plugin fit for the harness? The conformance rules on its methods, and a few on whatever else it has."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple, TypeAlias

import numpy as np

from harness.plugins import Plugin
from harness.questions import OBSERVERS
from harness.rules.conformance import RULES, complaint
from harness.rules.watching import measures, watches_a_run
from harness.run.build import data_of, settled
from harness.run.drive import drive
from harness.run.metering.account import Terms
from harness.run.metering.meter import Meter
from harness.run.spec import canonical, settings_of, stream
from harness.run.tracebacks import told
from optimizers import OPTIMIZERS
from optimizers.first_order.torch_methods import GD
from problems import PROBLEMS
from problems.base import Problem, Recipe
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.probes.by_name import PROBES

ProblemRule: TypeAlias = Callable[[Recipe, Problem], str | None]

WIDTH = 1e-5
"""Half width of the difference that stands in for a slope, relative to the size of the parameters."""


class Finding(NamedTuple):
    """One rule about one thing registered; `complaint` is the sentence that it breaks, or None."""

    name: str
    rule: str
    complaint: str | None


class Task(NamedTuple):
    """One rule to be tried on one thing registered."""

    name: str
    rule: str
    complaint: Callable[[], str | None]


def tasks(plugin: Plugin) -> Iterator[Task]:
    """Every rule, for everything that the plugin registers."""
    for name in plugin.names["optimizer"]:
        for rule in RULES:
            yield Task(name, rule, partial(complaint, RULES[rule], OPTIMIZERS[name]))
    for name in plugin.names["problem"]:
        yield from _problem_tasks(name, PROBLEMS[name])
    for name in plugin.names["probe"]:
        yield Task(name, "measures", partial(measures, PROBES[name]))
    for name in plugin.names["observer"]:
        yield Task(name, "watches a run", partial(watches_a_run, OBSERVERS[name]))


def _problem_tasks(name: str, recipe: Recipe) -> Iterator[Task]:
    yield Task(name, "builds", partial(_builds, recipe))
    for rule in (repeats_its_data, gradient_is_the_slope, watches_something, can_be_trained):
        yield Task(name, rule.__name__, partial(_problem_complaint, rule, recipe))


def _builds(recipe: Recipe) -> str | None:
    try:
        canonical(settings_of(recipe))
        _built(recipe)
    except Exception as error:  # noqa: BLE001  # whatever a foreign problem raises is its report
        return f"it can be built; got {told(error)}"
    return None


def _built(recipe: Recipe) -> Problem:
    """As a run has it."""
    return settled(data_of(recipe, 0), recipe)


def _problem_complaint(rule: ProblemRule, recipe: Recipe) -> str | None:
    try:
        return rule(recipe, _built(recipe))
    except Exception as error:  # noqa: BLE001  # as above
        return f"no exception comes out; got {told(error)}"


def repeats_its_data(recipe: Recipe, problem: Problem) -> str | None:
    """The same generator gives the same data and the same first weights."""
    again = recipe.build(stream(0, "data"))
    same = np.array_equal(problem.inputs, again.inputs) and np.array_equal(problem.targets, again.targets)
    first, second = (each.network.theta0(stream(0, "weights")) for each in (problem, again))
    if not same or not np.array_equal(first, second):
        return "the same generator gives the same data and weights; draw from the `rng` that build and theta0 are given"
    return None


def gradient_is_the_slope(recipe: Recipe, problem: Problem) -> str | None:
    """The gradient agrees with a central difference along a random direction."""
    del recipe
    theta = problem.network.theta0(stream(0, "weights"))
    direction = stream(0, "optimizer").standard_normal(len(theta))
    direction /= np.linalg.norm(direction)
    exact = problem.network.dtype == np.float64
    # about the cube root of the precision, where truncation and rounding of a central difference meet
    width = (WIDTH if exact else 1e-2) * max(1.0, float(np.linalg.norm(theta)))
    evaluator = NumpyEvaluator(problem)
    ahead, behind = evaluator.values(np.stack([theta + width * direction, theta - width * direction]))
    gradient = evaluator.values_and_grads(theta[None])[1][0]
    slope, expected = float(gradient @ direction), float(ahead - behind) / (2 * width)
    # |g| / sqrt(P) is the slope that a random direction has, so that a slope of nearly 0 does not ask for everything
    allowed = (1e-4 if exact else 5e-2) * (abs(expected) + float(np.linalg.norm(gradient)) / np.sqrt(len(theta)))
    if not abs(slope - expected) <= allowed + 1e-9:
        return f"the gradient is the slope of the loss; along one direction it is {slope:.6g} instead of {expected:.6g}"
    return None


def watches_something(recipe: Recipe, problem: Problem) -> str | None:
    """Some frequency is watched, and every probe measures finite numbers."""
    del recipe
    if not any(np.isfinite(probe.frequency).any() for probe in problem.probes):
        return "at least one frequency is watched; no peak of the target rises above the noise"
    theta = problem.network.theta0(stream(0, "weights"))
    predictions = problem.readout(NumpyEvaluator(problem).predict(theta[None]))[0]
    for probe in problem.probes:
        if not all(np.isfinite(numbers).all() for numbers in probe.measure(predictions)):
            return f"amplitudes and errors are finite; those of the probe '{probe.name}' are not"
    return None


def can_be_trained(recipe: Recipe, problem: Problem) -> str | None:
    """A hundred small steps of gradient descent lower the loss."""
    del recipe
    evaluator = NumpyEvaluator(problem)
    # a hundred gradients at the usual price of three
    meter = Meter(evaluator, Terms(300))
    theta0 = problem.network.theta0(stream(0, "weights"))
    drive(GD(lr=1e-3), meter, theta0, stream(0, "optimizer"))
    first = float(evaluator.values(theta0[None])[0])
    if not meter.best_loss < first:
        return f"a hundred steps of gradient descent lower the loss; it stays at {first:.4g}"
    return None
