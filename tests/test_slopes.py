"""The network that outputs its value and its slope, against torch, and the loss on both."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from support.torch_activations import TORCH

from problems import PROBLEMS
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.networks.mlp import MLP
from problems.networks.slopes import SlopedMLP

SMOOTH = sorted(set(TORCH) - {"relu"})


def torch_value(activation: str, widths: tuple[int, ...], theta: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """Outputs `(n,)` for `seen (n, d)`."""
    hidden, offset = seen, 0
    for index, (fan_in, fan_out) in enumerate(pairwise(widths)):
        weight = theta[offset : offset + fan_in * fan_out].reshape(fan_out, fan_in)
        offset += fan_in * fan_out
        hidden = hidden @ weight.T + theta[offset : offset + fan_out]
        offset += fan_out
        hidden = TORCH[activation](hidden) if index < len(widths) - 2 else hidden
    return hidden[:, 0]


@pytest.mark.parametrize("activation", SMOOTH)
@pytest.mark.parametrize("widths", [(1, 1), (1, 6, 1), (1, 5, 4, 1), (3, 5, 1)])
def test_value_slope_and_gradient_are_those_of_autograd(activation, widths):
    rng = np.random.default_rng(0)
    network = SlopedMLP(MLP(widths, activation, "normal(0.7)"))
    thetas = np.stack([network.theta0(rng) for _ in range(3)])
    z, dz = rng.standard_normal((2, 8, widths[0]))
    cotangent = rng.standard_normal((3, 8, 2))
    outputs, pullback = network.vjp(thetas, np.concatenate([z, dz], axis=1))
    grads = pullback(cotangent)
    assert np.array_equal(network.forward(thetas, np.concatenate([z, dz], axis=1)), outputs)
    for lane, theta in enumerate(thetas):
        leaf = torch.tensor(theta, requires_grad=True)
        seen = torch.tensor(z, requires_grad=True)
        value = torch_value(activation, widths, leaf, seen)
        (gradient,) = torch.autograd.grad(value.sum(), seen, create_graph=True)
        slope = (gradient * torch.tensor(dz)).sum(dim=1)
        both = torch.stack([value, slope], dim=1)
        (both * torch.tensor(cotangent[lane])).sum().backward()
        np.testing.assert_allclose(outputs[lane], both.detach().numpy(), rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(grads[lane], leaf.grad.numpy(), rtol=1e-9, atol=1e-10 * np.abs(grads).max())


@pytest.mark.parametrize("embedding", ["none", "fourier(4,1)"])
def test_the_slope_of_a_problem_is_the_difference_quotient_of_its_value(embedding):
    """In x, through the embedding, by a problem with a much finer grid."""
    recipe = replace(PROBLEMS["sin135"], loss="mse+gradient", embedding=embedding, samples=20_001)
    problem = recipe.build(np.random.default_rng(0))
    theta = problem.network.theta0(np.random.default_rng(1))[None]
    value, slope = NumpyEvaluator(problem).predict(theta)[0].T
    step = 2 * np.pi / recipe.samples
    np.testing.assert_allclose((value[2:] - value[:-2]) / (2 * step), slope[1:-1], atol=1e-5)
    np.testing.assert_allclose(
        (problem.targets[2:, 0] - problem.targets[:-2, 0]) / (2 * step), problem.targets[1:-1, 1], atol=1e-5
    )


def test_the_loss_is_the_sum_of_both_mean_squares():
    problem = replace(PROBLEMS["sin15"], loss="mse+gradient").build(np.random.default_rng(0))
    x = problem.inputs[:, :1]
    zero = np.zeros((1, problem.dim))  # f = f' = 0
    wanted = ((np.sin(x) + np.sin(5 * x)) ** 2).mean() + ((np.cos(x) + 5 * np.cos(5 * x)) ** 2).mean()
    assert NumpyEvaluator(problem).values(zero)[0] == pytest.approx(wanted, rel=1e-12)
    assert wanted == pytest.approx(1 + 13, rel=1e-12)


def test_minibatches_keep_values_and_slopes_together():
    problem = replace(PROBLEMS["sin15"], loss="mse+gradient").build(np.random.default_rng(0))
    theta = problem.network.theta0(np.random.default_rng(1))[None]
    parts = [NumpyEvaluator(problem).batch_values_and_grads(theta, rows) for rows in np.arange(201).reshape(3, 67)]
    whole = NumpyEvaluator(problem).values_and_grads(theta)
    for index in range(2):
        np.testing.assert_allclose(sum(part[index] for part in parts) / 3, whole[index], rtol=1e-11, atol=1e-13)


def test_only_the_values_are_watched():
    problem = replace(PROBLEMS["sin15"], loss="mse+gradient").build(np.random.default_rng(0))
    (probe,) = problem.probes
    wrong_slopes = problem.targets + np.array([0.0, 3.0])
    assert probe.target_amplitude == pytest.approx([0.5, 0.5])
    assert probe.measure(wrong_slopes)[1] == pytest.approx([0, 0], abs=1e-12)


def test_methods_that_need_more_derivatives_are_not_offered_any():
    problem = replace(PROBLEMS["sin15"], loss="mse+gradient").build(np.random.default_rng(0))
    assert not {"hvp", "residuals"} & NumpyEvaluator(problem).offers


@pytest.mark.parametrize("name", ["steps", "noisy", "parity", "tone"])
def test_targets_without_a_slope_refuse_the_loss(name):
    with pytest.raises(ValueError, match="needs the slope of the target"):
        replace(PROBLEMS[name], loss="mse+gradient").build(np.random.default_rng(0))
