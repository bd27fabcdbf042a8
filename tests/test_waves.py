"""Sums of sines on the periodic grid: the grid, the spectrum known in advance, and what is watched."""

from dataclasses import replace

import numpy as np
import pytest

from problems import PROBLEMS
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.line.waves import Sines, check_waves, periodic_grid
from problems.probes.fourier import nudft
from problems.probes.line import CIRCLE, peaks_probe

RECIPES = {name: recipe for name, recipe in PROBLEMS.items() if isinstance(recipe, Sines)}
each_recipe = pytest.mark.parametrize("name", sorted(RECIPES))


def grid_probe(inputs, targets):
    return peaks_probe(inputs, targets, CIRCLE, orthogonal=True)


def build(recipe: Sines):
    return recipe.build(np.random.default_rng(0))


@pytest.mark.parametrize("samples", [2, 7, 200, 201])
def test_the_grid_covers_one_period_and_leaves_out_its_end(samples):
    grid = periodic_grid(samples)
    assert grid.shape == (samples, 1)
    assert grid[0] == -np.pi
    assert grid[-1] + 2 * np.pi / samples == pytest.approx(np.pi)
    assert np.diff(grid[:, 0]) == pytest.approx(2 * np.pi / samples)


@each_recipe
def test_the_whole_spectrum_is_the_analytic_one(name):
    recipe = replace(RECIPES[name], dtype="float64")
    problem = build(recipe)
    wanted = np.zeros(recipe.samples // 2, complex)
    wanted[list(recipe.omegas)] = [-0.5j * amplitude for amplitude in recipe.amplitudes]
    waves = np.arange(recipe.samples // 2)[:, None] / (2 * np.pi)
    np.testing.assert_allclose(nudft(periodic_grid(recipe.samples), problem.targets, waves)[:, 0], wanted, atol=1e-13)


@each_recipe
def test_the_frequencies_of_the_formula_and_no_others_are_watched(name):
    (probe,) = build(RECIPES[name]).probes
    assert probe.frequency.tolist() == list(RECIPES[name].omegas)
    assert probe.component.tolist() == [0] * len(probe.frequency)
    assert probe.target_amplitude == pytest.approx(np.array(RECIPES[name].amplitudes) / 2, rel=1e-12)


@pytest.mark.parametrize(("name", "omegas"), [("sin135", [1, 3, 5]), ("sin15", [1, 5])])
def test_the_standard_targets_have_the_peaks_of_their_names(name, omegas):
    assert build(PROBLEMS[name]).probes[0].frequency.tolist() == omegas


@pytest.mark.parametrize("samples", [48, 49, 201, 1000])
def test_the_number_of_samples_does_not_move_the_peaks(samples):
    inputs = periodic_grid(samples)
    assert grid_probe(inputs, np.sin(inputs) + np.sin(5 * inputs)).frequency.tolist() == [1, 5]


def test_an_offset_is_watched_as_frequency_zero_and_hides_no_other():
    inputs = periodic_grid(201)
    probe = grid_probe(inputs, 2 + np.sin(inputs) + np.cos(3 * inputs))
    assert probe.frequency.tolist() == [0, 1, 3]
    assert probe.target_amplitude == pytest.approx([2, 0.5, 0.5])


def test_a_target_without_a_peak_is_refused():
    inputs = periodic_grid(11)
    with pytest.raises(ValueError, match=r"No frequency .* stands above the noise floor, 0.* of 11 samples"):
        grid_probe(inputs, np.sin(inputs) + np.sin(5 * inputs))


def test_noise_around_a_wave_is_not_watched():
    inputs = periodic_grid(201)
    targets = np.sin(4 * inputs) + 0.3 * np.random.default_rng(0).standard_normal(inputs.shape)
    assert grid_probe(inputs, targets).frequency.tolist() == [4]


def test_a_target_that_is_watched_is_learned_by_itself_and_missed_by_zero():
    problem = build(PROBLEMS["sin135"])
    (probe,) = problem.probes
    amplitude, error = probe.measure(problem.targets)
    assert amplitude == pytest.approx([0.5] * 3)
    assert error == pytest.approx([0] * 3, abs=1e-14)
    assert probe.measure(0 * problem.targets)[1] == pytest.approx([1] * 3)


def test_each_wave_is_measured_without_the_others():
    problem = build(PROBLEMS["sin135"])
    error = problem.probes[0].measure(np.sin(3 * problem.inputs))[1]
    assert error == pytest.approx([1, 0, 1], abs=1e-13)


def test_in_float32_the_data_are_rounded_and_the_peaks_stay():
    double, single = build(Sines()), build(Sines(dtype="float32"))
    assert single.inputs.dtype == single.targets.dtype == single.network.dtype == np.float32
    assert (single.inputs == double.inputs.astype(np.float32)).all()
    assert single.probes[0].frequency.tolist() == [1, 3, 5]
    assert single.probes[0].target_amplitude == pytest.approx([0.5] * 3, rel=1e-12)
    theta = double.network.theta0(np.random.default_rng(0))[None]
    assert NumpyEvaluator(single).values(theta) == pytest.approx(NumpyEvaluator(double).values(theta), rel=1e-5)


def test_settings_of_the_network_reach_the_network():
    problem = build(Sines(network="1-3-2-1", activation="sin", init="kaiming", dtype="float32"))
    net = problem.network
    assert (net.name, net.activation, net.init, net.precision) == ("1-3-2-1", "sin", "kaiming", "float32")


def test_amplitudes_weigh_their_own_waves():
    recipe = Sines(omegas=(2, 7), amplitudes=(1.5, -1.0), samples=64)
    x = periodic_grid(64)
    np.testing.assert_allclose(build(recipe).targets, 1.5 * np.sin(2 * x) - np.sin(7 * x), atol=1e-14)
    assert build(recipe).probes[0].target_amplitude == pytest.approx([0.75, 0.5])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"samples": 10}, r"samples must exceed twice the largest omega, 10, to resolve it; got 10\."),
        ({"samples": 0}, r"samples must exceed .* got 0\."),
        ({"omegas": (1, 3)}, r"omegas and amplitudes need the same length; got 2 and 3\."),
        ({"omegas": (), "amplitudes": ()}, r"omegas are whole numbers from 1, at least one of them; got \(\)\."),
        ({"omegas": (0, 1, 2)}, r"whole numbers from 1"),
        ({"omegas": (1, -3, 5)}, r"whole numbers from 1"),
        ({"omegas": (1, 2.5, 5)}, r"whole numbers from 1"),
        ({"network": "2-40-1"}, r"1 input\(s\) and 1 output\(s\)"),
        ({"loss": "maee"}, r"Unknown loss 'maee'. Did you mean 'mae'"),
        ({"activation": "tan"}, r"Unknown activation 'tan'"),
        ({"dtype": "float16"}, r"float32 or float64"),
    ],
)
def test_settings_that_make_no_problem_are_refused_with_the_rule(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(replace(Sines(), **wrong))


def test_eleven_samples_resolve_omega_five():
    check_waves(11, (1, 5), amplitudes=(1.0, 1.0))
