"""What each method is: its numbers against lines of numpy, against the plain library, and against a known minimum."""

import json
import logging
import random
import subprocess
import sys
import tracemalloc
import warnings
from contextlib import suppress
from itertools import islice

import numpy as np
import pytest
import scipy.optimize
import torch

from harness.conduct import process_state
from optimizers import OPTIMIZERS
from optimizers.base import Optimizer, RunStopped
from optimizers.isolation import globals_kept
from optimizers.restarts import descend_repeatedly
from optimizers.swarm import PSO

SHAPES = ((4, 1), (4,), (1, 4), (1,))
ENDS = (4, 8, 12)
START = np.linspace(-1.0, 1.2, 13)


class Enough(RunStopped):
    """The function below has been asked often enough."""


class Function:
    """An Objective from `function(theta) -> (loss, gradient)`, both vectorised, that keeps every point and loss."""

    def __init__(self, function, calls):
        self.function, self.calls = function, calls
        self.points, self.losses = [], []

    def value_and_grad(self, theta):
        if len(self.points) == self.calls:
            raise Enough
        loss, gradient = self.function(theta)
        self.points.append(np.array(theta))
        self.losses.append(loss)
        return loss, gradient

    def value(self, theta):
        return self.value_and_grad(theta)[0]

    values = value


def sphere(theta):
    return (theta**2).sum(-1), 2 * theta


def rosenbrock(theta):
    return scipy.optimize.rosen(theta), scipy.optimize.rosen_der(theta)


def rosenbrocks(thetas):
    return scipy.optimize.rosen(thetas.T), None


def asked(method, function=rosenbrock, theta0=START, calls=100, seed=0):
    """The function after `method` has asked it at most `calls` times."""
    function = Function(function, calls)
    with suppress(Enough), warnings.catch_warnings(action="ignore"):  # as the harness does
        method.minimize(function, theta0, np.random.default_rng(seed))
    return function


def test_gd_is_three_lines_of_numpy():
    theta = START.copy()
    for point in asked(OPTIMIZERS["gd"], sphere).points:
        np.testing.assert_allclose(point, theta, rtol=1e-14)
        theta -= 0.05 * sphere(theta)[1]


PLAIN_TORCH = {
    "gd": lambda params: torch.optim.SGD(params, lr=0.05),
    "momentum": lambda params: torch.optim.SGD(params, lr=0.03, momentum=0.9),
    "adam": lambda params: torch.optim.Adam(params, lr=3e-3),
    "nesterov": lambda params: torch.optim.SGD(params, lr=0.03, momentum=0.9, nesterov=True),
    "adagrad": lambda params: torch.optim.Adagrad(params, lr=0.03),
    "rmsprop": lambda params: torch.optim.RMSprop(params, lr=1e-3, alpha=0.99),
    "adadelta": lambda params: torch.optim.Adadelta(params, lr=1.0, rho=0.9),
    "adamw": lambda params: torch.optim.AdamW(params, lr=3e-3, weight_decay=1e-4),
    "nadam": lambda params: torch.optim.NAdam(params, lr=3e-3),
    "radam": lambda params: torch.optim.RAdam(params, lr=1e-2),
    "adamax": lambda params: torch.optim.Adamax(params, lr=3e-3),
    "rprop": lambda params: torch.optim.Rprop(params, lr=1e-3),
    "asgd": lambda params: torch.optim.ASGD(params, lr=0.05),
    "lbfgs-torch": lambda params: torch.optim.LBFGS(
        params,
        max_iter=10_000,
        max_eval=10_000,
        tolerance_grad=0,
        tolerance_change=0,
        history_size=20,
        line_search_fn="strong_wolfe",
    ),
}


@pytest.mark.parametrize("name", PLAIN_TORCH)
def test_a_flat_parameter_equals_parameters_of_many_shapes_bit_by_bit(name):
    """The losses come from a function whose gradients stay moderate, so that all steps are finite."""

    def waves(theta):
        return np.sum(1 - np.cos(theta)) + 0.1 * theta @ theta, np.sin(theta) + 0.2 * theta

    flat = asked(OPTIMIZERS[name], waves, calls=40)
    params = [torch.tensor(part.reshape(shape)) for part, shape in zip(np.split(START, ENDS), SHAPES, strict=True)]
    plain = Function(waves, len(flat.points))

    def closure():
        loss, gradient = plain.value_and_grad(np.concatenate([param.numpy().ravel() for param in params]))
        for param, part in zip(params, np.split(gradient, ENDS), strict=True):
            param.grad = torch.from_numpy(part.reshape(param.shape))
        return loss

    stepper = PLAIN_TORCH[name](params)
    with suppress(Enough):
        while True:
            stepper.step(closure)
    assert len(flat.points) > 10
    np.testing.assert_array_equal(flat.points, plain.points)


PLAIN_SCIPY = {
    "cg": ("CG", {"gtol": 0, "c2": 0.1}),
    "lbfgs": ("L-BFGS-B", {"gtol": 0, "ftol": 0, "maxcor": 20}),
    "powell": ("Powell", {"xtol": 0.01, "ftol": 0}),
}


@pytest.mark.parametrize("name", PLAIN_SCIPY)
def test_points_equal_those_of_plain_scipy(name):
    method, options = PLAIN_SCIPY[name]
    plain = Function(rosenbrock, 200)
    gradient = method != "Powell"
    with suppress(Enough):
        scipy.optimize.minimize(
            plain.value_and_grad if gradient else plain.value, START, jac=gradient, method=method, options=options
        )
    assert len(plain.points) > 80
    np.testing.assert_array_equal(asked(OPTIMIZERS[name], calls=len(plain.points)).points, plain.points)


DESCENTS = ("bfgs", "cg", "lbfgs", "lbfgs-torch")


@pytest.mark.parametrize("name", DESCENTS)
def test_descents_find_the_minimum_of_a_curved_valley(name):
    assert min(asked(OPTIMIZERS[name], calls=2000).losses) < 1e-15


@pytest.mark.parametrize("name", [*DESCENTS, "powell"])
def test_a_start_at_the_minimum_is_recognised(name):
    assert len(asked(OPTIMIZERS[name], sphere, np.zeros(13), calls=2000).points) < 2000


@pytest.mark.parametrize("name", DESCENTS)
def test_a_line_search_misled_far_from_the_minimum_is_not_the_end(name):
    """For a while the gradient points uphill, as rounding can make it; scipy calls that precision loss and gives up."""
    calls = 0

    def misleading(theta):
        nonlocal calls
        calls += 1
        loss, gradient = rosenbrock(theta)
        return loss, -gradient if 30 <= calls < 38 else gradient

    assert min(asked(OPTIMIZERS[name], misleading, calls=2000).losses) < 1e-15


def test_restarts_end_with_the_first_that_does_not_help():
    losses = iter((3.0, 2.0, 2.0, 1.0))
    descend_repeatedly(lambda theta: (theta, next(losses)), START)
    assert list(losses) == [1.0]


def test_no_point_is_paid_for_twice_by_torch_lbfgs():
    points = np.array(asked(OPTIMIZERS["lbfgs-torch"], calls=100).points)
    assert len(np.unique(points, axis=0)) == len(points) == 100


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


class Unwatched(Function):
    """The same, and keeps nothing."""

    def value_and_grad(self, theta):
        self.calls -= 1
        if self.calls < 0:
            raise Enough
        return self.function(theta)


@pytest.mark.parametrize("name", ["bfgs", "cg", "lbfgs", "powell", "pso", "pso-pyswarms", "pso-nevergrad"])
def test_memory_is_what_a_run_holds(name):
    """As numpy's own bookkeeping has it; torch does not report its tensors there."""
    method, theta0 = OPTIMIZERS[name], np.linspace(-1, 1, 400)
    valley = rosenbrocks if "population" in method.needs else rosenbrock
    asked(method, valley, theta0, calls=1)  # imports the library
    tracemalloc.start()
    try:
        unwatched = Unwatched(valley, 60 if "gradient" in method.needs else 1100)
        with pytest.raises(Enough):
            method.minimize(unwatched, theta0, np.random.default_rng(0))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 0.5 < peak / method.memory(400) < 1.25


def test_a_method_with_a_cap_of_its_own_fits_a_small_machine_at_it():
    capped = {name: method for name, method in OPTIMIZERS.items() if method.max_dim < Optimizer.max_dim}
    assert {name for name, method in capped.items() if method.memory(method.max_dim) > 4e9} == set()
    assert OPTIMIZERS["powell"].memory(20_000) == pytest.approx(3.2e9, rel=0.01)


def test_globals_are_put_back_after_an_error():
    def disturb():
        logging.getLogger().setLevel(1)
        logging.getLogger().addHandler(logging.NullHandler())
        warnings.simplefilter("always")
        random.random()
        np.random.random()  # noqa: NPY002
        raise ZeroDivisionError

    before = process_state()
    with pytest.raises(ZeroDivisionError), globals_kept():
        disturb()
    assert process_state() == before


def fresh(code):
    """What `code` prints in a new interpreter, as JSON."""
    command = [sys.executable, "-W", "error", "-c", code]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_importing_the_registry_loads_numpy_alone():
    code = "import sys, json, optimizers; print(json.dumps([n.partition('.')[0] for n in sys.modules]))"
    assert set(fresh(code)) & {"numpy", "scipy", "torch", "pyswarms", "nevergrad", "pandas"} == {"numpy"}


@pytest.mark.slow
def test_the_first_run_in_a_process_leaves_no_trace_either():
    """When the libraries are imported, as they are only once."""
    code = """
import json
from harness.conduct import leaves_no_trace
from harness.conduct import process_state
from optimizers import OPTIMIZERS
print(json.dumps({name: leaves_no_trace(method) for name, method in OPTIMIZERS.items()}))
"""
    assert fresh(code) == dict.fromkeys(OPTIMIZERS)
