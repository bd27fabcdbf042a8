"""Pictures: the grid, the loading, what is watched, the gradient, and what is refused."""

import zlib
from dataclasses import replace
from pathlib import Path
from struct import pack

import numpy as np
import pytest
from PIL import Image

from harness.cli import main
from harness.run.spec import find_problem, override
from harness.study.comparison import load
from harness.study.file.study_file import read_study
from problems import PROBLEMS
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.space.images import Picture, PlaneWaves, plane_grid
from problems.space.pictures import parse_size, read_picture


def build(recipe):
    return recipe.build(np.random.default_rng(0))


def save(path: Path, pixels: np.ndarray) -> str:
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return str(path)


def test_pixels_lie_on_a_periodic_grid_row_after_row():
    grid = plane_grid((2, 4))
    assert grid.tolist() == [[-1, -1], [-1, -0.5], [-1, 0], [-1, 0.5], [0, -1], [0, -0.5], [0, 0], [0, 0.5]]


def test_a_picture_of_the_right_size_is_read_as_it_is(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7))
    values = read_picture(save(tmp_path / "a.png", pixels), (5, 7), 1).values
    np.testing.assert_allclose(values[..., 0], pixels / 127.5 - 1, atol=1e-15)


def test_a_larger_picture_is_averaged_over_blocks(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (16, 24))
    values = read_picture(save(tmp_path / "a.png", pixels), (4, 6), 1).values
    wanted = pixels.reshape(4, 4, 6, 4).mean(axis=(1, 3)) / 127.5 - 1
    np.testing.assert_allclose(values[..., 0], wanted, atol=1 / 127.5)  # whole numbers again after averaging


def test_the_middle_is_taken_where_the_proportions_differ(tmp_path):
    pixels = np.zeros((8, 20))
    pixels[:, 6:14] = 255
    assert (read_picture(save(tmp_path / "a.png", pixels), (8, 8), 1).values == 1).all()


def test_colours_come_in_the_order_red_green_blue(tmp_path):
    pixels = np.zeros((8, 8, 3))
    pixels[..., 0], pixels[..., 1] = 255, 51
    values = read_picture(save(tmp_path / "a.png", pixels), (8, 8), 3).values
    np.testing.assert_allclose(values[0, 0], [1, -0.6, -1], atol=1e-12)


@pytest.mark.parametrize("name", ["portrait", "china", "flower"])
def test_the_samples_are_photographs_with_falling_spectra(name):
    problem = build(Picture(image=name, size="32x32"))
    probe, *_ = problem.probes
    assert problem.inputs.shape == (1024, 2)
    per_wave = probe.target_amplitude / np.sqrt(np.bincount(probe.band[probe.band >= 0]))
    assert (np.diff(per_wave[probe.frequency > 0]) < 0).all()


def test_the_spectrum_of_the_portrait_is_that_of_the_fast_transform():
    problem = build(PROBLEMS["image"])
    probe, *_ = problem.probes
    f = np.abs(np.fft.fft2(problem.targets.reshape(64, 64)) / 4096)
    lengths = np.hypot(*np.meshgrid(*[np.fft.fftfreq(64, 1 / 64)] * 2))
    wanted = [np.sqrt((f[(lengths >= a) & (lengths < b)] ** 2).sum()) for a, b in [(0.5, 1.5), (1.5, 2.5), (16.5, 32)]]
    assert probe.target_amplitude[[1, 2, 6]] == pytest.approx(wanted, rel=1e-12)
    assert probe.target_amplitude[0] == pytest.approx(abs(problem.targets.mean()), rel=1e-12)


def test_the_jumps_at_the_edges_of_the_portrait_have_the_documented_share_of_each_ring():
    """Moisan 2011, periodic plus smooth image decomposition, eq. 11."""
    problem = build(PROBLEMS["image"])
    probe, *_ = problem.probes
    f = problem.targets.reshape(64, 64)
    jumps = np.zeros_like(f)
    jumps[0] += f[-1] - f[0]
    jumps[-1] -= f[-1] - f[0]
    jumps[:, 0] += f[:, -1] - f[:, 0]
    jumps[:, -1] -= f[:, -1] - f[:, 0]
    cosine = 2 * np.cos(2 * np.pi * np.arange(64) / 64)
    laplacian = cosine[:, None] + cosine - 4
    laplacian[0, 0] = 1
    smooth = np.fft.ifft2(np.fft.fft2(jumps) / laplacian).real
    amplitude, _ = probe.measure(smooth.reshape(-1, 1))
    shares = (amplitude / probe.target_amplitude)[1:] ** 2
    assert shares == pytest.approx([0.35, 0.37, 0.25, 0.08, 0.08, 0.15], abs=0.01)


def test_colour_has_a_row_for_the_mean_and_each_ring_of_every_component():
    probe = build(replace(PROBLEMS["image-rgb"], size="16x16")).probes[0]
    assert probe.component.tolist() == [0] * 5 + [1] * 5 + [2] * 5


def test_plane_waves_are_watched_at_their_lengths_with_their_amplitudes():
    """A sine of amplitude a has |f| = a / 2 at k and at -k, together a / sqrt(2)."""
    problem = build(PlaneWaves(down=(1, 2, 0), right=(0, -2, 7), amplitudes=(1.0, 0.5, 2.0), size="24x32"))
    probe, *_ = problem.probes
    assert probe.frequency == pytest.approx([1, 8**0.5, 7])
    assert probe.target_amplitude == pytest.approx(np.array([1, 0.5, 2]) / 2**0.5)
    down, right = np.pi * problem.inputs.T
    wanted = np.sin(down) + 0.5 * np.sin(2 * down - 2 * right) + 2 * np.sin(7 * right)
    np.testing.assert_allclose(problem.targets[:, 0], wanted, atol=1e-13)


def test_waves_of_equal_length_are_one_row():
    probe = build(PlaneWaves(down=(1, 0, 3), right=(0, 1, 4), amplitudes=(1.0, 1.0, 1.0))).probes[0]
    assert probe.frequency == pytest.approx([1, 5])
    assert probe.target_amplitude == pytest.approx([1, 2**-0.5])


@pytest.mark.parametrize("name", ["image", "image-rgb", "waves-2d"])
def test_gradients_are_central_differences(name):
    recipe = replace(PROBLEMS[name], size="12x10", network=f"2-4-{getattr(PROBLEMS[name], 'components', 1)}")
    problem = build(recipe)
    theta = problem.network.theta0(np.random.default_rng(0))
    step = 1e-5 * np.eye(problem.dim)
    wanted = (NumpyEvaluator(problem).values(theta + step) - NumpyEvaluator(problem).values(theta - step)) / 2e-5
    np.testing.assert_allclose(NumpyEvaluator(problem).values_and_grads(theta[None])[1][0], wanted, atol=1e-8)


def test_a_target_that_is_predicted_has_no_error_and_nothing_has_error_one():
    problem = build(replace(PROBLEMS["image-rgb"], size="16x16"))
    probe, *_ = problem.probes
    assert probe.measure(problem.targets)[1] == pytest.approx(np.zeros(15), abs=1e-13)
    assert probe.measure(np.zeros_like(problem.targets))[1] == pytest.approx(np.ones(15))


def test_another_picture_under_the_same_name_is_another_problem(tmp_path):
    rng, path = np.random.default_rng(0), tmp_path / "a.png"
    save(path, rng.integers(0, 256, (16, 16)))
    first = override("image", find_problem("image"), {"image": str(path), "size": "16x16"})
    save(path, rng.integers(0, 256, (16, 16)))
    assert override("image", find_problem("image"), {"image": str(path), "size": "16x16"}) != first
    with pytest.raises(ValueError, match="has changed since the study was planned"):
        build(first)


def png_header(width: int, height: int) -> bytes:
    """A PNG that says how large it is and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "words", "sentence"),
    [
        (b"no picture", (), "'own.png' is not a picture in a known format"),
        (png_header(1, 1), (), "at least as large as the size asked for, 64 x 64; 'own.png' is 1 x 1"),
        (png_header(10_000, 10_000), (), "may have 50,000,000 pixels at most; 'own.png' has 10000 x 10000"),
        (png_header(60_000, 60_000), (), "may have 50,000,000 pixels at most; 'own.png' has"),
        (png_header(100, 100), (), "must be a picture such as PNG or JPEG; 'own.png' is"),
        (None, (), "there is no file 'own.png'"),
        (b"", ("--size", "0x5"), "WIDTHxHEIGHT in pixels, such as 64x64, each side from 4 to 4096; got '0x5'"),
        (b"", ("--size", "64"), "got '64'"),
        (b"", ("--size", "9999x64"), "got '9999x64'"),
    ],
)
def test_what_is_no_picture_is_refused_in_one_sentence_and_nothing_is_written(
    tmp_path, monkeypatch, capsys, content, words, sentence
):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path("own.png").write_bytes(content)
    assert main(["compare", "--image", "own.png", "--optimizers", "gd", *words]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert len(error.strip().splitlines()) == 1
    assert {path.name for path in tmp_path.iterdir()} <= {"own.png"}


def test_a_picture_of_one_colour_is_refused(tmp_path):
    with pytest.raises(ValueError, match="must not be of one colour alone"):
        build(Picture(image=save(tmp_path / "a.png", np.full((64, 64), 7))))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"down": (1,)}, "the same length, at least 1; got 1, 3 and 3"),
        ({"down": (0, 1, 3)}, "differ from each other and from zero"),
        ({"down": (1, -1, 3), "right": (2, -2, 4)}, "differ from each other"),
        ({"down": (16, 1, 3)}, "resolves wave vectors below half a side"),
        ({"size": "no"}, "WIDTHxHEIGHT"),
        ({"network": "1-4-1"}, "2 input"),
    ],
)
def test_waves_that_make_no_problem_are_refused(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(replace(PlaneWaves(), **wrong))


@pytest.mark.parametrize(("text", "shape"), [("64x48", (48, 64)), (" 75X60 ", (60, 75))])
def test_a_size_is_width_times_height(text, shape):
    assert parse_size(text) == shape


def test_compare_on_a_picture_keeps_predictions_and_draws_both_figures(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = save(Path("own.png"), np.random.default_rng(0).integers(0, 256, (12, 16)))
    words = ["--size", "16x12", "--network", "2-4-1", "--optimizers", "gd,adam", "--seeds", "2", "--budget", "60"]
    assert main(["compare", "--image", path, *words, "--jobs", "1", "--out", "here", "--format", "csv"]) == 0
    assert {"heatmap.png", "pictures.png", "pictures.pdf", "predictions.csv"} <= {
        p.name for p in Path("here").iterdir()
    }
    results = load("here")
    # its file can be read again, without the digest of the picture, which is found
    assert [spec.run_id for spec in read_study("here/STUDY.toml").plan.specs] == results.runs["run_id"].tolist()
    predictions = results.predictions
    assert predictions.groupby("run_id").size().nunique() == 1
    own = predictions[predictions["run_id"] == results.runs["run_id"][0]]
    assert own["cost"].iloc[0] == 0
    assert own["cost"].iloc[-1] == 60
    assert 5 <= own["mark"].nunique() <= 10
    last = own[own["mark"] == own["mark"].max()]
    loss = results.curves.loc[results.curves["run_id"] == own["run_id"].iloc[0], "loss"].iloc[-1]
    assert ((last["value"] - last["target"]) ** 2).mean() == pytest.approx(loss, rel=1e-12)
    targets = read_picture(path, (12, 16), 1).values.ravel()
    np.testing.assert_array_equal(last.sort_values("sample")["target"], targets)
    capsys.readouterr()
    assert main(["figure", "pictures", "--from", "here", "--out", "again"]) == 0
    assert Path("again.png").read_bytes() == Path("here/pictures.png").read_bytes()
