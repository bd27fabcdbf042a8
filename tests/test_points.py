"""Curves from files: what is read, and one sentence for whatever is wrong."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from problems.line.points import read_points
from problems.line.targets import Target


def write(folder, text, name="curve.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def wave(samples, uneven=0.0, k=3):
    """Rows of sin(2 pi k x) on [0, 1), scattered by a share of the step."""
    x = (np.arange(samples) + uneven * np.random.default_rng(0).uniform(-1, 1, samples)) / samples
    return "".join(f"{a!r},{float(np.sin(2 * np.pi * k * a))!r}\n" for a in x.tolist())


def build(path, **settings):
    return Target(target=path, **settings).build(np.random.default_rng(0))


@pytest.mark.parametrize(
    "text", ["1,2\n3,4\n5,7\n", "x,y\n1,2\n3,4\n5,7\n", "\ufeffa,b\r\n5,7\r\n\r\n3 , 4\r\n1,2e0\r\n"]
)
def test_rows_are_read_with_and_without_names_and_sorted(tmp_path, text):
    points = read_points(write(tmp_path, text))
    assert points.x.tolist() == [1, 3, 5]
    assert points.y.tolist() == [2, 4, 7]
    assert points.is_uniform
    assert points.length == 6


def test_a_uniform_grid_is_a_period_and_gives_the_discrete_transform(tmp_path):
    (probe,) = build(write(tmp_path, wave(100))).probes
    assert probe.frequency == pytest.approx([3])
    assert probe.target_amplitude == pytest.approx([0.5], rel=1e-10)


@pytest.mark.parametrize(("samples", "said"), [(64, True), (65, False)])
def test_a_wave_of_two_samples_is_said_not_to_be_watched(tmp_path, samples, said):
    x = np.arange(samples) / samples
    rows = np.column_stack([x, np.sin(2 * np.pi * 3 * x) + np.cos(np.pi * np.arange(samples))])
    np.savetxt(tmp_path / "a.csv", rows, delimiter=",")
    (probe,) = build(str(tmp_path / "a.csv")).probes
    assert 3 in probe.frequency
    assert any("k = 32, two samples a wave" in note for note in probe.selection.dropped) == said
    if said:
        assert 32 not in probe.frequency


def test_how_far_apart_frequencies_of_scattered_points_are_looked_for_is_said(tmp_path):
    path = write(tmp_path, wave(150, uneven=0.4))
    assert f"in steps of {1 / read_points(path).length:.4g} " in build(path).probes[0].selection.rule


def test_scattered_points_give_the_local_maxima_of_the_non_uniform_transform(tmp_path):
    path = write(tmp_path, wave(150, uneven=0.4))
    assert not read_points(path).is_uniform
    (probe,) = build(path).probes
    assert probe.frequency == pytest.approx([3], rel=0.02)
    assert probe.target_amplitude == pytest.approx([0.5], rel=0.1)


def test_the_unit_of_x_is_the_unit_of_frequency(tmp_path):
    x = 20.0 * np.arange(100) / 100
    path = write(tmp_path, "".join(f"{a!r},{float(np.cos(2 * np.pi * 0.4 * a))!r}\n" for a in x.tolist()))
    assert build(path).probes[0].frequency == pytest.approx([0.4])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1,2\n3,nan\n5,7\n", "must be a finite number; line 2 of .* is '3,nan'"),
        ("1,2\n3,inf\n", "must be a finite number; line 2"),
        ("1,2\n", "at least two rows of x and y; .* has 1"),
        ("", "has no column of numbers"),
        ("x,y\n", "has no column of numbers"),
        ("1,2\n3,4\n1,5\n", "Every x may occur once; .* has x = 1 twice"),
        ("1,2\n3,four\n", "must be a finite number; line 2 of .* is '3,four'"),
        ("1,2,3\n4,5,6\n", "has 3 columns: 1, 2, 3. Name the two with --columns 1,2"),
        (b"\xff\xfe\x00\x01\n", "must be columns of numbers in plain text"),
        (b"1,2\n3,\x00\n", "must be"),
    ],
)
def test_a_bad_file_is_refused_with_what_is_wrong(tmp_path, text, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_points(write(tmp_path, text))


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(ValueError, match=r"must be readable; (No such file|Is a directory)"):
            read_points(str(path))
    with pytest.raises(ValueError, match="a file that can be read"):
        Target(target=str(tmp_path / "none.csv"))


def test_other_data_under_the_same_name_are_another_problem(tmp_path):
    path = write(tmp_path, wave(100))
    first = Target(target=path)
    write(tmp_path, wave(100, k=4))
    second = Target(target=path)
    assert first != second
    assert second.content == sha256(Path(path).read_bytes()).hexdigest()
    assert second.build(np.random.default_rng(0)).probes[0].frequency == pytest.approx([4])
    with pytest.raises(ValueError, match="has changed since the study was planned; start it again"):
        first.build(np.random.default_rng(0))
