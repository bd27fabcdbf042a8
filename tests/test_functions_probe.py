"""Functions of one variable are watched at the peaks of each, whichever door they come by."""

import numpy as np
import pytest

from harness.watch.watched import understand
from problems.own_data import OwnData, watched
from problems.readers.samples import read_samples

EVEN = np.arange(200)[:, None] / 200
SCATTERED = np.sort(np.random.default_rng(0).uniform(0, 1, 300))[:, None]
NOISE = np.random.default_rng(1).standard_normal((200, 2))


def waves(x, *frequencies):
    """A sum of sines of falling amplitude."""
    return sum(np.sin(2 * np.pi * k * x) / (1 + i) for i, k in enumerate(frequencies))


def both(x):
    return np.concatenate([waves(x, 3, 11), waves(x, 7)], axis=1)


def named(probe):
    return [(int(c), float(k)) for c, k in zip(probe.component, probe.frequency, strict=True)]


@pytest.mark.parametrize("x", [EVEN, SCATTERED], ids=["even", "scattered"])
def test_a_file_and_a_watch_see_the_same_peaks_of_each_target(x, tmp_path):
    np.savez(tmp_path / "a.npz", x=x, y=both(x))
    problem = OwnData(data=str(tmp_path / "a.npz")).build(np.random.default_rng(0))
    (probe,) = problem.probes
    (watch,) = understand(x, both(x), None).probes
    assert named(probe) == named(watch)
    tolerance = 1e-9 if x is EVEN else 0.05
    assert named(probe) == [pytest.approx(pair, abs=tolerance) for pair in [(0, 3), (0, 11), (1, 7)]]
    assert "of each component" in probe.selection.rule
    assert "shuffled" in watch.selection.rule


def test_one_target_in_a_file_is_watched_at_its_peaks(tmp_path):
    np.savez(tmp_path / "a.npz", x=EVEN, y=waves(EVEN, 3, 11))
    (probe,) = OwnData(data=str(tmp_path / "a.npz")).build(np.random.default_rng(0)).probes
    assert named(probe) == [(0, 3), (0, 11)]


def test_samples_in_any_order_are_one_function():
    rows = np.random.default_rng(2).permutation(200)
    problem = OwnData(make=lambda: (EVEN[rows], both(EVEN)[rows])).build(np.random.default_rng(0))
    assert named(problem.probes[0]) == [(0, 3), (0, 11), (1, 7)]
    np.testing.assert_array_equal(problem.inputs, EVEN)
    np.testing.assert_array_equal(problem.targets, both(EVEN))


def test_a_target_of_noise_is_said_to_be_left_out_and_noise_alone_is_watched_by_octaves():
    half = np.concatenate([waves(EVEN, 3), NOISE[:, :1]], axis=1)
    ((probe,), _) = watched(read_samples(EVEN, half))
    assert named(probe) == [(0, 3)]
    assert probe.selection.dropped == ("component 1, in which nothing stands above the noise",)
    ((octaves,), notes) = watched(read_samples(EVEN, NOISE))
    assert octaves.name == "shells"
    assert "octaves" in notes[0]


def test_places_that_occur_twice_have_octaves_up_to_what_the_places_show():
    x = np.repeat(EVEN[::4], 4, axis=0)  # 50 places: beyond 25 a wave is another one's alias
    ((probe,), notes) = watched(read_samples(x, both(x)))
    assert probe.name == "shells"
    assert probe.frequency.max() < 25
    assert "more than once" in notes[0]
