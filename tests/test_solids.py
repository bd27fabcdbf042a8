"""Clouds of points: shells of |k| against the plain sum, the generated cloud, and files that are refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.cli import main
from harness.run.spec import override
from harness.study.understood import understood
from problems import PROBLEMS
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.own_data import box_probe
from problems.probes import bands, transforms
from problems.space.clouds import load_cloud
from problems.space.solids import TEXTURE, Solid, generated_cloud, shell_probe


def build(recipe):
    return recipe.build(np.random.default_rng(0))


def cloud(n=100, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (n, 3)), rng.standard_normal(n)


def write(path: Path, points, values, header="") -> str:
    np.savetxt(path, np.column_stack([points, values]), delimiter=",", header=header, comments="")
    return str(path)


def test_amplitude_and_error_of_a_shell_are_plain_sums_over_half_the_lattice():
    inputs, values = cloud(60)
    outputs = cloud(60, seed=1)[1][:, None]
    probe = shell_probe(inputs, values[:, None])
    measured, (values, outputs) = probe.measure(outputs), (values - values.mean(), outputs - values.mean())
    power, wrong = np.zeros(2), np.zeros(2)
    for a in range(-2, 3):
        for b in range(-2, 3):
            for c in range(-2, 3):
                k = np.array([a, b, c])
                length = np.linalg.norm(k)
                if tuple(k) <= (0, 0, 0) or length >= 2.5:
                    continue
                wave = np.exp(-2j * np.pi * inputs @ k / 2) / 60
                shell = int(length >= 1.5)
                power[shell] += abs(wave @ values) ** 2
                wrong[shell] += abs(wave @ (outputs[:, 0] - values)) ** 2
    assert probe.target_amplitude == pytest.approx(power**0.5, rel=1e-12)
    assert measured[1] == pytest.approx((wrong / power) ** 0.5, rel=1e-12)


def test_on_a_regular_grid_a_wave_is_seen_in_its_own_shell_alone():
    axis = -1 + 2 * np.arange(12) / 12
    inputs = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    low, high = np.sin(np.pi * inputs[:, :1]), np.sin(np.pi * inputs @ [[2], [-2], [0]])
    probe = shell_probe(inputs, low + high + 0.01 * np.random.default_rng(0).standard_normal(low.shape))
    assert probe.target_amplitude[[0, 2]] == pytest.approx([0.5, 0.5], abs=0.01)
    error = probe.measure(probe.targets - high)[1]
    assert error[2] == pytest.approx(1, abs=0.01)
    assert np.delete(error, 2) == pytest.approx(0, abs=1e-12)


def test_a_low_wave_leaks_into_the_outer_shells_far_less_from_the_generated_cloud_than_from_points_at_random():
    def leak(points):
        return shell_probe(points, np.sin(np.pi * points[:, :1])).target_amplitude[-1]

    even, _ = generated_cloud(16)
    at_random = np.random.default_rng(1).uniform(-1, 1, even.shape)
    assert leak(even) < 0.5 * leak(at_random)
    probe = shell_probe(at_random, np.sin(np.pi * at_random[:, :1]))
    vectors = (probe.band == probe.band.max()).sum()
    assert leak(at_random) == pytest.approx(np.sqrt(vectors / len(even) * 0.5), rel=0.1)  # mean square 1/2


def test_the_texture_of_the_generated_solid_stands_in_the_outermost_shell():
    """Sine of amplitude 0.2: |f| = 0.1 at k, of which one of the pair is watched."""
    problem = build(PROBLEMS["solid"])
    (probe,) = problem.probes
    assert probe.name == "shells"
    assert 2.5 < np.linalg.norm(TEXTURE) < 16 / 4
    points, values = generated_cloud(16)
    inner = int(np.flatnonzero((probe.waves == TEXTURE).all(axis=1))[0])
    assert abs(probe.transform(problem.targets)[inner, 0]) == pytest.approx(0.1, rel=0.1)
    assert (points == problem.inputs).all()
    assert problem.targets[:, 0] == pytest.approx(values - values.mean())


def test_the_generated_cloud_has_one_point_in_each_cell_and_is_always_the_same():
    points, values = generated_cloud(5)
    cells = np.floor((points + 1) / 2 * 5).astype(int)
    assert len(np.unique(cells, axis=0)) == len(points) == 125
    assert (generated_cloud(5)[1] == values).all()


def test_gradients_are_central_differences():
    problem = build(Solid(cells=4, network="3-5-1"))
    theta = problem.network.theta0(np.random.default_rng(0))
    step = 1e-5 * np.eye(problem.dim)
    wanted = (NumpyEvaluator(problem).values(theta + step) - NumpyEvaluator(problem).values(theta - step)) / 2e-5
    np.testing.assert_allclose(NumpyEvaluator(problem).values_and_grads(theta[None])[1][0], wanted, atol=1e-8)


@pytest.mark.parametrize("header", ["", "x,y,z,intensity"])
def test_csv_and_npz_hold_the_same_cloud_and_fill_the_box(tmp_path, header):
    points, values = cloud()
    text = write(tmp_path / "a.csv", 7 + 3 * points, values, header)
    np.savez(tmp_path / "a.npz", points=7 + 3 * points, values=values)
    problems = [build(Solid(points=name)) for name in (text, str(tmp_path / "a.npz"))]
    for problem in problems:
        np.testing.assert_allclose(problem.targets[:, 0], values - values.mean(), atol=1e-14)
        assert problem.inputs.min(axis=0) == pytest.approx([-1] * 3)
        assert problem.inputs.max(axis=0) == pytest.approx([1] * 3)
    np.testing.assert_allclose(problems[0].inputs, problems[1].inputs, atol=1e-12)


def test_of_several_outputs_each_has_the_spectrum_and_the_error_that_it_has_alone(tmp_path):
    points, _ = cloud()
    values = np.random.default_rng(3).standard_normal((100, 3))
    path = write(tmp_path / "a.csv", points, values, "x,y,z,u,v,w")
    whole = build(Solid(points=path, columns="x,y,z,u,v,w"))
    assert whole.network.name == "3-40-40-3"
    (probe,) = whole.probes
    outputs = np.random.default_rng(4).standard_normal((100, 3))
    amplitude, error = probe.measure(outputs)
    for component, name in enumerate("uvw"):
        (alone,) = build(Solid(points=path, columns=f"x,y,z,{name}")).probes
        rows = probe.component == component
        np.testing.assert_array_equal(probe.frequency[rows], alone.frequency)
        np.testing.assert_allclose(probe.target_amplitude[rows], alone.target_amplitude, rtol=1e-12)
        wanted = alone.measure(outputs[:, [component]])
        np.testing.assert_allclose(np.array([amplitude[rows], error[rows]]), wanted, rtol=1e-12)


def test_the_network_ends_with_as_many_as_are_learned_whatever_was_asked_before(tmp_path):
    points, values = cloud()
    path = write(tmp_path / "a.csv", points, np.column_stack([values, values**2]), "x,y,z,u,v")
    assert override("solid", PROBLEMS["solid"], {"points": path}).network == "3-40-40-2"
    assert override("solid", PROBLEMS["solid"], {"points": path, "network": "siren"}).network.endswith("-2")
    with pytest.raises(ValueError, match=r"3 input\(s\) and 2 output\(s\).*got '3-8-3'"):
        build(Solid(points=path, network="3-8-3"))
    with pytest.raises(ValueError, match="--columns are those of a file"):
        Solid(columns="x,y,z,u")


def test_columns_and_outputs_are_said_before_anything_runs(tmp_path):
    points, values = cloud()
    path = write(tmp_path / "a.csv", points, np.column_stack([values, values**2, -values]), "x,y,z,u,v,w")
    said = understood(build(Solid(points=path, columns="x,z,y,u,w", network="3-4-1")))
    assert "Coordinates are x, z, y; 'u', 'w' are 2 outputs that are learned." in said
    assert any("100 points" in line and "each axis was scaled to [-1, 1]" in line for line in said)
    assert any(line.startswith("The network 3-4-2 has 26 parameters") for line in said)


LINE = "0.1,0.2,0.3,0.4\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1,2,3\n" * 100, "'own.csv' has 3 column(s) of numbers, which are no x, y, z and a value."),
        (LINE * 3 + "1,2,3,4,5\n", "line 4 of 'own.csv' is '1,2,3,4,5', which has 5."),
        (LINE * 3 + "1,2,three,4\n", "line 4 of 'own.csv' is '1,2,three,4'"),
        (LINE * 3 + "1,2,nan,4\n", "line 4 of 'own.csv' is '1,2,nan,4'"),
        (LINE * 3, "from 64 to 200,000 points; 'own.csv' has 3."),
        ("", "'own.csv' has 0 column(s) of numbers"),
        (LINE * 100, "must extend along each axis and have more than one value in each column; in 'own.csv' 'x' is"),
        (None, "A point cloud must be a file that can be read; 'own.csv': No such file"),
    ],
)
def test_what_is_no_cloud_is_refused_in_one_sentence_and_nothing_is_written(
    tmp_path, monkeypatch, capsys, text, sentence
):
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path("own.csv").write_text(text)
    assert main(["compare", "--points", "own.csv", "--optimizers", "gd"]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert len(error.strip().splitlines()) == 1
    assert {path.name for path in tmp_path.iterdir()} <= {"own.csv"}


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"points": np.zeros((9, 3))}, r"has points \(9, 3\) and values none"),
        ({"points": np.zeros((9, 2)), "values": np.zeros(9)}, r"has points \(9, 2\) and values \(9,\)"),
        ({"points": np.array([{}]), "values": np.zeros(1)}, "would have to be unpickled"),
    ],
)
def test_arrays_of_another_form_are_refused(tmp_path, arrays, sentence):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ValueError, match=sentence):
        load_cloud(tmp_path / "a.npz")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00\x01" * 20)
    (tmp_path / "a.npz").write_bytes(b"no archive")
    for name, sentence in (("a.csv", "has 0 column"), ("a.npz", r"must be an \.npz of arrays")):
        with pytest.raises(ValueError, match=sentence):
            load_cloud(tmp_path / name)


def test_a_cloud_that_has_changed_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    recipe = Solid(points=write(path, *cloud()))
    write(path, *cloud(seed=1))
    with pytest.raises(ValueError, match="has changed since the study was planned"):
        build(recipe)


def test_too_many_cells_are_refused():
    with pytest.raises(ValueError, match="from 4 to 40; got 100"):
        build(replace(Solid(), cells=100))


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_file_on_a_grid_has_the_fast_transform_and_a_wave_in_its_own_shell_alone(tmp_path, monkeypatch, shuffled):
    monkeypatch.setattr(bands, "ELEMENTS", 1000)
    shape = (20, 20, 18)
    places = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1).reshape(-1, 3)
    wave = np.cos(2 * np.pi * (places / shape) @ [0, 3, 0])
    rows = np.column_stack([places * 0.1, wave])
    rows = np.random.default_rng(0).permutation(rows) if shuffled else rows
    path = tmp_path / "grid.csv"
    np.savetxt(path, rows, "%.7f", ",")
    problem = Solid(points=str(path)).build(np.random.default_rng(0))
    (probe,) = problem.probes
    assert probe.transform.func is transforms._on_grid
    shell = int(np.argmax(probe.target_amplitude))
    assert probe.frequency[shell] == pytest.approx(3, abs=1)
    others = np.delete(probe.target_amplitude, shell)
    assert others.max() < 1e-6 * probe.target_amplitude[shell]
    assert "a grid of 20 x 20 x 18, one period of it watched" in " ".join(problem.notes)


def test_samples_of_ones_own_on_a_grid_have_the_fast_transform_and_no_wave_beyond_a_short_axis(monkeypatch):
    monkeypatch.setattr(bands, "ELEMENTS", 1000)
    shape = (40, 60, 6)
    points = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1).reshape(-1, 3) * 0.5
    probe = box_probe(points, np.sin(points[:, :1]))
    assert probe.transform.func is transforms._on_grid
    assert np.abs(probe.waves[:, 2]).max() == 2
    assert np.abs(probe.waves[:, 0]).max() == 6
