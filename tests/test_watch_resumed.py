"""Loops that are first seen on their way: what they had learned by then took at most so much, and nobody says when."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import harness
from harness.analysis.summary import closing_table
from harness.cli import main
from harness.figures import drawn
from harness.figures.drawing.fine_costs import finely
from harness.figures.drawing.panels import panels
from harness.figures.heatmap import heatmap, heatmap_rows
from harness.figures.slope import slope, slope_rows
from harness.quantities import few_digits
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
            # runs that are the same to the last digit would count as one
            spent = (step + 1) * (1 + seed / 1000)
            learned = sum((1 - np.exp(-spent / fall)) * wave for fall, wave in zip(FALLS, WAVES, strict=True))
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
    # a note is broken into lines
    assert any(f"budget 5,000 {words} " in f"{' '.join(text.split())} " for text in texts)
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


def descend(name="joined", first=0, last=40, fall=10.0):
    """The steps of a loop whose error falls by e in `fall` of them."""
    watch = harness.Watch(name, X, WAVES[0], optimizer="mine")
    if not first:
        watch.start(lambda: 0 * X)
    for step in range(first, last):
        watch(step, lambda step=step: (1 - np.exp(-(step + 1) / fall)) * WAVES[0])
    return watch


def test_a_resumed_loop_goes_on_from_the_marks_before_it():
    descend(last=30).close()
    descend(first=20).close()
    descend("whole").close()
    found, whole = harness.load("results/joined"), harness.load("results/whole")
    costs = found.curves["cost"].tolist()
    assert costs[:3] == [0, 1, 2]
    assert [cost for cost in costs if 15 < cost < 25] == [18, 21]
    assert found.curves["mark"].tolist() == list(range(len(costs)))
    assert np.diff(found.curves["seconds"]).min() >= 0
    assert found.hits["cost"].to_numpy() == pytest.approx(whole.hits["cost"].to_numpy(), rel=0.02)
    assert not found.hits["at_most"].any()
    for name in ("first_loss", "last_loss", "best_loss", "cost"):
        assert found.runs[name].item() == pytest.approx(whole.runs[name].item())
    assert "was resumed at cost 21, and goes on from 13 marks" in found.runs["reason"].item()


def test_the_best_point_of_a_resumed_loop_is_that_of_both_parts():
    descend(last=30, fall=5.0).close()
    descend(first=20, fall=50.0).close()
    found = harness.load("results/joined")
    late = found.curves["cost"] > 20
    best = 0.5 * np.exp(-2 * 18 / 5)
    assert found.curves.loc[late, "loss"].to_numpy() == pytest.approx(best)
    assert (found.curves.loc[late, "loss_last"] > 10 * best).all()
    spectra = found.spectra[found.spectra["cost"] > 20]
    assert spectra["error"].to_numpy() == pytest.approx(np.exp(-18 / 5))
    assert (spectra["error_last"] > 0.3).all()


def test_a_loop_that_has_nothing_more_to_do_leaves_its_run_as_it_is():
    descend().close()
    harness.Watch("joined", X, WAVES[0], optimizer="mine").close()
    harness.Watch("joined", X, WAVES[0], optimizer="mine").fail(ValueError("no checkpoint"))
    found = harness.load("results/joined")
    assert (found.runs["status"].item(), found.runs["cost"].item()) == ("watched", 40)


def test_seconds_before_a_loop_was_resumed_are_not_made_up():
    watch = harness.Watch("seconds", X, WAVES[0], optimizer="mine", unit="seconds")
    with pytest.raises(ValueError, match="first seen at step 7 has spent seconds that the watch has not seen"):
        watch(7, lambda: X)
    watch(7, lambda: X, cost=12.5)
    watch.close()
    assert harness.load("results/seconds").curves["cost"].tolist() == [12.5]


def test_a_watch_that_is_forgotten_keeps_what_was_measured(tmp_path, monkeypatch):
    watch = descend()
    monkeypatch.chdir(tmp_path.parent)
    del watch
    found = harness.load(tmp_path / "results" / "joined")
    assert found.runs["status"].item() == "failed"
    assert found.curves["cost"].iloc[-1] > 30


def test_a_forgotten_watch_does_not_take_the_place_of_a_later_one():
    watch = descend(last=10)
    descend().close()
    del watch
    assert harness.load("results/joined").runs["status"].item() == "watched"


def test_a_process_that_ends_without_closing_keeps_what_was_measured(tmp_path):
    code = (
        "import harness, numpy as np; x = np.arange(32) / 32; y = np.sin(2 * np.pi * x)\n"
        "watch = harness.Watch('ends', x, y, optimizer='mine')\n"
        "watch(0, lambda: 0 * y); raise RuntimeError('boom')"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.stderr.endswith("RuntimeError: boom\n")
    assert harness.load("results/ends").curves["cost"].tolist() == [1]


@pytest.mark.parametrize(
    ("unit", "cost", "words"),
    [
        ("seconds", 2e-3, "ms"),
        ("passes", 3e-3, "thousandths of forward passes"),
        ("steps", 1e-5, "millionths of steps"),
    ],
)
def test_costs_below_one_are_drawn_in_a_unit_that_an_axis_can_show(unit, cost, words):
    watch = harness.Watch("fine", X, sum(WAVES), optimizer="mine", unit=unit, cost=1e-9 if unit == "seconds" else cost)
    watch.start(lambda: 0 * X)
    for step in range(100):
        learned = sum((1 - np.exp(-(step + 1) / fall)) * wave for fall, wave in zip((5, 12, 25), WAVES, strict=True))
        watch(step, lambda learned=learned: learned, cost=(step + 1) * cost)
    watch.close()
    found = harness.load("results/fine")
    figure = drawn("heatmap", found.tables, {})
    texts = [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]
    assert f"cost ({words})" in texts
    assert any(text.endswith(words) for text in texts if "budget" in text)
    (panel,) = panels(finely(found.tables))
    factor = {"ms": 1e3, "millionths of steps": 1e6}.get(words, 1e3)
    assert panel.hits[:, 1] / factor == pytest.approx(cost * np.log(10) * np.array([5, 12, 25]), rel=0.05)
    assert found.hits["cost"].max() <= 100 * cost * 1.001
    k5 = found.hits.query("threshold == 0.1 and frequency == 5")["cost"].item()
    assert f" {few_digits(k5)} " in printed(found.tables)


def test_the_word_order_shows_what_loops_alone_have_learned_when(capsys):
    study(seeds=5)
    assert main(["order", "results/resumed"]) == 0
    said = capsys.readouterr().out
    assert "<=1,001" in said
    assert "low-first" in said
    assert said.endswith("cost in steps, as the loops told it\n")
    assert main(["order", "results/resumed", "--cost-per-gradient", "3"]) == 2
    assert "those of watched loops nobody has counted" in capsys.readouterr().err


def test_the_report_says_what_was_watched_and_what_was_dropped(capsys):
    noise = np.random.default_rng(0).normal(size=64)
    with pytest.warns(UserWarning, match="Not watched: component 1"):
        watch = harness.Watch("said", X, np.stack([WAVES[0], noise], axis=1), optimizer="mine")
    watch(0, lambda: np.zeros((64, 2)))
    watch.close()
    descend("said").close()
    assert main(["report", "results/said"]) == 0
    page = Path("results/said/report.html").read_text()
    assert "64 samples and 2 output(s), in a loop that is watched." in page
    assert "64 samples and 1 output(s), in a loop that is watched." in page
    assert "Not watched: component 1, of which no frequency stands above the noise floor." in page
    assert "has no understood.txt" not in page
    assert capsys.readouterr().out
