"""What a script gives to the public functions is understood in every form of Python, or refused in one sentence."""

import re
import subprocess
import sys

import numpy as np
import pytest
import torch

from harness import Watch, compare, load, load_table, plan, sweep
from harness.run.given import agreed

NAMES = ("adam", "gd")
INPUTS = np.linspace(0, 1, 16)[:, None]


def seeds_of(planned):
    return {name: [spec.seed for spec in planned.specs if spec.optimizer == name] for name in NAMES}


def named(value):
    """What a test's name says of a value; the same in every process, which an address is not."""
    return type(value).__name__ if " at 0x" in repr(value) else str(value)


@pytest.mark.parametrize(
    "seeds",
    [3, np.int64(3), np.arange(3), (seed for seed in range(3)), iter([0, 1, 2]), {0: "", 1: "", 2: ""}, range(3)],
    ids=named,
)
def test_seeds_are_a_number_or_anything_that_is_walked_once(seeds):
    planned = plan("control-low", list(NAMES), seeds)
    assert seeds_of(planned) == {name: [0, 1, 2] for name in NAMES}
    assert {type(spec.seed) for spec in planned.specs} == {int}


@pytest.mark.parametrize(
    "seeds", [0, -1, 3.0, None, True, "3", "0..4", [], [1, 1], [True], [0.5], [-1], [None], object()]
)
def test_other_seeds_are_refused_in_a_sentence(seeds):
    with pytest.raises(ValueError, match=r"[Ss]eed.* must be .*; got "):
        plan("control-low", list(NAMES), seeds)


@pytest.mark.parametrize(
    "names", ["adam", ["adam"], ("adam",), {"adam": 1}, iter(["adam"]), np.array(["adam"])], ids=named
)
def test_optimizers_are_one_name_or_several(names):
    assert [(spec.optimizer, spec.seed) for spec in plan("control-low", names, 2).specs] == [("adam", 0), ("adam", 1)]


def test_all_is_all_however_it_is_said():
    expected = plan("control-low", ["all"], 1).specs
    assert plan("control-low", "all", 1).specs == plan("control-low", iter(["all"]), 1).specs == expected


@pytest.mark.parametrize("names", [3, ["adam", 3], [None], [["adam"]], True, [], (), iter([]), [len]])
def test_other_optimizers_are_refused_in_a_sentence(names):
    with pytest.raises(ValueError, match=r"Optimizers are a name or a list of names.*; got "):
        plan("control-low", names, 1)


@pytest.mark.parametrize("problem", [3, None, ["sin135"], {"sin135": 1}, len])
def test_another_problem_is_refused_in_a_sentence(problem):
    with pytest.raises(ValueError, match=r"A problem is a name.*; got "):
        plan(problem, "adam", 1)


@pytest.mark.parametrize("jobs", [1.5, 0, -1, True, None, "2", np.float64(2.0)])
def test_jobs_are_a_whole_number_or_an_executor(jobs, tmp_path):
    (tmp_path / "s.toml").write_text('problems = "control-low"\noptimizers = "adam"\nbudget = 9\nseeds = 1\n')
    for make in (
        lambda: compare("control-low", "adam", 1, budget=9, out=tmp_path / "a", jobs=jobs),
        lambda: sweep(tmp_path / "s.toml", out=tmp_path / "b", jobs=jobs),
    ):
        with pytest.raises(ValueError, match=r"number of jobs must be a whole number of at least 1.*; got "):
            make()
    assert not (tmp_path / "a").exists()
    assert not (tmp_path / "b").exists()


def test_numbers_of_numpy_are_numbers(tmp_path):
    made = compare(
        "control-low", "adam", np.int64(1), budget=np.float32(9), marks=np.int64(3), out=tmp_path, jobs=np.int64(1)
    )
    again = plan("control-low", "adam", 1, budget=9, marks=3)
    assert made.runs["run_id"].tolist() == [spec.run_id for spec in again.specs]


@pytest.mark.parametrize(
    ("term", "value"),
    [
        *(("budget", value) for value in ("100", True, [100], 0, -1, float("nan"))),
        *(("marks", value) for value in (1.5, "9", True, 0)),
        *((name, value) for name in ("cost_per_gradient", "time_limit", "target_loss") for value in ("3", True, [3])),
    ],
    ids=named,
)
def test_a_term_that_is_no_number_is_refused_in_a_sentence(term, value):
    with pytest.raises(ValueError, match=f"{term} must be .*; got "):
        plan("control-low", "adam", 1, **{term: value})


@pytest.mark.parametrize("values", [0.1, "0.1", None, True])
def test_values_to_cross_are_a_list(values):
    with pytest.raises(ValueError, match=r"adam.lr are a list.*; got "):
        plan("control-low", "adam", 1, vary={"adam": {"lr": values}})


def test_values_to_cross_may_be_lists_themselves_and_are_walked_once():
    planned = plan("sin135", "adam", 1, vary={"problem": {"omegas": iter([[1, 3, 5], [2, 4, 6], [1, 3, 5]])}})
    assert [spec.recipe.omegas for spec in planned.specs] == [(1.0, 3.0, 5.0), (2.0, 4.0, 6.0)]


@pytest.mark.parametrize(
    "wrong", [{"settings": {"adam": 3}}, {"settings": ["adam"]}, {"vary": {"adam": 3}}, {"vary": 3}], ids=named
)
def test_settings_are_a_table_of_tables(wrong):
    with pytest.raises(ValueError, match=r"maps? .*; got "):
        plan("control-low", "adam", 1, **wrong)


@pytest.mark.parametrize(
    "twice",
    [
        {"settings": {"problem": {"samples": 50}, "sin135": {"samples": 60}}},
        {"settings": {"sin135": {"init": "ntk"}}, "init": "xavier"},
        {"settings": {"adam": {"lr": 0.3}}, "vary": {"adam": {"lr": [0.1, 0.2]}}},
        {"vary": {"sin135": {"samples": [50]}}, "settings": {"problem": {"samples": 50}}},
        {"vary": {"sin135": {"init": ["ntk"]}}, "init": "ntk"},
        {"vary": {"sin135": {"samples": [50]}, "problem": {"samples": [60]}}},
    ],
    ids=named,
)
def test_a_setting_that_is_given_twice_is_refused_and_none_of_them_dropped(twice):
    with pytest.raises(ValueError, match=r"A setting has one value.* Leave one out\."):
        plan("sin135", "adam", 1, **twice)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1e-3", 0.001),
        (50, "50.0"),
        ([1, 2], "1, 2"),
        ((1, 3), "1,3"),
        ("normal( 1)", "normal(1)"),
        ("normal(1.0)", "normal(1)"),
        ("huber(1e-1)", "huber( .1 )"),
    ],
)
def test_a_setting_that_is_given_twice_with_one_value_is_taken_however_that_is_written(one, other):
    assert agreed("adam", {"lr": one}, {"lr": other}) == {"lr": one}


def test_a_given_setting_stays_where_the_network_that_would_bring_another_is_varied():
    vary = {"problem": {"network": ["siren(8,1)", "1-8-1"]}}
    assert {spec.recipe.activation for spec in plan("sin135", "adam", 1, vary=vary).specs} == {"sin(30)", "tanh"}
    given = plan("sin135", "adam", 1, vary=vary, activation="gelu")
    assert {spec.recipe.activation for spec in given.specs} == {"gelu"}
    assert len(given.specs) == 2


def watch(tmp_path, **about):
    return Watch("own", INPUTS, np.sin(6 * INPUTS), **{"optimizer": "mine", "out": str(tmp_path / "own")} | about)


@pytest.mark.parametrize(
    "given",
    [[1, 2], np.array([1, 2]), iter([1, 2]), (k for k in (1, 2))],
    ids=["list", "array", "iterator", "generator"],
)
def test_a_watch_takes_its_frequencies_from_anything_that_is_walked_once(tmp_path, given):
    kept = watch(tmp_path, watch=given, seed=np.int64(0), budget=np.int64(20))
    kept.start(lambda: INPUTS)
    kept.close()
    assert sorted(set(kept._recorder.spectra(0, "r").frame()["frequency"])) == [1.0, 2.0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("seed", value) for value in ("0", 0.5, True, None, -1)),
        *(("marks", value) for value in ("9", 1.5, True, 0)),
        *(("dim", value) for value in ("9", 1.5, -1)),
        *((name, value) for name in ("cost", "budget") for value in ("9", True, -1)),
        *(("frequencies", value) for value in (["a"], [None])),
        *(("settings", value) for value in (3, "lr=1")),
    ],
    ids=named,
)
def test_what_is_said_of_a_watch_is_refused_in_a_sentence(tmp_path, name, value):
    with pytest.raises(ValueError, match=f"The {name} .*; got "):
        watch(tmp_path, **{"watch" if name == "frequencies" else name: value})


@pytest.mark.parametrize("path", [3, {}, [], b"results", True], ids=named)
@pytest.mark.parametrize(
    "asked",
    [
        load,
        sweep,
        lambda path: load_table(path, "runs"),
        lambda path: compare("control-low", "gd", 1, budget=10, out=path),
        lambda path: Watch("loops", INPUTS, INPUTS, optimizer="own", out=path),
    ],
    ids=["load", "sweep", "load_table", "compare", "Watch"],
)
def test_another_path_is_refused_in_a_sentence(asked, path):
    with pytest.raises(ValueError, match=r"^(A path is text, or a pathlib\.Path,|The out is told as text;).* got "):
        asked(path)


def test_a_path_of_python_may_begin_at_home(tmp_path, monkeypatch):
    """As one of the command line, where the shell or the harness puts it in the place of the tilde."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    made = compare("control-low", "gd", 1, budget=10, out="~/one")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one"]
    assert len(load("~/one").tables["runs"]) == len(made.tables["runs"]) == len(load_table("~/one", "runs"))
    with Watch("loops", INPUTS, INPUTS, optimizer="own", out="~/two") as watch:
        watch(1, lambda: INPUTS)
    assert len(load("~/two").tables["runs"]) == 1


@pytest.mark.parametrize(
    ("predict", "got"),
    [
        (3, "int"),
        (torch.nn.Linear(1, 1), "Linear: missing a required argument: 'input'"),
        (lambda x: x, "<lambda>: missing a required argument: 'x'"),
    ],
    ids=["number", "module", "function of the inputs"],
)
def test_what_makes_the_predictions_of_a_loop_is_called_without_arguments(tmp_path, predict, got):
    watch = Watch("loops", INPUTS, INPUTS, optimizer="own", out=tmp_path)
    with pytest.raises(ValueError, match=rf"without arguments, .*`lambda: model\(inputs\)`; got {re.escape(got)}\."):
        watch.start(predict)
    watch.start(lambda *rows, scale=1: scale * INPUTS)


def test_the_public_names_are_listed_before_any_is_used():
    code = "import harness; print(set(harness.__all__) - set(dir(harness)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
