"""Response frequency: spectra of known functions along lines, and the directions that are taken."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from harness import cli
from harness.questions.response import Response, Trained, directions, powers, response, spectrum
from problems import PROBLEMS
from problems.base import Problem
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.losses.regression import make_loss
from problems.networks.mlp import MLP
from problems.probes.accuracy import classes


def rng(seed=0):
    return np.random.default_rng(seed)


def wave(k, phase=0.0):
    """`sin(2 pi k x_0 + phase)` of two inputs, as a network of one unit."""
    theta = np.array([2 * np.pi * k, 0.0, phase, 1.0, 0.0])
    inputs = rng().standard_normal((8, 2))
    return Trained(
        NumpyEvaluator(Problem(inputs, np.zeros((8, 1)), MLP((2, 1, 1), "sin"), make_loss("mse"), ())), theta
    )


@pytest.mark.parametrize("phase", [0.0, 0.7])
def test_a_wave_of_the_grid_has_a_quarter_of_its_squared_amplitude(phase):
    trained = wave(3.0, phase)
    found = powers(trained, np.array([[0.3, -1.0]]), np.array([[1.0, 0.0]]), 64, 2.0)[0]
    assert len(found) == 32
    assert found.argmax() == 5  # k = 6 / 2
    assert found[5] == pytest.approx(0.25, rel=1e-9)
    assert found[[4, 6]] == pytest.approx([0.0625, 0.0625], rel=1e-9)  # half the amplitude, by the Hann window
    assert np.delete(found, [4, 5, 6]).max() < 1e-20


def test_along_a_direction_in_which_nothing_changes_there_is_no_power():
    found = powers(wave(3.0), np.array([[0.3, -1.0]]), np.array([[0.0, 1.0]]), 64, 2.0)
    assert found.max() < 1e-25


def test_a_slanted_direction_sees_a_lower_frequency():
    along = np.array([[0.5, 0.75**0.5]])
    assert powers(wave(6.0), np.zeros((1, 2)), along, 64, 2.0)[0].argmax() == 5


def test_the_spectrum_is_the_direct_sum():
    profiles, extent = rng().standard_normal((2, 16, 3)), 2.5
    t = extent * (np.arange(16) / 16 - 0.5)
    window = np.cos(np.pi * t / extent) ** 2
    for profile, found in zip(profiles, spectrum(profiles), strict=True):
        centred = profile - (window[:, None] * profile).sum(axis=0) / window.sum()
        for index, k in enumerate(np.arange(1, 9) / extent):
            sums = (window[:, None] * centred * np.exp(-2j * np.pi * k * t)[:, None]).sum(axis=0) / window.sum()
            assert found[index] == pytest.approx((np.abs(sums) ** 2).sum(), rel=1e-10)


@pytest.fixture(scope="module")
def trained():
    recipe = replace(PROBLEMS["digits"], n_train=150, n_test=40, network="64-10-10")
    problem = recipe.build(rng())
    return Trained(NumpyEvaluator(problem), problem.network.theta0(rng(1)))


def test_directions_have_length_one_and_the_adversarial_one_lowers_the_margin(trained):
    inputs, targets = trained.problem.test
    starts, answers = inputs[:6], classes(targets[:6])
    found = directions(trained, starts, answers, np.eye(64)[0], rng())
    assert list(found) == ["principal", "random", "class", "adversarial"]
    for along in found.values():
        np.testing.assert_allclose(np.linalg.norm(along, axis=1), 1)
    assert set(np.round(np.abs(found["adversarial"]) * 8, 9).ravel()) == {1.0}
    loss = trained.problem.loss

    def margin(x):
        scores = trained.evaluator.outputs(trained.theta[None], x)[0]
        others = np.where(np.eye(10, dtype=bool)[answers], -np.inf, scores)
        return scores[np.arange(6), answers] - others.max(axis=1)

    assert loss.name == "cross-entropy"
    assert (margin(starts + 1e-4 * found["adversarial"]) < margin(starts)).all()


def test_the_way_to_another_class_ends_at_a_training_sample_of_another_class(trained):
    inputs, targets = trained.problem.test
    starts, answers = inputs[:6], classes(targets[:6])
    towards = directions(trained, starts, answers, np.eye(64)[0], rng())["class"]
    labels = classes(trained.problem.targets)
    for start, answer, along in zip(starts, answers, towards, strict=True):
        offsets = trained.problem.inputs - start
        cosines = offsets @ along / np.linalg.norm(offsets, axis=1)
        assert cosines.max() == pytest.approx(1)
        assert labels[cosines.argmax()] != answer


def test_every_direction_has_every_frequency(trained):
    rows = pd.DataFrame(response(trained, Response(through=5, places=32, extent=3.0), rng(), pictures=True))
    assert len(rows) == 4 * 16
    np.testing.assert_allclose(rows["frequency"].unique(), np.arange(1, 17) / 3)
    assert (rows["n_samples"] == 5).all()
    assert rows["response_low"].le(rows["response_high"]).all()
    assert rows.groupby("direction")["image_frequency"].first().between(0, 0.71).all()
    others = response(trained, Response(through=5, places=32, extent=3.0), rng(), pictures=False)
    assert np.isnan(others["image_frequency"]).all()


ARGUMENTS = "response --problem digits --network 64-8-10 --budget 30 --through 3 --places 16 --format csv --jobs 1"
FEW = ["--set", "problem.n_train=80", "--set", "problem.n_test=20"]


def test_the_word_makes_an_ordinary_study_of_several_runs_whose_figure_can_be_drawn_again(tmp_path, capsys):
    more = ["--optimizers", "adam,gd", "--seeds", "0..1", "--marks", "4", "--out", str(tmp_path)]
    assert cli.main([*ARGUMENTS.split(), *FEW, *more]) == 0
    assert "adversarial" in capsys.readouterr().out
    rows = pd.read_csv(tmp_path / "response.csv")
    assert rows.groupby(["optimizer", "seed"]).size().tolist() == [4 * 8] * 4
    assert rows["observer"].unique().tolist() == ["response(3,16,0.0)"]
    assert set(rows["run_id"]) == set(pd.read_csv(tmp_path / "runs.csv")["run_id"])
    drawn = (tmp_path / "response.png").read_bytes()
    (tmp_path / "response.png").unlink()
    assert cli.main(["figure", "response", "--from", str(tmp_path)]) == 0
    assert (tmp_path / "response.png").read_bytes() == drawn


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--problem sin135", "one-hot classes, such as digits"),
        ("--problem digits --places 2", "places must be at least 4; got 2"),
        ("--problem digits --extent -1", "extent must be positive"),
    ],
)
def test_what_a_user_gets_wrong_is_a_sentence(arguments, words, capsys):
    assert cli.main(["response", *arguments.split()]) == 2
    assert words in capsys.readouterr().err
