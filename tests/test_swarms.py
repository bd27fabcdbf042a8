"""The own swarm is the textbook's, and all swarms find an easy minimum."""

from itertools import islice

import numpy as np
import pytest
from support.functions import START, asked, rosenbrock, rosenbrocks, sphere

from optimizers import OPTIMIZERS
from optimizers.swarm.pso import PSO


def scalar_swarm(method, theta0, rng):
    """Particle swarm optimization as it is written in the books, one number at a time: populations without end."""
    size, dim = method.particles, len(theta0)
    x = theta0 + method.spread * rng.standard_normal((size, dim))
    x[0] = theta0
    v = np.zeros((size, dim))
    best, low = x.copy(), np.full(size, np.inf)
    while True:
        yield x.copy()
        for i in range(size):
            if rosenbrock(x[i])[0] < low[i]:
                best[i], low[i] = x[i], rosenbrock(x[i])[0]
        leader = best[low.argmin()]
        r1, r2 = rng.random((size, dim)), rng.random((size, dim))
        for i in range(size):
            for j in range(dim):
                pull = method.own * r1[i, j] * (best[i, j] - x[i, j]) + method.shared * r2[i, j] * (leader[j] - x[i, j])
                v[i, j] = method.inertia * v[i, j] + pull
                x[i, j] += v[i, j]


def test_pso_is_the_textbook_swarm():
    method = PSO(particles=5)
    rows = asked(method, rosenbrocks, calls=30, seed=3).points
    expected = list(islice(scalar_swarm(method, START, np.random.default_rng(3)), 30))
    np.testing.assert_allclose(rows, expected, rtol=1e-9)


@pytest.mark.parametrize("name", ["pso", "pso-pyswarms"])
@pytest.mark.parametrize("seed", range(3))
def test_swarms_find_the_minimum_of_the_sphere(name, seed):
    assert np.min(asked(OPTIMIZERS[name], sphere, np.ones(10), calls=500, seed=seed).losses) < 1e-8


def test_nevergrads_swarm_finds_the_minimum_of_the_sphere():
    assert min(asked(OPTIMIZERS["pso-nevergrad"], sphere, np.ones(2), calls=1500).losses) < 1e-8
