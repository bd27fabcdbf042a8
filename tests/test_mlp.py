"""The fully connected network against torch: forward by Sequential, derivatives by autograd, both in float64."""

from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from problems.base import HessianNetwork, Problem
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.line.waves import periodic_grid
from problems.losses.regression import MSE
from problems.networks.mlp import MLP, fully_connected, parse_widths

TORCH: dict[str, Any] = {
    "gelu": torch.nn.functional.gelu,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "sin": torch.sin,
    "sin(3)": lambda z: torch.sin(3 * z),
    "softplus": torch.nn.functional.softplus,
    "tanh": torch.tanh,
}
torch.set_num_threads(1)

reproducible = settings(derandomize=True, database=None, deadline=None, max_examples=40)


class Elementwise(torch.nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, z):
        return self.function(z)


def sequential(net: MLP) -> torch.nn.Sequential:
    dtype = getattr(torch, net.precision)
    modules: list[torch.nn.Module] = []
    for fan_in, fan_out in pairwise(net.widths):
        modules += [torch.nn.Linear(fan_in, fan_out, dtype=dtype), Elementwise(TORCH[net.activation])]
    return torch.nn.Sequential(*modules[:-1])


def by_torch(net: MLP, theta: torch.Tensor, inputs: np.ndarray) -> torch.Tensor:
    """Outputs `(n, m)` as a differentiable function of the flat vector, through torch's own order of parameters."""
    model = sequential(net)
    sizes = [parameter.numel() for parameter in model.parameters()]
    named = zip(dict(model.named_parameters()).items(), theta.split(sizes), strict=True)
    weights = {name: piece.reshape(parameter.shape) for (name, parameter), piece in named}
    return torch.func.functional_call(model, weights, (torch.tensor(inputs),))


def loss_by_torch(problem: Problem, theta: torch.Tensor) -> torch.Tensor:
    outputs = by_torch(problem.network, theta, problem.inputs)
    return torch.nn.functional.mse_loss(outputs, torch.tensor(problem.targets))


def grad_by_torch(problem: Problem, theta: np.ndarray) -> np.ndarray:
    leaf = torch.tensor(theta, requires_grad=True)
    return torch.autograd.grad(loss_by_torch(problem, leaf), leaf)[0].numpy()


def make(widths: tuple[int, ...], activation: str, samples: int, seed: int, precision: str = "float64") -> Problem:
    rng = np.random.default_rng(seed)
    net = MLP(widths, activation, "normal(0.7)", precision)
    inputs = rng.standard_normal((samples, widths[0])).astype(precision)
    targets = rng.standard_normal((samples, widths[-1])).astype(precision)
    return Problem(inputs, targets, net, MSE(), ())


def draw(problem: Problem, lanes: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([problem.network.theta0(rng) for _ in range(lanes)])


problems = st.builds(
    make,
    st.lists(st.integers(1, 6), min_size=2, max_size=5).map(tuple),
    st.sampled_from(sorted(TORCH)),
    st.integers(1, 9),
    st.integers(0, 2**16),
)
smooth = st.builds(
    make,
    st.lists(st.integers(1, 5), min_size=2, max_size=4).map(tuple),
    st.sampled_from(["sigmoid", "sin", "tanh"]),
    st.integers(1, 6),
    st.integers(0, 2**16),
)


def assert_close(found: np.ndarray, wanted: np.ndarray, tolerance: float) -> None:
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= tolerance * (1 + np.abs(wanted).max())


@given(problems)
@reproducible
def test_forward_is_a_torch_sequential_with_the_same_weights(problem):
    (theta,) = draw(problem, 1)
    model = sequential(problem.network)
    torch.nn.utils.vector_to_parameters(torch.tensor(theta), model.parameters())
    with torch.no_grad():
        wanted = model(torch.tensor(problem.inputs)).numpy()
    assert_close(NumpyEvaluator(problem).predict(theta[None])[0], wanted, 1e-13)


@given(problems, st.integers(1, 4))
@reproducible
def test_gradients_are_those_of_autograd(problem, lanes):
    thetas = draw(problem, lanes)
    losses, grads = NumpyEvaluator(problem).values_and_grads(thetas)
    assert_close(grads, np.stack([grad_by_torch(problem, theta) for theta in thetas]), 1e-10)
    wanted = [loss_by_torch(problem, torch.tensor(theta)).item() for theta in thetas]
    assert_close(losses, np.array(wanted), 1e-13)
    assert_close(NumpyEvaluator(problem).values(thetas), np.array(wanted), 1e-13)


@given(smooth)
@reproducible
def test_gradients_are_central_differences_in_every_coordinate(problem):
    (theta,) = draw(problem, 1)
    step = 1e-5 * np.eye(problem.dim)
    wanted = (NumpyEvaluator(problem).values(theta + step) - NumpyEvaluator(problem).values(theta - step)) / 2e-5
    assert_close(NumpyEvaluator(problem).values_and_grads(theta[None])[1][0], wanted, 1e-6)


@given(problems)
@reproducible
def test_jacobian_is_that_of_reverse_mode(problem):
    (theta,) = draw(problem, 1)
    wanted = torch.func.jacrev(lambda vector: by_torch(problem.network, vector, problem.inputs))(torch.tensor(theta))
    assert_close(problem.network.jacobian(theta, problem.inputs), wanted.detach().numpy(), 1e-10)


@given(problems)
@reproducible
def test_hessian_products_are_those_of_double_backward(problem):
    theta, vector = draw(problem, 2)
    leaf = torch.tensor(theta, requires_grad=True)
    (grad,) = torch.autograd.grad(loss_by_torch(problem, leaf), leaf, create_graph=True)
    (wanted,) = torch.autograd.grad(grad, leaf, torch.tensor(vector))
    assert_close(NumpyEvaluator(problem).hvp(theta, vector), wanted.numpy(), 1e-10)


@given(smooth)
@reproducible
def test_hessian_products_are_differences_of_gradients_and_symmetric(problem):
    theta, vector, other = draw(problem, 3)
    _, grads = NumpyEvaluator(problem).values_and_grads(np.stack([theta + 1e-5 * vector, theta - 1e-5 * vector]))
    product = NumpyEvaluator(problem).hvp(theta, vector)
    assert_close(product, (grads[0] - grads[1]) / 2e-5, 1e-6)
    assert other @ product == pytest.approx(vector @ NumpyEvaluator(problem).hvp(theta, other), rel=1e-9, abs=1e-9)


@given(problems)
@reproducible
def test_residuals_and_their_jacobian_give_the_loss_and_its_gradient(problem):
    (theta,) = draw(problem, 1)
    residuals, jacobian = NumpyEvaluator(problem).residuals_and_jacobian(theta)
    losses, grads = NumpyEvaluator(problem).values_and_grads(theta[None])
    assert residuals @ residuals == pytest.approx(losses[0], rel=1e-12)
    assert_close(2 * jacobian.T @ residuals, grads[0], 1e-12)


@pytest.mark.parametrize("widths", [(1, 40, 1), (2, 30, 20, 3), (5, 2)])
@pytest.mark.parametrize("activation", sorted(TORCH))
def test_float32_computes_in_float32_and_answers_in_float64(widths, activation):
    single = make(widths, activation, 50, seed=3, precision="float32")
    double = make(widths, activation, 50, seed=3)
    thetas = draw(double, 4)
    losses, grads = NumpyEvaluator(single).values_and_grads(thetas)
    wanted_losses, wanted_grads = NumpyEvaluator(double).values_and_grads(thetas)
    assert NumpyEvaluator(single).predict(thetas).dtype == np.float32
    assert grads.dtype == np.float64
    assert (losses != wanted_losses).any()
    assert_close(losses, wanted_losses, 1e-5)
    assert_close(grads, wanted_grads, 1e-4)
    assert_close(
        NumpyEvaluator(single).hvp(thetas[0], thetas[1]), NumpyEvaluator(double).hvp(thetas[0], thetas[1]), 1e-3
    )
    jacobian = single.network.jacobian(thetas[0], single.inputs)
    assert jacobian.dtype == np.float64
    assert_close(jacobian, double.network.jacobian(thetas[0], double.inputs), 1e-4)


@given(problems)
@reproducible
def test_layout_fills_the_flat_vector_without_gaps(problem):
    net, end = problem.network, 0
    for slot in net.layout:
        assert slot.offset == end
        end += prod(slot.shape)
    assert end == net.dim == problem.dim
    assert [slot.shape for slot in net.layout] == [tuple(p.shape) for p in sequential(net).parameters()]
    assert len({slot.name for slot in net.layout}) == len(net.layout)


def test_gradient_of_a_slot_stays_in_its_slot():
    problem = make((2, 4, 3), "tanh", 10, seed=0)
    (theta,) = draw(problem, 1)
    layer = problem.network.layout[-1]
    moved = theta.copy()
    moved[layer.offset :] += 1.0
    assert NumpyEvaluator(problem).predict(moved[None]) == pytest.approx(
        NumpyEvaluator(problem).predict(theta[None]) + 1.0
    )


@pytest.mark.parametrize(
    "text", ["1", "", "1-", "-1", "1--1", "1-0-1", "1-a-1", "1-4.5-1", "1 - 40 - 1", "1-²-1", "+1-2"]
)
def test_widths_that_cannot_be_read_are_refused_with_an_example(text):
    with pytest.raises(ValueError, match=r"at least two, all positive, such as 1-40-1; got"):
        parse_widths(text)


@pytest.mark.parametrize("widths", [(1, 40, 1), (784, 400, 200, 10), (3, 1)])
def test_a_network_is_named_as_its_widths_are_written(widths):
    assert parse_widths(MLP(widths).name) == widths


def test_a_network_of_the_wrong_shape_is_told_the_right_one():
    with pytest.raises(ValueError, match=r"2 input\(s\) and 3 output\(s\).*such as 2-40-3; got '1-40-3'"):
        fully_connected("1-40-3", (2, 3), "tanh", "kaiming", "float64")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"activation": "tanhh"}, "Unknown activation 'tanhh'. Did you mean 'tanh'?"),
        ({"init": "xavir"}, "Unknown init 'xavir'. Did you mean 'xavier'?"),
        ({"precision": "float16"}, "is float32 or float64; got 'float16'"),
    ],
)
def test_wrong_words_are_refused_when_the_network_is_made(wrong, sentence):
    with pytest.raises(ValueError) as error:
        MLP((1, 4, 1), **wrong)
    assert sentence in str(error.value)


def test_networks_are_equal_by_what_was_asked_for_even_after_use():
    first, second = MLP((1, 4, 1)), MLP((1, 4, 1))
    first.forward(np.zeros((1, first.dim)), periodic_grid(8))
    assert first == second != MLP((1, 4, 1), activation="sin")
    assert hash(first) == hash(second)


def test_the_network_is_curved():
    assert isinstance(MLP((1, 4, 1)), HessianNetwork)


@pytest.mark.parametrize("widths", [(1, 1), (1, 40, 1), (1, 8000, 1)])
def test_blocks_hold_at_least_one_vector_and_shrink_with_the_samples(widths):
    net = MLP(widths)
    blocks = [net.block(samples) for samples in (1, 100, 10**4, 10**9)]
    assert blocks == sorted(blocks, reverse=True)
    assert blocks[-1] == 1
