"""Loops that are first seen on their way: what they had learned by then took at most so much, and nobody says when."""

import json

import numpy as np
import pytest
from rich.console import Console

import harness
from harness.analysis.summary import closing_table
from harness.cli import main
from harness.figures.heatmap import heatmap, heatmap_rows
from harness.figures.slope import slope, slope_rows
from harness.report.charts import charts

X = np.arange(64) / 64
WAVES = [np.sin(2 * np.pi * k * X) for k in (1, 3, 5)]
FIRST = 1000
"""The number of the first step that is seen."""
FALLS = (200.0, 500.0, 900.0)
"""Costs over which an error falls by e."""


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def study(name="resumed", unit="steps", seeds=5):
    for seed in range(seeds):
        watch = harness.Watch(name, X, sum(WAVES), optimizer="mine", seed=seed, unit=unit)
        for step in range(FIRST, 5 * FIRST):
            learned = sum((1 - np.exp(-(step + 1) / fall)) * wave for fall, wave in zip(FALLS, WAVES, strict=True))
            watch(step, lambda learned=learned: learned)
        watch.close()
    return harness.load(f"results/{name}")


def printed(tables):
    console = Console(width=160, record=True, file=None)
    with console.capture() as said:
        console.print(closing_table(tables))
    return said.get()


def test_what_was_learned_before_it_is_said_to_have_taken_at_most_the_first_mark():
    found = study()
    hits = found.hits[found.hits["threshold"] == 0.1]
    expected = {1.0: (FIRST + 1, True), 3.0: (500 * np.log(10), False), 5.0: (900 * np.log(10), False)}
    for frequency, (cost, at_most) in expected.items():
        own = hits[hits["frequency"] == frequency]
        assert own["cost"].to_numpy() == pytest.approx(cost, rel=0.02)
        assert (own["at_most"] == at_most).all()
    assert "<=1,001" in printed(found.tables)
    row = found.order[found.order["endpoint"] == "primary"].iloc[0]
    assert (row["spread_bound"], row["spread"]) == (">=", pytest.approx(900 * np.log(10) / 1001, rel=0.02))
    assert "It was first seen at cost 1001:" in found.runs["reason"].iloc[0]


def test_figures_and_the_report_show_nothing_before_the_first_mark():
    found = study()
    rows = heatmap_rows(found.tables)
    assert rows.loc[rows["cost"] < FIRST, "error"].isna().all()
    assert rows.loc[rows["cost"] > 1.1 * FIRST, "error"].notna().all()
    assert slope_rows(found.tables)["at_most"].tolist() == [True, False, False]
    (chart,) = charts(found.tables)
    assert min(chart["axes"]["cost"]) == pytest.approx(FIRST + 1, rel=0.01)


@pytest.mark.parametrize(("unit", "words"), [("steps", "steps"), ("samples", "samples"), ("passes", "forward passes")])
def test_figures_and_the_report_say_what_cost_is_counted_in(unit, words):
    found = study(unit, unit, seeds=1)
    texts = [
        text.get_text()
        for figure in (heatmap(found.tables), slope(found.tables))
        for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))
    ]
    assert f"cost ({words})" in texts
    assert f"cost to learn it ({words})" in texts
    assert any(text.endswith(f" {words}") for text in texts if "budget" in text)
    assert [chart["unit"] for chart in charts(found.tables)] == [words]
    assert ("cost_unit" in json.loads(found.runs["problem_settings"].iloc[0])) == (unit != "passes")


@pytest.mark.parametrize("word", ["resume", "retry", "verify"])
def test_a_study_of_watched_loops_alone_is_made_again_by_their_scripts(capsys, word):
    study(seeds=1)
    assert main([word, "results/resumed"]) == 2
    said = capsys.readouterr().err
    assert (
        "is of loops that were watched, which only their own scripts can make again: start the loop once more" in said
    )
    assert "harness order, report and figure" in said
