"""Separable CMA-ES in own code: the samples of the library."""

from contextlib import suppress

import numpy as np
from cmaes import SepCMA
from support.functions import START, Enough, Function, rosenbrocks

from optimizers import OPTIMIZERS


def test_samples_are_those_of_the_library():
    population, generations = 32, 40
    ours = Function(rosenbrocks, generations)
    ours.value = lambda theta: rosenbrocks(theta[None])[0][0]
    with suppress(Enough):
        OPTIMIZERS["sep-cma-es"].minimize(ours, START, np.random.default_rng(0))
    seed = int(np.random.default_rng(0).integers(2**31))
    law = SepCMA(START.copy(), 0.3, population_size=population, seed=seed)
    for found in ours.points:
        samples = np.array([law.ask() for _ in range(population)])
        np.testing.assert_allclose(found, samples, rtol=0, atol=1e-9)
        law.tell(list(zip(samples, rosenbrocks(samples)[0], strict=True)))
    assert len(ours.points) == generations
