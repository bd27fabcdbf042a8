"""Problems with real images: what is watched along a direction, what the probes see, and what a user can get wrong."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from problems import PROBLEMS
from problems.base import LinkedLoss
from problems.classes.digits import ImageRecipe, Projected, Reduced, encode, samples
from problems.classes.directions import direction
from problems.datasets.base import DataAbsent
from problems.datasets.fetch import OFFLINE
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.probes.accuracy import AccuracyProbe
from problems.probes.fourier import find_peaks, noise_floor, nudft
from problems.probes.projection import spectrum

IMAGES = {name: recipe for name, recipe in PROBLEMS.items() if isinstance(recipe, ImageRecipe)}


@pytest.fixture(autouse=True)
def _offline(monkeypatch):
    monkeypatch.setenv(OFFLINE, "1")


def build(recipe):
    try:
        return recipe.build(np.random.default_rng(0))
    except DataAbsent as absent:
        pytest.skip(str(absent))


def few(**changes):
    return build(replace(PROBLEMS["digits"], **{"n_train": 200, "network": "64-8-10", **changes}))


@pytest.fixture(scope="module")
def digits():
    return samples("digits", 1000, 100)


def theta_of(problem, seed=0):
    return problem.network.theta0(np.random.default_rng(seed))


# along a direction


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_coefficients_along_a_direction_are_the_direct_double_sum(name):
    """`(1/n) sum_i g(x_i) exp(-2 pi i k p.x_i)`, with p and the x_i in the space of pixels."""
    try:
        train = samples(name, 40, 0)[0]
    except DataAbsent as absent:
        pytest.skip(str(absent))
    along = direction("pc1", train.inputs, train.labels)
    targets = encode(train.labels, "one-hot")
    problem = build(replace(PROBLEMS[name], n_train=40, component="all", watch="grid", k_count=7, filters=()))
    probe = problem.probes[0]
    for row, (k, component) in enumerate(zip(probe.frequency, probe.component, strict=True)):
        total, mean = 0j, targets[:, component].mean() if k else 0.0
        for x, y in zip(train.inputs.astype(float), targets[:, component], strict=True):
            total += (y - mean) * np.exp(-2j * np.pi * k * sum(p * pixel for p, pixel in zip(along, x, strict=True)))
        assert abs(probe.coefficients(problem.targets)[row] - total / 40) < 1e-12


def test_a_spectrum_by_blocks_is_the_spectrum(digits):
    train = digits[0]
    x = (train.inputs.astype(float) @ direction("pc1", *train))[:, None]
    targets, k = encode(train.labels, "one-hot"), np.linspace(0, 1.5, 45)
    np.testing.assert_allclose(spectrum(x, targets, k), nudft(x, targets, k[:, None]), atol=1e-14)


def test_peaks_are_the_maxima_above_what_shuffled_targets_reach():
    problem = few(watch="peaks", component="1", n_train=1000)
    probe = problem.probes[0]
    assert probe.frequency[0] == 0
    assert len(probe.frequency) == 3
    k, centred = np.linspace(0, 1.5, 200), problem.targets[:, 1:2] - problem.targets[:, 1:2].mean()
    amplitudes = np.abs(spectrum(probe.inputs, centred, k))[:, 0]
    for place, (low, high) in enumerate([(0.1, 0.5), (0.5, 1.2)], 1):
        assert probe.target_amplitude[place] == pytest.approx(amplitudes[(k > low) & (k < high)].max(), rel=1e-12)
    shuffled = np.random.default_rng(1).permutation(centred)
    assert np.abs(spectrum(probe.inputs, shuffled, k)).max() < probe.target_amplitude[1]


def test_steps_are_as_far_apart_as_an_interval_of_that_length_can_tell():
    probe = few(component="1", n_train=1000).probes[0]
    step = 1 / np.ptp(probe.inputs)
    np.testing.assert_allclose(probe.frequency, step * np.arange(len(probe.frequency)))
    assert 3 <= len(probe.frequency) < 1.5 / step


def test_the_noise_floor_by_blocks_of_samples_is_that_of_all_at_once(monkeypatch, digits):
    x = digits[0].inputs[:, 20:21].astype(float)
    targets, waves = encode(digits[0].labels, "one-hot"), np.linspace(0, 1, 9)[:, None]
    whole = noise_floor(x, targets, waves, 0)
    monkeypatch.setattr("problems.probes.fourier.SAMPLES", 300)
    monkeypatch.setattr("problems.probes.fourier.KNOWN", {})
    np.testing.assert_allclose(noise_floor(x, targets, waves, 0), whole, rtol=1e-12)
    rng, centred = np.random.default_rng(0), targets - targets.mean(axis=0)
    largest = [np.abs(nudft(x, rng.permutation(centred), waves)).max(axis=0) for _ in range(200)]
    np.testing.assert_allclose(whole, np.sort(largest, axis=0)[-10], rtol=1e-12)


def test_zero_is_a_peak():
    assert find_peaks(np.array([3.0, 2.0, 1.0, 2.0, 1.0]), 0.5, orthogonal=False).tolist() == [0, 3]


def test_every_component_has_frequencies_of_its_own():
    probe = few(component="all", n_train=1000).probes[0]
    assert sorted(set(probe.component)) == list(range(10))
    some = few(component="5, 2", n_train=1000).probes[0]
    assert list(dict.fromkeys(some.component)) == [5, 2]
    np.testing.assert_array_equal(probe.frequency[probe.component == 5], some.frequency[some.component == 5])


# what the probes see


def test_the_probes_see_the_softmax_and_the_loss_the_scores():
    problem = few()
    theta = theta_of(problem)
    outputs = NumpyEvaluator(problem).predict(theta[None])
    seen = problem.readout(outputs)
    wanted = torch.softmax(torch.tensor(outputs), dim=-1).numpy()
    np.testing.assert_allclose(seen, wanted, rtol=1e-12)
    labels = torch.tensor(problem.targets.argmax(axis=1))
    loss = torch.nn.functional.cross_entropy(torch.tensor(outputs[0]), labels)
    assert NumpyEvaluator(problem).values(theta[None])[0] == pytest.approx(loss.item(), rel=1e-12)


def test_with_the_squared_error_the_probes_see_the_outputs_themselves():
    problem = few(loss="mse")
    assert not isinstance(problem.loss, LinkedLoss)
    outputs = NumpyEvaluator(problem).predict(theta_of(problem)[None])
    assert problem.readout(outputs) is outputs
    assert "residuals" in NumpyEvaluator(problem).offers
    assert "residuals" not in NumpyEvaluator(few()).offers


def test_huge_scores_do_not_overflow():
    problem = few()
    outputs = np.array([[[1e4, -1e4] + [0.0] * 8]])
    with np.errstate(all="raise", under="ignore"):
        assert problem.readout(outputs)[0, 0, :2].tolist() == [1.0, 0.0]
        losses, cotangent = problem.loss.value_and_cotangent(outputs, np.eye(10)[[1]])
    assert losses[0] == pytest.approx(2e4)
    assert cotangent[0, 0, :2].tolist() == [1.0, -1.0]


def test_accuracy_is_a_row_of_no_frequency():
    targets = np.eye(10)[[3, 1, 4, 1]]
    probe = AccuracyProbe(targets)
    assert np.isnan(probe.frequency).tolist() == [True]
    assert probe.component.tolist() == [-1]
    amplitude, error = probe.measure(np.eye(10)[[3, 1, 4, 2]])
    assert (amplitude.tolist(), error.tolist()) == ([0.75], [0.25])
    scalar = AccuracyProbe(np.array([[3.0], [1.0], [9.0], [0.0]]))
    assert scalar.measure(np.array([[3.4], [0.6], [8.4], [np.nan]]))[0].tolist() == [0.5]


def test_accuracy_on_test_images_is_watched_on_those():
    problem = few(n_test=50)
    (probe,) = problem.test_probes
    inputs, targets = problem.test
    assert (probe.name, inputs.shape, targets.shape) == ("test-accuracy", (50, 64), (50, 10))
    assert probe.measure(targets)[0].tolist() == [1.0]
    assert few(n_test=0).test is None
    assert few(n_test=0).test_probes == ()


def test_test_images_are_left_over_training_images_where_there_are_no_others():
    try:
        train, test = samples("cifar10", 9_000, 5_000)
    except DataAbsent as absent:
        pytest.skip(str(absent))
    assert train.inputs.shape == (9_000, 3072)
    if len(test.labels) == 1_000:
        assert not np.array_equal(test.inputs[0], train.inputs[0])


def test_pixels_are_from_nothing_to_one(digits):
    train, _ = digits
    assert train.inputs.dtype == np.float32
    assert (train.inputs.min(), train.inputs.max()) == (0.0, 1.0)


# scalar labels


def test_scalar_labels_are_the_digits_themselves():
    problem = few(labels="scalar", loss="mse", network="64-8-1")
    assert problem.targets.shape == (200, 1)
    assert sorted(set(problem.targets[:, 0])) == list(range(10))
    assert problem.probes[0].component.max() == 0
    assert problem.probes[-1].measure(problem.targets + 0.4)[0].tolist() == [1.0]


# principal components as inputs


def test_reduced_inputs_are_the_scores_of_scikit_learn(digits):
    problem = build(PROBLEMS["digits-pca"])
    pixels = digits[0].inputs.astype(float)
    fitted = PCA(16, svd_solver="full").fit(pixels)
    scores = fitted.transform(pixels)
    np.testing.assert_allclose(np.abs(problem.inputs), np.abs(scores), atol=1e-7)
    np.testing.assert_allclose(np.abs(problem.test[0][:100]), np.abs(fitted.transform(digits[1].inputs)), atol=1e-6)


def test_a_frequency_of_the_reduced_problem_is_the_same_along_the_first_direction():
    reduced, projected = build(PROBLEMS["digits-pca"]), build(replace(PROBLEMS["digits"], direction="pc1"))
    np.testing.assert_allclose(reduced.probes[0].frequency, projected.probes[0].frequency, rtol=1e-6)
    np.testing.assert_allclose(reduced.probes[0].target_amplitude, projected.probes[0].target_amplitude, rtol=1e-6)


# chunks


@pytest.mark.parametrize("loss", ["cross-entropy", "mse"])
def test_chunks_of_samples_add_up_to_the_whole(loss):
    whole = replace(few(loss=loss), chunk=None)
    parts = replace(whole, chunk=33)
    thetas = np.stack([theta_of(whole, seed) for seed in range(2)])
    for ours, theirs in zip(
        NumpyEvaluator(parts).values_and_grads(thetas), NumpyEvaluator(whole).values_and_grads(thetas), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(NumpyEvaluator(parts).predict(thetas), NumpyEvaluator(whole).predict(thetas), rtol=1e-12)
    np.testing.assert_allclose(NumpyEvaluator(parts).values(thetas), NumpyEvaluator(whole).values(thetas), rtol=1e-12)
    wanted = NumpyEvaluator(whole).hvp(thetas[0], thetas[1])
    np.testing.assert_allclose(
        NumpyEvaluator(parts).hvp(thetas[0], thetas[1]), wanted, atol=1e-12 * np.linalg.norm(wanted)
    )


# what a user can get wrong


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"labels": "words"}, "labels must be one of one-hot, scalar; got words"),
        ({"watch": "all"}, "watch must be one of grid, peaks, steps, or frequencies; got all"),
        ({"n_train": 1301}, r"n_train must be at most 1,300, all there are \(scikit-learn.*got 1,301"),
        ({"n_train": 1}, "n_train must be at least 2; got 1"),
        ({"n_test": -1}, "n_test must be at least 0; got -1"),
        ({"k_max": 0.0}, "k_max must be positive and finite; got 0.0"),
        ({"k_count": 1}, "k_count must be at least 2; got 1"),
        ({"filters": (1.0, -2.0)}, "filters must be positive and finite"),
        ({"filter_rows": -1}, "filter_rows must be at least 0"),
        ({"component": "10"}, "component is a number from 0 to 9, several with commas, or all; got '10'"),
        ({"component": "-1"}, "component is a number from 0 to 9"),
        ({"network": "64-8-1"}, "ends with 10"),
        ({"labels": "scalar", "network": "64-8-1"}, "with labels=scalar take --loss mse"),
        ({"loss": "mse+gradient"}, "slope"),
        ({"direction": "pc99"}, "principal components 1 to 64"),
    ],
)
def test_a_wrong_setting_is_a_sentence(changes, words):
    with pytest.raises(ValueError, match=words):
        few(**changes)


def test_too_many_components_are_a_sentence():
    with pytest.raises(ValueError, match="components must be from 1 to the number of pixels, 64; got 65"):
        build(replace(PROBLEMS["digits-pca"], components=65))


def test_a_class_that_is_noise_along_the_direction_leaves_the_constant_alone():
    """A random direction tells little: still k = 0 is the share of the class, which no shuffle changes."""
    probe = few(direction="random(3)", watch="peaks").probes[0]
    assert probe.frequency[0] == 0


@pytest.mark.parametrize("name", sorted(IMAGES))
def test_registered_problems_watch_the_constant_first(name):
    problem = build(replace(IMAGES[name], n_train=300, n_test=10, filters=()))
    assert problem.probes[0].frequency[0] == 0
    assert [probe.name for probe in problem.test_probes] == ["test-accuracy"]
    assert isinstance(IMAGES[name], Reduced if name.endswith("pca") else Projected)
