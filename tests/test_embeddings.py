"""Fourier features of the variable, as the paper writes them, and with any network behind."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch

from problems import PROBLEMS
from problems.networks.by_name import Sight, coordinate_network
from problems.networks.embeddings import EMBEDDINGS, make_embedding


@pytest.mark.parametrize(("text", "loudness"), [("fourier(3,0)", [1, 1, 1]), ("fourier(3,1)", [1, 1 / 2, 1 / 3])])
def test_features_are_waves_of_the_domain_with_the_loudness_of_their_power(text, loudness):
    x = np.linspace(-2, 4, 7)[:, None]
    features = make_embedding(text).features(x, -2.0, 6.0)
    v = (x[:, 0] + 2) / 6
    wanted = [
        a * wave(2 * np.pi * j * v) for wave in (np.cos, np.sin) for j, a in zip((1, 2, 3), loudness, strict=True)
    ]
    np.testing.assert_allclose(features.T, wanted, atol=1e-13)


def test_with_an_infinite_power_the_first_wave_alone_is_left():
    embedding = make_embedding("fourier(16,inf)")
    assert embedding.width(1) == 2
    x = np.linspace(0, 1, 5)[:, None]
    wanted = np.concatenate([np.cos(2 * np.pi * x), np.sin(2 * np.pi * x)], axis=1)
    np.testing.assert_allclose(embedding.features(x, 0.0, 1.0), wanted, atol=1e-14)


@pytest.mark.parametrize(
    "text", ["none", "fourier", "fourier(5,1)", "fourier(5,2)", "fourier(9,inf)", "dyadic(4)", "gaussian(3,1)"]
)
def test_the_speed_is_the_derivative_of_the_features(text):
    embedding = make_embedding(text)
    x = np.linspace(-1, 2, 9)[:, None]
    high, low = (embedding.features(x + step, -1.0, 3.0) for step in (1e-6, -1e-6))
    features, speed = embedding.features(x, -1.0, 3.0), embedding.speed(x, -1.0, 3.0)
    assert features.shape == speed.shape == (9, embedding.width(1))
    np.testing.assert_allclose(speed, (high - low) / 2e-6, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_features_of_several_variables_are_waves_along_the_axes_or_along_drawn_vectors(d):
    v = np.random.default_rng(0).uniform(size=(11, d))
    x = -1 + 2 * v
    start, length = np.full(d, -1.0), np.full(d, 2.0)
    dyadic = make_embedding("dyadic(3)").features(x, start, length)
    # Mildenhall et al. 2020, equation 4, in x; at l = 0 the phase differs by pi
    phases = np.concatenate([np.pi * 2.0**k * x[:, [axis]] for axis in range(d) for k in range(3)], axis=1)
    signs = np.tile([-1.0, 1.0, 1.0], d)
    np.testing.assert_allclose(
        dyadic, np.concatenate([x, signs * np.cos(phases), signs * np.sin(phases)], 1), atol=1e-12
    )
    gaussian = make_embedding("gaussian(300,5,1)")
    vectors, _ = gaussian.waves(d)
    assert vectors.shape == (300, d)
    assert vectors.std() == pytest.approx(5, rel=0.1)
    phases = 2 * np.pi * v @ vectors.T
    np.testing.assert_allclose(
        gaussian.features(x, start, length), np.concatenate([np.cos(phases), np.sin(phases)], 1), atol=1e-12
    )
    assert (gaussian.waves(d)[0] == make_embedding("gaussian(300,5,1)").waves(d)[0]).all()
    assert (gaussian.waves(d)[0] != make_embedding("gaussian(300,5,2)").waves(d)[0]).any()


@pytest.mark.parametrize(
    ("text", "d"), [*product(["dyadic(3)", "gaussian(5,2)"], [1, 2, 3]), ("fourier(3,1)", 1), ("fourier(2,0)", 1)]
)
def test_a_network_behind_features_is_that_of_torch(text, d):
    embedding = make_embedding(text)
    recipe = replace(PROBLEMS["sin135"], network=f"{d}-6-5-2", activation="relu")
    sight = Sight((-1.0,) * d, (2.0,) * d, embedding)
    network = coordinate_network(recipe, 2, sight)
    rng = np.random.default_rng(0)
    theta, x, cotangent = network.theta0(rng), rng.uniform(-1, 1, (9, d)), rng.standard_normal((9, 2))
    v = (torch.tensor(x) + 1) / 2
    vectors = torch.tensor(embedding.waves(d)[0])
    # TANCIK, p-norm: the j-th wave is j^-p as loud
    loud = 1 / torch.arange(1.0, 4, dtype=torch.float64) if text == "fourier(3,1)" else 1.0
    phases = 2 * torch.pi * (v[:, None, :] * vectors[None]).sum(-1)
    kept = [torch.tensor(x)] if text.startswith("dyadic") else []
    module = torch.nn.Sequential(
        torch.nn.Linear(embedding.width(d), 6),
        torch.nn.ReLU(),
        torch.nn.Linear(6, 5),
        torch.nn.ReLU(),
        torch.nn.Linear(5, 2),
    ).double()
    torch.nn.utils.vector_to_parameters(torch.tensor(theta), module.parameters())
    wanted = module(torch.cat([*kept, loud * torch.cos(phases), loud * torch.sin(phases)], 1))
    gradient = torch.autograd.grad(wanted, list(module.parameters()), torch.tensor(cotangent))
    outputs, pullback = network.vjp(theta[None], sight.of(x))
    np.testing.assert_allclose(outputs[0], wanted.detach(), rtol=1e-10, atol=1e-11)
    flat = torch.cat([one.reshape(-1) for one in gradient])
    np.testing.assert_allclose(pullback(cotangent[None])[0], flat, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize(
    "text",
    [
        "gaussian(0,1)",
        "gaussian(4,0)",
        "gaussian(4,1,0.5)",
        "gaussian(4,1,inf)",
        "gaussian(1e9)",
        "dyadic(0)",
        "dyadic(99)",
    ],
)
def test_numbers_of_drawn_and_dyadic_features_are_checked(text):
    with pytest.raises(ValueError, match=r"needs a whole"):
        make_embedding(text)


@pytest.mark.parametrize(
    ("name", "changes", "variables"),
    [
        ("image", {"network": "2-6-1", "size": "16x16"}, 2),
        ("waves-2d", {"network": "2-6-1"}, 2),
        ("solid", {"network": "3-6-1", "cells": 6}, 3),
        ("random-waves-3d", {"network": "3-6-1", "samples": 9}, 3),
    ],
)
def test_networks_of_the_plane_and_of_space_see_features_too(name, changes, variables):
    problem = replace(PROBLEMS[name], embedding="gaussian(5,1)", **changes).build(np.random.default_rng(0))
    assert problem.inputs.shape[1] == 10
    assert problem.dim == 6 * 11 + 7
    plain = replace(PROBLEMS[name], **changes).build(np.random.default_rng(0))
    assert plain.inputs.shape[1] == variables
    assert (plain.probes[0].target_amplitude == problem.probes[0].target_amplitude).all()


@pytest.mark.parametrize("text", ["fourier(0,1)", "fourier(2.5,1)", "fourier(3,-1)", "fourier(3,nan)", "fourier(1e9)"])
def test_numbers_that_make_no_features_are_refused(text):
    with pytest.raises(ValueError, match="needs a whole J from 1 to 65536 and a p from 0 to inf"):
        make_embedding(text)


def test_waves_that_fade_to_nothing_are_left_out():
    assert make_embedding("fourier(9,1e9)").width(2) == make_embedding("fourier(9,inf)").width(2) == 4


def test_an_unknown_embedding_is_answered_with_the_choices():
    with pytest.raises(ValueError, match=rf"Unknown embedding 'forier'.*Choose from: {', '.join(sorted(EMBEDDINGS))}"):
        make_embedding("forier")


@pytest.mark.parametrize("name", ["sin135", "steps-periodic", "dense", "ten-tones", "noisy", "target", "amplitude"])
def test_an_embedding_widens_the_first_layer_and_leaves_target_and_probe_alone(name):
    plain, embedded = (
        replace(PROBLEMS[name], embedding=text, network="1-6-1").build(np.random.default_rng(0))
        for text in ("none", "fourier(4,1)")
    )
    assert (plain.dim, embedded.dim) == (6 * 3 + 1, 6 * 10 + 1)
    assert embedded.inputs.shape == (plain.n_samples, 8)
    assert (embedded.targets == plain.targets).all()
    assert (embedded.probes[0].frequency == plain.probes[0].frequency).all()
    assert (plain.test is None) == (embedded.test is None)


def test_loud_high_features_make_the_tangent_kernel_of_high_frequencies_stronger():
    """TANCIK: with p = 0 the kernel's eigenvalue at k = 5 is nearer to that at k = 1 than with p = 1."""
    ratios = []
    for p in ("0", "1", "inf"):
        recipe = replace(PROBLEMS["sin135"], embedding=f"fourier(8,{p})", network="1-400-1", samples=64, init="ntk")
        problem = recipe.build(np.random.default_rng(0))
        jacobian = problem.network.jacobian(problem.network.theta0(np.random.default_rng(1)), problem.inputs)[:, 0]
        kernel = jacobian @ jacobian.T
        angles = 2 * np.pi * np.arange(64) / 64
        low, high = (np.cos(k * angles) @ kernel @ np.cos(k * angles) for k in (1, 5))
        ratios.append(high / low)
    assert ratios[0] > 3 * ratios[1] > 3 * ratios[2]
