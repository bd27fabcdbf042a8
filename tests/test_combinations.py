"""Scaled and antisymmetric networks against torch and against their definitions."""

from math import prod, sqrt

import numpy as np
import pytest
import torch

from problems.base import HessianNetwork, Problem
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.losses.regression import make_loss
from problems.networks.combinations import combine
from problems.networks.inits import INITS
from problems.networks.mlp import MLP, fully_connected
from problems.networks.slopes import SlopedMLP

INIT_TEXTS = ("ntk", "mean-field", "antisymmetric", "antisymmetric(0.4)")
each_init = pytest.mark.parametrize("init", INIT_TEXTS)


def make(init: str, widths: str = "2-7-5-3", loss: str = "mse") -> Problem:
    rng = np.random.default_rng(0)
    inputs, targets = rng.standard_normal((9, 2)), rng.standard_normal((9, 3))
    return Problem(
        inputs, targets, fully_connected(widths, (2, 3), "tanh", init, "float64"), make_loss(loss), probes=()
    )


def draw(problem: Problem, lanes: int) -> np.ndarray:
    """Not at the start, where an antisymmetric network is special."""
    return np.random.default_rng(1).standard_normal((lanes, problem.dim))


def by_torch(init: str, theta: torch.Tensor, inputs: np.ndarray) -> torch.Tensor:
    """The 2-7-5-3 network with the scaling written out layer by layer."""

    def network(piece: torch.Tensor) -> torch.Tensor:
        hidden = torch.tensor(inputs)
        layers = [(2, 7), (7, 5), (5, 3)]
        for index, (fan_in, fan_out) in enumerate(layers):
            weight, bias, piece = piece.split([fan_in * fan_out, fan_out, len(piece) - fan_out * (fan_in + 1)])
            last = index == len(layers) - 1
            divisor = {"ntk": fan_in**0.5, "mean-field": fan_in if last else fan_in**0.5}.get(init, 1.0)
            bias_divisor = fan_in**0.5 if last and init == "mean-field" else 1.0
            hidden = hidden @ (weight.reshape(fan_out, fan_in) / divisor).T + bias / bias_divisor
            hidden = hidden if last else torch.tanh(hidden)
        return hidden

    if not init.startswith("antisymmetric"):
        return network(theta)
    first, twin = theta.chunk(2)
    return (network(first) - network(twin)) / sqrt(2)


@each_init
def test_outputs_and_gradients_are_those_of_torch(init):
    problem = make(init)
    thetas = draw(problem, 3)
    losses, grads = NumpyEvaluator(problem).values_and_grads(thetas)
    for theta, loss, grad, outputs in zip(thetas, losses, grads, NumpyEvaluator(problem).predict(thetas), strict=True):
        leaf = torch.tensor(theta, requires_grad=True)
        found = by_torch(init, leaf, problem.inputs)
        value = torch.nn.functional.mse_loss(found, torch.tensor(problem.targets))
        value.backward()
        np.testing.assert_allclose(outputs, found.detach().numpy(), rtol=1e-12, atol=1e-13)
        assert loss == pytest.approx(value.item(), rel=1e-12)
        np.testing.assert_allclose(grad, leaf.grad.numpy(), rtol=1e-10, atol=1e-13)


@each_init
@pytest.mark.parametrize("loss", ["mse", "l4"])
def test_jacobians_and_hessian_products_are_those_of_torch(init, loss):
    problem = make(init, loss=loss)
    theta, vector = draw(problem, 2)

    def value(theta: torch.Tensor) -> torch.Tensor:
        power = 2 if loss == "mse" else 4
        return ((by_torch(init, theta, problem.inputs) - torch.tensor(problem.targets)) ** power).mean()

    wanted = torch.func.jacrev(lambda v: by_torch(init, v, problem.inputs))(torch.tensor(theta))
    np.testing.assert_allclose(problem.network.jacobian(theta, problem.inputs), wanted.detach(), rtol=1e-10, atol=1e-13)
    leaf = torch.tensor(theta, requires_grad=True)
    (slope,) = torch.autograd.grad(value(leaf), leaf, create_graph=True)
    (product,) = torch.autograd.grad(slope, leaf, torch.tensor(vector))
    np.testing.assert_allclose(NumpyEvaluator(problem).hvp(theta, vector), product.numpy(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("init", ["antisymmetric", "antisymmetric(0.4)"])
def test_an_antisymmetric_network_starts_at_zero_with_the_tangent_kernel_of_its_copies(init):
    problem = make(init)
    plain = MLP((2, 7, 5, 3))
    theta = problem.network.theta0(np.random.default_rng(5))
    assert (NumpyEvaluator(problem).predict(theta[None]) == 0).all()
    assert np.array_equal(*np.split(theta, 2))
    own, one = problem.network.jacobian(theta, problem.inputs), plain.jacobian(theta[: plain.dim], problem.inputs)
    np.testing.assert_allclose(
        np.einsum("imp,jmp->ijm", own, own), np.einsum("imp,jmp->ijm", one, one), rtol=1e-12, atol=1e-13
    )


def test_numbers_of_antisymmetric_are_the_standard_deviation():
    theta = fully_connected("10-300-1", (10, 1), "tanh", "antisymmetric(0.4)", "float64").theta0(
        np.random.default_rng(0)
    )
    assert theta.std() == pytest.approx(0.4, rel=0.05)


@pytest.mark.parametrize(("init", "power"), [("ntk", 0.0), ("mean-field", -0.5)])
def test_outputs_at_the_start_scale_with_the_width_as_the_name_says(init, power):
    """As the width grows sixteenfold, ntk outputs keep their size and mean-field ones shrink fourfold."""
    sizes = []
    for width in (100, 1600):
        network = fully_connected(f"1-{width}-1", (1, 1), "tanh", init, "float64")
        rng = np.random.default_rng(0)
        thetas = np.stack([network.theta0(rng) for _ in range(300)])
        thetas[:, -1] = 0  # the last bias scales with nothing
        sizes.append(network.forward(thetas, np.array([[0.7]])).std())
    assert np.log(sizes[1] / sizes[0]) / np.log(16) == pytest.approx(power, abs=0.05)


@pytest.mark.parametrize("init", ["ntk", "mean-field"])
def test_parameters_of_the_scalings_are_standard_normal(init):
    theta = fully_connected("10-300-1", (10, 1), "tanh", init, "float64").theta0(np.random.default_rng(0))
    assert theta.std() == pytest.approx(1.0, rel=0.05)


@each_init
def test_the_layout_names_every_parameter_once(init):
    layout = make(init).network.layout
    ends = np.cumsum([prod(slot.shape) for slot in layout])
    assert [slot.offset for slot in layout] == [0, *ends[:-1]]
    assert ends[-1] == make(init).dim
    assert len({slot.name for slot in layout}) == len(layout)


@each_init
def test_second_derivatives_are_offered_only_where_the_inner_network_has_them(init):
    assert isinstance(make(init).network, HessianNetwork)
    wrapped = INITS[init.partition("(")[0]]().wrap(SlopedMLP(MLP((1, 4, 1))))
    assert not isinstance(wrapped, HessianNetwork)
    assert wrapped.dim in (13, 26)


def test_combinations_are_equal_by_what_they_are_made_of():
    first, second, other = (make(init).network for init in ("ntk", "ntk", "mean-field"))
    assert first == second != other
    assert combine(MLP((1, 2, 1)), (1.0,), lambda *_: 1.0) != first


@pytest.mark.parametrize("width", [4, 64])
def test_a_mean_field_step_moves_every_unit_and_the_output_bias_at_a_rate_without_the_width(width):
    """f = (1/N) sum a_i tanh(w_i x + b_i) + c / sqrt N; N lr times the gradient is lr E[2 (f - y) grad sigma_*]."""
    network = fully_connected(f"1-{width}-1", (1, 1), "tanh", "mean-field", "float64")
    rng = np.random.default_rng(0)
    x, y, theta = rng.normal(size=(9, 1)), rng.normal(size=(9, 1)), network.theta0(rng)
    w, b, a, c = theta[:width], theta[width : 2 * width], theta[2 * width : 3 * width], theta[-1] / width**0.5
    hidden = np.tanh(x * w + b)
    outputs = (hidden @ a / width + c)[:, None]
    np.testing.assert_allclose(network.forward(theta[None], x)[0], outputs)
    found, pullback = network.vjp(theta[None], x)
    gradient = pullback(2 * (found - y) / len(x))[0]
    moved, slope = width * gradient, a * (1 - hidden**2)
    expected = [(2 * (outputs - y) * own).mean(axis=0) for own in (slope * x, slope, hidden)]
    np.testing.assert_allclose(moved[:-1], np.concatenate(expected), atol=1e-14)
    # the bias as it is used, c / sqrt N
    assert moved[-1] / width**0.5 == pytest.approx((2 * (outputs - y)).mean())
