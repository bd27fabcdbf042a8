"""The Fourier formula against numpy.fft and a plain double loop, and the choice of the frequencies to watch."""

from cmath import exp, pi

import numpy as np
import pytest

from problems.line.waves import periodic_grid
from problems.probes import fourier
from problems.probes.fourier import (
    SHUFFLES,
    FourierProbe,
    _exceeded_by_chance,
    find_peaks,
    largest,
    noise_floor,
    nudft,
)
from problems.probes.line import CIRCLE, formula_probe, peaks_probe, uniform_grid


def probe_of(inputs: np.ndarray, targets: np.ndarray, omegas: list[float]) -> FourierProbe:
    """Watches the angular frequencies `omegas` of one component along a line."""
    frequency = np.array(omegas, float)
    return FourierProbe(inputs, targets, frequency[:, None] / (2 * pi), frequency, np.zeros(len(omegas), np.int64))


def sines(inputs: np.ndarray, *omegas: float) -> np.ndarray:
    return np.sin(inputs * np.array(omegas)).sum(axis=1, keepdims=True)


@pytest.mark.parametrize("samples", [8, 9, 201])
def test_on_a_periodic_grid_the_formula_is_the_discrete_fourier_transform(samples):
    outputs = np.random.default_rng(0).standard_normal((samples, 3))
    inputs = np.arange(samples)[:, None] / samples
    waves = np.fft.fftfreq(samples, 1 / samples)[:, None]
    np.testing.assert_allclose(nudft(inputs, outputs, waves), np.fft.fft(outputs, axis=0) / samples, atol=1e-13)


def test_on_a_periodic_square_the_formula_is_the_two_dimensional_transform():
    rows, columns = 6, 9
    picture = np.random.default_rng(0).standard_normal((rows, columns))
    inputs = np.stack(np.meshgrid(np.arange(rows) / rows, np.arange(columns) / columns, indexing="ij"), -1)
    axes = np.fft.fftfreq(rows, 1 / rows), np.fft.fftfreq(columns, 1 / columns)
    waves = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)
    found = nudft(inputs.reshape(-1, 2), picture.reshape(-1, 1), waves).reshape(rows, columns)
    np.testing.assert_allclose(found, np.fft.fft2(picture) / picture.size, atol=1e-13)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_on_scattered_points_the_formula_is_the_plain_double_loop(dimension):
    rng = np.random.default_rng(dimension)
    inputs, outputs = rng.uniform(-3, 3, (17, dimension)), rng.standard_normal((17, 2))
    waves = rng.uniform(-2, 2, (5, dimension))
    wanted = [
        [sum(y[c] * exp(-2j * pi * (k @ x)) for x, y in zip(inputs, outputs, strict=True)) / 17 for c in range(2)]
        for k in waves
    ]
    np.testing.assert_allclose(nudft(inputs, outputs, waves), wanted, atol=1e-13)


def test_along_a_direction_the_formula_is_that_of_the_projections():
    rng = np.random.default_rng(0)
    inputs, outputs, direction = rng.standard_normal((40, 784)), rng.standard_normal((40, 1)), rng.standard_normal(784)
    direction /= np.linalg.norm(direction)
    waves = np.linspace(0, 0.5, 7)[:, None]
    projected = nudft((inputs @ direction)[:, None], outputs, waves)
    np.testing.assert_allclose(nudft(inputs, outputs, waves * direction), projected, atol=1e-13)


@pytest.mark.parametrize("omega", [1, 2, 7, 40])
def test_a_sine_has_amplitude_one_half_at_its_own_frequency_and_none_elsewhere(omega):
    inputs = periodic_grid(101)
    coefficients = nudft(inputs, sines(inputs, omega), np.arange(51.0)[:, None] / (2 * pi))[:, 0]
    np.testing.assert_allclose(coefficients, np.where(np.arange(51) == omega, -0.5j, 0), atol=1e-13)


def test_amplitude_and_error_of_every_row_are_those_of_the_definition():
    rng = np.random.default_rng(0)
    inputs, targets, outputs = rng.uniform(-1, 1, (30, 2)), rng.standard_normal((30, 3)), rng.standard_normal((30, 3))
    waves, component = rng.uniform(-2, 2, (6, 2)), np.array([2, 0, 1, 1, 0, 2])
    probe = FourierProbe(inputs, targets, waves, np.linalg.norm(waves, axis=1), component)
    mean = targets.mean(axis=0)  # of both: a constant must not leak to other frequencies
    wanted, found = (nudft(inputs, y - mean, waves)[np.arange(6), component] for y in (targets, outputs))
    amplitude, error = probe.measure(outputs)
    np.testing.assert_allclose(probe.target_amplitude, np.abs(wanted), rtol=1e-12)
    np.testing.assert_allclose(amplitude, np.abs(found), rtol=1e-12)
    np.testing.assert_allclose(error, np.abs(found - wanted) / np.abs(wanted), rtol=1e-12)


@pytest.mark.parametrize(("shift", "error"), [(0, 0.0), (pi / 3, 1.0), (pi / 2, 2**0.5), (pi, 2.0)])
def test_a_shifted_wave_has_the_right_amplitude_and_is_wrong_by_its_phase(shift, error):
    inputs = periodic_grid(60)
    probe = probe_of(inputs, sines(inputs, 3), [3])
    amplitude, found = probe.measure(np.sin(3 * inputs + shift))
    assert amplitude == pytest.approx(probe.target_amplitude, abs=1e-13)
    assert found == pytest.approx(error, abs=1e-13)


@pytest.mark.parametrize(("factor", "error"), [(0.0, 1.0), (0.5, 0.5), (1.0, 0.0), (3.0, 2.0)])
def test_a_scaled_target_is_wrong_by_the_missing_share(factor, error):
    inputs = periodic_grid(60)
    targets = sines(inputs, 1, 4)
    assert probe_of(inputs, targets, [1, 4]).measure(factor * targets)[1] == pytest.approx([error] * 2, abs=1e-13)


def test_float32_predictions_are_measured_in_float64():
    inputs = periodic_grid(201)
    probe = probe_of(inputs, sines(inputs, 1, 3), [1, 3])
    amplitude, error = probe.measure(sines(inputs, 1, 3).astype(np.float32))
    assert amplitude.dtype == error.dtype == np.float64
    assert error.max() < 1e-7


def test_an_included_endpoint_leaks_and_puts_a_floor_under_the_error():
    """On `linspace(-pi, pi, n)` the wave k = 1, not yet learned, looks like an error of 2/n at k = 3."""
    with_endpoint, without = np.linspace(-pi, pi, 201)[:, None], periodic_grid(201)
    errors = []
    for inputs in (with_endpoint, without):
        targets = np.cos(inputs) + np.cos(3 * inputs)
        errors.append(probe_of(inputs, targets, [3]).measure(np.cos(3 * inputs))[1][0])
    assert errors[0] == pytest.approx(2 / 201, rel=0.02)
    assert errors[1] < 1e-13


def test_on_a_grid_every_frequency_above_the_floor_is_a_peak():
    amplitudes = np.array([0.0, 3.0, 2.0, 2.5, 0.1, 1.0])
    assert find_peaks(amplitudes, 0.5, orthogonal=True).tolist() == [1, 2, 3, 5]


def test_where_frequencies_leak_only_local_maxima_are_peaks():
    amplitudes = np.array([4.0, 3.0, 2.0, 2.5, 0.1, 1.0])
    assert find_peaks(amplitudes, 0.5, orthogonal=False).tolist() == [0, 3, 5]
    assert find_peaks(amplitudes, 1.5, orthogonal=False).tolist() == [0, 3]


@pytest.mark.parametrize("orthogonal", [True, False])
def test_a_peak_rises_above_the_floor_and_does_not_merely_reach_it(orthogonal):
    amplitudes = np.array([0.0, 0.5, 0.0])
    assert find_peaks(amplitudes, 0.5, orthogonal=orthogonal).tolist() == []
    assert find_peaks(amplitudes, 0.499, orthogonal=orthogonal).tolist() == [1]
    assert find_peaks(np.zeros(3), 0.0, orthogonal=orthogonal).tolist() == []


def test_the_largest_peaks_are_kept_in_ascending_order_of_frequency():
    amplitudes = np.array([1.0, 0, 5, 0, 2, 0, 4, 0, 3])
    peaks = find_peaks(amplitudes, 0.5, orthogonal=True)
    assert largest(peaks, amplitudes, 3).tolist() == [2, 6, 8]
    assert largest(peaks, amplitudes).tolist() == [0, 2, 4, 6, 8]


def test_of_equal_peaks_the_lowest_frequencies_are_kept():
    assert largest(np.array([0, 2, 4, 6]), np.array([1.0, 0, 1, 0, 1, 0, 2]), 3).tolist() == [0, 2, 6]


@pytest.mark.parametrize("make", [formula_probe, peaks_probe])
def test_the_twelve_largest_peaks_of_a_line_are_watched(make):
    inputs = uniform_grid(1001, CIRCLE)
    # louder and louder, so that the lowest three are left out
    targets = sum((10 + k) * np.sin(k * inputs) for k in range(1, 16))
    probe = make(inputs, targets, CIRCLE, orthogonal=True)
    assert probe.frequency.tolist() == pytest.approx(range(4, 16))


def test_neighbours_of_equal_height_are_one_peak():
    assert find_peaks(np.array([0.0, 1, 1, 0]), 0.5, orthogonal=False).tolist() == [2]
    assert find_peaks(np.array([0.0, 1, 1, 2, 0]), 0.5, orthogonal=False).tolist() == [3]


def test_white_noise_has_a_false_peak_in_one_case_of_twenty():
    """1000 targets of pure noise, as components of one; the share has a standard error of 0.7 %."""
    noise = np.random.default_rng(0).standard_normal((64, 1000))
    inputs, waves = periodic_grid(64), np.arange(1.0, 32)[:, None] / (2 * pi)
    floors = noise_floor(inputs, noise, waves, 1)
    assert floors.shape == (1000,)
    false_alarms = (np.abs(nudft(inputs, noise, waves)).max(axis=0) > floors).mean()
    assert 0.03 < false_alarms < 0.07


def test_the_floor_of_noise_is_the_known_quantile_of_the_largest_of_many_waves():
    """|g_k|^2 n / sigma^2 is exponential with mean 1, so the largest of 31 stays below log(31 / 0.05) in 95 %."""
    noise = np.random.default_rng(0).standard_normal((4096, 20))
    waves = np.arange(1.0, 32)[:, None] / (2 * pi)
    floors = noise_floor(periodic_grid(4096), noise, waves, 1)
    assert floors.mean() == pytest.approx((np.log(31 / 0.05) / 4096) ** 0.5, rel=0.03)


def test_an_offset_of_the_target_does_not_raise_the_floor():
    inputs, waves = periodic_grid(101), np.arange(51.0)[:, None] / (2 * pi)
    floors = [noise_floor(inputs, sines(inputs, 2) + c, waves, 0) for c in (0.0, 100.0)]
    assert floors[0] == pytest.approx(floors[1], rel=1e-9)


def test_the_floor_scales_with_the_target_and_repeats_with_its_seed(monkeypatch):
    inputs, waves = periodic_grid(101), np.arange(51.0)[:, None] / (2 * pi)
    monkeypatch.setattr(fourier, "KNOWN", {})
    once, tenfold, other = (
        noise_floor(inputs, scale * sines(inputs, 2), waves, seed) for scale, seed in ((1, 0), (10, 0), (1, 1))
    )
    fourier.KNOWN.clear()
    again = noise_floor(inputs, sines(inputs, 2), waves, 0)
    assert (once == again).all()
    assert tenfold == pytest.approx(10 * once)
    assert (once != other).all()


def test_one_more_shuffle_exceeds_the_floor_in_at_most_one_case_of_twenty():
    """The tenth largest of 200: one more of the same law is above it with probability 10 / 201."""
    drawn = np.random.default_rng(0).random((SHUFFLES + 1, 40_000))
    rate = (drawn[-1] > _exceeded_by_chance(drawn[:-1])).mean()
    assert rate == pytest.approx(10 / 201, abs=3 * np.sqrt(0.05 * 0.95 / 40_000))


def test_a_noise_floor_is_found_once_for_the_same_data(monkeypatch):
    found = []
    whole = fourier._noise_floor
    monkeypatch.setattr(fourier, "_noise_floor", lambda *given: found.append(1) or whole(*given))
    monkeypatch.setattr(fourier, "KNOWN", {})
    inputs, waves = periodic_grid(64), np.arange(10.0)[:, None]
    target = sines(inputs, 2)
    first = noise_floor(inputs, target, waves, 0)
    told = dict(fourier.KNOWN)
    fourier.KNOWN.clear()
    fourier.tell_floors(told)  # as a process is by the one that gives it work
    np.testing.assert_array_equal(noise_floor(inputs.copy(), target, waves, 0), first)
    assert len(found) == 1
    for other in ((inputs, 2 * target, waves, 0), (inputs, target, waves[:9], 0), (inputs, target, waves, 1)):
        noise_floor(*other[:3], other[3])
    assert len(found) == 4
