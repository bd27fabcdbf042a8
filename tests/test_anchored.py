"""Losses from an anchor, where few coordinates move: exact to rounding, whatever came before."""

import numpy as np
import pytest

from harness.run.drive import drive
from harness.run.metering.account import Terms
from harness.run.metering.meter import Meter
from harness.run.spec import find_optimizer, find_problem
from problems.base import Problem
from problems.engines.choose import make_evaluator
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.losses.regression import MSE
from problems.networks.mlp import MLP


def pair(widths=(1, 40, 1), samples=50, activation="tanh"):
    """The reference and the compiled evaluator of a random problem."""
    rng = np.random.default_rng(0)
    inputs = rng.uniform(-2, 2, (samples, widths[0]))
    problem = Problem(inputs, rng.standard_normal((samples, widths[-1])), MLP(widths, activation), MSE(), ())
    return NumpyEvaluator(problem), make_evaluator(problem, "compiled")


def whole(reference, theta):
    """The loss by the reference."""
    return float(reference.values(theta[None])[0])


def test_a_walk_along_coordinates_does_not_drift_in_a_hundred_thousand_steps():
    reference, compiled = pair()
    rng = np.random.default_rng(1)
    theta = reference.problem.network.theta0(rng)
    coordinates, steps = rng.integers(0, reference.problem.dim, 100_000), 0.05 * rng.standard_normal(100_000)
    for count, (coordinate, step) in enumerate(zip(coordinates, steps, strict=True)):
        theta[coordinate] = 0.999 * theta[coordinate] + step
        loss = compiled.value(theta)
        if count % 1000 == 999:
            assert loss == pytest.approx(whole(reference, theta), rel=1e-12)


@pytest.mark.parametrize("widths", [(1, 1, 1), (1, 7, 1), (3, 5, 2)])
def test_every_single_coordinate_and_pair_of_them_is_noticed(widths):
    reference, compiled = pair(widths)
    anchor = reference.problem.network.theta0(np.random.default_rng(1))
    for first in range(reference.problem.dim):
        for second in range(first, reference.problem.dim):
            compiled.value(anchor)
            theta = anchor.copy()
            theta[first] += 0.5
            theta[second] -= 0.7
            assert compiled.value(theta) == pytest.approx(whole(reference, theta), rel=1e-12)
    assert compiled.value(anchor) == pytest.approx(whole(reference, anchor), rel=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("index", [3, 45, 95, 120])
def test_a_coordinate_that_was_huge_leaves_no_error_behind(index, activation):
    """In every place: incoming weight, hidden bias, outgoing weight, output bias."""
    reference, compiled = pair(activation=activation)
    theta = reference.problem.network.theta0(np.random.default_rng(1))
    for value in (1e14, 0.1, -1e9, 0.2, 3e5, 0.3, np.nan, 0.4, np.inf, 0.5, 1e300, 0.6):
        moved = theta.copy()
        moved[index] = value
        moved[(index + 7) % 120] += 1e-3  # a second unit, so that the anchor moves along
        got = compiled.value(moved), compiled.value(np.where(np.arange(121) == index, 0.7, moved))
        with np.errstate(all="ignore"):
            due = whole(reference, moved), whole(reference, np.where(np.arange(121) == index, 0.7, moved))
        np.testing.assert_allclose(got, due, rtol=1e-11)


def test_scipys_powell_takes_the_same_way_and_each_of_its_losses_is_exact():
    problem = find_problem("sin135").build(np.random.default_rng(0))
    reference, compiled = NumpyEvaluator(problem), make_evaluator(problem, "compiled")
    theta0 = reference.problem.network.theta0(np.random.default_rng(1))
    meter, errors = Meter(compiled, Terms(4000.0, time_limit=1e9)), []  # against the clock, each is asked of us
    settle = meter._settle

    def note(theta, loss, due, **options):
        errors.append(abs(loss / whole(reference, theta) - 1))
        return settle(theta, loss, due, **options)

    meter._settle = note
    drive(find_optimizer("powell"), meter, theta0, np.random.default_rng(0))
    assert len(errors) == 4000
    assert max(errors) < 1e-12


def test_one_coordinate_costs_far_less_than_all_of_them():
    """Told by the kernel itself: what it computes anew are the rows of the units that moved."""
    reference, compiled = pair((1, 200, 1))
    theta = reference.problem.network.theta0(np.random.default_rng(1))
    compiled.value(theta)
    rows = compiled._state[1]
    kept = rows.copy()
    theta[5] += 0.1
    compiled.value(theta)
    assert np.flatnonzero((rows != kept).any(axis=1)).tolist() == [1]  # the row of a unit on trial
    theta[6] += 0.1
    compiled.value(theta)
    assert np.flatnonzero((rows[2:] != kept[2:]).any(axis=1)).tolist() == [5, 6]
