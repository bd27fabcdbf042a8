"""Networks by name: what each stands for, and those of torch against the formulas of their papers, written out here."""

from dataclasses import replace
from itertools import product
from math import sqrt
from typing import Any

import numpy as np
import pytest
import torch
from scipy.interpolate import BSpline
from torch.nn import functional as F

from harness.run.spec import override
from problems import PROBLEMS
from problems.networks.by_name import Sight, coordinate_network
from problems.networks.embeddings import make_embedding
from problems.networks.families import FAMILIES, spelled_out
from problems.networks.torch.kan import splines

BOX = {d: Sight((-1.0,) * d, (2.0,) * d) for d in (1, 2, 3)}


def recipe(network: str, **changes: Any) -> Any:
    return replace(PROBLEMS["sin135"], network=network, **changes)


def bump(x: torch.Tensor, grid: int) -> torch.Tensor:
    """Truncated powers: sum_i (-1)^i binom(4, i) (t - i)_+^3 / 6 of cells from the spline's left end."""
    t = (x[..., None] + 1) * grid / 2 - torch.arange(-3, grid, dtype=torch.float64)
    terms = zip((1, -4, 6, -4, 1), range(5), strict=True)
    value = sum(c * torch.relu(t - i) ** 3 for c, i in terms) / 6
    return torch.where((t > 0) & (t < 4), value, torch.zeros(()))


def kan(p: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    for layer in (0, 1):
        base, scale, spline = (p[f"1.layers.{layer}.{name}"] for name in ("base", "scale", "spline"))
        edges = base * F.silu(x)[:, None, :] + scale * torch.einsum("nig,oig->noi", bump(x, 4), spline)
        x = edges.sum(-1)
    return x


def wire(p: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    def affine(name: str, h: torch.Tensor) -> torch.Tensor:
        weight, bias = (p[f"{name}.{part}"] for part in ("weight", "bias"))
        if weight.ndim == 3:
            weight, bias = (part[..., 0] + 1j * part[..., 1] for part in (weight, bias))
        return h.to(weight.dtype) @ weight.T + bias

    for layer in (0, 1):
        z = affine(f"waves.{layer}.linear", x)
        x = torch.exp(20j * z) * torch.exp(-((10 * z) * (10 * z).conj()))
    return affine("last", x).real


def residual(p: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    h = x @ p["0.weight"].T + p["0.bias"]
    for block in (1, 2):
        a = torch.tanh(h @ p[f"{block}.inner.0.weight"].T + p[f"{block}.inner.0.bias"])
        h = h + a @ p[f"{block}.inner.2.weight"].T + p[f"{block}.inner.2.bias"]
    return h @ p["3.weight"].T + p["3.bias"]


def normal(p: dict[str, torch.Tensor], name: str, h: torch.Tensor) -> torch.Tensor:
    centred = h - h.mean(-1, keepdim=True)
    return centred / torch.sqrt((centred**2).mean(-1, keepdim=True) + 1e-5) * p[f"{name}.weight"] + p[f"{name}.bias"]


def layer_norm(p: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    for layer in (0, 3):
        x = torch.tanh(normal(p, str(layer + 1), x @ p[f"{layer}.weight"].T + p[f"{layer}.bias"]))
    return x @ p["6.weight"].T + p["6.bias"]


def transformer(p: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    def line(name: str, h: torch.Tensor) -> torch.Tensor:
        return h @ p[f"{name}.weight"].T + p[f"{name}.bias"]

    rows = []
    for sample in x:
        h = line("embed", sample).reshape(3, 4)
        joined = line("blocks.0.into", normal(p, "blocks.0.norm1", h))
        heads = []
        for head in (0, 1):
            q, k, v = (joined[:, part * 4 + head * 2 : part * 4 + head * 2 + 2] for part in range(3))
            scores = torch.exp(q @ k.T / sqrt(2))
            heads.append(scores / scores.sum(1, keepdim=True) @ v)
        h = h + line("blocks.0.out", torch.cat(heads, 1))
        wide = line("blocks.0.wide", normal(p, "blocks.0.norm2", h))
        h = h + line("blocks.0.narrow", wide * (1 + torch.erf(wide / sqrt(2))) / 2)
        rows.append(line("last", normal(p, "norm", h).mean(0)))
    return torch.stack(rows)


def hashed(p: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    rows = []
    for sample in x:
        features = []
        for level, cells in enumerate((2, 4, 8)):
            table, place = p[f"1.tables.{level}"], (sample + 1) / 2 * cells
            low = [int(v) for v in place]
            total = torch.zeros(2)
            for corner in product((0, 1), repeat=len(low)):
                at = [a + b for a, b in zip(low, corner, strict=True)]
                row = 0
                for v, prime in zip(at, (1, 2654435761, 805459861), strict=False):
                    row = row * (cells + 1) + v if (cells + 1) ** len(low) <= 30 else row ^ (v * prime)
                near = [1 - abs(float(v) - a) for v, a in zip(place, at, strict=True)]
                total = total + float(np.prod(near)) * table[row % len(table)]
            features.append(total)
        h = torch.cat(features)
        for layer in (2, 4):
            h = torch.relu(p[f"{layer}.weight"] @ h + p[f"{layer}.bias"])
        rows.append(p["6.weight"] @ h + p["6.bias"])
    return torch.stack(rows)


WRITTEN_OUT: dict[str, tuple[str, Any]] = {
    "hash-grid(3,30,2,5)": ("own", hashed),
    "kan(3,1,4)": ("own", kan),
    "layer-norm(6,2)": ("tanh", layer_norm),
    "residual(6,2)": ("tanh", residual),
    "transformer(4,1,3,2)": ("own", transformer),
    "wire(5,2)": ("own", wire),
}


def test_every_module_has_its_formula_here():
    modules = {name for name in FAMILIES if FAMILIES[name]().init == "own"}
    assert {text.partition("(")[0] for text in WRITTEN_OUT} == modules


@pytest.mark.parametrize(
    ("text", "d"), [*product(WRITTEN_OUT, [2]), ("hash-grid(3,30,2,5)", 1), ("hash-grid(3,30,2,5)", 3)]
)
def test_outputs_and_gradients_are_those_of_the_formula(text, d):
    activation, formula = WRITTEN_OUT[text]
    network = coordinate_network(recipe(text, activation=activation, init="own"), 3, BOX[d])
    rng = np.random.default_rng(0)
    theta = network.theta0(rng) + 0.1 * rng.standard_normal(network.dim)
    x, cotangent = rng.uniform(-1, 1, (9, d)), rng.standard_normal((9, 3))
    flat = torch.tensor(theta, requires_grad=True)
    parameters = {s.name: flat[s.offset : s.offset + int(np.prod(s.shape))].reshape(s.shape) for s in network.layout}
    wanted = formula(parameters, torch.tensor(x))
    (gradient,) = torch.autograd.grad(wanted, flat, torch.tensor(cotangent))
    outputs, pullback = network.vjp(theta[None], x)
    np.testing.assert_allclose(outputs[0], wanted.detach(), rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(pullback(cotangent[None])[0], gradient, rtol=1e-10, atol=1e-11)
    assert (gradient != 0).double().mean() > 0.4


def test_the_splines_of_a_kan_are_those_of_scipy_and_sum_to_one():
    x = np.linspace(-1, 0.999, 40)
    knots = -1 + 2 * np.arange(-3, 6 + 4) / 6
    found = splines(torch.tensor(x)[:, None], 6)[:, 0].numpy()
    np.testing.assert_allclose(found, BSpline.design_matrix(x, knots, 3).toarray(), atol=1e-14)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-14)


def test_a_multi_scale_network_is_the_sum_of_networks_of_the_scaled_input():
    text = "mscale(5,2,4)"
    network = coordinate_network(recipe(text, activation="srelu", init="kaiming"), 2, BOX[2])
    rng = np.random.default_rng(0)
    theta, x, cotangent = network.theta0(rng), rng.uniform(0, 1, (9, 2)), rng.standard_normal((9, 2))
    flat = torch.tensor(theta, requires_grad=True)
    total = torch.zeros(())
    for copy in range(4):
        h, offset = 2.0**copy * torch.tensor(x), copy * (15 + 30 + 12)
        for layer, (i, o) in enumerate(((2, 5), (5, 5), (5, 2))):
            weight, bias = flat[offset : offset + i * o].reshape(o, i), flat[offset + i * o : offset + i * o + o]
            h, offset = h @ weight.T + bias, offset + i * o + o
            h = torch.relu(h) * torch.relu(1 - h) if layer < 2 else h
        total = total + h
    (gradient,) = torch.autograd.grad(total, flat, torch.tensor(cotangent))
    outputs, pullback = network.vjp(theta[None], x)
    np.testing.assert_allclose(outputs[0], total.detach(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(pullback(cotangent[None])[0], gradient, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(
        np.einsum("nm,nmp->p", cotangent, network.jacobian(theta, x)), gradient, rtol=1e-10, atol=1e-12
    )
    # the copies start differently, as independent networks do
    assert (theta[:57] != theta[57:114]).any()


def test_a_name_is_spelled_out_and_what_is_given_beside_it_stays():
    one = override("sin135", PROBLEMS["sin135"], {"network": "siren(32,2)"})
    assert (one.network, one.activation, one.init) == ("1-32-32-1", "sin(30)", "siren(30)")
    picture = override("image-rgb", PROBLEMS["image-rgb"], {"network": "finer(8,1,10,2)", "init": "siren(10)"})
    assert (picture.network, picture.activation, picture.init) == ("2-8-3", "finer(10)", "siren(10)")
    kan = override("sin135", PROBLEMS["sin135"], {"network": "kan"})
    assert (kan.network, kan.activation, kan.init) == ("kan", "own", "own")
    with pytest.raises(ValueError, match="stands for widths between inputs and outputs, which 'auto' does not tell"):
        spelled_out({"network": "siren"}, "auto")


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize(("problem", "d"), [("sin135", 1), ("image", 2), ("random-waves-3d", 3)])
def test_every_name_makes_a_network_in_one_two_and_three_dimensions(name, problem, d):
    numbers = {"hash-grid": "(2,20)", "transformer": "(4,1,2)", "wire": "(4,2)"}.get(name, "(4,1)")
    small = {"size": "8x8"} if problem == "image" else {"samples": 9 if d == 3 else 21}
    chosen = override(problem, PROBLEMS[problem], {"network": name + numbers, **small})
    made = chosen.build(np.random.default_rng(0))
    theta = made.network.theta0(np.random.default_rng(1))
    assert made.inputs.shape[1] == d
    assert made.network.forward(theta[None], made.inputs).shape == (1, made.n_samples, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kan(5,1,0.5)", "whole cells"),
        ("siren(0)", "whole numbers from 1"),
        ("siren(4,101)", "at most 100 layers"),
        ("transformer(5,1,2,2)", "a divisor of the width"),
        ("hash-grid(2,0)", "whole numbers from 1"),
        ("wire(4,2,-1)", "w0 and s0 above 0"),
        ("mscale(4,1,99)", "1 to 30 copies"),
        *((f"{name}(1e9)", "at most|whole numbers from 1") for name in FAMILIES),
        ("kan(5,1,1e6)", "from 1 to 10000 whole cells"),
        ("transformer(4,1,1e6)", "up to 10000 tokens"),
        ("hash-grid(2,1e9)", "at most 20 levels and 1e"),
        ("siren(4,1,1e300)", "of a size from 1e-12 to 1e"),
    ],
)
def test_numbers_that_make_no_network_are_refused(text, said):
    with pytest.raises(ValueError, match=said):
        override("sin135", PROBLEMS["sin135"], {"network": text})


def test_a_module_with_activations_of_its_own_takes_no_other():
    with pytest.raises(ValueError, match="has its own activation: --activation own; got 'tanh'"):
        recipe("kan", activation="tanh", init="own").build(np.random.default_rng(0))


def test_features_before_a_module_lie_in_its_domain():
    sight = Sight((0.0,), (5.0,), make_embedding("fourier(3)"))
    own = recipe("kan(2)", activation="own", init="own")
    x, rng = np.linspace(0, 5, 7, endpoint=False)[:, None], np.random.default_rng(0)
    seen, plain = coordinate_network(own, 1, sight), coordinate_network(own, 1, Sight((0.0,), (5.0,)))
    assert np.abs(sight.of(x)).max() <= 1
    assert seen.forward(seen.theta0(rng)[None], sight.of(x)).shape == (1, 7, 1)
    # beyond its domain a spline is 0: what is left moves with silu alone
    knots = Sight((-1.0,), (2.0,))
    same = coordinate_network(own, 1, knots)
    theta = plain.theta0(rng)
    np.testing.assert_allclose(
        plain.forward(theta[None], x), same.forward(theta[None], -1 + 2 * x / 5), rtol=1e-12, atol=1e-14
    )
