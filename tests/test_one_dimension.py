"""Every one-dimensional target: its spectrum against the analytic one, or against another library's transform."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.signal import lombscargle

from problems import PROBLEMS
from problems.line.many_tones import Dense, Tones
from problems.line.targets import Noisy, Target
from problems.line.waves import Amplitude
from problems.probes.fourier import nudft
from problems.probes.line import CIRCLE, Line, peaks_probe, uniform_grid


def build(recipe, seed=0):
    return recipe.build(np.random.default_rng(seed))


def plain(name):
    """In float64 and with a small network, which no target knows of."""
    return replace(PROBLEMS[name], dtype="float64", network="1-4-1")


def by_fft(problem):
    """Amplitudes at 0, 1, 2 ... cycles per domain."""
    return np.abs(np.fft.rfft(problem.targets[:, 0])) / problem.n_samples


ANGULAR = ("steps", "steps-periodic", "large-init", "dense", "amplitude", "target")


@pytest.mark.parametrize(("name", "unit"), [*((name, 2 * np.pi) for name in ANGULAR), ("ten-tones", 1.0)])
def test_watched_amplitudes_are_those_of_the_fast_fourier_transform(name, unit):
    problem = build(plain(name))
    (probe,) = problem.probes
    step = problem.inputs[1, 0] - problem.inputs[0, 0]
    bins = probe.frequency / unit * step * problem.n_samples
    np.testing.assert_allclose(bins, bins.round(), atol=1e-9)
    np.testing.assert_allclose(probe.target_amplitude, by_fft(problem)[bins.round().astype(int)], atol=1e-12)


def test_rising_sines_have_their_amplitudes():
    (probe,) = build(plain("sin123-rising")).probes
    assert probe.frequency.tolist() == [1, 3, 5]
    assert probe.target_amplitude == pytest.approx([0.5, 1.0, 1.5])


@pytest.mark.parametrize("a", [0.01, 1.0, 100.0])
def test_a_wave_is_watched_however_small_beside_the_other(a):
    (probe,) = build(Amplitude(a=a)).probes
    assert probe.frequency.tolist() == [1, 4]
    assert probe.target_amplitude == pytest.approx([0.5, a / 2])


def test_a_wave_of_no_amplitude_is_refused():
    with pytest.raises(ValueError, match="Every amplitude must differ from 0"):
        build(Amplitude(a=0.0))


def test_the_periodic_step_function_has_three_values_and_its_fourier_series():
    """b_k = (2 / pi k) (cos(k pi/4) - cos(3 k pi/4)), of which the amplitude is a half."""
    problem = build(plain("steps-periodic"))
    assert sorted(set(problem.targets.ravel())) == [-1, 0, 1]
    k = np.arange(1, 30)
    wanted = np.abs(np.cos(k * np.pi / 4) - np.cos(3 * k * np.pi / 4)) / (np.pi * k)
    found = np.abs(nudft(problem.inputs, problem.targets, k[:, None] / (2 * np.pi)))[:, 0]
    np.testing.assert_allclose(found, wanted, atol=4 / 600)  # of the order of a sample's share
    assert problem.probes[0].frequency.tolist() == pytest.approx(range(1, 25, 2))


def test_the_published_step_function_is_the_rounded_sum_of_three_sines():
    problem = build(plain("steps"))
    x = problem.inputs[:, 0]
    assert (problem.n_samples, x[0]) == (600, -10)
    assert np.diff(x) == pytest.approx(20 / 600)
    wanted = 2 * np.round((np.sin(x) + 2 * np.sin(3 * x) + 3 * np.sin(5 * x)) / 2)
    np.testing.assert_allclose(problem.targets[:, 0], wanted)
    assert set(wanted) == {-6, -4, -2, 0, 2, 4, 6}


def test_peaks_of_the_step_function_lie_within_half_a_bin_of_its_sines():
    """The domain holds no whole periods: frequencies are resolved to 2 pi / 20."""
    (probe,) = build(plain("steps")).probes
    largest = np.sort(probe.frequency[np.argsort(-probe.target_amplitude)[:3]])
    np.testing.assert_allclose(largest, [1, 3, 5], atol=np.pi / 20)


def test_stairs_have_the_spectrum_of_their_integral():
    """Coefficients of 0.5 round(x / 0.5) on [-1, 1), by quadrature."""
    problem = build(plain("large-init"))
    assert sorted(set(problem.targets.ravel())) == [-1, -0.5, 0, 0.5, 1]
    for frequency, amplitude in zip(problem.probes[0].frequency, problem.probes[0].target_amplitude, strict=True):
        steps = [-0.75, -0.25, 0.25, 0.75]
        value, _ = quad(lambda x, w=frequency: 0.5 * np.round(x / 0.5) * np.sin(w * x), -1, 1, points=steps, limit=200)
        assert amplitude == pytest.approx(abs(value) / 2, abs=5e-3)


def test_the_dense_spectrum_is_that_of_its_five_hundred_sines():
    """Each wave of half-whole period contributes sin(pi (w - k)) / (pi (w - k)) in the limit of many samples."""
    problem = build(replace(plain("dense"), samples=20_000))
    (probe,) = problem.probes
    assert probe.frequency.tolist() == [1, 3, 5, 7, 9, 11]
    j = np.arange(1, 501)
    w, k = j[:, None] / 10, probe.frequency
    wanted = np.abs(((np.sinc(w - k) - np.sinc(w + k)) / j[:, None]).sum(axis=0)) / 2
    np.testing.assert_allclose(probe.target_amplitude, wanted, rtol=1e-3)
    assert probe.target_amplitude == pytest.approx(1 / probe.frequency, rel=0.1)


def test_the_watched_frequencies_of_the_dense_spectrum_are_its_largest():
    problem = build(plain("dense"))
    largest = np.argsort(-by_fft(problem)[:150])[:6]
    assert sorted(largest.tolist()) == [1, 3, 5, 7, 9, 11]


@pytest.mark.parametrize(("name", "quietest"), [("ten-tones", 1.0), ("ten-tones-rising", 0.1)])
def test_ten_tones_have_their_amplitudes_and_nothing_else(name, quietest):
    problem = build(plain(name))
    (probe,) = problem.probes
    assert probe.frequency.tolist() == list(range(5, 55, 5))
    np.testing.assert_allclose(probe.target_amplitude, np.linspace(quietest, 1, 10) / 2, rtol=1e-10)
    spectrum = by_fft(problem)
    spectrum[5:55:5] = 0
    assert spectrum.max() < 1e-12


def test_phases_of_tones_are_uniform_and_differ_from_seed_to_seed():
    recipe = plain("ten-tones")
    waves = np.arange(5, 55, 5)[:, None] / 1.0
    phases = np.array(
        [np.angle(nudft((p := build(recipe, seed)).inputs, p.targets, waves))[:, 0] for seed in range(60)]
    )
    assert len(np.unique(phases.round(6))) == phases.size
    assert abs(np.exp(1j * phases).mean()) < 3 / np.sqrt(phases.size)


def test_noise_has_its_size_on_train_and_test_samples():
    problem = build(plain("noisy"))
    assert problem.test is not None
    assert (problem.n_samples, len(problem.test[0])) == (300, 6000)
    for inputs, targets in ((problem.inputs, problem.targets), problem.test):
        noise = targets[:, 0] - 0.5 * np.round(np.sin(inputs[:, 0]) / 0.5)
        assert noise.std() == pytest.approx(0.1, rel=0.15)
        assert abs(noise.mean()) < 0.03
    assert problem.probes[0].frequency == pytest.approx([0.942], abs=1e-3)


def test_noise_is_drawn_anew_for_every_seed_and_may_be_none():
    first, other = build(plain("noisy")), build(plain("noisy"), seed=1)
    assert (first.targets != other.targets).mean() > 0.99
    clean = build(replace(plain("noisy"), noise=0.0))
    assert set(clean.targets.ravel()) == {-1, -0.5, 0, 0.5, 1}


def test_a_bare_foot_of_a_peak_is_no_peak():
    """A wave of 2.4 periods: one frequency is watched, though its neighbours stand above the floor."""
    line = Line(0.0, 1.0)
    inputs = uniform_grid(400, line)
    wave = np.sin(2 * np.pi * 2.4 * inputs)
    assert len(peaks_probe(inputs, wave, line, orthogonal=True).frequency) > 1
    found = peaks_probe(inputs, wave, line, orthogonal=False)
    assert found.frequency[found.frequency > 0].tolist() == [2]


def test_frequencies_of_a_formula_are_omegas_whatever_the_domain():
    for domain in ("-pi,pi", "0,4*pi", "-6*pi,0"):
        (probe,) = build(Target(domain=domain)).probes
        assert probe.frequency == pytest.approx([1, 7])
        assert probe.target_amplitude == pytest.approx([0.5, 0.25])


def test_the_circle_is_the_domain_of_sin135():
    assert (uniform_grid(7, CIRCLE) == uniform_grid(7, Line(-np.pi, 2 * np.pi))).all()


@pytest.mark.parametrize(
    ("recipe", "sentence"),
    [
        (Target(domain="-pi"), "two numbers separated by a comma, such as -pi,pi; got '-pi'"),
        (Target(domain="0,1,2"), "two numbers separated by a comma"),
        (Target(domain="1,1"), "ends above its start; got '1,1'"),
        (Target(domain="0,x"), "depends on x"),
        (Target(samples=2), "samples must be from 3 to 2,000,000; got 2"),
        (Target(samples=10**9), "samples must be from 3 to 2,000,000"),
        (Target(target="0*x"), "A target must vary, .*; this one is 0 at all 201 samples"),
        (Target(target="1/x", domain="-1,1", samples=100), "must be finite everywhere; at x = 0 it is inf"),
        (Noisy(noise=-1.0), "noise must be at least 0"),
        (Noisy(test_samples=0), "test_samples at least 1"),
        (Tones(frequencies=()), "frequencies are whole numbers from 1"),
        (Tones(samples=100), "samples exceed twice the highest"),
        (Tones(quietest=0.0), "quietest must be above 0; got 0"),
        (Dense(samples=20), "samples at least 24"),
        (Dense(waves=0), "waves must be at least 1"),
    ],
)
def test_settings_that_make_no_problem_are_refused_with_the_rule(recipe, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(recipe)


@pytest.mark.parametrize(
    ("formula", "watched", "said"),
    [
        ("abs(x)", [3], "k = 1, 5, 7, 9, 11, ...: a window does not leave them"),
        ("sign(x)", [1], "--watch 1,3,5 watches the loudest"),
        # with an order on what is watched, and of a slow drift without maxima, nothing is missed
        ("0.5*x+sin(8*x)", [1, 8], None),
        ("exp(x)", [1], None),
    ],
)
def test_where_a_window_leaves_no_order_the_waves_that_it_takes_away_are_named(formula, watched, said):
    probe = replace(PROBLEMS["target"], target=formula).build(np.random.default_rng(0)).probes[0]
    assert [float(k) for k in probe.frequency if k > 0] == watched
    assert len(probe.selection.dropped) == (said is not None)
    assert said is None or said in probe.selection.dropped[0]


def scattered(tones, law, noise=0.0, samples=300):
    """Sines of random phases and a constant at random points, dense at the start with the law `beta`."""
    rng = np.random.default_rng(7)
    x = np.sort(rng.uniform(size=samples) if law == "uniform" else rng.beta(0.6, 2.0, samples))
    phases = rng.uniform(0, 2 * np.pi, len(tones))
    waves = np.sin(2 * np.pi * np.outer(x, tones) + phases) @ (0.8 ** np.arange(len(tones)))
    line = Line(float(x[0]), float(x[-1] - x[0]))
    return x[:, None], (waves + 0.3 + noise * rng.standard_normal(samples))[:, None], line


@pytest.mark.parametrize(
    ("tones", "law"),
    [
        ((5.3, 12.1), "uniform"),
        ((5.3, 12.1), "beta"),
        ((5.52, 12.45), "uniform"),
        ((5.52, 12.45), "beta"),
        ((3.3, 8.0, 9.8), "uniform"),
    ],
)
def test_peaks_of_scattered_samples_are_the_waves_and_no_multiples(tones, law):
    inputs, targets, line = scattered(tones, law)
    found = peaks_probe(inputs, targets, line, orthogonal=False).frequency
    nearest = np.abs(found[:, None] - np.array(tones)).min(axis=0)
    np.testing.assert_allclose(nearest, 0, atol=1e-3)


def test_with_noise_a_peak_is_as_good_as_the_best_fit_can_be():
    inputs, targets, line = scattered((5.3,), "uniform", noise=0.3)
    found = peaks_probe(inputs, targets, line, orthogonal=False).frequency
    near = found[np.abs(found - 5.3).argmin()]
    # of one wave the best fit is the top of Lomb and Scargle's periodogram with a floating mean
    grid = np.linspace(4.8, 5.8, 100_001)
    power = lombscargle(inputs[:, 0], targets[:, 0], 2 * np.pi * grid, floating_mean=True)
    assert len(found[found > 0]) == 1
    assert near == pytest.approx(grid[power.argmax()], abs=1e-4)
    assert near != pytest.approx(5.3, abs=1e-4)


@pytest.mark.parametrize("trend", [lambda x: 3 * x, lambda x: np.exp(2 * x)])
def test_a_trend_is_no_slower_wave_than_the_samples_resolve(trend):
    """Ever slower and louder waves fit it ever better: it stays at one wave, and the tone beside it is found."""
    inputs, targets, line = scattered((7.3,), "uniform")
    found = peaks_probe(inputs, trend(inputs) + targets, line, orthogonal=False).frequency
    assert 1 / line.length in found
    assert np.all(found[found > 0] >= 1 / line.length)
    assert np.abs(found - 7.3).min() < 0.05


def test_peaks_of_even_samples_stay_at_the_multiples():
    x, line = np.linspace(0, 1, 200, endpoint=False)[:, None], Line(0.0, 1.0)
    found = peaks_probe(x, np.sin(2 * np.pi * 5.3 * x), line, orthogonal=False).frequency
    np.testing.assert_array_equal(found, np.round(found))
