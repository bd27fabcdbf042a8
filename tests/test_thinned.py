"""A study of which only some marks are kept is judged as it was, and by nothing that would need the others."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.hand_made import hand_made

from harness import Watch, compare, load
from harness.analysis.asked.robustness import robustness
from harness.analysis.asked.samplers import against_samplers
from harness.analysis.asked.sensitivity import sensitivity
from harness.analysis.thinned import lacks_marks, thinned
from harness.cli import main
from harness.report.page import Story, report
from harness.study.comparison import plan
from harness.study.making import make
from harness.study.store import Store

REFERENCE = Path(__file__).parents[1] / "results" / "reference"
STUDIES = sorted(path.parent.name for path in REFERENCE.glob("*/spectra.parquet"))
SMALL = "sin135-damping"
SAID = r"keep .* of the marks .* harness sweep FOLDER/STUDY.toml"


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(REFERENCE / SMALL, tmp_path / SMALL))


@pytest.mark.parametrize("name", STUDIES)
def test_committed_studies_are_known_to_lack_marks(name):
    assert lacks_marks(load(REFERENCE / name).tables)


METHODS = ["adam", "sgd", "bfgs", "powell", "pso", "metropolis", "levenberg-marquardt", "sophia"]
WAYS = {
    "lanes, line searches, swarms": {"optimizers": METHODS},
    "a target": {"optimizers": METHODS, "target_loss": 0.4},
    "divergence": {"optimizers": ["gd", "adam"], "settings": {"gd": {"lr": 1e9}, "adam": {"lr": 1e300}}},
    "few marks": {"optimizers": ["adam", "pso"], "marks": 1},
    "less than one evaluation": {"optimizers": ["adam", "powell"], "budget": 1},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_whole_study_lacks_none_however_its_runs_have_ended(tmp_path, way):
    store = Store(tmp_path)
    make(plan("control-low", **{"seeds": 2, "budget": 300, **WAYS[way]}), store)  # as `compare`, but for the figures
    made = load(store.folder)
    assert len(made.curves)
    assert not lacks_marks(made.tables)


def test_a_watched_loop_lacks_none_whether_closed_or_killed(tmp_path):
    inputs = np.linspace(-1, 1, 32)[:, None]
    for seed, end in enumerate(("close", "save", "fail")):
        watch = Watch("own", inputs, np.sin(3 * inputs), optimizer="mine", seed=seed, out=str(tmp_path / "own"))
        for step in range(40):
            watch(step, lambda step=step: np.sin(3 * inputs) * step / 40)
        watch.fail(RuntimeError("lost")) if end == "fail" else getattr(watch, end)()
    made = load(tmp_path / "own").tables
    assert set(made["runs"]["status"]) == {"watched", "failed"}
    assert not lacks_marks(made)


def test_each_kind_of_missing_marks_is_seen():
    whole = hand_made(["adam", "bfgs"], 3, [1.0, 3.0, 5.0])
    assert not lacks_marks(whole)
    runs, curves = whole["runs"], whole["curves"]
    first, last = runs["run_id"].iloc[0], curves["mark"].max()
    gone = {
        "a gap": (curves["run_id"] == first) & (curves["mark"] == 7),
        "the start": (curves["run_id"] == first) & (curves["mark"] == 0),
        "the end": (curves["run_id"] == first) & (curves["mark"] == last),
        "a whole curve": curves["run_id"] == first,
        "all curves": curves["mark"] >= 0,
    }
    for dropped in gone.values():
        assert lacks_marks({**whole, "curves": curves[~dropped]})
    assert lacks_marks({**whole, **thinned(whole)})
    # written as text, a cost may lack its last digit
    assert not lacks_marks({**whole, "curves": curves.assign(cost=curves["cost"] * (1 - 1e-12))})
    # a run that failed or was killed may end anywhere, and one that failed at once has no curve
    for status in ("failed", "crashed", "timeout"):
        assert not lacks_marks({**whole, "runs": runs.assign(status=status), "curves": curves[~gone["the end"]]})
    at_once = whole["hits"][whole["hits"]["run_id"] != first]
    assert not lacks_marks({**whole, "hits": at_once, "curves": curves[~gone["a whole curve"]]})


def test_the_incumbent_that_is_declared_is_as_it_is_kept_and_another_is_refused(folder):
    kept, asked = load(folder), load(folder, "best")
    for name in ("hits", "order"):
        pd.testing.assert_frame_equal(getattr(kept, name), getattr(asked, name))
    with pytest.raises(ValueError, match=SAID):
        load(folder, "last")
    with pytest.raises(ValueError, match="incumbent is best or last; got 'mean'"):
        load(folder, "mean")


def test_whole_tables_without_their_parts_are_still_judged_anew(tmp_path):
    made = compare("control-low", ["adam"], 2, out=tmp_path / "a", budget=300)
    shutil.copytree(tmp_path / "a", tmp_path / "b", ignore=shutil.ignore_patterns("parts", "dataset", "study.json"))
    again = load(tmp_path / "b", "last")
    pd.testing.assert_frame_equal(again.hits, load(tmp_path / "a", "last").hits)
    assert set(again.order["incumbent"]) == {"last"}
    pd.testing.assert_frame_equal(load(tmp_path / "b", "best").hits, made.hits)


def test_what_is_read_off_marks_is_refused_where_some_are_missing(folder):
    tables = load(folder).tables
    for asked in (robustness, sensitivity):
        with pytest.raises(ValueError, match=SAID):
            asked(tables)
    with pytest.raises(ValueError, match=SAID):
        against_samplers(load(REFERENCE / "sin135-all").tables)


def test_the_command_says_the_kept_verdicts_and_refuses_what_it_cannot_say(folder, capsys):
    assert main(["order", str(folder)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "low-first" in said
    assert "marks" in said
    assert not (folder / "sensitivity.csv").exists()
    for words in (["--incumbent", "last"], ["--cost-per-gradient", "1,2"], ["--robust"]):
        assert main(["order", str(folder), *words]) == 2
        assert "STUDY.toml" in capsys.readouterr().err
    assert not (folder / "robustness.csv").exists()
    # what hits and the kept levels of loss tell
    assert main(["order", str(folder), "--incumbent", "best", "--residual"]) == 0
    assert main(["order", str(folder), "--against", "gauss-newton"]) == 0


def test_figures_and_report_go_on_and_say_what_they_cannot(folder, capsys):
    assert main(["figure", "profile", str(folder), "--out", str(folder / "p")]) == 0
    assert "marks" in capsys.readouterr().err
    assert main(["figure", "robustness", str(folder)]) == 2
    assert "STUDY.toml" in capsys.readouterr().err
    page = report(load(folder).tables, Story("s"))
    assert page.count("FOLDER/STUDY.toml") == 1
    both = load(REFERENCE / "sin135-all").tables
    names = ["gd", "metropolis"]
    runs = set(both["runs"].loc[both["runs"]["optimizer"].isin(names), "run_id"])
    few = {name: rows[rows["run_id"].isin(runs)] if "run_id" in rows else rows for name, rows in both.items()}
    few["order"] = both["order"][both["order"]["optimizer"].isin(names)]
    assert "FOLDER/STUDY.toml" in report(few, Story("s"))
