"""The fast ways to the Fourier formula against its matrix, and how much memory they take."""

import numpy as np
import pytest

from problems.probes import transforms
from problems.probes.fourier import noise_floor, nudft
from problems.probes.line import Line, peaks_probe
from problems.probes.transforms import fast_transform, lattice, transform


def uniform(n, start=-1.7, length=3.2):
    return start + length * np.arange(n)[:, None] / n, np.arange(n // 2 + 1.0)[:, None] / length


@pytest.mark.parametrize("n", [64, 65])
@pytest.mark.parametrize("first", [0, 3])
def test_on_a_uniform_line_the_fast_transform_is_the_formula(n, first):
    inputs, waves = uniform(n)
    outputs = np.random.default_rng(0).standard_normal((n, 2))
    found = fast_transform(inputs, waves[first:])
    assert found.func is transforms._uniform
    np.testing.assert_allclose(found(outputs), transform(inputs, waves[first:]) @ outputs, atol=1e-14)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_on_scattered_points_the_non_uniform_transform_is_the_formula(dimension, monkeypatch):
    monkeypatch.setattr(transforms, "FEW", 0)
    rng = np.random.default_rng(dimension)
    inputs, waves = 5 + rng.uniform(-2, 3, (300, dimension)), rng.uniform(-9, 9, (70, dimension))
    outputs = rng.standard_normal((300, 2)).astype(np.float32)
    found = fast_transform(inputs, waves)(outputs)
    np.testing.assert_allclose(found, transform(inputs, waves) @ outputs, atol=1e-11)


def test_in_more_dimensions_the_matrix_comes_in_blocks(monkeypatch):
    monkeypatch.setattr(transforms, "ELEMENTS", 1000)
    rng = np.random.default_rng(0)
    inputs, waves, outputs = rng.uniform(size=(300, 5)), rng.uniform(-4, 4, (40, 5)), rng.standard_normal((300, 2))
    np.testing.assert_allclose(fast_transform(inputs, waves)(outputs), transform(inputs, waves) @ outputs, atol=1e-14)


def test_a_line_that_is_nearly_uniform_is_not_taken_for_one():
    inputs, waves = uniform(64)
    inputs[7] += 1e-4
    outputs = np.random.default_rng(0).standard_normal((64, 1))
    np.testing.assert_allclose(fast_transform(inputs, waves)(outputs), transform(inputs, waves) @ outputs, atol=1e-13)


@pytest.mark.parametrize("scattered", [False, True])
def test_the_floor_is_the_same_whichever_way_it_is_found(scattered, monkeypatch):
    inputs, waves = uniform(200)
    if scattered:
        inputs = inputs + 0.003 * np.random.default_rng(1).uniform(size=inputs.shape)
    targets = np.random.default_rng(0).standard_normal((200, 2))
    wanted = noise_floor(inputs, targets, waves, 3)
    monkeypatch.setattr(transforms, "ELEMENTS", 10)
    monkeypatch.setattr(transforms, "FEW", 10)
    monkeypatch.setattr("problems.probes.fourier.MANY", 10)
    monkeypatch.setattr("problems.probes.fourier.KNOWN", {})
    np.testing.assert_allclose(noise_floor(inputs, targets, waves, 3), wanted, rtol=1e-5)


def test_a_second_of_sound_is_watched_at_its_own_tones():
    """44,100 samples: the matrix of all frequencies would be 14.5 GiB."""
    seconds = np.arange(44_100)[:, None] / 44_100
    targets = np.sin(2 * np.pi * 440 * seconds) + 0.3 * np.cos(2 * np.pi * 6_000 * seconds)
    probe = peaks_probe(seconds, targets, Line(0.0, 1.0), orthogonal=True)
    assert probe.frequency == pytest.approx([440, 6_000])
    assert probe.target_amplitude == pytest.approx([0.5, 0.15])


def test_many_scattered_points_are_transformed_without_a_matrix():
    inputs = np.sort(np.random.default_rng(0).uniform(size=(20_000, 1)), axis=0)
    outputs = np.cos(2 * np.pi * 40 * inputs)
    waves = np.arange(5_000.0)[:, None]
    found = nudft(inputs, outputs, waves)
    chosen = [0, 40, 41, 4_999]
    np.testing.assert_allclose(found[chosen], transform(inputs, waves[chosen]) @ outputs, atol=1e-11)


@pytest.mark.parametrize("shape", [(12, 9), (6, 5, 8)])
def test_a_grid_of_several_dimensions_has_the_fast_transform_of_the_formula(shape):
    rng = np.random.default_rng(0)
    axes = [0.3 + 2.5 * np.arange(n) / n for n in shape]
    inputs = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(shape))
    outputs = rng.standard_normal((len(inputs), 2))
    waves = rng.integers(-7, 8, (80, len(shape))) / 2.5
    found = transforms.fast_transform(inputs, waves)
    assert found.func is transforms._on_grid
    np.testing.assert_allclose(found(outputs), transforms.transform(inputs, waves) @ outputs, atol=1e-13)
    for other in (inputs + 1e-3 * rng.standard_normal(inputs.shape), inputs[1:]):
        assert getattr(transforms.fast_transform(other, waves), "func", None) is not transforms._on_grid
    assert getattr(transforms.fast_transform(inputs, waves * 1.01), "func", None) is not transforms._on_grid


@pytest.mark.parametrize("shape", [(6, 7), (9, 4, 5)])
def test_the_points_of_a_grid_may_come_in_any_order(shape):
    rng = np.random.default_rng(5)
    points = np.stack(np.meshgrid(*[np.arange(n) / n for n in shape], indexing="ij"), axis=-1).reshape(-1, len(shape))
    inputs = rng.permutation(points) * 3 - 0.7
    waves = rng.integers(-2, 3, (11, len(shape))) / 3
    outputs = rng.standard_normal((len(inputs), 2))
    found = fast_transform(inputs, waves)
    assert found.func is transforms._on_grid
    np.testing.assert_allclose(found(outputs), transform(inputs, waves) @ outputs, atol=1e-13)


def test_a_grid_is_known_from_rounded_coordinates_and_one_that_lacks_a_point_is_none():
    axes = np.linspace(0, 0.7, 8), np.linspace(-3, 3, 7), np.linspace(100, 101, 4)
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    found = lattice(np.round(points, 4))
    assert found.shape == (8, 7, 4)
    np.testing.assert_array_equal(found.places[:5], [[0, 0, 0], [0, 0, 1], [0, 0, 2], [0, 0, 3], [0, 1, 0]])
    np.testing.assert_allclose(found.in_period().max(axis=0), [7 / 8, 6 / 7, 3 / 4])
    np.testing.assert_array_equal(found.resolves(np.array([[3.0, 3, 1], [4, 0, 0], [0, 0, 2]])), [True, False, False])
    assert lattice(points[1:]) is None
    assert lattice(np.concatenate([points[1:], points[-1:]])) is None
    assert lattice(points + np.random.default_rng(0).uniform(0, 0.05, points.shape)) is None
    assert lattice(np.random.default_rng(0).uniform(size=(64, 3))) is None
