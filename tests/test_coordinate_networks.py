"""Networks of the literature on coordinates, against modules of torch written out here: outputs and gradients."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from problems.networks.mlp import fully_connected


def sine(w0: float, first: float | None = None) -> Any:
    return lambda z, layer: torch.sin((w0 if layer or first is None else first) * z)


def wavelet(w0: float, s0: float) -> Any:
    return lambda z, layer: torch.real(torch.exp(1j * w0 * z)) * torch.exp(-((s0 * z) ** 2))


PUBLISHED: dict[tuple[str, str], Any] = {
    ("sin(30)", "siren(30)"): sine(30),
    ("sin(30)", "siren(30,3000)"): sine(30, 3000),
    ("gaussian(10)", "pytorch-uniform"): lambda z, layer: torch.exp(-((10 * z) ** 2)),
    ("gabor(20,10)", "pytorch-uniform"): wavelet(20, 10),
    ("finer(30)", "finer(30,10)"): lambda z, layer: torch.sin(30 * (z.abs() + 1) * z),
}
"""What each pair of activation and initialisation stands for: the function of pre-activations, by layer."""


class Stack(nn.Module):
    """Linear layers with a function between them."""

    def __init__(self, widths: tuple[int, ...], phi: Any):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(i, o, dtype=torch.float64) for i, o in pairwise(widths))
        self.phi = phi

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for index, layer in enumerate(self.layers[:-1]):
            x = self.phi(layer(x), index)
        return self.layers[-1](x)


def loaded(module: nn.Module, theta: np.ndarray) -> nn.Module:
    nn.utils.vector_to_parameters(torch.tensor(theta), module.parameters())
    return module


def gradient(module: nn.Module, outputs: torch.Tensor, weights: np.ndarray) -> np.ndarray:
    found = torch.autograd.grad(outputs, list(module.parameters()), torch.tensor(weights))
    return torch.cat([one.reshape(-1) for one in found]).numpy()


def same(ours: np.ndarray, theirs: np.ndarray) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10 * np.abs(theirs).max())


@pytest.mark.parametrize(("activation", "init"), PUBLISHED)
@pytest.mark.parametrize("widths", ["1-12-9-1", "2-12-9-8-3"])
def test_outputs_and_gradients_are_those_of_the_network_in_torch(activation, init, widths):
    sizes = tuple(map(int, widths.split("-")))
    network = fully_connected(widths, (sizes[0], sizes[-1]), activation, init, "float64")
    rng = np.random.default_rng(0)
    theta, x = network.theta0(rng), rng.uniform(-1, 1, (20, sizes[0]))
    cotangent = rng.standard_normal((20, sizes[-1]))
    module = loaded(Stack(sizes, PUBLISHED[activation, init]), theta)
    wanted = module(torch.tensor(x))
    outputs, pullback = network.vjp(theta[None], x)
    same(outputs[0], wanted.detach().numpy())
    same(pullback(cotangent[None])[0], gradient(module, wanted, cotangent))


def test_behind_its_first_layer_every_sine_of_a_siren_sees_a_spread_of_one():
    """Sitzmann et al. 2020, section 3.2: w0 (W h) is of variance 1, for h = sin of the layer before."""
    network = fully_connected("1-400-400-400-1", (1, 1), "sin(30)", "siren(30)", "float64")
    module = loaded(Stack((1, 400, 400, 400, 1), None), network.theta0(np.random.default_rng(0)))
    x = torch.linspace(-1, 1, 200, dtype=torch.float64)[:, None]
    spreads = []
    with torch.no_grad():
        for layer in module.layers[:-1]:
            z = 30 * layer(x)
            spreads.append(float((30 * x @ layer.weight.T).std()))
            x = torch.sin(z)
    assert spreads[1:] == pytest.approx([1.0, 1.0], rel=0.1)


def test_the_speed_of_the_first_layer_is_its_own():
    """sin(first (W x + b)): with `first` 90 instead of 30 the same parameters give the slope three times as steep."""
    slow, fast = (
        fully_connected("1-50-1", (1, 1), "sin(30)", init, "float64") for init in ("siren(30)", "siren(30,90)")
    )
    theta = slow.theta0(np.random.default_rng(0))
    theta[50:100] = 0.0
    x = np.linspace(-0.3, 0.3, 9)[:, None]
    np.testing.assert_allclose(fast.forward(theta[None], x), slow.forward(theta[None], 3 * x), atol=1e-12)
    np.testing.assert_array_equal(fast.theta0(np.random.default_rng(1)), slow.theta0(np.random.default_rng(1)))


@pytest.mark.parametrize("text", ["siren(0)", "siren(30,-1)", "finer(30,-2)"])
def test_speeds_must_be_positive(text):
    with pytest.raises(ValueError, match=r"The init (siren|finer)\(w0"):
        fully_connected("1-4-1", (1, 1), "sin(30)", text, "float64")


@pytest.mark.parametrize("text", ["gaussian(0)", "gabor(20,0)", "finer(-1)"])
def test_activations_need_positive_numbers(text):
    with pytest.raises(ValueError, match="above 0; got"):
        fully_connected("1-4-1", (1, 1), text, "kaiming", "float64")
