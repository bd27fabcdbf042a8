"""What each descent is: its numbers against lines of numpy, against the plain library, and against a known minimum."""

import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest
import torch
from support.functions import START, Enough, Function, asked, rosenbrock, sphere

from optimizers import OPTIMIZERS
from optimizers.restarts import descend_repeatedly

SHAPES = ((4, 1), (4,), (1, 4), (1,))
ENDS = (4, 8, 12)


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
}


@pytest.mark.parametrize("name", PLAIN_TORCH)
def test_a_flat_parameter_equals_parameters_of_many_shapes(name):
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
    # steps of our own are torch's to rounding, and what torch does with one flat parameter is the same to the last bit
    own = getattr(OPTIMIZERS[name], "own_step", lambda theta: None)(np.zeros(2)) is not None
    np.testing.assert_allclose(flat.points, plain.points, rtol=1e-12 if own else 0, atol=1e-13 if own else 0)


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


def test_a_first_order_method_does_not_load_torchs_compiler():
    """It takes as long as torch itself, in every worker process."""
    code = """
import sys
from harness.study.comparison import plan
from harness.run.runner import run_lanes
for spec in plan("control-flat", ["gd", "adam"], seeds=1, budget=30).specs:
    run_lanes([spec])
sys.exit("torch._dynamo" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
