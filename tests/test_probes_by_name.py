"""Probes by name: what is asked for is watched beside the problem's own, and what is watched is part of the run."""

from dataclasses import replace

import numpy as np
import pytest

from harness.cli import main
from harness.run.build import build
from harness.run.runner import run
from harness.run.spec import RunSpec, find_optimizer, find_problem
from harness.study.file.part import override_terms
from problems.probes.by_name import PROBES, split_calls
from problems.probes.named import read_frequencies

X = np.arange(64)[:, None] / 64
WAVE = np.sin(2 * np.pi * 3 * X) + 0.5 * np.cos(2 * np.pi * X)
SPEC = RunSpec("sin135", find_problem("sin135"), "gd", find_optimizer("gd"), 0, 60, marks=4)


def test_frequencies_that_are_named_have_the_amplitudes_of_the_formula() -> None:
    probe = PROBES["fourier"](X, WAVE, 1, 3)
    assert probe.target_amplitude == pytest.approx([0.25, 0.5])
    assert probe.measure(WAVE / 2)[1] == pytest.approx([0.5, 0.5])


def test_a_number_that_is_named_twice_is_watched_once() -> None:
    assert PROBES["fourier"](X, WAVE, 3, 1, 3).frequency.tolist() == [1, 3]
    assert PROBES["sines"](np.linspace(0, 2, 41)[:, None], X[:41], 2, 1, 1).modes.tolist() == [1, 2]
    assert read_frequencies("3,1,3").tolist() == read_frequencies("1,3.0").tolist() == [1, 3]


def test_sine_modes_are_those_of_the_interval() -> None:
    x = np.linspace(0, 2, 41)[:, None]
    wave = np.sin(np.pi * x) + 0.2 * np.sin(3 * np.pi * x / 2)
    probe = PROBES["sines"](x, wave, 2, 3)
    assert probe.target_amplitude == pytest.approx([1.0, 0.2])
    assert probe.frequency == pytest.approx([np.pi, 1.5 * np.pi])
    assert probe.power_share == pytest.approx(1)
    # of 1 + 0.2^2 in all
    assert PROBES["sines"](x, wave, 2).power_share == pytest.approx(1 / 1.04)


def test_bands_lie_between_their_edges() -> None:
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(12) / 12, np.arange(12) / 12))
    inputs, targets = np.stack([x, y], axis=1), np.sin(2 * np.pi * x)[:, None] + np.cos(2 * np.pi * 3 * y)[:, None]
    probe = PROBES["bands"](inputs, targets, 0.5, 2, 4)
    assert (0.5 <= probe.frequency[0] < 2) & (2 <= probe.frequency[1] < 4)
    assert probe.measure(targets)[1] == pytest.approx([0, 0], abs=1e-12)


def test_a_filter_looks_at_every_sample_of_a_small_problem() -> None:
    probe = PROBES["filter"](X, WAVE, 0.01)
    away = WAVE.copy()
    # the last sample alone is wrong
    away[-1] += 1
    assert (probe.measure(away)[1] > 1e-3).all()


def test_the_noise_of_a_picture_is_told_in_decibels_of_its_range() -> None:
    targets = np.linspace(-1, 1, 50)[:, None]
    probe = PROBES["psnr"](targets, targets)
    noise = 0.02 * (-1.0) ** np.arange(50)[:, None]
    amplitude, error = probe.measure(targets + noise)
    # 10 log10(2^2 / 0.02^2)
    assert amplitude == pytest.approx([40.0])
    assert error == pytest.approx([0.01])
    assert probe.measure(targets)[0] == pytest.approx([300.0])


def test_the_spectral_bias_is_the_share_of_high_error_less_that_of_low() -> None:
    probe = PROBES["bias"](X, WAVE, 2)
    # cos of k = 1 has a mean square of 1/2 times 0.5^2, sin of k = 3 has 1/2
    low, high = 0.125, 0.5
    amplitude, error = probe.measure(0 * WAVE)
    assert amplitude == pytest.approx([(high - low) / (high + low)])
    assert error == pytest.approx([high / (high + low)])
    assert probe.measure(WAVE - 0.5 * np.cos(2 * np.pi * X))[0] == pytest.approx([-1.0])
    assert probe.measure(WAVE + 0.3)[0] == pytest.approx([-1.0])
    assert probe.measure(WAVE + np.sin(2 * np.pi * 9 * X))[0] == pytest.approx([1.0])
    with pytest.raises(ValueError, match="even grid"):
        PROBES["bias"](X**2, WAVE, 2)


def test_the_spectral_bias_of_the_plane_counts_every_wave_of_a_length_once() -> None:
    x, y = (axis.ravel()[:, None] / 12 for axis in np.meshgrid(np.arange(12), np.arange(12), indexing="ij"))
    low, high = np.cos(2 * np.pi * (x - y)), np.sin(2 * np.pi * 3 * y)
    probe = PROBES["bias"](np.concatenate([-1 + 2 * x, -1 + 2 * y], axis=1), low + 2 * high, 1.5)
    assert probe.measure(0 * low)[0] == pytest.approx([(2.0 - 0.5) / 2.5])


def test_accuracy_and_the_linear_model_know_classes() -> None:
    inputs = np.linspace(-1, 1, 40)[:, None]
    targets = (inputs > 0).astype(float)
    assert PROBES["accuracy"](inputs, targets).measure(targets)[0].item() == 1
    assert PROBES["linear-model"](inputs, targets).measure(targets)[1].item() == pytest.approx(0, abs=1e-9)
    with pytest.raises(ValueError, match="'accuracy' is for targets that are classes"):
        PROBES["accuracy"](inputs, targets + 0.5)


def test_what_is_asked_for_is_written_beside_the_own_and_is_part_of_the_identity() -> None:
    asked = replace(SPEC, probes="fourier(0.159154943), filter(0.1)")
    assert asked.run_id != SPEC.run_id
    rows, own = run(asked)["spectra"], run(SPEC)["spectra"]
    assert set(rows["probe"]) == set(own["probe"]) | {"fourier(0.159154943)", "filter(0.1)"}
    assert (
        rows[rows["probe"].isin(own["probe"])]
        .drop(columns="run_id")
        .reset_index(drop=True)
        .equals(own.drop(columns="run_id"))
    )
    assert override_terms(SPEC, {"probes": "filter(0.1)"}).probes == "filter(0.1)"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("fourrier(1)", "Did you mean 'fourier'"),
        ("fourier(", "Probes are written NAME"),
        ("fourier(x)", "all numbers"),
        ("filter", r"filter\(delta\)"),
        ("filter(0)", "must be positive"),
        ("fourier", "takes frequencies"),
        (f"fourier({4 / np.pi})", "has nothing of what"),
        ("accuracy", "targets that are classes"),
        ("sines(1.5)", "whole numbers"),
        ("bands(1)", "at least two"),
        ("bands(1,1e9)", r"up to 32; got 1 and 1e\+09"),
        ("fourier(1e300)", "of a size from 1e-12"),
        ("filter(1e-300)", "of a size from 1e-12"),
        ("fourier(16)", "Of 201 samples in equal steps the highest frequency is 15.99.*; got 16"),
    ],
)
def test_what_cannot_be_watched_is_said_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        build(replace(SPEC, probes=text))


def test_names_are_listed_and_calls_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert split_calls("fourier(1, 3), accuracy,accuracy") == ("fourier(1,3)", "accuracy")
    assert split_calls("fourier(1.0,3),fourier(1,3e0)") == ("fourier(1,3)",)
    assert main(["list", "probes"]) == 0
    said = capsys.readouterr().out
    assert all(f"\n  {name} " in said for name in PROBES)
