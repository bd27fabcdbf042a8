"""CMA-ES in own code: the points of pycma, alone and in lanes, and a covariance that rounding has spoilt."""

import numpy as np
import pytest
from support.functions import START, Enough, Function, rosenbrocks

from optimizers import OPTIMIZERS
from optimizers.evolution.covariance import Covariance
from optimizers.evolution.populations import CMAES, LEAST_TPA, Several


class Population(Function):
    """The function, also at one point."""

    def value(self, theta):
        return self.function(theta)[0]


def samples(theta0, generations, seed=0):
    function = Population(rosenbrocks, generations)
    with pytest.raises(Enough):
        OPTIMIZERS["cma-es"].minimize(function, theta0, np.random.default_rng(seed))
    return np.array(function.points)


@pytest.mark.parametrize("theta0", [START[:2], START, np.linspace(-1, 1, LEAST_TPA)], ids=len)
def test_samples_are_those_of_pycma(theta0):
    pycma = CMAES()._pycma(theta0, np.random.default_rng(0))
    for found in samples(theta0, 60 if len(theta0) < LEAST_TPA else 4):
        expected = np.array(pycma.ask())
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)
        pycma.tell(list(expected), list(rosenbrocks(expected)[0]))


def laws(theta0, lanes):
    pycma = CMAES()._pycma(theta0, np.random.default_rng(9))
    return Covariance(np.tile(theta0, (lanes, 1)), 0.3, pycma), [np.random.default_rng(lane) for lane in range(lanes)]


def test_a_lane_is_the_run_alone_whatever_becomes_of_another():
    (together, rngs), (alone, _) = laws(START, 3), laws(START, 1)
    rng = np.random.default_rng(2)
    for generation in range(40):
        found, own = together.samples(rngs), alone.samples([rng])
        np.testing.assert_allclose(found[2], own[0], rtol=0, atol=1e-10)
        losses = rosenbrocks(found.reshape(-1, len(START)))[0].reshape(found.shape[:2])
        if generation > 10:
            together._mean[0] = np.nan
        together.learn(found, losses)
        alone.learn(own, losses[2:])


def test_strategies_of_pycma_in_lanes_draw_and_learn_each_for_itself():
    theta0 = np.ones(LEAST_TPA)
    made = [CMAES()._pycma(theta0, np.random.default_rng(seed)) for seed in (0, 1, 1)]
    several, alone = Several(made[:2]), made[2]
    for _ in range(3):
        found, own = several.samples([]), np.array(alone.ask())
        np.testing.assert_array_equal(found[1], own)
        several.learn(found, np.stack([rosenbrocks(each)[0] for each in found]))
        alone.tell(list(own), list(rosenbrocks(own)[0]))


def test_a_covariance_that_is_not_positive_gets_a_larger_diagonal():
    law, rngs = laws(START, 2)
    law.learn(found := law.samples(rngs), rosenbrocks(found.reshape(-1, 13))[0].reshape(2, -1))
    usual = law._covariance[1].copy()
    law._covariance[0] = -0.5 * np.eye(13)
    law.samples(rngs)
    assert (law._lengths > 0).all()
    np.testing.assert_allclose(law._axes[1] * law._lengths[1] ** 2 @ law._axes[1].T, usual, atol=1e-12)
