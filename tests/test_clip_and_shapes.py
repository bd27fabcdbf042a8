"""A generated sound and an analytic solid: their values against what geometry and waves say."""

from dataclasses import replace

import numpy as np
import pytest

from problems import PROBLEMS
from problems.space.shapes import BALL, RING, TUBE, signed_distance


def build(name, **changes):
    return replace(PROBLEMS[name], **changes).build(np.random.default_rng(0))


def test_distances_are_those_to_the_nearest_of_many_points_of_the_surface():
    rng = np.random.default_rng(0)
    angle, turn = np.meshgrid(np.linspace(0, 2 * np.pi, 400), np.linspace(0, 2 * np.pi, 200))
    radius = RING + TUBE * np.cos(turn)
    ring = np.stack([radius * np.cos(angle), radius * np.sin(angle), TUBE * np.sin(turn)], axis=-1).reshape(-1, 3)
    ball = rng.standard_normal((20_000, 3))
    surface = np.concatenate([ring, BALL * ball / np.linalg.norm(ball, axis=1)[:, None]])
    points = rng.uniform(-1, 1, (40, 3))
    nearest = np.sqrt(((points[:, None] - surface) ** 2).sum(-1)).min(axis=1)
    np.testing.assert_allclose(np.abs(signed_distance(points)), nearest, atol=0.01)
    inside = (np.hypot(np.hypot(points[:, 0], points[:, 1]) - RING, points[:, 2]) < TUBE) | (
        np.linalg.norm(points, axis=1) < BALL
    )
    assert ((signed_distance(points) < 0) == inside).all()
    assert inside.any()


def test_occupancy_is_the_sign_of_the_distance_and_its_mean_is_taken_off():
    distance, occupancy = (build(name, cells=12).targets[:, 0] for name in ("solid-distance", "solid-occupancy"))
    assert len(np.unique(occupancy)) == 2
    assert occupancy.mean() == pytest.approx(0, abs=1e-12)
    axis = -1 + np.arange(12) / 6
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    assert ((signed_distance(points) < 0) == (occupancy > 0)).all()
    np.testing.assert_allclose(distance, signed_distance(points) - signed_distance(points).mean(), atol=1e-12)


def test_the_tones_of_a_clip_have_their_amplitudes_but_for_the_chirps_leakage():
    problem = build("audio")
    tones, noise = problem.probes
    np.testing.assert_allclose(2 * tones.target_amplitude, [0.4, 0.3, 0.2], atol=0.01)
    assert tones.frequency.tolist() == [4.0, 12.0, 36.0]
    assert noise.name == "psnr"
    silence = np.zeros_like(problem.targets)
    wanted = 20 * np.log10(np.ptp(problem.targets) / np.sqrt((problem.targets**2).mean()))
    assert noise.measure(silence)[0] == pytest.approx([wanted])


def test_the_slope_of_a_clip_is_its_derivative():
    recipe = replace(PROBLEMS["audio"], samples=200_000)
    samples = recipe.sample(np.random.default_rng(0))
    t, y = samples.inputs[:, 0], samples.targets[:, 0]
    found = np.gradient(y, t)[1:-1]
    np.testing.assert_allclose(samples.slopes[1:-1, 0], found, atol=1e-3 * np.abs(found).max())


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("solid-distance", {"field": "density"}, "field is one of distance, occupancy"),
        ("solid-distance", {"cells": 5}, "from 6 to 64"),
        ("audio", {"samples": 100}, "exceed twice the highest"),
        ("audio", {"tones": (1,)}, "as many as amplitudes"),
    ],
)
def test_what_makes_no_clip_or_solid_is_refused(name, changes, said):
    with pytest.raises(ValueError, match=said):
        build(name, **changes)
