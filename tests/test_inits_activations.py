"""Activations against autograd and differences, initial weights against the laws that they are named after."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from support.torch_activations import TORCH

from problems.factories import resolve
from problems.networks.activations import ACTIVATIONS
from problems.networks.inits import INITS
from problems.networks.mlp import MLP

ORDINARY = np.random.default_rng(0).uniform(-4, 4, 500)
EXTREME = np.array([0.0, 1e-300, 1e-8, 1e-3, 5.0, 19.0, 30.0, 37.0, 88.0, 710.0, 1000.0])
GRID = np.concatenate([ORDINARY, EXTREME, -EXTREME])

FAN_OUT, FAN_IN = 300, 200
BOUND = FAN_IN**-0.5
GLOROT = (6 / (FAN_IN + FAN_OUT)) ** 0.5

each_activation = pytest.mark.parametrize("text", sorted(TORCH))
each_dtype = pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 2e-6)])


def first_layer(init: str, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Weights and biases of the first of two layers."""
    net = MLP((FAN_IN, FAN_OUT, 1), init=init)
    theta = net.theta0(np.random.default_rng(seed))
    assert theta.shape == (net.dim,)
    assert theta.dtype == np.float64
    return np.split(theta[: FAN_OUT * (FAN_IN + 1)], [FAN_OUT * FAN_IN])


def test_every_activation_has_a_reference():
    assert {text.partition("(")[0] for text in TORCH} == set(ACTIVATIONS)


@each_activation
@each_dtype
def test_value_slope_and_bend_are_those_of_autograd_also_at_extremes(text, dtype, tolerance):
    phi = resolve("activation", text, ACTIVATIONS)
    grid = GRID.astype(dtype)
    z = torch.tensor(grid.astype(np.float64), requires_grad=True)
    value = TORCH[text](z)
    (slope,) = torch.autograd.grad(value.sum(), z, create_graph=True)
    bend = torch.autograd.grad(slope.sum(), z)[0] if slope.requires_grad else torch.zeros_like(z)
    found = phi.value(grid)
    pairs = [(found, value), (phi.slope(grid, found), slope), (phi.bend(grid, found), bend)]
    for ours, theirs in pairs:
        assert ours.dtype == dtype
        assert ours.shape == grid.shape
        wanted = theirs.detach().numpy()
        np.testing.assert_allclose(ours, wanted, rtol=tolerance, atol=tolerance * max(1, np.abs(wanted[:500]).max()))


@each_dtype
@pytest.mark.parametrize("text", [name for name in sorted(TORCH) if resolve("activation", name, ACTIVATIONS).third])
def test_third_derivatives_are_those_of_autograd(text, dtype, tolerance):
    phi = resolve("activation", text, ACTIVATIONS)
    grid = ORDINARY.astype(dtype)
    z = torch.tensor(grid.astype(np.float64), requires_grad=True)
    wanted = TORCH[text](z)
    for _ in range(3):
        (wanted,) = torch.autograd.grad(wanted.sum(), z, create_graph=True)
    found = phi.third(grid, phi.value(grid))
    assert found.dtype == dtype
    np.testing.assert_allclose(found, wanted.detach(), rtol=0, atol=10 * tolerance * max(1, wanted.abs().max().item()))


@each_activation
def test_slope_and_bend_are_central_differences(text):
    phi = resolve("activation", text, ACTIVATIONS)
    z = ORDINARY[np.abs(ORDINARY) > 1e-3]  # away from a kink at 0
    low, high = z - 1e-5, z + 1e-5
    a, b = phi.value(low), phi.value(high)
    middle = phi.value(z)
    np.testing.assert_allclose(phi.slope(z, middle), (b - a) / 2e-5, atol=1e-8)
    np.testing.assert_allclose(phi.bend(z, middle), (phi.slope(high, b) - phi.slope(low, a)) / 2e-5, atol=1e-8)


@each_activation
def test_activations_change_neither_their_input_nor_their_value(text):
    phi = resolve("activation", text, ACTIVATIONS)
    z = GRID.copy()
    z.flags.writeable = False
    a = phi.value(z)
    a.flags.writeable = False
    for fresh in (a, phi.slope(z, a), phi.bend(z, a)):
        assert not np.shares_memory(fresh, z)


@each_activation
def test_an_activation_carries_the_name_that_the_user_wrote(text):
    assert resolve("activation", text, ACTIVATIONS).name == text


@pytest.mark.parametrize(
    ("init", "weight_law", "bias_law"),
    [
        ("pytorch-uniform", stats.uniform(-BOUND, 2 * BOUND), stats.uniform(-BOUND, 2 * BOUND)),
        ("normal", stats.norm(0, 0.1), stats.norm(0, 0.1)),
        ("normal(0.1)", stats.norm(0, 0.1), stats.norm(0, 0.1)),
        ("normal(3)", stats.norm(0, 3), stats.norm(0, 3)),
        ("xavier", stats.uniform(-GLOROT, 2 * GLOROT), None),
        ("kaiming", stats.norm(0, (2 / FAN_IN) ** 0.5), None),
        ("siren", stats.uniform(-1 / FAN_IN, 2 / FAN_IN), stats.uniform(-BOUND, 2 * BOUND)),
        ("finer(30,20)", stats.uniform(-1 / FAN_IN, 2 / FAN_IN), stats.uniform(-20, 40)),
    ],
)
def test_weights_and_biases_follow_the_law_of_their_name(init, weight_law, bias_law):
    weights, biases = first_layer(init)
    assert stats.kstest(weights, weight_law.cdf).pvalue > 0.01
    assert weights.var() == pytest.approx(weight_law.var(), rel=0.03)
    if bias_law is None:
        assert (biases == 0).all()
    else:
        assert stats.kstest(biases, bias_law.cdf).pvalue > 0.01


def torch_weights(fill: Any) -> np.ndarray:
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        layer = torch.nn.Linear(FAN_IN, FAN_OUT, dtype=torch.float64)
        fill(layer.weight)
        return layer.weight.numpy().ravel()


@pytest.mark.parametrize(
    ("init", "fill"),
    [
        ("pytorch-uniform", lambda weight: weight),
        ("xavier", torch.nn.init.xavier_uniform_),
        ("kaiming", torch.nn.init.kaiming_normal_),
    ],
)
def test_weights_are_distributed_as_torch_draws_them(init, fill):
    assert stats.ks_2samp(first_layer(init)[0], torch_weights(fill)).pvalue > 0.01


def test_pytorch_uniform_stays_within_the_bounds_of_torch_linear_in_every_layer():
    net = MLP((3, 400, 50, 1), init="pytorch-uniform")
    theta = net.theta0(np.random.default_rng(1))
    for weight, bias in zip(net.layout[::2], net.layout[1::2], strict=True):
        bound = weight.shape[1] ** -0.5
        layer = theta[weight.offset : bias.offset + bias.shape[0]]
        assert np.abs(layer).max() <= bound
        assert np.abs(layer).max() > 0.9 * bound


def test_one_call_draws_the_weights_that_a_call_for_each_array_draws():
    layout, law = MLP((3, 5, 7, 1)).layout, INITS["pytorch-uniform"]()
    one_by_one = replace(law, divisor=None)
    np.testing.assert_array_equal(*(each.theta0(np.random.default_rng(2), layout) for each in (law, one_by_one)))


@pytest.mark.parametrize("init", sorted(INITS))
def test_the_seed_alone_decides_the_weights(init):
    first, again, other = (np.concatenate(first_layer(init, seed)) for seed in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("init", sorted(INITS))
def test_weights_of_different_layers_are_independent(init):
    net = MLP((40, 40, 40), init=init)
    theta = net.theta0(np.random.default_rng(0))
    first, second = (theta[slot.offset : slot.offset + 1600] for slot in net.layout[::2])
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.1


def test_a_number_in_brackets_reaches_the_law_and_its_name():
    assert resolve("init", " normal( 0.25 ) ", INITS).name == "normal(0.25)"
    assert resolve("init", "normal()", INITS).name == resolve("init", "normal", INITS).name == "normal(0.1)"


@pytest.mark.parametrize("registry", [ACTIVATIONS, INITS], ids=["activation", "init"])
@pytest.mark.parametrize("text", ["nope", "", "tanh normal", "tanh(", "normal)(", "Tanh", "normal(0.1)(0.2)"])
def test_an_unknown_name_is_answered_with_the_choices(registry, text):
    with pytest.raises(ValueError) as error:
        resolve("kind", text, registry)
    assert f"Unknown kind '{text}'." in str(error.value)
    assert str(error.value).endswith(f"Choose from: {', '.join(sorted(registry))}.")


def test_a_misspelt_name_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match=r"Did you mean 'sigmoid'\?"):
        resolve("activation", "sigmoyd", ACTIVATIONS)


@pytest.mark.parametrize("text", ["normal(-1)", "normal(0)", "antisymmetric(-1)", "antisymmetric(0)"])
def test_a_spread_of_weights_is_above_0(text):
    with pytest.raises(ValueError, match=r"The init needs a std above 0.*; got (-1|0)\."):
        resolve("init", text, INITS)


@pytest.mark.parametrize("text", ["normal(a)", "normal(0.1, 0.2)", "normal(std=0.1)", "xavier(2)"])
def test_wrong_numbers_are_answered_with_the_form(text):
    name = text.partition("(")[0]
    with pytest.raises(ValueError, match=rf"The init '{name}' is written {name}\(.*\), all numbers; got"):
        resolve("init", text, INITS)
