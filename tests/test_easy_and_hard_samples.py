"""Learning times of samples, what they have to do with frequency, and the two measures of complexity."""

from dataclasses import replace
from math import log2

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import mutual_info_score

from harness import cli
from harness.analysis.agreement import agreement, contrast, groups
from harness.questions.critical import Search, critical_samples, margin_gradient
from harness.questions.samples import LearningTimes, Samples, nearest, roughness
from harness.run.runner import run
from harness.run.spec import RunSpec, find_optimizer
from problems import PROBLEMS
from problems.base import Problem
from problems.classes.image_spectra import mean_frequency, power, share_above_median
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.losses.regression import make_loss
from problems.networks.mlp import MLP
from problems.probes.linear_model import (
    LinearModelProbe,
    conditional_information,
    entropy,
    information,
    linear_answers,
    performance_correlation,
)


def rng(seed=0):
    return np.random.default_rng(seed)


# learning times


def test_learning_times_are_the_first_mark_told_right_and_the_last_change_for_good():
    times = LearningTimes.of(4)
    history = {0.0: [0, 1, 0, 0], 1.0: [1, 0, 0, 0], 2.0: [0, 1, 0, 1], 5.0: [1, 1, 0, 1]}
    for cost, right in history.items():
        times.update(cost, np.array(right, bool))
    np.testing.assert_array_equal(times.first, [1, 0, np.inf, 2])
    np.testing.assert_array_equal(times.final, [5, 2, np.inf, 2])


def few(**changes):
    return replace(PROBLEMS["digits"], **{"n_train": 120, "n_test": 60, "network": "64-12-10", **changes})


SPEC = RunSpec(
    "digits", few(), "adam", find_optimizer("adam"), 0, 300, marks=20, observers=(Samples(search=20, radius=0.2),)
)


@pytest.fixture(scope="module")
def examined():
    tables = run(SPEC)
    return tables["samples"], tables["complexity"]


def test_a_run_gives_one_row_a_sample_that_agrees_with_its_accuracy(examined):
    samples, complexity = examined
    assert len(samples) == 120
    assert (samples["first_cost"] <= samples["final_cost"]).all()
    assert (samples["censored"] == ~np.isfinite(samples["final_cost"])).all()
    assert complexity["accuracy"].iloc[-1] == pytest.approx(1 - samples["censored"].mean())
    assert complexity["cost"].iloc[0] == 0
    assert complexity["cost"].is_monotonic_increasing
    assert complexity["accuracy"].iloc[-1] > 0.9


def test_an_examination_repeats_itself(examined):
    again = run(SPEC)
    for table in examined:
        pd.testing.assert_frame_equal(table, again["samples" if "sample" in table else "complexity"])


# agreement between runs


def runs_of(times, optimizer="adam", network="n", seed=0):
    final = np.asarray(times, float)
    return pd.DataFrame(
        {
            "run_id": f"{optimizer}{network}{seed}",
            "optimizer": optimizer,
            "network": network,
            "seed": seed,
            "sample": np.arange(len(final)),
            "final_cost": final,
        }
    )


def test_agreement_is_spearmans_correlation_with_never_as_the_latest():
    a, b = rng(1).integers(0, 9, 60).astype(float), rng(2).integers(0, 9, 60).astype(float)
    a[:5] = b[3:9] = np.inf
    found = agreement(pd.concat([runs_of(a), runs_of(b, seed=1)])).iloc[0]
    expected = spearmanr(np.where(np.isinf(a), 99, a), np.where(np.isinf(b), 99, b)).statistic
    assert (found["pair"], found["pairs"]) == ("another seed", 1)
    assert found["rho"] == pytest.approx(expected, abs=1e-12)
    assert found["low"] < expected < found["high"]


def test_agreement_of_runs_that_differ_in_settings_alone_is_of_another_setting():
    times = rng().permutation(30)
    found = agreement(pd.concat([runs_of(times), runs_of(-times).assign(run_id="slower")]))
    assert found[["pair", "pairs"]].to_numpy().tolist() == [["another setting", 1]]


def test_agreement_tells_apart_what_differs_between_runs():
    times = rng().permutation(30)
    runs = [
        runs_of(times),
        runs_of(times, seed=1),
        runs_of(-times, optimizer="gd"),
        runs_of(times, network="m"),
    ]
    found = agreement(pd.concat(runs)).set_index("pair")
    assert found["pairs"].to_dict() == {
        "another seed": 1,
        "another optimizer": 1,
        "another seed and optimizer": 1,
        "another network": 2,
        "another network and optimizer": 1,
    }
    assert found["rho"].round(12).to_list() == [1, -1, -1, 1, -1]


def test_tenths_and_quarters_follow_the_order_of_learning():
    rows = runs_of(np.arange(40.0)).assign(image_high=np.arange(40.0))
    np.testing.assert_allclose(groups(rows, "image_high")["mean"], 1.5 + 4 * np.arange(10))
    difference, low, high = contrast(rows, "image_high")
    assert difference == pytest.approx(30)
    assert low < 30 < high


# image frequency


def test_a_wave_has_its_own_image_frequency():
    row, column = np.mgrid[:8, :8]
    waves = np.stack([np.cos(2 * np.pi * row / 4), np.cos(2 * np.pi * (row + column) / 8), np.ones((8, 8))])
    np.testing.assert_allclose(mean_frequency(waves.reshape(3, -1)), [1 / 4, 2**0.5 / 8, 0], atol=1e-12)
    colours = np.tile(waves[0].ravel(), 3)[None]
    np.testing.assert_allclose(mean_frequency(colours), [1 / 4], atol=1e-12)


def test_power_is_that_of_parseval():
    images = rng().random((5, 64))
    np.testing.assert_allclose(power(images)[1].sum(axis=1), 64 * (images**2).sum(axis=1), rtol=1e-12)


def test_half_of_the_power_of_all_pictures_is_above_their_median():
    row, column = np.mgrid[:8, :8]
    slow, fast = np.cos(2 * np.pi * row / 8).ravel(), np.cos(2 * np.pi * 3 * column / 8).ravel()
    images = np.stack([slow, fast, slow + fast]) + 5.0
    np.testing.assert_allclose(share_above_median(images), [0, 1, 0.5], atol=1e-12)


# the target as a function of the inputs


def test_nearest_distances_are_those_of_the_double_loop():
    inputs = rng().standard_normal((30, 4))
    distances = ((inputs[:, None] - inputs) ** 2).sum(axis=2) + np.diag(np.full(30, np.inf))
    np.testing.assert_allclose(nearest(inputs), distances.min(axis=1), rtol=1e-10)


def test_a_sample_among_others_of_another_class_is_rough():
    inputs = np.concatenate([rng(1).normal(0, 0.1, (20, 2)), rng(2).normal(4, 0.1, (20, 2))])
    targets = np.eye(2)[[0] * 20 + [1] * 20]
    targets[0] = targets[0, ::-1]
    problem = Problem(inputs, targets, MLP((2, 3, 2)), make_loss("mse"), ())
    found = roughness(problem, pictures=False)["target_high"]
    assert found[0] == found.max()
    assert found[0] > 2 * np.median(found)


# critical samples


def line(weight=1.0):
    """Two scores, `weight x` and 0: the answer changes at x = 0."""
    network = MLP((1, 2))
    return Problem(np.zeros((1, 1)), np.eye(2)[[0]], network, make_loss("cross-entropy"), ()), np.array(
        [weight, 0.0, 0.0, 0.0]
    )


def test_critical_samples_of_a_line_are_those_within_the_radius():
    problem, theta = line()
    inputs = np.array([[-0.5], [-0.09], [0.09], [0.11], [0.5]])
    search = Search(radius=0.1, step=0.02, noise=0.0, iterations=20)
    np.testing.assert_array_equal(
        critical_samples(NumpyEvaluator(problem), theta, inputs, search, rng()), [0, 1, 1, 0, 0]
    )
    assert critical_samples(NumpyEvaluator(problem), theta, inputs[:0], search, rng()).shape == (0,)


def test_noise_never_leaves_the_box():
    problem, theta = line()
    inputs = np.array([[-0.3], [0.3]])
    assert not critical_samples(NumpyEvaluator(problem), theta, inputs, Search(0.2, 0.05, 5.0, 50), rng()).any()
    assert critical_samples(NumpyEvaluator(problem), theta, inputs, Search(0.4, 0.05, 5.0, 50), rng()).all()


def test_the_gradient_of_the_margin_is_a_difference():
    network = MLP((6, 5, 4))
    problem = Problem(rng(1).standard_normal((9, 6)), np.eye(4)[[0] * 9], network, make_loss("mse"), (), chunk=4)
    theta, inputs = network.theta0(rng(2)), problem.inputs
    chosen = rng(3).integers(4, size=9)

    def margin(x):
        scores = network.forward(theta[None], x)[0]
        others = np.where(np.arange(4) == chosen[:, None], -np.inf, scores)
        return scores[np.arange(9), chosen] - others.max(axis=1)

    found = margin_gradient(NumpyEvaluator(problem), theta, inputs, chosen)
    for pixel in range(6):
        step = 1e-6 * np.eye(6)[pixel]
        expected = (margin(inputs + step) - margin(inputs - step)) / 2e-6
        np.testing.assert_allclose(found[:, pixel], expected, atol=1e-8)


def test_a_network_without_input_gradient_is_a_sentence():
    recipe = few(init="antisymmetric")
    problem = recipe.build(rng())
    with pytest.raises(ValueError, match="cannot be differentiated in its inputs"):
        margin_gradient(NumpyEvaluator(problem), problem.network.theta0(rng()), problem.inputs[:2], np.array([0, 1]))


# the linear model


def bits(*shares):
    return -sum(share * log2(share) for share in shares if share)


@pytest.fixture
def coins():
    """All combinations of two fair coins, once each."""
    return np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])


def test_information_of_hand_computed_cases(coins):
    a, b = coins
    assert entropy([a, b]) == pytest.approx(2)
    assert entropy([np.array([0, 0, 0, 1])]) == pytest.approx(bits(0.75, 0.25))
    assert information(a, b) == pytest.approx(0)
    assert information(a, 5 - a) == pytest.approx(1)
    assert conditional_information(a, b, a ^ b) == pytest.approx(1)
    assert conditional_information(a, a, a) == pytest.approx(0)


def test_performance_correlation_of_hand_computed_cases(coins):
    a, b = coins
    assert performance_correlation(a, a, a) == pytest.approx(1)  # the linear model knows all that the network knows
    assert performance_correlation(a, a, b) == pytest.approx(0)  # it knows nothing of it
    assert performance_correlation(a, a ^ b, b) == pytest.approx(-1)  # each alone knows nothing, both know all


def test_information_is_that_of_another_library():
    a, b = rng(1).integers(0, 5, 300), rng(2).integers(0, 3, 300) * rng(3).integers(0, 2, 300)
    assert information(a, a * b) == pytest.approx(mutual_info_score(a, a * b) / np.log(2), rel=1e-10)


def test_the_probe_says_what_the_linear_model_explains(coins):
    a, b = coins
    probe = LinearModelProbe(np.eye(2)[a], a)
    for answers, amplitude, error in ((a, 1, 0), (b, 0, 0), (1 - a, 1, 0)):
        found = probe.measure(np.eye(2)[answers])
        assert (float(found[0][0]), float(found[1][0])) == pytest.approx((amplitude, error))
    assert probe.target_amplitude == pytest.approx([1])
    assert LinearModelProbe(np.eye(2)[a], b).measure(np.eye(2)[a])[1] == pytest.approx([1])


def test_the_linear_model_separates_what_a_line_separates():
    inputs = rng().standard_normal((200, 2))
    labels = (inputs @ [1.0, -2.0] > 0).astype(int)
    others = rng(1).standard_normal((50, 2))
    assert (linear_answers(inputs, labels, others) == (others @ [1.0, -2.0] > 0)).mean() > 0.9


def test_a_problem_watches_the_linear_model_when_asked():
    problem = few(linear_model=True).build(rng())
    assert [probe.name for probe in problem.test_probes] == ["test-accuracy", "linear-model"]
    assert problem.test_probes[1].target_amplitude[0] > 1.5


# the command


def test_the_command_writes_its_tables_and_its_figure(tmp_path, capsys):
    arguments = "samples --problem digits --optimizers adam,gd --networks 64-8-10 --seeds 2 --budget 30 --search 5"
    more = [
        "--set",
        "problem.n_train=80",
        "--set",
        "problem.n_test=20",
        "--marks",
        "6",
        "--out",
        str(tmp_path),
        "--jobs",
        "1",
    ]
    assert cli.main([*arguments.split(), *more, "--format", "csv"]) == 0
    assert "rank correlation of final_cost" in capsys.readouterr().out
    assert len(pd.read_csv(tmp_path / "samples.csv")) == 4 * 80
    assert pd.read_csv(tmp_path / "complexity.csv")["critical_ratio"].between(0, 1).all()
    assert (tmp_path / "samples.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--problem sin135", "one-hot classes, such as digits"),
        ("--problem digits --search 0", "--search must be at least 1; got 0"),
        ("--problem digits --radius -1", "--radius takes a positive number"),
    ],
)
def test_what_a_user_gets_wrong_is_a_sentence(arguments, words, capsys):
    assert cli.main(["samples", *arguments.split()]) == 2
    assert words in capsys.readouterr().err
