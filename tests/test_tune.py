"""Tuning: by the loss alone, inside the declared ranges, on seeds of its own; and what becomes of its winners."""

import json
import signal
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.cli import main
from harness.run.spec import RunSpec, find_problem, override, settings_of
from harness.study.comparison import load, plan
from harness.study.settings_files import read_settings_file, tuned_file, update_settings
from harness.study.store import Store
from harness.study.tune import FIRST_SEED, VERDICTS, Tuning, is_log, judge, ranges, sample, tune
from optimizers import OPTIMIZERS

LION = OPTIMIZERS["lion"]


def tuning(name="lion", budget=150, **choices):
    method = OPTIMIZERS[name]
    return Tuning(RunSpec("sin135", find_problem("sin135"), name, method, FIRST_SEED, budget), **choices)


def test_samples_are_legal_and_fill_the_range_on_its_scale():
    rng = np.random.default_rng(0)
    drawn = np.array([sample(LION, rng).lr for _ in range(2000)])
    low, high = ranges(LION)["lr"]
    assert is_log(low, high)
    assert not is_log(0.5, 0.99)
    assert low <= drawn.min() < 1.1 * low
    assert 0.9 * high < drawn.max() <= high
    assert np.median(drawn) == pytest.approx(np.sqrt(low * high), rel=0.1)
    assert all(isinstance(sample(OPTIMIZERS["pso"], rng).particles, int) for _ in range(5))


@pytest.mark.parametrize("name", [name for name, method in OPTIMIZERS.items() if ranges(method)])
def test_every_declared_range_can_be_sampled(name):
    method, rng = OPTIMIZERS[name], np.random.default_rng(1)
    drawn = [settings_of(sample(method, rng)) for _ in range(20)]
    for setting, (low, high) in ranges(method).items():
        assert [one[setting] for one in drawn if not low <= one[setting] <= high] == []
    kept = settings_of(method).keys() - ranges(method).keys()
    assert [(one, name) for one in drawn for name in kept if one[name] != getattr(method, name)] == []


@pytest.mark.parametrize("sampler", ["random", "optuna"])
def test_the_winner_has_the_lowest_median_loss_and_is_repeatable(tmp_path, sampler):
    if sampler == "optuna":
        pytest.importorskip("optuna", reason="the group 'more' is not installed")
    first, winner = tune(tuning(trials=4, seeds=2, sampler=sampler), out=tmp_path / "a")
    second, again = tune(tuning(trials=4, seeds=2, sampler=sampler), out=tmp_path / "b")
    assert winner == again
    pd.testing.assert_frame_equal(first, second)
    assert len(first) == 4
    assert first["loss"].is_monotonic_increasing
    default = first[first["trial"] == 0]
    assert default["lr"].item() == LION.lr
    assert winner.lr == first["lr"].iloc[0]


def test_a_search_that_cannot_begin_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)  # as if it were not installed
    with pytest.raises(ValueError, match="needs the library optuna"):
        tune(tuning(trials=1, seeds=1, sampler="optuna"), out=tmp_path / "a")
    assert not (tmp_path / "a").exists()
    monkeypatch.chdir(tmp_path)
    Path("results/tuned").mkdir(parents=True)
    Path("results/tuned/sin135.toml").write_text("[[")
    words = ["tune", "--problem", "sin135", "--optimizer", "lion", "--trials", "1", "--seeds", "1", "--out", "b"]
    assert main(words) == 2
    assert not Path("b").exists()


def test_tuning_runs_are_labelled_and_on_seeds_of_their_own(tmp_path):
    tune(tuning(trials=2, seeds=2), out=tmp_path / "a")
    study = json.loads((tmp_path / "a" / "study.json").read_text())
    assert study["purpose"] == "tuning"
    assert len(study["runs"]) == 4
    assert set(Store(tmp_path / "a").read()["runs"]["seed"]) == {1000, 1001}
    assert tuning().folder.name.startswith("tuning-sin135-lion-")


def test_the_best_loss_decides_and_a_run_that_diverges_never_wins():
    specs = tuning(seeds=2).runs(LION)
    rows = {
        "run_id": [spec.run_id for spec in specs],
        "last_loss": [0.5, 0.9],
        "best_loss": [0.1, 0.3],
        "status": ["budget", "budget"],
    }
    assert judge(pd.DataFrame(rows), specs) == pytest.approx(0.2)
    assert judge(pd.DataFrame({**rows, "status": ["diverged", "diverged"]}), specs) == np.inf
    assert judge(pd.DataFrame({**rows, "best_loss": [np.nan, np.nan]}), specs) == np.inf


def test_a_wrong_search_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="declares no range"):
        tuning("levenberg-marquardt")
    with pytest.raises(ValueError, match="sampler is random or optuna; got 'grid'"):
        tuning(sampler="grid")
    with pytest.raises(ValueError, match="at least 1"):
        tuning(trials=0)


def test_settings_files_survive_a_round_trip(tmp_path):
    path = tmp_path / "settings.toml"
    update_settings(path, "lion", {"lr": 1e-05, "schedule": "constant", "period": 3, "flag": True})
    update_settings(path, "cg-fr", {"c1": 0.5})
    update_settings(path, "lion", {"lr": 2e-05})
    assert read_settings_file(str(path), "sin135") == {"cg-fr": {"c1": 0.5}, "lion": {"lr": 2e-05}}


def test_of_tables_that_are_no_optimizers_the_first_in_the_file_is_told(tmp_path):
    path = tmp_path / "settings.toml"
    for first, second in (("sin135", "problem"), ("problem", "sin135")):
        path.write_text(f"[gd]\nlr = 0.1\n[{first}]\nsamples = 90\n[{second}]\nsamples = 90\n")
        with pytest.raises(ValueError, match=rf"and \[{first}\] is none"):
            read_settings_file(str(path), "sin135")


PLAIN = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(max_size=9)
NAMES = st.text(min_size=1, max_size=9)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    written=st.dictionaries(NAMES, st.dictionaries(NAMES, PLAIN | st.lists(PLAIN, max_size=3), max_size=4), max_size=3)
)
@example(written={"adam": {"lr": float("inf"), "none": None}, 'a "b"\n': {"": "\u2028\\"}})
def test_whatever_is_written_to_a_settings_file_can_be_read(tmp_path, written):
    path = tmp_path / "own.toml"
    path.unlink(missing_ok=True)
    for name, values in written.items():
        update_settings(path, name, values)
    kept = {name: {key: value for key, value in own.items() if value is not None} for name, own in written.items()}
    if kept:
        assert read_settings_file(str(path), "sin135") == kept


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_registered_settings_of_every_method_survive_a_file(tmp_path, name):
    path = tmp_path / "own.toml"
    update_settings(path, name, settings_of(OPTIMIZERS[name]))
    assert override(name, OPTIMIZERS[name], read_settings_file(str(path), "sin135")[name]) == OPTIMIZERS[name]


@pytest.mark.parametrize(("text", "words"), [("a = ", "not TOML"), ("a = 1", "are tables")])
def test_a_bad_settings_file_is_refused(tmp_path, text, words):
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=words):
        read_settings_file(str(path), "sin135")
    with pytest.raises(ValueError, match="harness tune --problem nothing"):
        read_settings_file("tuned", "nothing")


def test_the_command_line_goes_before_the_file():
    chosen = {"settings_file": {"lion": {"lr": 0.002, "beta1": 0.8}, "adam": {"lr": 1.0}}}
    lion = plan("sin135", ["lion"], 1, settings={"lion": {"lr": 0.005}}, **chosen).specs[0].method
    assert lion == replace(LION, lr=0.005, beta1=0.8)


def test_the_order_is_told_of_the_best_quarter_of_the_trials_that_the_loss_chose(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = "--problem sin135 --budget 300 --jobs 1 --out o"
    assert main(f"tune --optimizer adam --trials 5 --seeds 2 {words}".split()) == 0
    tables = load("o").tables
    primary = tables["order"][tables["order"]["endpoint"] == "primary"]
    medians = tables["runs"].groupby("settings")["best_loss"].median().nsmallest(2)  # a quarter of five, rounded up
    counts = primary[primary["settings"].isin(medians.index)]["verdict"].value_counts()
    written = pd.read_csv(Path("o") / VERDICTS)
    assert dict(zip(written["verdict"], written["trials"], strict=True)) == counts.to_dict()
    assert written["trials"].sum() == 2
    said = capsys.readouterr().out
    assert "order in the best quarter of the trials (2, by the loss alone): " in said
    assert all(f"{count} {verdict}" in said for verdict, count in counts.items())


def test_tuned_settings_are_used_from_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = "--problem sin135 --budget 90 --jobs 1"
    assert main(f"tune --optimizer lion --trials 3 --seeds 1 {words}".split()) == 0
    assert tuned_file("sin135").exists()
    assert main(f"compare --optimizers lion --seeds 1 --settings tuned --out out {words}".split()) == 0
    settings = json.loads(pd.read_parquet(Path("out") / "runs.parquet")["settings"].item())
    assert settings["lr"] == pytest.approx(read_settings_file("tuned", "sin135")["lion"]["lr"])


def test_trials_that_fail_are_told_of_and_end_with_the_code_of_a_failed_run(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("bad.py").write_text(
        "from harness import optimizer\n\n\n"
        "@optimizer('breaks', tune={'lr': (0.01, 1.0)})\n"
        "def minimize(fun, x0, jac, lr=0.05):\n    fun(x0)\n    raise RuntimeError('at once')\n"
    )
    Path("study.toml").write_text(
        "problems = 'sin135'\nplugins = 'bad.py'\nbudget = 30\nseeds = 1\ntuning = {trials = 2, seeds = 1}\n"
        "optimizers = ['breaks', 'gd']\n"
    )
    words = "--problem sin135 --plugin bad.py --optimizer breaks --trials 2 --seeds 1 --budget 30"
    for command in (f"tune {words} --out one", "tune study.toml --out two"):
        assert main([*command.split(), "--jobs", "1"]) == 1
        out, err = capsys.readouterr()
        assert "failed: breaks, seed 1000 and 1 more: RuntimeError: at once" in err
        assert ("settings: none are written, as no trial has a loss at its end" in out) == ("--out one" in command)
    assert not Path("one/settings.toml").exists()
    assert not tuned_file("sin135").exists()


@pytest.fixture
def interruptible():
    """A process that Ctrl-C reaches, which one in the background of a shell is not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_search_says_what_is_kept_and_goes_on(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("slow.py").write_text(
        "from pathlib import Path\n\nfrom harness import optimizer\n\n\n"
        "@optimizer('stops', tune={'lr': (0.01, 1.0)})\n"
        "def minimize(fun, x0, jac, lr=0.05):\n    fun(x0)\n    calls = Path('calls')\n"
        "    calls.write_text(calls.read_text() + '.')\n"
        "    if calls.read_text() == '..':\n        raise KeyboardInterrupt\n"
    )
    Path("study.toml").write_text(
        "problems = 'sin135'\nplugins = 'slow.py'\nbudget = 30\nseeds = 1\ntuning = {trials = 2, seeds = 2}\n"
        "optimizers = ['stops']\n"
    )
    words = "--problem sin135 --plugin slow.py --optimizer stops --trials 2 --seeds 2 --budget 30"
    for command in (f"tune {words} --out one", "tune study.toml --out two"):
        Path("calls").write_text("")
        assert main([*command.split(), "--jobs", "1"]) == 130
        folder = command.split()[-1]
        said = f"interrupted: 1 of 4 runs are finished and kept in {folder}; the same command goes on from there"
        assert said in capsys.readouterr().err
        assert main([*command.split(), "--jobs", "1"]) == 0
        # one that was kept, one that was interrupted, and three
        assert Path("calls").read_text() == "....."
