"""The Gaussian filter against its formula, written out; and when a width says nothing."""

import tracemalloc
import warnings

import numpy as np
import pytest

from problems.classes.digits import encode, samples
from problems.datasets import DATASETS
from problems.datasets.find import DATA, locate
from problems.probes import gaussian_filter
from problems.probes.gaussian_filter import FilterProbe, UninformativeFilter


def direct(inputs, values, delta):
    """The low part, sample by sample, in double precision."""
    inputs, low = inputs.astype(np.float64), np.empty(values.shape)
    for i, x in enumerate(inputs):
        weight = np.exp(-((inputs - x) ** 2).sum(axis=1) / (2 * delta))
        low[i] = weight @ values / weight.sum()
    return low


def part_of(name, n):
    if name != "digits" and locate(DATASETS[name]) is None:
        pytest.skip(f"{name} is not here: name its folder with {DATA}")
    train = samples(name, n, 0)[0]
    return train.inputs, encode(train.labels, "one-hot")


@pytest.mark.parametrize(("name", "deltas"), [("digits", (0.05, 0.5, 3.0)), ("mnist", (3.0, 7.0, 20.0))])
def test_the_filter_is_the_direct_formula(name, deltas):
    inputs, targets = part_of(name, 500)
    for delta in deltas:
        low, high = FilterProbe(inputs, targets, delta, 500).parts(targets)
        wanted = direct(inputs, targets, delta)
        np.testing.assert_allclose(low, wanted, atol=1e-6)
        np.testing.assert_allclose(high, targets - wanted, atol=1e-6)


def test_inputs_far_from_zero_do_not_lose_the_distances():
    inputs, targets = part_of("digits", 300)
    far = inputs + np.float32(64)
    low = FilterProbe(far, targets, 0.3, 300).parts(targets)[0]
    np.testing.assert_allclose(low, direct(inputs, targets, 0.3), atol=1e-4)


def test_some_rows_are_filtered_over_all_samples():
    inputs, targets = part_of("digits", 400)
    some, all_ = (FilterProbe(inputs, targets, 0.4, rows).parts(targets) for rows in (70, 400))
    assert some.shape == (2, 70, 10)
    np.testing.assert_allclose(some, all_[:, :70], atol=1e-6)


def test_blocks_change_nothing_and_keep_nothing(monkeypatch):
    inputs, targets = part_of("digits", 400)
    whole = FilterProbe(inputs, targets, 0.4, 400).parts(targets)
    sizes = []
    made = gaussian_filter.weights
    monkeypatch.setattr(gaussian_filter, "BLOCK", 400 * 30)
    monkeypatch.setattr(gaussian_filter, "MEMORY", 0)
    monkeypatch.setattr(
        gaussian_filter, "weights", lambda x, rows, d: sizes.append(made(x, rows, d).size) or made(x, rows, d)
    )
    probe = FilterProbe(inputs, targets, 0.4, 400)
    np.testing.assert_allclose(probe.parts(targets), whole, atol=1e-6)
    assert max(sizes) == 400 * 30
    assert sum(sizes) == 400 * 400
    probe.parts(targets)
    assert sum(sizes) == 2 * 400 * 400, "too many weights to keep are made anew"


def test_errors_are_those_of_the_two_parts():
    inputs, targets = part_of("digits", 300)
    predictions = np.random.default_rng(0).random(targets.shape)
    probe = FilterProbe(inputs, targets, 0.4, 300)
    y, h = direct(inputs, targets, 0.4), direct(inputs, predictions, 0.4)
    e_low = np.sqrt(((y - h) ** 2).sum() / (y**2).sum())
    e_high = np.sqrt(((targets - y - predictions + h) ** 2).sum() / ((targets - y) ** 2).sum())
    amplitude, error = probe.measure(predictions)
    np.testing.assert_allclose(error, [e_low, e_high], rtol=1e-5)
    np.testing.assert_allclose(
        amplitude, [np.sqrt((h**2).sum() / 300), np.sqrt(((predictions - h) ** 2).sum() / 300)], rtol=1e-5
    )
    assert probe.measure(targets)[1].tolist() == [0.0, 0.0]


def test_a_network_that_knows_the_mean_alone_has_learned_the_low_part_better():
    inputs, targets = part_of("digits", 300)
    error = FilterProbe(inputs, targets, 1.0, 300).measure(np.full(targets.shape, 0.1))[1]
    assert error[0] < 0.9 < error[1] == pytest.approx(1.0, abs=0.1)


def test_a_sine_passes_as_the_transform_of_the_filter_says():
    """On a line of evenly spaced samples the filter multiplies sin(2 pi k x) by exp(-2 pi^2 delta k^2)."""
    x = np.linspace(0, 20, 2001)[:, None]
    delta = 0.02
    for k in (0.5, 1.0, 1.5):
        wave = np.sin(2 * np.pi * k * x)
        low = FilterProbe(x, wave, delta, 2001).parts(wave)[0]
        inside = slice(200, 1801)
        np.testing.assert_allclose(low[inside], np.exp(-2 * np.pi**2 * delta * k**2) * wave[inside], atol=5e-5)


def test_the_frequency_of_the_high_part_is_the_width_of_the_filters_own_spectrum():
    inputs, targets = part_of("digits", 50)
    probe = FilterProbe(inputs, targets, 0.25, 50)
    assert probe.frequency.tolist() == [0.0, pytest.approx(1 / np.pi)]
    assert probe.component.tolist() == [-1, -1]
    assert probe.name == "filter(0.25)"


@pytest.mark.parametrize(
    ("delta", "words"), [(1e-3, "is the target itself.*larger"), (1e5, "the target's mean.*smaller")]
)
def test_a_width_that_says_nothing_is_warned_of(delta, words):
    inputs, targets = part_of("digits", 200)
    with pytest.warns(UninformativeFilter, match=f"delta = .* uninformative: .*{words}"):
        FilterProbe(inputs, targets, delta, 200).check()


def test_a_width_between_is_not_warned_of():
    inputs, targets = part_of("digits", 200)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FilterProbe(inputs, targets, 0.5, 200).check()


@pytest.mark.slow
def test_sixty_thousand_samples_fit_into_two_gigabytes():
    """Peak of what numpy allocates; the inputs themselves are 188 MB, and a centred copy of them as much."""
    rng = np.random.default_rng(0)
    inputs, targets = rng.random((60_000, 784), np.float32), np.eye(10)[rng.integers(0, 10, 60_000)]
    tracemalloc.start()
    FilterProbe(inputs, targets, 7.0, 600).measure(targets)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.0e9


def test_shares_at_some_rows_are_of_their_distance_from_the_mean_of_all_samples():
    inputs = np.linspace(0, 1, 60)[:, None]
    targets = inputs**2
    low, high = FilterProbe(inputs, targets, 0.01, 20).shares()
    wanted, mean = direct(inputs, targets, 0.01)[:20], targets.mean()
    variance = ((targets[:20] - mean) ** 2).sum()
    assert low == pytest.approx(((wanted - mean) ** 2).sum() / variance, rel=1e-4)
    assert high == pytest.approx(((targets[:20] - wanted) ** 2).sum() / variance, rel=1e-4)
