"""A small study of real digits from end to end: rows of no frequency, parts of a filter, and their figures."""

import io

import numpy as np
import pytest
from rich.console import Console

from harness import cli
from harness.analysis.hits import find_hits
from harness.analysis.summary import closing_table
from harness.figures import FIGURES, applicable
from harness.figures.drawing.panels import panels
from harness.figures.parts import part_rows
from harness.study.making import compare

SETTINGS = {"gd": {"lr": 1.0}, "problem": {"n_train": 80, "n_test": 20, "filters": "0.5,2", "filter_rows": 0}}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    return compare("digits", ["gd"], 2, settings=SETTINGS, network="64-4-10", budget=300, marks=15, out=folder)


def test_what_is_about_no_frequency_is_no_hit_and_no_order(study):
    spectra = study.spectra
    assert {"accuracy", "test-accuracy"} == set(spectra[spectra["frequency"].isna()]["probe"])
    hits = find_hits(study.runs, study.curves, spectra, thresholds=[1.0])
    assert not hits.empty
    assert hits["frequency"].notna().all()
    assert set(hits["probe"]) == set(study.order["probe"]) == {"fourier", "filter(0.5)", "filter(2)"}


def test_accuracy_is_a_share_and_its_error_the_rest(study):
    rows = study.spectra[study.spectra["probe"] == "accuracy"]
    np.testing.assert_allclose(rows["amplitude"] + rows["error"], 1.0)
    assert rows["component"].unique().tolist() == [-1]
    np.testing.assert_allclose(rows["amplitude"] * 80, np.rint(rows["amplitude"] * 80), atol=1e-9)
    assert rows["amplitude"].iloc[-1] > rows["amplitude"].iloc[0]


def test_the_low_part_and_the_high_part_are_compared_as_two_frequencies(study):
    order = study.order[study.order["probe"].str.startswith("filter") & (study.order["matched_by"] == "loss")]
    rows = part_rows(study.spectra)
    last = rows[rows["mark"] == rows["mark"].max()].sort_values(["run_id", "probe", "frequency"])
    errors = last["error"].to_numpy().reshape(2, 2, 2)
    assert (errors[..., 0] < errors[..., 1]).all()
    assert (order["concordance"].dropna() == 1.0).all()
    assert order["pairs"].max() > 0


def test_the_closing_table_shows_the_first_probe_and_the_accuracy_reached(study):
    console = Console(width=400, record=True, file=io.StringIO())
    console.print(closing_table(study.tables))
    text = console.export_text()
    assert "nan" not in text
    assert "filter" not in text
    final = study.spectra[study.spectra["probe"] == "test-accuracy"].groupby("run_id")["amplitude"].last()
    assert "test-accuracy" in text
    assert f"{final.median():.3f}" in text
    order = study.order[(study.order["probe"] == "fourier") & (study.order["threshold"] == 0.1)]
    assert order[order["matched_by"] == "cost"]["verdict"].iloc[0] in text


def test_the_heat_map_has_no_panel_of_no_frequency(study):
    assert [panel.name for panel in panels(study.tables)] == ["gd, filter(0.5)", "gd, filter(2)", "gd, fourier"]


def test_a_study_gets_the_figure_of_the_parts_only_if_it_has_them(study):
    assert "parts" in applicable(study.tables)
    assert (study.folder / "parts.png").is_file()
    without = {**study.tables, "spectra": study.spectra[study.spectra["probe"] == "fourier"]}
    assert "parts" not in applicable(without)
    with pytest.raises(ValueError, match=r"no parts: .* Run one with --set problem.filters="):
        FIGURES["parts"](without)


def test_the_lines_of_the_parts_are_the_errors_in_the_table(study):
    axes = FIGURES["parts"](study.tables).axes
    assert len(axes) == 2
    rows = part_rows(study.spectra)
    for panel, probe in zip(axes, ["filter(0.5)", "filter(2)"], strict=True):
        thick = [line for line in panel.lines if line.get_linewidth() > 1]
        own = rows[rows["probe"] == probe]
        for line, frequency in zip(thick, sorted(own["frequency"].unique()), strict=True):
            medians = own[own["frequency"] == frequency].groupby("mark")["error"].median()
            np.testing.assert_allclose(line.get_ydata(), medians)
        assert any("at 100% of marks" in text.get_text() for text in panel.texts)


def test_the_spectrum_shows_the_target_and_the_network_at_some_costs(study):
    figure = FIGURES["spectrum"](study.tables)
    (axes,) = figure.axes
    *learned, target = axes.lines
    costs = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    first = study.spectra[
        (study.spectra["run_id"] == study.runs["run_id"].iloc[0]) & (study.spectra["probe"] == "fourier")
    ]
    start = first[first["mark"] == 0].sort_values("frequency")
    np.testing.assert_array_equal(target.get_ydata(), start["target_amplitude"])
    np.testing.assert_array_equal(learned[0].get_ydata(), start["amplitude"])
    assert costs[0] == "0"
    assert costs[-2:] == ["300", "target"]
    assert 2 <= len(learned) <= len(costs) - 1


def test_a_run_prints_the_accuracy_beside_the_frequencies(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    words = "run --problem digits --optimizer gd --network 64-4-10 --budget 30 --marks 5 --set problem.filters=2"
    code = cli.main([*words.split(), "--set", "problem.n_train=60", "--out", str(tmp_path)])
    text = capsys.readouterr().out
    assert code == 0
    assert "1 - accuracy" in text
    assert "filter(2) k=0" in text
    assert "nan" not in text


# the filter itself


def test_the_filter_command_says_which_widths_are_uninformative_and_draws(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    words = ["filter", "--problem", "digits", "--deltas", "0.5,0.0001,1e6", "--set", "problem.n_train=100"]
    assert cli.main([*words, "--out", str(tmp_path / "f.png")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("0.0001" in line and "uninformative: the target itself" in line for line in lines)
    assert any("1e+06" in line and "uninformative: the mean" in line for line in lines)
    assert any(" 0.5 " in line and "uninformative" not in line for line in lines)
    assert (tmp_path / "f.png").stat().st_size > 10_000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.pdf", "f.png"]


@pytest.mark.parametrize("deltas", ["1,x", "0", "-1", "inf"])
def test_widths_that_are_no_positive_numbers_are_a_sentence(deltas, capsys):
    assert cli.main(["filter", "--problem", "digits", f"--deltas={deltas}"]) == 2
    assert "positive numbers separated by commas" in capsys.readouterr().err
