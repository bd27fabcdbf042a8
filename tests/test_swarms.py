"""The own swarm is the textbook's, and all swarms find an easy minimum."""

from dataclasses import replace
from importlib import import_module
from itertools import islice

import numpy as np
import pytest
from support.functions import START, asked, rosenbrock, rosenbrocks, sphere

from optimizers import OPTIMIZERS
from optimizers.isolation import globals_kept
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
        r1, r2 = rng.random((size, dim)), rng.random((size, dim))
        for i in range(size):
            informants = range(size) if method.topology == "global" else [i - 1, i, (i + 1) % size]
            leader = best[min(informants, key=lambda k: low[k])]
            for j in range(dim):
                pull = method.own * r1[i, j] * (best[i, j] - x[i, j]) + method.shared * r2[i, j] * (leader[j] - x[i, j])
                v[i, j] = method.inertia * v[i, j] + pull
                x[i, j] += v[i, j]


@pytest.mark.parametrize("topology", ["global", "ring"])
def test_pso_is_the_textbook_swarm(topology):
    method = PSO(particles=5, topology=topology)
    rows = asked(method, rosenbrocks, calls=30, seed=3).points
    expected = list(islice(scalar_swarm(method, START, np.random.default_rng(3)), 30))
    np.testing.assert_allclose(rows, expected, rtol=1e-9)


@pytest.mark.parametrize("name", ["pso", "pso-pyswarms"])
@pytest.mark.parametrize("seed", range(3))
def test_swarms_find_the_minimum_of_the_sphere(name, seed):
    assert np.min(asked(OPTIMIZERS[name], sphere, np.ones(10), calls=500, seed=seed).losses) < 1e-8


def plain_nevergrad(method, calls, seed=0):
    """The points of the library, on Rosenbrock's function."""
    with globals_kept():
        nevergrad = import_module("nevergrad")
    space = nevergrad.p.Array(init=START).set_mutation(sigma=method.spread)
    space.random_state = np.random.RandomState(int(np.random.default_rng(seed).integers(2**32)))
    settings = {"popsize": method.particles, "omega": method.inertia, "phip": method.own, "phig": method.shared}
    swarm, points = nevergrad.optimizers.ConfPSO(**settings)(space), []
    swarm.suggest(START)
    for _ in range(calls):
        candidate = swarm.ask()
        points.append(candidate.value.copy())
        swarm.tell(candidate, rosenbrock(candidate.value)[0])
    return points


@pytest.mark.parametrize("particles", [2, 7])
def test_the_asynchronous_swarm_has_the_points_of_nevergrad(particles):
    method = replace(OPTIMIZERS["pso-nevergrad"], particles=particles)
    found = asked(method, rosenbrock, calls=300).points
    np.testing.assert_allclose(found, plain_nevergrad(method, 300), rtol=0, atol=1e-9)
    assert len(np.unique(found, axis=0)) == 300


def test_nevergrads_swarm_finds_the_minimum_of_the_sphere():
    assert min(asked(OPTIMIZERS["pso-nevergrad"], sphere, np.ones(2), calls=1500).losses) < 1e-8
