"""Samplers of the initial law: the map from normal coordinates, and a posterior that is known."""

import numpy as np
import pytest
from scipy.stats import kstest

from optimizers.base import RunStopped, Slot
from optimizers.stochastic.samplers import Metropolis, NormalCoordinates, PriorSearch


class Enough(RunStopped):
    pass


class Objective:
    """The loss `theta.theta / 2` of 3 parameters that start from N(0, 0.5^2), and of 40 that start from U(-1, 1)."""

    layout = (Slot("normal", (3,), 0), Slot("uniform", (8, 5), 3))

    def __init__(self, calls=0):
        self.calls, self.points = calls, []

    def initial(self, rng):
        return np.concatenate([0.5 * rng.standard_normal(3), rng.uniform(-1, 1, 40)])

    def value(self, theta):
        if len(self.points) == self.calls:
            raise Enough
        self.points.append(theta.copy())
        return float(theta[:3] @ theta[:3] / 2)

    def values(self, thetas):
        return np.array([self.value(theta) for theta in thetas])

    def evaluations_left(self, need):
        assert need == "value"
        return self.calls - len(self.points)


def test_normal_coordinates_meet_the_start_exactly_and_have_its_law():
    objective, rng = Objective(), np.random.default_rng(0)
    theta0 = objective.initial(rng)
    law = NormalCoordinates(objective, theta0[None], [rng])
    np.testing.assert_allclose(law.theta_of(law.start)[0], theta0, atol=1e-12)
    drawn = np.array([law.theta_of(rng.standard_normal((1, 43)))[0] for _ in range(400)])
    assert kstest(drawn[:, 3:].ravel()[::7], "uniform", (-1, 2)).pvalue > 1e-3
    assert drawn[:, :3].std() == pytest.approx(0.5, rel=0.08)


def test_at_a_fixed_temperature_the_chain_has_the_known_variance():
    """N(0, 1/4) times exp(-theta^2 / (2 T)) is N(0, 1 / (4 + 1/T)); with T = 0.1 its variance is 1/14.

    Tiny steps from an accepted state stay near it, so that the proposals of steps of 0.01 and less are the states."""
    objective, rng = Objective(60_000), np.random.default_rng(1)
    theta0 = objective.initial(rng)
    share = 0.1 / float(theta0[:3] @ theta0[:3] / 2)
    with pytest.raises(Enough):
        Metropolis(hot=share, cold=share, smallest=1e-3).minimize(objective, theta0, rng)
    points = np.array(objective.points)[1000:]
    near = np.linalg.norm(np.diff(points, axis=0)[:, 3:], axis=1) < 0.1  # of two small steps in turn
    assert points[1:][near][:, :3].var() == pytest.approx(1 / 14, rel=0.15)


def test_random_search_from_the_law_draws_nothing_else():
    objective, rng = Objective(500), np.random.default_rng(2)
    with pytest.raises(Enough):
        PriorSearch(batch=10).minimize(objective, objective.initial(rng), rng)
    drawn = np.array(objective.points)
    assert np.abs(drawn[:, 3:]).max() <= 1
    assert drawn[1:, :3].std() == pytest.approx(0.5, rel=0.08)
    assert len({tuple(point) for point in drawn}) == 500
