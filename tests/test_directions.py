"""Directions in the space of inputs: principal ones against scikit-learn, and what else a user may name."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from problems.classes.digits import samples
from problems.classes.directions import BLOCK, direction, principal_directions, project
from problems.datasets import DATASETS
from problems.datasets.find import DATA, locate


@pytest.fixture(scope="module")
def digits():
    return samples("digits", 1000, 0)[0]


def up_to_sign(ours, theirs):
    return ours * np.sign((ours * theirs).sum(axis=1))[:, None]


@pytest.mark.parametrize("count", [1, 5, 64])
def test_principal_directions_are_those_of_scikit_learn(digits, count):
    inputs = digits.inputs.astype(np.float64)
    theirs = PCA(count, svd_solver="full").fit(inputs).components_
    ours = principal_directions(digits.inputs, count)
    varied = np.linalg.norm(theirs * inputs.std(axis=0), axis=1) > 1e-6  # some pixels never change: any basis will do
    np.testing.assert_allclose(up_to_sign(ours, theirs)[varied], theirs[varied], atol=1e-8)


@pytest.mark.parametrize("width", [5, 64])
def test_inputs_that_add_up_to_the_same_in_each_sample_have_principal_directions(width):
    one_hot = np.eye(width)[np.random.default_rng(0).permutation(4 * width) % width // 2]
    for inputs in (one_hot, np.random.default_rng(0).dirichlet(np.arange(1.0, width + 1), 200)):
        theirs = PCA(1, svd_solver="full").fit(inputs).explained_variance_[0]
        assert project(inputs, principal_directions(inputs, 1)[0]).var(ddof=1) == pytest.approx(theirs)


def test_principal_directions_of_mnist_are_those_of_scikit_learn():
    if locate(DATASETS["mnist"]) is None:
        pytest.skip(f"MNIST is not here: name its folder with {DATA}")
    inputs = samples("mnist", 5000, 0)[0].inputs
    theirs = PCA(3, svd_solver="full").fit(inputs.astype(np.float64)).components_
    np.testing.assert_allclose(up_to_sign(principal_directions(inputs, 3), theirs), theirs, atol=1e-8)


def test_blocks_do_not_change_a_covariance():
    inputs = np.random.default_rng(0).standard_normal((2 * BLOCK + 5, 3)) * [3.0, 2.0, 1.0] + 100
    vectors = np.linalg.eigh(np.cov(inputs.T))[1][:, ::-1].T
    np.testing.assert_allclose(up_to_sign(principal_directions(inputs, 3), vectors), vectors, atol=1e-9)


def test_the_largest_entry_is_positive_whatever_the_sign_of_the_data(digits):
    first = principal_directions(digits.inputs, 4)
    again = principal_directions(-digits.inputs, 4)
    np.testing.assert_allclose(first, again, atol=1e-9)
    assert (first[np.arange(4), np.abs(first).argmax(axis=1)] > 0).all()


def test_a_projection_is_a_product_with_a_unit_vector(digits):
    along = direction("pc2", digits.inputs, digits.labels)
    assert np.linalg.norm(along) == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(project(digits.inputs, along)[:, 0], digits.inputs.astype(float) @ along, rtol=1e-12)


def test_a_difference_of_means_points_from_one_class_to_the_other(digits):
    x, labels = digits.inputs.astype(float), digits.labels
    wanted = x[labels == 3].mean(axis=0) - x[labels == 8].mean(axis=0)
    found = direction("means(3, 8)", digits.inputs, labels)
    np.testing.assert_allclose(found, wanted / np.linalg.norm(wanted), atol=1e-12)


def test_random_directions_have_a_seed(digits):
    first, again, other = (direction(text, *digits) for text in ("random", "random(0)", "random(1)"))
    np.testing.assert_array_equal(first, again)
    assert abs(first @ other) < 0.9


@pytest.mark.parametrize("name", ["p.npy", "p.csv"])
def test_a_direction_may_come_from_a_file(digits, tmp_path, name):
    numbers = np.arange(64.0)
    np.save(tmp_path / name, numbers) if name.endswith("npy") else np.savetxt(tmp_path / name, numbers, delimiter=",")
    found = direction(str(tmp_path / name), *digits)
    np.testing.assert_allclose(found, numbers / np.linalg.norm(numbers), atol=1e-12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pc0", "principal components 1 to 64; got pc0"),
        ("pc65", "principal components 1 to 64; got pc65"),
        ("means(3,11)", "no image of class 11; the classes are"),
        ("means(3,3)", r"'means\(3,3\)' has length 0"),
        ("up", "A direction is pc1, pc2, .*; got 'up'"),
        ("nowhere.npy", "There is no file 'nowhere.npy'"),
    ],
)
def test_a_direction_that_is_none_is_a_sentence(digits, text, words):
    with pytest.raises(ValueError, match=words):
        direction(text, *digits)


def test_a_file_of_another_length_or_of_no_numbers_is_a_sentence(digits, tmp_path):
    np.save(tmp_path / "short.npy", np.ones(3))
    (tmp_path / "words.csv").write_text("up, down")
    with pytest.raises(ValueError, match=r"needs 64 numbers, one for each input; .*short.npy' has 3"):
        direction(str(tmp_path / "short.npy"), *digits)
    with pytest.raises(ValueError, match=r"words.csv' holds no numbers that can be read"):
        direction(str(tmp_path / "words.csv"), *digits)
    np.save(tmp_path / "objects.npy", np.array(["a", None], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="holds no numbers"):
        direction(str(tmp_path / "objects.npy"), *digits)
