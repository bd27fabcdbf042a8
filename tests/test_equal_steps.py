"""Equal steps are told by the precision in which numbers came, in any unit."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.watch.watched import understand
from problems import user_problems
from problems.line.points import read_points
from problems.probes.by_name import bias, sines
from problems.probes.transforms import lattice
from problems.readers.steps import in_equal_steps
from problems.space.solids import Solid

EXPONENT = st.integers(-20, 20)


def signal(x, period=1.0):
    return np.sin(2 * np.pi * x / period) + 0.5 * np.sin(2 * np.pi * 7 * x / period)


def frequencies(inputs, targets):
    return understand(inputs, targets, "mse").probes[0].frequency.tolist()


GRIDS = {
    "float32 of torch": torch.linspace(0, 1, 101)[:-1],
    "float32 sums": np.cumsum(np.full(400, 1 / 400, np.float32), dtype=np.float32),
    "float32 in double": (np.arange(1000) / 1000).astype(np.float32).astype(np.float64),
    "float16": (np.arange(100) / 100).astype(np.float16),
    "bfloat16": (torch.arange(30) / 30).to(torch.bfloat16),
    "float32 times pi": (np.float32(np.pi) * np.arange(500, dtype=np.float32) / np.float32(500)) / np.float32(np.pi),
    "three decimals": np.round(np.arange(90) / 30, 3),
    "two decimals": np.round(np.arange(90) / 30, 2),
    "milliseconds": np.round(1000 * np.arange(300) / 30).astype(int),
    "four digits": np.array([float(f"{i / 30:.3e}") for i in range(90)]),
    "decimals in float32": np.round(np.arange(90) / 30, 3).astype(np.float32),
    "seconds of a clock": 1.7e9 + np.arange(1000) * 1e-3,
    "days": np.arange(365.0),
}
UNEVEN = {
    "jitter": np.arange(100) / 100 + np.random.default_rng(0).uniform(0, 2e-3, 100),
    "jitter in float32": (np.arange(100) / 100 + np.random.default_rng(0).uniform(0, 2e-3, 100)).astype(np.float32),
    "nanometres": np.sort(np.random.default_rng(0).uniform(size=200)) * 1e-8,
    "a gap": np.delete(np.arange(200.0), 100),
    "a gap in tens": np.delete(np.arange(200.0) * 10, 100),
    "a gap near the end": np.delete(np.arange(40) / 2, 1),
    "months": np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30]),
    "scattered decimals": np.unique(np.round(np.random.default_rng(0).uniform(size=100), 3)),
    "squares": np.arange(50.0) ** 2,
}


@pytest.mark.parametrize("name", GRIDS)
def test_a_grid_is_one_in_any_precision_it_is_written_in(name):
    x = GRIDS[name]
    assert in_equal_steps(x.double().numpy() if isinstance(x, torch.Tensor) else np.asarray(x, np.float64))


@pytest.mark.parametrize("name", UNEVEN)
def test_what_rounding_does_not_explain_is_no_grid(name):
    assert not in_equal_steps(np.asarray(UNEVEN[name], np.float64))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([*GRIDS, *UNEVEN]), EXPONENT, st.integers(1, 9))
def test_equal_steps_have_no_unit(name, exponent, factor):
    if name in GRIDS:
        # a grid in double, as what is rounded loses its digits in another unit
        assert in_equal_steps(np.arange(5.0, 80) * factor * 10.0**exponent / 30)
        return
    assert not in_equal_steps(np.asarray(UNEVEN[name], np.float64) * factor * 10.0**exponent)


@pytest.mark.parametrize("name", ["float32 of torch", "float32 sums", "float16"])
def test_a_watch_finds_the_waves_of_a_grid_in_single_precision(name):
    x = GRIDS[name]
    n = len(x)
    assert frequencies(x, signal(np.arange(n) / n)) == pytest.approx([1, 7], rel=1e-3)


@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_a_function_of_single_precision_is_a_period(kind):
    x = np.arange(100) / 100
    problem = user_problems.Data(make=lambda: (x.astype(kind), signal(x)), about="a").build(np.random.default_rng(0))
    assert problem.probes[0].frequency.tolist() == pytest.approx([1, 7], rel=1e-3)


@pytest.mark.parametrize("form", ["%.3f", "%.3e"])
def test_rounded_times_in_a_file_are_a_period(tmp_path, form):
    t = np.arange(90) / 30
    np.savetxt(tmp_path / "a.csv", np.column_stack([t, signal(t)]), fmt=[form, "%.8f"], delimiter=",")
    points = read_points(str(tmp_path / "a.csv"))
    assert points.is_uniform
    assert points.length == pytest.approx(3, rel=1e-3)


def test_arrays_of_single_precision_are_a_period(tmp_path):
    t = np.arange(300) / 100
    np.save(tmp_path / "a.npy", np.column_stack([t, signal(t)]).astype(np.float32))
    assert read_points(str(tmp_path / "a.npy")).is_uniform


def plane(h, w):
    return np.stack(np.meshgrid(np.arange(h) / h, np.arange(w) / w, indexing="ij"), -1).reshape(-1, 2)


@settings(max_examples=30, deadline=None)
@given(EXPONENT, st.floats(0.1, 10))
def test_what_is_watched_on_a_line_scales_with_its_unit(exponent, factor):
    unit = factor * 10.0**exponent
    scattered = np.sort(np.random.default_rng(3).uniform(size=150))
    for x in (np.arange(64) / 64, scattered):
        found = np.array(frequencies(x * unit, signal(x)))
        assert found * unit == pytest.approx(frequencies(x, signal(x)), rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(EXPONENT)
def test_what_is_watched_of_pictures_space_and_columns_has_no_unit(exponent):
    unit, rng = 10.0**exponent, np.random.default_rng(0)
    jittered = (plane(16, 24) + rng.uniform(0, 0.01, (384, 2))) * [10, 1]
    grid = np.stack(np.meshgrid(*[np.arange(6) / 6] * 3, indexing="ij"), -1).reshape(-1, 3)
    for inputs in (plane(16, 24), grid, rng.uniform(size=(300, 3))):
        assert frequencies(inputs * unit, signal(inputs[:, 0])) == pytest.approx(
            frequencies(inputs, signal(inputs[:, 0]))
        )
    columns = rng.uniform(size=(300, 5)) * [10, 1, 1, 1, 1]
    for inputs in (jittered, columns):
        found = np.array(frequencies(inputs * unit, signal(inputs[:, 0], 4)))
        assert found * unit == pytest.approx(frequencies(inputs, signal(inputs[:, 0], 4)), rel=1e-6)


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.float16])
def test_pixels_and_grids_in_space_are_grids_in_every_precision(kind):
    pixels = plane(30, 50).astype(kind)
    probe = understand(pixels, signal(plane(30, 50)[:, 0]), None).probes[0]
    assert probe.name == "rings"
    axis = (np.arange(10) / 10).astype(kind)
    cube = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
    assert lattice(cube.astype(np.float64)).shape == (10, 10, 10)


def test_a_grid_of_rounded_points_in_a_file_is_a_period(tmp_path):
    axis = np.round(np.arange(12) / 12, 2)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
    np.savetxt(tmp_path / "a.csv", np.column_stack([points, signal(points[:, 0])]), fmt="%.2f", delimiter=",")
    problem = Solid(points=str(tmp_path / "a.csv")).build(np.random.default_rng(0))
    assert "The points are a grid of 12 x 12 x 12" in " ".join(problem.notes)


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12])
def test_probes_of_even_grids_refuse_others_in_any_unit(unit):
    even = np.linspace(0, 1, 33)[:, None]
    uneven = np.sort(np.random.default_rng(0).uniform(size=33))[:, None]
    targets = np.sin(np.pi * even)
    sines(even * unit, targets, 1.0)
    bias((even * unit).astype(np.float32), targets, 2.5)
    for make in (lambda: sines(uneven * unit, targets, 1.0), lambda: bias(uneven * unit, targets, 2.5)):
        with pytest.raises(ValueError, match="even"):
            make()
