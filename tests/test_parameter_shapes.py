"""Parameters of every shape: every method trains modules with scalars, arrays of four axes, and empty ones."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from harness.run.runner import run
from harness.run.spec import RunSpec
from optimizers import OPTIMIZERS
from problems import PROBLEMS
from problems.losses.regression import make_loss
from problems.networks.torch.module import ModuleNetwork
from problems.user_modules import module_problem

SMALL = replace(PROBLEMS["sin135"], samples=16)
LAYERED = [name for name, method in OPTIMIZERS.items() if "layout" in method.needs]
QUICK = {"gd", "lbfgs", "gauss-newton", "newton-cg-torch", *LAYERED}
"""What has a way of its own to unpack a vector; all others are tried, too, and take longer."""


class Shapes(nn.Module):
    """One hidden layer, with factors and summands of every shape."""

    def __init__(self, *others):
        super().__init__()
        self.first = nn.Linear(1, 2)
        self.scalar = nn.Parameter(torch.tensor(0.7))
        self.vector, self.matrix = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1, 1))
        self.three, self.four = nn.Parameter(torch.full((2, 1, 3), 0.1)), nn.Parameter(torch.full((1, 2, 2, 1), 0.1))
        self.complex = nn.Parameter(torch.tensor(0.3 + 0.1j))
        self.others = nn.ParameterList(nn.Parameter(torch.zeros(shape)) for shape in others)

    def forward(self, x):
        hidden = torch.tanh(self.first(x)).sum(1, keepdim=True) * self.scalar * self.vector * self.matrix
        rest = sum(other.sum() for other in self.others) + self.four.square().sum()
        return hidden * self.three.sum() + rest + self.complex.abs() * x


def ended(name, make):
    recipe = module_problem("shapes", make, SMALL, "all shapes")
    row = run(RunSpec("shapes", recipe, name, OPTIMIZERS[name], 0, 30.0))["runs"].iloc[0]
    return row["status"], row["reason"]


def methods():
    return [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in OPTIMIZERS]


@pytest.mark.parametrize("name", methods())
def test_every_method_trains_parameters_of_every_shape(name):
    status, reason = ended(name, lambda: Shapes((0,), (0, 3)))
    assert status != "failed", reason


def test_empty_parameters_are_no_part_of_the_vector():
    own, empty = (ModuleNetwork("shapes", make, (1,)) for make in (Shapes, lambda: Shapes((0,), (2, 0))))
    assert empty.dim == own.dim == 4 + 1 + 1 + 1 + 6 + 4 + 2
    assert [slot.shape for slot in empty.layout] == [slot.shape for slot in own.layout]
    theta, inputs = own.theta0(np.random.default_rng(0)), np.linspace(-1, 1, 5)[:, None]
    np.testing.assert_array_equal(own.forward(theta[None], inputs), empty.forward(theta[None], inputs))


@pytest.mark.parametrize("ask", ["vjp", "jacobian", "hvp", "input_gradient"])
def test_derivatives_are_those_of_the_module_also_where_a_library_has_forbidden_its_own(ask):
    network = ModuleNetwork("shapes", Shapes, (1,))
    theta, inputs = network.theta0(np.random.default_rng(0)), np.linspace(-1, 1, 5)[:, None]
    cotangent = np.ones((1, 5, 1))
    asked = {
        "vjp": lambda: network.vjp(theta[None], inputs)[1](cotangent),
        "jacobian": lambda: network.jacobian(theta, inputs),
        "hvp": lambda: network.hvp(theta, np.ones(network.dim), inputs, inputs, make_loss("mse")),
        "input_gradient": lambda: network.input_gradient(theta, inputs, cotangent[0]),
    }[ask]
    expected = asked()
    with torch.no_grad():
        np.testing.assert_array_equal(asked(), expected)
