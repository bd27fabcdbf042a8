"""Every method beats random search at equal cost, on a convex quadratic and on a network, or its page says why not."""

from dataclasses import replace
from functools import cache
from itertools import islice

import numpy as np
import pytest
from support.toys import linear

from harness.run.drive import drive
from harness.run.fit import is_installed
from harness.run.metering.account import Terms
from harness.run.metering.meter import Meter
from harness.run.spec import stream
from optimizers import OPTIMIZERS
from problems import PROBLEMS
from problems.engines.choose import make_evaluator
from problems.engines.numpy_evaluator import NumpyEvaluator

SEEDS = (0, 1, 2)
MOST = 2
"""Of the seeds: where so many are below a number, the median is."""
CONCEDED = "random search beats it"
"""What the caveat of a method says that does not."""
LARGE, SMALL = "1-40-1", "1-10-1"
"""Networks for `sin135`; the small one is for methods that take no more than some tens of parameters."""


@cache
def quadratic():
    """The mean squared residual of 25 equations in 25 unknowns, with curvatures from 0.02 to 2 along random axes."""
    axes, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((25, 25)))
    return linear(5 * (axes * np.sqrt(np.geomspace(0.01, 1, 25))) @ axes.T)


@cache
def waves(network):
    return replace(PROBLEMS["sin135"], network=network).build(stream(0, "data"))


def lowest(name, problem, seed, terms):
    """The lowest loss of a run, of a method that sees minibatches alone that of its last point."""
    meter = Meter(make_evaluator(problem), terms)
    drive(OPTIMIZERS[name], meter, problem.network.theta0(stream(seed, "weights")), stream(seed, "optimizer"))
    with np.errstate(over="ignore"):  # it may have diverged
        last = make_evaluator(problem).value(meter.last)  # a minibatch's loss is never the best
    return meter.best_loss if np.isfinite(meter.best_loss) else last


@cache
def by_chance(problem, budget):
    """The median of what random search reaches."""
    return float(np.median([lowest("random-search", problem, seed, Terms(budget)) for seed in SEEDS]))


def beats(name, problem, budget):
    """Whether the median of its lowest losses is below; a run ends where its own is, as what follows tells no more."""
    chance = by_chance(problem, budget)
    terms = Terms(budget, target_loss=float(np.nextafter(chance, -np.inf)))
    won = (lowest(name, problem, seed, terms) < chance for seed in SEEDS)
    return sum(islice((True for one in won if one), MOST)) == MOST


def loses_somewhere(name):
    problems = (quadratic(), waves(LARGE if OPTIMIZERS[name].max_dim >= 121 else SMALL))
    budget = 2000 if OPTIMIZERS[name].max_dim >= 121 else 600
    return not all(beats(name, problem, budget) for problem in problems)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "random-search"])
def test_it_beats_random_search_or_its_page_says_why_not(name):
    if not is_installed(OPTIMIZERS[name]):
        pytest.skip(f"the optional library {OPTIMIZERS[name].library} is not installed")
    assert loses_somewhere(name) == (CONCEDED in OPTIMIZERS[name].caveat)


@pytest.mark.parametrize("name", ["newton-cg", "trust-ncg", "trust-krylov", "sr1"])
@pytest.mark.parametrize("seed", range(4))
def test_a_newton_method_at_the_minimum_ends_as_converged_or_spends_its_budget(name, seed):
    """scipy's solvers of the subproblem divide by the square of a gradient that is no more than rounding."""
    meter = Meter(NumpyEvaluator(quadratic()), Terms(2000))
    theta0 = quadratic().network.theta0(stream(seed, "weights"))
    status, _ = drive(OPTIMIZERS[name], meter, theta0, stream(seed, "optimizer"))
    assert status in {"converged", "budget"}
    assert meter.best_loss < 1e-12


def test_the_quadratic_is_what_it_is_called():
    jacobian = NumpyEvaluator(quadratic()).residuals_and_jacobian(np.zeros(25))[1]
    curvatures = np.linalg.eigvalsh(2 * jacobian.T @ jacobian)
    np.testing.assert_allclose(curvatures, 2 * np.geomspace(0.01, 1, 25), rtol=1e-9)
