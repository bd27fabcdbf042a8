"""Figures of kept predictions: what is kept, that it is foretold, and that what is drawn are its numbers."""

import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from support.hand_made import hand_made
from support.observed_tables import observed

from harness.cli import main
from harness.figures import DRAWINGS, FIGURES
from harness.figures.kept import film
from harness.figures.kept.filter_shares import Example, filter_shares
from harness.figures.kept.outputs import kept
from harness.figures.kept.pictures import pictures
from harness.questions.predictions import Predictions, evenly
from harness.questions.reading import observed_schemas
from harness.run.runner import run
from harness.run.spec import RunSpec, find_optimizer, find_problem
from harness.study.comparison import load, plan
from harness.study.execution.jobs import group
from harness.study.foretelling.estimate import estimate
from harness.tables import frame
from problems.probes.gaussian_filter import FilterProbe

WAVES = ["--problem", "sin15", "--optimizers", "gd", "--seeds", "1", "--budget", "60", "--jobs", "1"]


@pytest.fixture(scope="module")
def tables():
    return observed(hand_made(["quick", "slow"], 5, [1.0, 3.0]))


def kept_run(problem="sin15", budget=60, **settings):
    spec = RunSpec(
        problem, find_problem(problem), "gd", find_optimizer("gd"), 0, budget, observers=(Predictions(**settings),)
    )
    return spec, run(spec)


def test_predictions_are_kept_with_their_inputs_and_change_no_run():
    spec, tables = kept_run(marks=4)
    problem = spec.recipe.build(np.random.default_rng(0))
    rows = tables["outputs"]
    last = rows[rows["mark"] == rows["mark"].max()]
    np.testing.assert_array_equal(last["x"], problem.inputs[:, 0])
    np.testing.assert_array_equal(last["target"], problem.targets[:, 0])
    assert last["y"].isna().all()
    loss = tables["curves"]["loss"].iloc[-1]
    assert ((last["value"] - last["target"]) ** 2).mean() == pytest.approx(loss)
    assert rows["cost"].unique()[[0, -1]].tolist() == [0, 60]
    assert rows["mark"].nunique() <= 6


def test_of_many_samples_evenly_spaced_ones_are_kept():
    assert evenly(10, 4).tolist() == [0, 3, 6, 9]
    assert evenly(3, 4).tolist() == [0, 1, 2]
    _, tables = kept_run(marks=2, samples=7)
    assert tables["outputs"].groupby("mark").size().tolist() == [7] * tables["outputs"]["mark"].nunique()
    with pytest.raises(ValueError, match="samples at least 2"):
        Predictions(samples=1)


def test_an_equation_has_predictions_and_no_targets():
    _, tables = kept_run("poisson", budget=9, marks=1, samples=50)
    assert tables["outputs"]["target"].isna().all()
    assert tables["outputs"]["value"].notna().all()


def test_the_bytes_of_kept_predictions_are_foretold(tmp_path):
    specs = plan("sin15", ["gd"], 2, budget=600, observe="predictions").specs
    (one,) = estimate(group(specs))
    more = ["--budget", "600", "--seeds", "2", "--keep", "predictions", "--out", str(tmp_path / "s")]
    assert main(["compare", *WAVES, *more]) == 0
    written = sum(path.stat().st_size for path in (tmp_path / "s" / "parts").rglob("*.parquet"))
    assert written / 2 < one.stored_bytes < 2 * written


def test_a_study_without_them_is_told_which_option_keeps_them_and_grows_by_it(tmp_path, capsys):
    out = ["--out", str(tmp_path / "s")]
    assert main(["compare", *WAVES, *out]) == 0
    for name in ("snapshots", "animation", "filter-demo", "filtering"):
        assert main(["figure", name, str(tmp_path / "s")]) == 2
        assert "Start it again with --keep predictions" in capsys.readouterr().err
    before = load(tmp_path / "s").runs["run_id"].tolist()
    assert main(["compare", *WAVES, "--keep", "predictions", *out]) == 0
    assert load(tmp_path / "s").runs["run_id"].tolist() == before
    for name in ("snapshots", "filter-demo", "filtering"):
        assert main(["figure", name, str(tmp_path / "s")]) == 0
        assert (tmp_path / "s" / f"{name}.csv").stat().st_size > 100


def test_snapshots_show_the_last_mark_up_to_each_cost(tables):
    rows = DRAWINGS["snapshots"].numbers(tables, at=(0, 100))
    outputs = tables["outputs"]
    for (name, cost), curve in rows.groupby(["configuration", "shown"]):
        run_id = tables["runs"].loc[tables["runs"]["optimizer"] == name, "run_id"].iloc[0]
        own = outputs[(outputs["run_id"] == run_id) & (outputs["cost"] <= cost)]
        last = own[own["cost"] == own["cost"].max()]
        np.testing.assert_array_equal(curve["value"], last["value"])
        np.testing.assert_array_equal(curve["target"], last["target"])
    # at cost 0 nothing is learned, and the error is the whole of the target
    assert rows.loc[rows["shown"] == 0, "error"].to_numpy() == pytest.approx(1.0)
    assert len(FIGURES["snapshots"](tables, at=(0, 100)).axes) == 4


def test_too_many_costs_and_costs_of_another_figure_are_refused(tables, tmp_path, capsys):
    with pytest.raises(ValueError, match="At most 8 costs"):
        FIGURES["snapshots"](tables, at=tuple(range(9)))
    assert main(["figure", "order", "nowhere", "--at", "1"]) == 2
    assert "--at is for the figure 'snapshots'; 'order' does not take it" in capsys.readouterr().err


def test_a_problem_of_two_variables_has_no_snapshots_and_its_grid_has_pictures(tables):
    side = 5
    x, y = np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 2, side))
    columns = {"run_id": tables["runs"]["run_id"].iloc[0], "observer": "p()", "component": 0, "z": np.nan}
    points = {"sample": np.arange(side**2), "x": x.ravel(), "y": y.ravel(), "target": (x + 10 * y).ravel()}
    parts = [
        frame("outputs", columns | points | {"mark": mark, "cost": mark, "value": value}, observed_schemas()["outputs"])
        for mark, value in ((0, 0.0), (1, points["target"]))
    ]
    gridded = tables | {"outputs": pd.concat(parts).sample(frac=1, random_state=0)}
    with pytest.raises(ValueError, match="the inputs of this study have 2"):
        FIGURES["snapshots"](gridded)
    target, _, last = pictures(gridded).axes
    assert last.get_title() == "1: 0.00"
    shown = np.asarray(target.images[0].get_array())
    assert shown[-1, 0] == 0  # the smallest value is at the lower left
    assert shown[0, -1] == 1
    assert shown[-1, 1] < shown[-2, 0]


def test_both_parts_are_those_of_the_filter_of_the_probe(tables):
    rows = DRAWINGS["filtering"].numbers(tables)
    one = kept(tables)[0]
    probe = rows["probe"].iloc[0]
    found = rows[(rows["run_id"] == one.run_id) & (rows["probe"] == probe)]
    delta = 1 / (2 * np.pi * found["frequency"].max()) ** 2
    centred = FilterProbe(one.x, one.target - one.target.mean(), delta, len(one.x))
    for place in (0, 5, 11):
        expected = centred.measure(one.values[place] - one.target.mean())[1]
        own = found[found["mark"] == one.marks[place]].sort_values("frequency")["error"]
        # the probe's weights are in single precision
        np.testing.assert_allclose(own, expected, rtol=1e-3)


def test_the_shares_of_the_demonstration_go_from_all_to_nothing(tables):
    rows = DRAWINGS["filter-demo"].numbers(tables)
    assert rows["low"].iloc[0] > 0.99
    assert rows["low"].iloc[-1] < 0.01
    assert rows["delta"].is_monotonic_increasing


def test_a_film_is_a_gif_whose_pictures_move(tables, tmp_path, monkeypatch):
    monkeypatch.setattr(film.shutil, "which", lambda name: None)
    monkeypatch.setattr(film, "FRAMES", 9)
    paths, said = film.save_film(film.animation(tables), tmp_path / "film")
    assert [path.name for path in paths] == ["film.gif"]
    assert "ffmpeg is not on the PATH" in said
    with Image.open(paths[0]) as picture:
        assert picture.n_frames == 9
        assert picture.info["loop"] == 0
        first = np.asarray(picture.convert("L"), float)
        picture.seek(picture.n_frames - 1)
        assert np.abs(np.asarray(picture.convert("L"), float) - first).mean() > 0.2
    rows = film.animation_rows(tables)
    assert set(rows["part"]) == {"output", "spectrum"}


@pytest.mark.parametrize(("times", "top"), [(1.5, 1.05 * 1.5), (9.0, 3.0)])
def test_amplitudes_beyond_the_targets_stay_in_the_film_up_to_three_times_the_largest(tables, times, top):
    spectra = tables["spectra"]
    most = float(spectra["target_amplitude"].max())
    louder = spectra.assign(amplitude=spectra["amplitude"].mask(spectra["frequency"] == 1, times * most))
    figure, _, _ = film.animation(tables | {"spectra": louder})
    assert figure.axes[1].get_ylim() == (0, pytest.approx(top * most))


def test_of_a_problem_without_a_drawn_target_no_target_is_in_the_legend():
    shares = pd.DataFrame({"delta": [0.1, 1.0], "low": [0.9, 0.1], "high": [0.1, 0.9]})
    line = np.linspace(0, 1, 5)
    for examples, names in (([], []), ([Example(0.1, line, line, line / 2)], ["target"])):
        figure = filter_shares(shares, examples, "image", 0.001)
        assert [text.get_text() for text in figure.legends[0].texts] == [*names, "low part", "high part"]


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="no ffmpeg here: apt-get install ffmpeg")
def test_where_ffmpeg_is_the_film_is_an_mp4_too_of_the_same_pictures_and_length(tables, tmp_path, monkeypatch):
    monkeypatch.setattr(film, "FRAMES", 5)
    figure, frames, draw = film.animation(tables)
    paths, said = film.save_film((figure, frames, draw), tmp_path / "film")
    assert [path.name for path in paths] == ["film.gif", "film.mp4"]
    assert said == ""
    words = ["ffmpeg", "-loglevel", "error", "-i", str(paths[1]), "-f", "rawvideo", "-pix_fmt", "gray", "-"]
    raw = subprocess.run(words, capture_output=True, check=True).stdout
    with Image.open(paths[0]) as picture:
        wide, high = picture.size
        shown = np.frombuffer(raw, np.uint8).reshape(-1, high, wide)
        assert len(shown) == frames + round(film.REST * frames / film.SECONDS)
        for place in (0, frames - 1):
            picture.seek(place)
            # both have lost something: colours in one, sharpness in the other
            assert np.abs(np.asarray(picture.convert("L"), float) - shown[place]).mean() < 3


def test_an_encoder_gets_every_picture_and_what_it_says_is_passed_on(tables, tmp_path, monkeypatch):
    called = []

    def encode(words, **options):
        called.append((words, len(options["input"])))
        return subprocess.CompletedProcess(words, 0, b"", b"")

    monkeypatch.setattr(film.shutil, "which", lambda name: "/bin/ffmpeg")
    monkeypatch.setattr(film.subprocess, "run", encode)
    pictures_of_it = [np.zeros((4, 6, 3), np.uint8)] * 8
    film._encode("/bin/ffmpeg", pictures_of_it, tmp_path / "a.mp4")
    ((words, sent),) = called
    assert words[words.index("-s") + 1] == "6x4"
    assert sent % (4 * 6 * 3) == 0
    assert sent >= 8 * 4 * 6 * 3
    failed = subprocess.CompletedProcess([], 1, b"", b"no such codec\n")
    monkeypatch.setattr(film.subprocess, "run", lambda *words, **options: failed)
    with pytest.raises(ValueError, match=r"no such codec\. The GIF beside it is whole"):
        film._encode("/bin/ffmpeg", pictures_of_it, tmp_path / "a.mp4")
