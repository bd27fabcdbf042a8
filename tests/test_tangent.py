"""The network with its derivatives in the inputs, against torch autograd and central differences."""

import numpy as np
import pytest
import torch

from problems.networks.activations import ACTIVATIONS
from problems.networks.mlp import MLP
from problems.networks.tangent import TangentMLP

TORCH = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid, "sin": torch.sin}
SHAPES = [(1, 4, 1), (2, 5, 3), (3, 4, 3, 2), (1, 3, 3, 3, 1), (2, 2)]
each_case = pytest.mark.parametrize(
    ("widths", "activation"), [(widths, name) for widths in SHAPES for name in sorted(TORCH)]
)


def make(widths, activation, precision="float64"):
    return TangentMLP(MLP(widths, activation, "normal(0.8)", precision))


def value_by_torch(network: TangentMLP, theta: torch.Tensor, point: torch.Tensor) -> torch.Tensor:
    """f at one input `(d,)`, plain torch."""
    hidden, slots = point, network.layout
    for index in range(0, len(slots), 2):
        weight, bias = (
            theta[s.offset : s.offset + int(np.prod(s.shape))].reshape(s.shape) for s in slots[index : index + 2]
        )
        hidden = weight @ hidden + bias
        if index + 2 < len(slots):
            hidden = TORCH[network.mlp.activation](hidden)
    return hidden


def outputs_by_torch(network: TangentMLP, theta: torch.Tensor, inputs: np.ndarray) -> torch.Tensor:
    """`(n, m (1 + d))` with derivatives from autograd."""
    rows = []
    for x in torch.tensor(inputs):
        slopes = torch.func.jacrev(lambda point: value_by_torch(network, theta, point))(x)
        rows.append(torch.cat([value_by_torch(network, theta, x), slopes.T.reshape(-1)]))
    return torch.stack(rows)


def draw(network, n, lanes, seed=0):
    rng = np.random.default_rng(seed)
    thetas = np.stack([network.theta0(rng) for _ in range(lanes)])
    return thetas, rng.standard_normal((n, network.mlp.widths[0])), rng


@each_case
def test_values_and_input_derivatives_are_those_of_autograd(widths, activation):
    network = make(widths, activation)
    thetas, inputs, _ = draw(network, 6, 2)
    wanted = [outputs_by_torch(network, torch.tensor(theta), inputs).detach().numpy() for theta in thetas]
    np.testing.assert_allclose(network.forward(thetas, inputs), wanted, atol=1e-12)
    np.testing.assert_allclose(network.vjp(thetas, inputs)[0], wanted, atol=1e-12)


@each_case
def test_gradients_through_values_and_slopes_are_those_of_autograd(widths, activation):
    network = make(widths, activation)
    thetas, inputs, rng = draw(network, 5, 2)
    outputs, pullback = network.vjp(thetas, inputs)
    cotangent = rng.standard_normal(outputs.shape)
    grads = pullback(cotangent)
    assert grads.dtype == np.float64
    for lane, theta in enumerate(thetas):
        leaf = torch.tensor(theta, requires_grad=True)
        total = (outputs_by_torch(network, leaf, inputs) * torch.tensor(cotangent[lane])).sum()
        np.testing.assert_allclose(grads[lane], torch.autograd.grad(total, leaf)[0].numpy(), atol=1e-11)


@each_case
def test_the_jacobian_is_made_of_pullbacks_of_unit_cotangents(widths, activation):
    network = make(widths, activation)
    (theta,), inputs, _ = draw(network, 3, 1)
    outputs, pullback = network.vjp(theta[None], inputs)
    jacobian = network.jacobian(theta, inputs)
    assert jacobian.shape == (*outputs.shape[1:], network.dim)
    for sample in range(outputs.shape[1]):
        for column in range(outputs.shape[2]):
            unit = np.zeros(outputs.shape)
            unit[0, sample, column] = 1
            np.testing.assert_allclose(jacobian[sample, column], pullback(unit)[0], atol=1e-13)


def slope(function, step=1e-6):
    """At 0: central differences of the fourth order, as two layers of fast sines turn 30,000 times a unit."""
    coarse, fine = ((function(size) - function(-size)) / (2 * size) for size in (step, step / 2))
    return (4 * fine - coarse) / 3


@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - {"relu"}))
def test_every_smooth_activation_agrees_with_central_differences(activation):
    network = make((2, 5, 4, 2), activation)
    (theta,), inputs, rng = draw(network, 7, 1)
    for axis, unit in enumerate(np.eye(2)):
        wanted = slope(lambda step, unit=unit: network.mlp.forward(theta[None], inputs + step * unit))
        found = network.forward(theta[None], inputs)[..., 2 + 2 * axis : 4 + 2 * axis]
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-7)
    direction, cotangent = rng.standard_normal(network.dim), rng.standard_normal((1, 7, 6))
    wanted = slope(lambda step: (network.forward((theta + step * direction)[None], inputs) * cotangent).sum())
    assert network.vjp(theta[None], inputs)[1](cotangent)[0] @ direction == pytest.approx(wanted, rel=1e-6, abs=1e-6)


def test_the_parameters_are_those_of_the_plain_network():
    network = make((2, 6, 1), "tanh")
    assert network.layout == network.mlp.layout
    assert network.name == "2-6-1"
    same = [net.theta0(np.random.default_rng(3)) for net in (network, network.mlp)]
    assert (same[0] == same[1]).all()


def test_lanes_do_not_touch_each_other():
    network = make((2, 6, 3, 1), "tanh")
    thetas, inputs, rng = draw(network, 9, 4)
    outputs, pullback = network.vjp(thetas, inputs)
    cotangent = rng.standard_normal(outputs.shape)
    together = pullback(cotangent)
    for lane in range(4):
        one = slice(lane, lane + 1)
        alone, back = network.vjp(thetas[one], inputs)
        np.testing.assert_allclose(outputs[one], alone, atol=1e-13)
        np.testing.assert_allclose(together[one], back(cotangent[one]), atol=1e-12)


def test_float32_computes_in_float32_and_answers_in_float64():
    single, double = make((2, 20, 3), "tanh", "float32"), make((2, 20, 3), "tanh")
    thetas, inputs, rng = draw(double, 30, 2)
    outputs, pullback = single.vjp(thetas, inputs)
    cotangent = rng.standard_normal(outputs.shape)
    assert outputs.dtype == single.dtype == np.float32
    assert pullback(cotangent.astype(np.float32)).dtype == np.float64
    np.testing.assert_allclose(outputs, double.forward(thetas, inputs), atol=1e-5)
    np.testing.assert_allclose(
        pullback(cotangent.astype(np.float32)), double.vjp(thetas, inputs)[1](cotangent), atol=1e-4
    )


@pytest.mark.parametrize("widths", [(1, 40, 1), (3, 8000, 1)])
def test_blocks_hold_at_least_one_vector_and_fewer_than_without_tangents(widths):
    network = make(widths, "tanh")
    assert 1 <= network.block(201) <= network.mlp.block(201)
