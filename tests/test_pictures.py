"""What is kept of a picture while it is learned, the figure drawn from it, and the word that draws figures again."""

import json

import numpy as np
import pandas as pd
import pytest
from support.toys import bowl

from harness.cli import main
from harness.figures import FIGURES, applicable
from harness.figures.kept.pictures import pictures
from harness.run.marks.predictions import predictions
from harness.run.marks.record import Recorder
from harness.run.metering.account import Snapshot
from harness.tables import SCHEMA, empty, frame
from problems.engines.numpy_evaluator import NumpyEvaluator

BLANK = {"str": "x", "int64": 0, "float64": 0.0, "bool": False}


def table(name, **columns):
    return frame(name, {column: BLANK[kind] for column, kind in SCHEMA[name].items()} | columns)


def recorded(costs, keep):
    """The kept rows of a recorder that has observed the bowl at these costs, with theta = 1 - cost / 100."""
    problem = bowl(3)
    kept = predictions(problem, keep)
    recorder = Recorder(NumpyEvaluator(problem), [problem], [kept])
    for cost in costs:
        theta = np.full((1, 3), 1 - cost / 100)
        recorder.observe([0], Snapshot(cost, *[0.0] * (len(Snapshot._fields) - 1)), theta, theta)
    return frame("predictions", {"run_id": "a", **kept[0].rows()["predictions"]}) if kept else empty("predictions")


@pytest.mark.parametrize(
    ("costs", "keep", "kept"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7, 8], (1, 4), [0, 1, 4, 8]),
        ([0, 3, 6, 9, 12], (1, 2, 7), [0, 3, 9, 12]),
        ([0, 3, 6], (1, 6), [0, 3, 6]),
        ([0], (1, 4), [0]),
        ([0, 1, 2, 3], (), []),
        ([0, 2, 4, 5], (100,), [0, 5]),
    ],
)
def test_predictions_are_kept_at_the_start_at_the_first_mark_after_each_cost_and_at_the_end(costs, keep, kept):
    rows = recorded(costs, keep)
    assert rows["cost"].unique().tolist() == kept
    assert rows["mark"].unique().tolist() == [costs.index(cost) for cost in kept]
    assert len(rows) == 3 * len(kept)
    assert (rows["value"] == 1 - rows["cost"] / 100).all()
    assert rows["sample"].tolist() == [0, 1, 2] * len(kept)


def study(components=1, size="3x2", marks=3):
    """Tables of two optimizers; pictures are the target times mark / last mark."""
    pixels = np.prod([int(side) for side in size.split("x")])
    target = np.linspace(-1, 1, pixels * components)
    runs = table(
        "runs",
        run_id=["a", "b", "c"],
        optimizer=["adam", "adam", "gd"],
        seed=[1, 0, 0],
        settings="{}",
        problem_settings=json.dumps({"size": size}),
    )
    mark = np.arange(marks).repeat(pixels * components)
    made = [
        table(
            "predictions",
            run_id=run_id,
            mark=mark,
            cost=10.0**mark,
            sample=np.tile(np.arange(pixels).repeat(components), marks),
            component=np.tile(np.arange(components), marks * pixels),
            target=np.tile(target, marks),
            value=np.tile(target, marks) * mark / (marks - 1),
        )
        for run_id in ("a", "b", "c")
    ]
    rows = {name: empty(name) for name in SCHEMA} | {"runs": runs}
    return rows | {"predictions": pd.concat(made, ignore_index=True)}


@pytest.mark.parametrize("components", [1, 3])
def test_the_figure_shows_the_target_and_each_picture_with_its_cost_and_error(components):
    tables = study(components)
    tables["predictions"] = tables["predictions"].sample(frac=1, random_state=0)  # rows in any order
    tables["predictions"] = tables["predictions"].sort_values("mark", kind="stable")
    figure = pictures(tables)
    assert len(figure.axes) == 2 * 4
    whole = {1: 1.0, 3: 1.01}[components]  # colours have means of their own
    titles = ["target", f"1: {whole:.2f}", f"10: {whole / 2:.2f}", "100: 0.00"]
    assert [axes.get_title() for axes in figure.axes] == titles * 2
    shown = [axes.images[0].get_array() for axes in figure.axes[:4]]
    shape = (2, 3) if components == 1 else (2, 3, 3)
    brightness = np.linspace(0, 1, 6 * components).reshape(shape)
    np.testing.assert_allclose(shown[0], brightness, atol=1e-12)
    np.testing.assert_allclose(shown[1], np.full(shape, 0.5), atol=1e-12)
    np.testing.assert_allclose(shown[3], brightness, atol=1e-12)
    assert any("adam" in text.get_text() for text in figure.texts)
    assert any("seed 0" in text.get_text() for text in figure.texts)


def test_settings_that_tell_two_rows_apart_are_read_beside_them():
    tables = study(size="6x6", marks=8)
    tables["runs"]["optimizer"] = "adam"
    tables["runs"]["settings"] = [json.dumps({"lr": lr}) for lr in (0.003, 0.003, 0.0003)]
    names = [text.get_text().replace("\n", " ") for text in pictures(tables).texts[:2]]
    assert names == ["adam lr=0.003", "adam lr=0.0003"]


def test_many_marks_are_thinned_and_the_last_is_shown():
    figure = pictures(study(marks=12))
    titles = [axes.get_title() for axes in figure.axes[:8]]
    assert len(figure.axes) == 16
    assert titles[-1] == "100,000,000,000: 0.00" or titles[-1].startswith("100,000")


def test_without_pictures_the_figure_says_what_it_is_for():
    tables = study() | {"predictions": empty("predictions")}
    with pytest.raises(ValueError, match="this figure is for problems such as 'image'"):
        pictures(tables)
    assert "pictures" not in applicable(tables)
    assert {"heatmap", "pictures"} <= set(applicable(study())) <= set(FIGURES)


def test_a_figure_that_cannot_be_drawn_is_refused_in_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    problem = ["--problem", "control-low", "--optimizers", "gd", "--seeds", "1", "--budget", "30"]
    assert main(["compare", *problem, "--jobs", "1", "--out", "here"]) == 0
    (tmp_path / "study").write_text("a file")
    capsys.readouterr()
    before = sorted(tmp_path.rglob("*"))
    cases = {
        ("pictures", "--from", "nowhere"): "A study's folder is required",
        ("picture", "--from", "nowhere"): "Did you mean 'pictures'?",
        ("pictures", "--from", "here"): "this figure is for problems such as 'image'",
        ("heatmap", "--from", "here", "--out", "study/below/x"): "Choose another --out",
    }
    for words, sentence in cases.items():
        assert main(["figure", *words]) == 2
        error = capsys.readouterr().err
        assert sentence in error
        assert len(error.strip().splitlines()) == 1
        assert sorted(tmp_path.rglob("*")) == before
