"""Parity: all corners against the analytic coefficients, and what is trained on against what is left out."""

from dataclasses import replace

import numpy as np
import pytest

from problems.parity import FREQUENCIES, Parity, corners
from problems.probes.fourier import nudft


def build(recipe, seed=0):
    return recipe.build(np.random.default_rng(seed))


@pytest.mark.parametrize("bits", [1, 4, 10])
def test_all_corners_have_the_analytic_coefficients_along_the_diagonal(bits):
    everything = corners(bits)
    assert everything.shape == (2**bits, bits)
    k = np.linspace(0, 0.5, 11)
    sums, parity = everything.sum(axis=1, keepdims=True), everything.prod(axis=1, keepdims=True)
    found = nudft(sums, parity, k[:, None])[:, 0]
    np.testing.assert_allclose(found, (-1j * np.sin(2 * np.pi * k)) ** bits, atol=1e-13)


def test_a_direct_sum_over_the_corners_trained_on_centred_gives_the_amplitudes():
    problem = build(Parity())
    (probe,) = problem.probes
    x, y = problem.inputs.astype(float), problem.targets[:, 0].astype(float)
    y -= y.mean()
    wanted = [
        abs(sum(b * np.exp(-2j * np.pi * k * a.sum()) for a, b in zip(x, y, strict=True))) / 200 for k in FREQUENCIES
    ]
    assert probe.frequency.tolist() == pytest.approx([0, 0.05, 0.1, 0.15, 0.2, 0.25])
    wanted[0] = abs(float(problem.targets.astype(float).mean()))
    np.testing.assert_allclose(probe.target_amplitude, wanted, rtol=1e-9)
    assert probe.target_amplitude[-1] == pytest.approx(1, abs=0.01)


def test_training_and_test_corners_are_all_of_them_and_each_once():
    problem = build(Parity())
    assert problem.test is not None
    assert (problem.n_samples, len(problem.test[0])) == (200, 824)
    everything = np.concatenate([problem.inputs, problem.test[0]])
    assert len(np.unique(everything, axis=0)) == 1024
    targets = np.concatenate([problem.targets, problem.test[1]])
    assert (targets[:, 0] == everything.prod(axis=1)).all()


def test_another_seed_trains_on_other_corners():
    assert (build(Parity()).inputs != build(Parity(), seed=1).inputs).any()


def test_the_published_network_and_start():
    problem = build(Parity())
    assert problem.network.name == "10-500-100-1"
    assert problem.network.theta0(np.random.default_rng(0)).std() == pytest.approx(0.05, rel=0.02)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"bits": 0}, "bits must be from 1 to 16; got 0"),
        ({"bits": 17}, "bits must be from 1 to 16"),
        ({"samples": 1024}, "samples must be from 1 to 1023, so that some are left"),
        ({"samples": 0}, "samples must be from 1"),
        ({"bits": 4, "samples": 8}, r"4 input\(s\)"),
    ],
)
def test_settings_that_make_no_problem_are_refused_with_the_rule(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(replace(Parity(), **changes))
