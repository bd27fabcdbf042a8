"""What is watched: a formula's own waves exactly, peaks of centred data, and what is said of the rest."""

from dataclasses import replace
from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems import PROBLEMS
from problems.classes.digits import encode
from problems.datasets.base import DataAbsent
from problems.line.exact_waves import waves_of
from problems.line.expressions import parse
from problems.line.targets import Target
from problems.own_data import OwnData
from problems.probes.line import CIRCLE, Line, peaks_probe, tones_probe, uniform_grid
from problems.probes.projection import watch_steps
from problems.probes.selection import NothingToWatch
from problems.probes.summary import sentences, watched


def build(**settings):
    return Target(**settings).build(np.random.default_rng(0))


def omegas(**settings):
    return build(**settings).probes[0].frequency.tolist()


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"target": "sin(x)+4*sin(5*x)"}, [1, 5]),
        ({"target": "sin(x)+0.25*cos(7*x)"}, [1, 7]),
        ({"target": "sin(2*pi*x)+0.5*sin(10*pi*x)", "domain": "0,1", "samples": "40"}, [2 * pi, 10 * pi]),
        ({"target": "+".join(f"sin({k}*x)" for k in range(1, 17))}, list(range(1, 17))),
        ({"target": "sin(x)+0.0001*cos(9*x)"}, [1, 9]),
        ({"target": "sin(x)*cos(3*x)*sin(2*x)"}, [0, 2, 4, 6]),
        ({"target": "cos(2*x)**3"}, [2, 6]),
        ({"target": "100+sin(4*x)"}, [0, 4]),
        ({"target": "sin(0.1*x)*sin(0.2*x)", "domain": "0,20*pi"}, [0.1, 0.3]),
        ({"target": "sin(x)+0.25*cos(7*x)", "domain": "0,20"}, [1, 7]),
        ({"target": "sin(x+1)-sin(x+1)+sin(3*x)"}, [3]),
    ],
)
def test_of_a_sum_of_sines_its_waves_are_watched_and_nothing_else(settings, wanted):
    found = omegas(**{name: int(v) if name == "samples" else v for name, v in settings.items()})
    assert [k for k in found if k or 0 in wanted] == pytest.approx(wanted, abs=1e-12)


def test_the_power_of_a_product_is_that_of_the_identity():
    """sin x cos 3x = (sin 4x - sin 2x) / 2."""
    waves = waves_of(parse("sin(x)*cos(3*x)"))
    assert [wave.omega for wave in waves] == [2, 4]
    assert [wave.coefficient for wave in waves] == pytest.approx([0.25j, -0.25j])


@pytest.mark.parametrize(
    "text", ["x", "x+sin(x)", "exp(sin(x))", "sin(x*x)", "sin(sin(x))", "round(sin(x))", "sin(x)/cos(x)", "sin(x)**0.5"]
)
def test_what_is_no_finite_sum_of_waves_is_told_apart(text):
    assert waves_of(parse(text)) is None


TERMS = st.tuples(st.integers(1, 40), st.integers(1, 12), st.sampled_from(["sin", "cos"]), st.integers(-3, 3))


@settings(max_examples=60, deadline=None)
@given(st.lists(TERMS, min_size=1, max_size=4), st.lists(TERMS, min_size=1, max_size=2))
def test_the_waves_of_products_of_sums_add_up_to_the_formula(first, second):
    spelled = ["+".join(f"{a}/7*{f}({w}*x/3+{c})" for a, w, f, c in terms) for terms in (first, second)]
    expression = parse(f"({spelled[0]})*({spelled[1]})-0.5")
    waves = waves_of(expression)
    x = np.linspace(-4, 4, 57)
    if waves is None:  # all cancelled
        assert np.ptp(expression(x)[0]) < 1e-9
        return
    rebuilt = sum((2 if w else 1) * (c * np.exp(1j * w * x)).real for w, c in waves)
    np.testing.assert_allclose(rebuilt, expression(x)[0], atol=1e-10)


def test_a_wave_beyond_the_samples_is_watched_where_they_show_it():
    """On 40 samples of a circle, 31.4 is 40 - 31.4 = 8.58."""
    probe = build(target="sin(2*pi*x)+0.5*sin(10*pi*x)", samples=40).probes[0]
    assert probe.frequency[-2:] == pytest.approx([2 * pi, 40 - 10 * pi])
    assert "31.4159 lies beyond what 40 samples resolve, 20: they show it as k = 8.58407" in probe.selection.dropped[0]


def test_waves_that_an_interval_cannot_tell_apart_are_one():
    probe = build(target="sin(x)+0.5*sin(1.1*x)+sin(6*x)").probes[0]
    assert probe.frequency[probe.frequency > 0].tolist() == [1, 6]
    assert "k = 1.1 is closer than 1 to k = 1" in probe.selection.dropped[0]


def test_a_wave_below_the_leakage_of_another_is_not_watched():
    probe = build(target="sin(x)+0.0001*cos(9*x)", domain="-10,10").probes[0]
    assert probe.frequency[probe.frequency > 0].tolist() == [1]
    assert "k = 9, of amplitude 0.0001, is drowned" in probe.selection.dropped[0]


def test_leakage_of_a_step_function_is_no_peak():
    """round(sin x) has odd harmonics; on [-10, 10) multiples of 0.314 are resolved, and the first foot is 1.257."""
    found = omegas(target="round(sin(x))", domain="-10,10")
    assert found[0] == pytest.approx(0.3 * pi)
    assert min(abs(k - 0.4 * pi) for k in found) > 0.1
    assert all(abs(k - round(k)) < 0.35 for k in found)  # near harmonics


@pytest.mark.parametrize("text", ["3", "sin(x)**2+cos(x)**2", "0*x", "sin(41*x)"])
def test_a_constant_target_is_refused_with_a_sentence(text):
    with pytest.raises(ValueError, match="A target must vary, or there is no frequency to watch"):
        build(target=text, domain="0,2*pi", samples=41)


def test_more_peaks_than_are_watched_are_counted():
    problem = build(target="round(sin(x)/sqrt(2))", samples=600)
    assert len(watched(problem)[0].frequencies) == 12
    assert sentences(problem)[1].startswith("Not watched: 129 more of smaller amplitude (k = 25, 27, ")


def test_the_share_of_power_is_parsevals():
    problem = replace(PROBLEMS["steps-periodic"], samples=200).build(np.random.default_rng(0))
    probe = problem.probes[0]
    power = np.abs(np.fft.fft(problem.targets[:, 0]) / 200) ** 2
    bins = probe.frequency[probe.frequency > 0].round().astype(int)
    assert probe.power_share == pytest.approx(2 * power[bins].sum() / power[1:].sum(), rel=1e-9)
    image = replace(PROBLEMS["image"], size="16x16").build(np.random.default_rng(0))
    rings, pixels = image.probes[0], image.targets
    inside = (rings.target_amplitude[1:] ** 2).sum()
    assert rings.power_share == pytest.approx(inside / ((pixels - pixels.mean()) ** 2).mean(), rel=1e-12)


@pytest.mark.parametrize("samples", [8192, 12288])
def test_the_share_of_power_is_that_of_all_samples(samples):
    """Of every second or third one the fast wave, which nobody watches, would be the slow one."""
    x, stride = uniform_grid(samples, Line(0.0, 1.0)), samples // 4096
    waves = [np.sin(2 * np.pi * k * x) for k in (3, 3 + samples // stride)]
    probe = tones_probe(x, waves[0] + 0.5 * waves[1], np.array([3.0]), 1.0)
    assert probe.power_share == pytest.approx(1 / 1.25, rel=1e-9)


def test_waves_that_are_watched_twice_have_their_power_once():
    x, rng = uniform_grid(100, Line(0.0, 1.0)), np.random.default_rng(0)
    y = np.sin(2 * np.pi * 3 * x) + 0.5 * rng.standard_normal((100, 1))
    power = 2 * np.abs(np.fft.fft(y[:, 0])[3] / 100) ** 2 / y.var()
    for frequencies in ([3.0], [0.0, 3.0], [3.0, 3.0], [3.0, 97.0]):  # 97 is what 3 is at a hundred places
        probe = tones_probe(x, y, np.array(frequencies), 1.0)
        assert probe.power_share == pytest.approx(power, rel=1e-9)


def test_every_word_on_what_is_watched_is_said():
    lines = sentences(build(target="1+sin(x)+0.001*sin(1.5*x)"))
    assert lines[0].startswith("Watched: fourier, 2 frequencies: 0, 1 (0 is the mean, no part of the order); the waves")
    assert lines[0].endswith("with 100.0% of the power of the target.")
    assert lines[1].startswith("Not watched: k = 1.5 is closer than 1 to k = 1")


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ((), "the target"),
        (("sin(x)",), "the target"),
        (("noise",), "component 0 of the target"),
        (("noise", "sin(2*x)"), "components 0, 2 of the target"),
        (("noise", *["sin(2*x)"] * 9), "10 of 11 components of the target"),
    ],
)
def test_a_component_of_which_nothing_is_watched_is_no_part_of_the_power_that_is_told(others, told):
    x, rng = uniform_grid(201, CIRCLE), np.random.default_rng(1)
    columns = {"noise": rng.standard_normal((201, 1)), "sin(x)": np.sin(x), "sin(2*x)": np.sin(2 * x)}
    targets = np.concatenate([np.sin(3 * x), *(columns[name] for name in others)], axis=1)
    problem = OwnData(make=lambda: (x, targets)).build(rng)
    (one,) = watched(problem)
    assert one.sentences[0].endswith(f"with {one.power_share:.1%} of the power of {told}.")
    seen = np.unique(problem.probes[0].component)
    power = targets[:, seen].var(axis=0)
    assert one.power_share == pytest.approx(1.0, abs=0.02)
    assert ("component" not in told) == (power.sum() == pytest.approx(targets.var(axis=0).sum()))


def test_frequency_0_of_a_filter_is_its_low_part_and_no_mean():
    lines = sentences(replace(PROBLEMS["digits-pca"], n_train=200, filters=(3.0,)).build(np.random.default_rng(0)))
    (told,) = (line for line in lines if line.startswith("Watched: filter(3)"))
    assert "(0 is the low part)" in told


def test_an_offset_of_scattered_data_moves_no_other_row():
    rng = np.random.default_rng(0)
    x = np.sort(rng.beta(2, 5, 400))[:, None]
    y = np.sin(2 * pi * 3 * x) + 0.1 * rng.standard_normal((400, 1))
    line, h = Line(0.0, 1.0), rng.standard_normal((400, 1))
    near, far = (peaks_probe(x, y + c, line, orthogonal=False) for c in (0.0, 50.0))
    rows = far.frequency > 0
    np.testing.assert_allclose(far.frequency[rows], near.frequency[near.frequency > 0])
    np.testing.assert_allclose(far.measure(h + 50)[1][rows], near.measure(h)[1][near.frequency > 0], rtol=1e-9)
    assert far.target_amplitude[0] == pytest.approx(abs(y.mean() + 50))


def test_data_that_are_noise_are_refused():
    x = uniform_grid(101, CIRCLE)
    with pytest.raises(ValueError, match=r"stands above the noise floor.*name frequencies to watch"):
        peaks_probe(x, np.random.default_rng(4).standard_normal((101, 1)), CIRCLE, orthogonal=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits-pca", "mnist-pca"])
def test_with_permuted_labels_at_most_one_study_in_twenty_watches_anything(name):
    """Uncentred, 57 and 60 of 60 did; the floor has a rate of 10 / 201, and 400 lie within two errors of it."""
    try:
        probe = PROBLEMS[name].build(np.random.default_rng(0)).probes[0]
    except DataAbsent as absent:
        pytest.skip(str(absent))
    labels, k = probe.targets.argmax(axis=1), np.linspace(0, PROBLEMS[name].k_max, 200)
    rng, tracked = np.random.default_rng(1), 0
    for _ in range(400):
        try:
            found = watch_steps(probe.inputs, encode(rng.permutation(labels).astype(np.uint8), "one-hot"), k, [0])
        except NothingToWatch:
            continue
        tracked += bool((found.frequency > 0).any())
    assert tracked / 400 <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)


def test_centred_mnist_has_one_peak_near_the_published_one_in_every_class():
    """SHED prints 0.11."""
    try:
        problem = replace(PROBLEMS["mnist"], watch="peaks", component="all", filters=()).build(np.random.default_rng(0))
    except DataAbsent as absent:
        pytest.skip(str(absent))
    probe = problem.probes[0]
    for component in range(10):
        rows = (probe.component == component) & (probe.frequency > 0)
        loudest = probe.frequency[rows][probe.target_amplitude[rows].argmax()]
        assert 0.069 <= loudest <= 0.122


@pytest.mark.parametrize(
    ("text", "omegas"),
    [
        ("sin(x)**5", [1, 3, 5]),
        ("sin(x/e) + cos(pi**2/e**2*x)", [1 / np.e, (np.pi / np.e) ** 2]),
        # what went through a function is exact no more: both are the wave 3
        ("sin(3*x) + sin(sqrt(3)*sqrt(3)*x)", [3]),
    ],
)
def test_powers_inverses_and_twins_by_rounding_add_up_to_the_formula(text, omegas):
    waves = waves_of(parse(text))
    x = np.linspace(-3, 3, 50)
    assert [wave.omega for wave in waves] == pytest.approx(omegas, rel=1e-14)
    whole = sum(2 * (wave.coefficient * np.exp(1j * wave.omega * x)).real for wave in waves)
    np.testing.assert_allclose(whole, parse(text)(x)[0], atol=1e-12)
