"""The steps that are taken without torch are torch's."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from optimizers import OPTIMIZERS
from optimizers.first_order.elementwise import SMALL
from optimizers.first_order.torch_methods import TorchMethod

OWN = [
    name
    for name, method in OPTIMIZERS.items()
    if isinstance(method, TorchMethod) and method.own_step(np.zeros(3)) is not None
]


def gradients(shape):
    rng = np.random.default_rng(5)
    # from large to zero, as losses and tails are
    return [rng.standard_normal(shape) * 10.0**-decade for decade in (2, 0, 0, 3, 3, 300) for _ in range(7)]


def test_the_methods_that_go_without_torch_are_these():
    assert {"gd", "momentum", "adam", "sgd", "adam-minibatch"} <= set(OWN)


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("shape", [(9,), (3, 5)])
def test_an_own_step_is_torchs(name, shape):
    method = OPTIMIZERS[name]
    theta = np.random.default_rng(6).standard_normal(shape)
    param = torch.from_numpy(theta.copy())
    step, stepper = method.own_step(theta), method.build(torch.optim, [param])
    for gradient in gradients(shape):
        param.grad = torch.from_numpy(gradient.copy())
        stepper.step()
        step(gradient)
        np.testing.assert_allclose(theta, param.numpy(), rtol=1e-12, atol=1e-14)


def test_a_large_vector_or_a_schedule_is_left_to_torch():
    class Enough(Exception):
        pass

    def moved(method, theta0, calls=3):
        seen = []

        def gradient(theta):
            if len(seen) == calls:
                raise Enough
            seen.append(theta.copy())
            return np.ones_like(theta)

        with pytest.raises(Enough):
            method.descend(theta0, gradient)
        return np.array(seen)

    large = moved(OPTIMIZERS["gd"], np.zeros(SMALL + 1))
    np.testing.assert_allclose(large[:, 0], moved(OPTIMIZERS["gd"], np.zeros(2))[:, 0], rtol=1e-12)
    (lr,) = {OPTIMIZERS["gd"].lr}
    stepped = moved(type(OPTIMIZERS["gd"])(schedule="step", period=1), np.zeros(2))
    np.testing.assert_allclose(np.diff(stepped[:, 0]), [-lr, -lr / 10], rtol=1e-12)


def test_a_default_comparison_loads_no_torch():
    code = """
import sys
from harness.study.comparison import plan
from harness.run.runner import run_lanes
for spec in plan("control-flat", seeds=1, budget=30).specs:
    run_lanes([spec])
sys.exit("torch" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
