"""Bands of |k|: the fast transform against the formula itself, Parseval, and errors known in advance."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from problems.probes.bands import BandProbe, GridTransform, grid_waves, into_bands, scattered_transform
from problems.probes.fourier import nudft
from problems.space.images import MirrorTransform, octaves, plane_grid, ring_probe


def random_picture(shape, components=2, seed=0):
    return np.random.default_rng(seed).standard_normal((shape[0] * shape[1], components))


@pytest.mark.parametrize("shape", [(6, 9), (8, 8), (5, 7)])
def test_on_the_plane_grid_the_fast_transform_is_the_formula_but_for_the_phase_of_the_origin(shape):
    picture, waves = random_picture(shape), grid_waves(shape)
    by_formula = nudft(plane_grid(shape) + 1, picture, waves / 2)  # a period is 2 long; the origin is the first pixel
    np.testing.assert_allclose(GridTransform(shape)(picture), by_formula, atol=1e-13)


@pytest.mark.parametrize("shape", [(4, 6), (5, 5)])
def test_the_mirrored_transform_is_the_formula_on_the_reflected_picture(shape):
    picture = random_picture(shape).reshape(*shape, 2)
    reflected = np.pad(picture, ((0, shape[0]), (0, shape[1]), (0, 0)), mode="symmetric")
    big = (2 * shape[0], 2 * shape[1])
    by_formula = nudft(plane_grid(big) + 1, reflected.reshape(-1, 2), grid_waves(big) / 2)
    np.testing.assert_allclose(MirrorTransform(shape)(picture.reshape(-1, 2)), by_formula, atol=1e-13)


@pytest.mark.parametrize("dimension", [2, 3])
def test_scattered_points_are_transformed_alike_by_one_matrix_and_without(dimension, monkeypatch):
    rng = np.random.default_rng(0)
    inputs, outputs = rng.uniform(-1, 1, (40, dimension)), rng.standard_normal((40, 2))
    waves = rng.uniform(-3, 3, (23, dimension))
    wanted = nudft(inputs, outputs, waves)
    np.testing.assert_allclose(scattered_transform(inputs, waves)(outputs), wanted, atol=1e-14)
    monkeypatch.setattr("problems.probes.bands.ELEMENTS", 40 * 5)
    np.testing.assert_allclose(scattered_transform(inputs, waves)(outputs), wanted, atol=1e-13)


@pytest.mark.parametrize("edges", ["periodic", "mirror"])
def test_with_all_wave_vectors_the_bands_share_out_the_squared_error(edges):
    """Parseval: the sum over bands of |h - f|^2, and the mean, is the mean squared error."""
    shape = (12, 10)
    targets, outputs = random_picture(shape, 1), random_picture(shape, 1, seed=1)
    ring = ring_probe(targets, shape, edges)
    everything = BandProbe(targets, ring.waves, into_bands(ring.waves, np.array([0, 0.25, 3, 99])), ring.transform)
    _, error = everything.measure(outputs)
    shared = (error * everything.target_amplitude) ** 2
    assert shared.sum() == pytest.approx(((outputs - targets) ** 2).mean(), rel=1e-12)


@pytest.mark.parametrize("edges", ["periodic", "mirror"])
@pytest.mark.parametrize("shape", [(12, 10), (9, 7), (8, 11), (11, 6)])
def test_the_errors_of_a_residual_are_those_of_predictions_that_have_it(shape, edges):
    targets, residual = random_picture(shape) + 1, random_picture(shape, seed=1)
    ring = ring_probe(targets, shape, edges)
    everything = BandProbe(targets, ring.waves, into_bands(ring.waves, np.array([0, 0.25, 3, 99])), ring.transform)
    for probe in (ring, everything, replace(ring, rows=np.array([1, -1]))):
        np.testing.assert_allclose(probe.errors(residual), probe.measure(targets + residual)[1], rtol=1e-12)


def test_the_errors_of_a_residual_on_scattered_points_are_those_of_predictions_that_have_it():
    rng = np.random.default_rng(0)
    inputs, targets, residual = rng.uniform(0, 1, (40, 2)), rng.standard_normal((40, 2)), rng.standard_normal((40, 2))
    waves = np.array([[0.0, 0], [0, 1], [1, -1], [1, 0], [1, 1]])
    probe = BandProbe(targets, waves, np.array([0, 1, 1, 1, 2]), scattered_transform(inputs, waves), halved=True)
    np.testing.assert_allclose(probe.errors(residual), probe.measure(targets + residual)[1], rtol=1e-12)


def test_error_and_amplitude_of_a_ring_are_those_of_the_definition():
    shape = (16, 16)
    targets, outputs = random_picture(shape), random_picture(shape, seed=1)
    probe = ring_probe(targets, shape)
    f, h = (np.fft.fft2(y.reshape(16, 16, 2), axes=(0, 1)).reshape(-1, 2) / 256 for y in (targets, outputs))
    lengths = np.hypot(*np.meshgrid(*[np.fft.fftfreq(16, 1 / 16)] * 2, indexing="ij")).ravel()
    amplitude, error = probe.measure(outputs)
    edges = [0, 0.5, 1.5, 2.5, 4.5, 8.0]  # the first is the mean alone
    for row, (low, high) in enumerate(list(pairwise(edges)) * 2):
        inside, component = (lengths >= low) & (lengths < high), row // 5
        power, wrong = (np.abs(y[inside, component]) ** 2 for y in (f, h - f))
        assert probe.component[row] == component
        assert probe.frequency[row] == pytest.approx(lengths[inside].mean())
        assert probe.target_amplitude[row] == pytest.approx(power.sum() ** 0.5)
        assert amplitude[row] == pytest.approx((np.abs(h[inside, component]) ** 2).sum() ** 0.5)
        assert error[row] == pytest.approx((wrong.sum() / power.sum()) ** 0.5)
    assert len(error) == 10


def test_a_missing_wave_is_an_error_of_one_in_its_own_ring_and_of_none_elsewhere():
    shape = (32, 32)
    x = plane_grid(shape)
    low, high = np.sin(np.pi * x[:, :1]), np.cos(np.pi * (6 * x[:, :1] - 5 * x[:, 1:]))
    background = 0.01 * random_picture(shape, 1)
    probe = ring_probe(low + high + background, shape)
    error = probe.measure(low + background)[1]
    ring = int(np.flatnonzero((probe.frequency > 4.5) & (probe.frequency < 8.5))[0])
    assert error[ring] == pytest.approx(1, abs=0.01)
    assert np.delete(error, ring) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("highest", "edges"), [(2, [0.5, 1.5, 2]), (6.0, [0.5, 1.5, 2.5, 4.5, 6]), (8, [0.5, 1.5, 2.5, 4.5, 8])]
)
def test_rings_are_octaves_up_to_the_limit(highest, edges):
    assert octaves(highest).tolist() == edges


def test_a_wave_vector_on_an_edge_belongs_to_the_ring_above_and_the_last_edge_is_outside():
    waves = np.array([[0.0, 0], [0.5, 0], [0, 1.5], [2.5, 0], [1, 1]])
    assert into_bands(waves, np.array([0.5, 1.5, 2.5])).tolist() == [-1, 0, 1, -1, 0]


def test_edges_of_an_unknown_kind_are_refused():
    with pytest.raises(ValueError, match="edges is one of periodic, mirror; got 'window'"):
        ring_probe(np.zeros((16, 1)), (4, 4), "window")


def test_a_band_from_zero_counts_the_mean_once_and_each_pair_of_waves_twice():
    """Of half the lattice: power per pair is |f_k|^2, of which the mean, alone with itself, has a half."""
    x = (np.arange(32) / 32)[:, None]
    targets = 3 + 4 * np.cos(2 * np.pi * x) + 0.5 * np.sin(4 * np.pi * x)
    waves = np.array([[0.0], [1.0], [2.0]])
    probe = BandProbe(targets, waves, np.array([0, 0, 1]), scattered_transform(x, waves), halved=True)
    assert probe.target_amplitude == pytest.approx([(9 / 2 + 4) ** 0.5, 0.25])
    # the mean alone wrong: a share of 9 in a power of 9 + 2 * 4
    assert probe.measure(targets - 3)[1] == pytest.approx([(9 / 17) ** 0.5, 0])
    assert probe.power_share == pytest.approx(1)
    # a band of its own is the mean, whole
    alone = BandProbe(targets, waves, np.array([0, 1, 2]), scattered_transform(x, waves), halved=True)
    assert alone.target_amplitude == pytest.approx([3, 2, 0.25])
    assert alone.power_share == pytest.approx(1)


@pytest.mark.parametrize(("shape", "edges"), [((2, 2), "periodic"), ((1, 5), "mirror"), ((4, 2), "periodic")])
def test_a_ring_without_wave_vectors_is_refused_in_a_sentence(shape, edges):
    targets = np.random.default_rng(0).standard_normal((shape[0] * shape[1], 1))
    with pytest.raises(ValueError, match=r"none lies in any band of 'rings'.*Take more samples"):
        ring_probe(targets, shape, edges)
    full = ring_probe(np.random.default_rng(0).standard_normal((64, 1)), (8, 8))
    with pytest.raises(ValueError, match="none lies in band 1 of 'rings'"):
        replace(full, band=np.where(full.band == 1, -1, full.band))
