"""Waves that lie below the floor of shuffled targets for the sake of a larger one are found once that is gone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems.line.functions import functions_probe
from problems.line.targets import Noisy, Target
from problems.probes.fitting import MOST_FITTED, refined
from problems.probes.fourier import noise_floor

ROWS = 120


def places(n, kind, seed=0):
    """`(n, 1)` in [0, 1), ascending."""
    x = np.arange(n) / n if kind == "even" else np.sort(np.random.default_rng(seed).uniform(0, 1, n))
    return x[:, None]


def waves(x, amplitudes):
    """Sines of the frequencies that are the keys, with phases of their own."""
    return sum(a * np.sin(2 * np.pi * k * x + k) for k, a in amplitudes.items())


def seen(x, y):
    return [float(k) for k in functions_probe(x, y).frequency if k > 0]


@pytest.mark.parametrize("kind", ["even", "scattered"])
@pytest.mark.parametrize(
    "amplitudes",
    [{2: 1, 9: 0.2}, {1: 1, 3: 1 / 3, 5: 1 / 5, 9: 1 / 9}, {4: 1, 11: 0.05}, {3: 0.3, 8: 1, 14: 0.1, 20: 0.02}],
    ids=str,
)
def test_waves_of_falling_amplitude_are_all_watched(kind, amplitudes):
    x = places(ROWS, kind)
    y = waves(x, amplitudes)
    assert seen(x, y) == pytest.approx(sorted(amplitudes), abs=1e-3)
    # it is the larger ones that hide the others: these are below the floor of the whole
    hidden = [k for k, a in amplitudes.items() if a / 2 < noise_floor(x, y, np.arange(60.0)[:, None])[0]]
    assert hidden


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(st.integers(1, 30), st.floats(0.05, 1.0), min_size=1, max_size=8),
    st.integers(70, 200),
)
def test_of_waves_on_a_grid_those_are_watched_that_are_there_and_no_other(amplitudes, n):
    x = places(n, "even")
    largest = max(amplitudes.values())
    try:
        found = seen(x, waves(x, amplitudes))
    except ValueError:  # many of one size: none stands out
        return
    assert set(np.round(found, 9)) <= set(amplitudes)
    # the weakest has a twentieth of the largest; what is left out has no more than the floor of what is left with it
    if len(amplitudes) <= 2:
        assert set(np.round(found, 9)) == set(amplitudes), largest


def test_a_wave_between_two_multiples_leaves_no_feet_to_be_watched():
    x = places(200, "even")
    alone, beside = (seen(x, waves(x, {2.3: 1} | more)) for more in ({}, {9.6: 0.2}))
    assert alone == [2, 3]
    assert beside == [2, 3, 10]


def test_of_a_trend_on_scattered_points_no_row_of_waves_is_watched():
    x = places(200, "scattered")
    assert seen(x, waves(x, {3: 1}) + 2 * x) == pytest.approx([1, 3], abs=0.2)


def test_a_square_wave_shows_its_odd_waves():
    x = places(200, "even")
    assert seen(x, np.sign(np.sin(2 * np.pi * x + 0.01))) == [*range(1, 24, 2)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["even", "scattered"])
def test_beside_a_wave_noise_is_watched_in_one_study_of_twenty(kind):
    # a wave and noise of a third of it: nothing is left when the wave is gone
    studies, wrong = 300, 0
    for seed in range(studies):
        x = places(ROWS, kind, seed)
        noise = np.random.default_rng([seed, 1]).standard_normal((ROWS, 1))
        found = seen(x, waves(x, {5: 1}) + noise / 3)
        assert min(abs(np.array(found) - 5)) < 0.2
        wrong += len(found) > 1
    # 5 % of 300 are 15, and 26 or more have a probability of 0.4 %
    assert wrong <= 25


def test_data_drawn_anew_for_each_seed_are_watched_at_the_same_frequencies():
    problems = [
        Noisy(target="sin(x)+0.2*sin(4*x)", samples=100, test_samples=5).build(np.random.default_rng(k))
        for k in range(4)
    ]
    assert len({tuple(problem.probes[0].frequency) for problem in problems}) == 1


def test_a_file_of_a_curve_and_its_formula_have_the_same_waves(tmp_path):
    x = np.arange(100) / 50
    np.savetxt(tmp_path / "a.csv", np.column_stack([x, waves(x, {0.5: 1, 2: 0.25})]), "%.17g", ",")
    (probe,) = Target(target=str(tmp_path / "a.csv")).build(np.random.default_rng(0)).probes
    assert probe.frequency.tolist() == pytest.approx([0.5, 2])
    assert probe.selection.rule.endswith(" at first")
    assert probe.power_share == pytest.approx(1)


@pytest.mark.parametrize("kind", ["even", "scattered"])
def test_of_very_many_samples_the_first_floor_is_the_last(kind):
    x = places(MOST_FITTED + 8, kind)
    assert seen(x, waves(x, {2: 1, 9: 1e-3})) == pytest.approx([2], abs=1e-2)
    assert seen(x, waves(x, {2: 1, 9: 0.1})) == pytest.approx([2, 9], abs=1e-2)


def test_waves_are_refined_together():
    x = places(ROWS, "scattered")
    y = waves(x, {3.4: 1, 8.7: 0.5})
    assert refined(x, y, np.array([3.0, 9.0]), 1.0) == pytest.approx([3.4, 8.7], abs=1e-4)
