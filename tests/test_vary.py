"""Several values of a setting: how they are written, crossed, run as lanes of one batch, and told apart in the end."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.analysis.configurations import configurations
from harness.analysis.summary import closing_table, growth
from harness.cli import main
from harness.run.runner import run, run_lanes
from harness.run.spec import RunSpec
from harness.study.comparison import plan
from harness.study.execution.jobs import group
from harness.study.making import compare
from harness.study.vary import read_varied, variants
from harness.tables import LABELS
from optimizers import OPTIMIZERS
from problems.base import Recipe
from problems.line.circle_tone import Tone
from problems.line.waves import Amplitude, Sines

SMALL = Tone(network="2-8-1", samples=20, dtype="float64", std=1.0)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("problem.k=1,2,3", ["1", "2", "3"]),
        ("problem.k=1..4", ["1", "2", "3", "4"]),
        ("problem.k=1..3, 7 ,9..9", ["1", "2", "3", "7", "9"]),
        ("problem.k=5", ["5"]),
        ("problem.k=ricker(0.1),fourier(16,1),tanh", ["ricker(0.1)", "fourier(16,1)", "tanh"]),
        ("problem.k=1,3,5;1,2,3", ["1,3,5", "1,2,3"]),
        ("problem.k=sin(x)+1;x**2", ["sin(x)+1", "x**2"]),
        ("problem.k=0.1..0.2", ["0.1..0.2"]),
        ("problem.columns=t,y;t,z", ["t,y", "t,z"]),
        ("problem.columns=t,y;", ["t,y"]),
        ("problem.columns=y", ["y"]),
    ],
)
def test_values_are_read_as_they_are_written(text, values):
    name = text.partition("=")[0].removeprefix("problem.")
    assert read_varied([text]) == {"problem": {name: values}}


@pytest.mark.parametrize("text", ["k=1,2", "problem.k", "problem.k=", "problem.k=,", ".k=1", "problem.=1"])
def test_another_form_is_refused_with_the_right_one(text):
    with pytest.raises(ValueError, match=r"written OWNER.SETTING=A,B,C or OWNER.SETTING=1..30"):
        read_varied([text])


@pytest.mark.parametrize("name", ["columns", "levels", "watch"])
def test_commas_that_may_belong_to_one_value_or_part_two_are_refused(name):
    with pytest.raises(ValueError, match=f"'problem.{name}=1;3' for 2 of them, 'problem.{name}=1,3;' for one"):
        read_varied([f"problem.{name}=1,3"])


@pytest.mark.parametrize("text", ["problem.k=5..1", "problem.k=1..5000"])
def test_a_range_goes_up_and_is_not_too_long(text):
    with pytest.raises(ValueError, match="A range goes up, by at most 1000 values"):
        read_varied([text])


def test_all_values_are_crossed_and_none_is_made_twice():
    found = variants("tone", Tone(), {"k": [1, 2, 2], "bias": ["true", "false"]})
    assert [(recipe.k, recipe.bias) for recipe in found] == [(1, True), (1, False), (2, True), (2, False)]
    with pytest.raises(ValueError, match="of tone, some setting has no value"):
        variants("tone", Tone(), {"k": []})


def test_a_value_that_is_spelled_in_two_ways_is_one():
    vary = {"gd": {"lr": ["0.1", "1e-1", "0.2"]}, "problem": {"init": ["normal(1)", "normal( 1.0)"]}}
    specs = plan("sin135", "gd", 2, vary=vary).specs
    assert [(spec.method.lr, spec.recipe.init, spec.seed) for spec in specs] == [
        (lr, "normal(1)", seed) for lr in (0.1, 0.2) for seed in (0, 1)
    ]


def test_a_plan_crosses_problems_methods_and_seeds():
    specs = plan(
        "sin135",
        ["adam", "gd"],
        2,
        vary={"problem": {"activation": ["tanh", "relu"]}, "adam": {"lr": [0.1, 0.2, 0.3]}},
    ).specs
    assert len(specs) == 2 * (3 + 1) * 2
    assert len({spec.run_id for spec in specs}) == len(specs)
    assert {spec.recipe.activation for spec in specs} == {"tanh", "relu"}


@pytest.mark.parametrize(
    ("vary", "sentence"),
    [
        ({"problem": {"ak": [1]}}, "Unknown setting of sin135 'ak'"),
        ({"momentum": {"lr": [1]}}, "'momentum', which is not compared"),
        ({"problem": {"samples": [201, 5]}}, "samples must exceed"),
        ({"problem": {"activation": ["tanh", "tanhh"]}}, "Did you mean 'tanh'"),
    ],
)
def test_every_value_is_checked_before_anything_runs(vary, sentence):
    with pytest.raises(ValueError, match=sentence):
        plan("sin135", ["gd"], 1, vary=vary)


def specs(recipes: list[Recipe], seeds: int = 1) -> list[RunSpec]:
    method = replace(OPTIMIZERS["gd"], lr=0.1)
    return [RunSpec("p", recipe, "gd", method, seed, 90) for recipe in recipes for seed in range(seeds)]


def test_recipes_of_one_lane_group_share_a_batch_and_others_do_not():
    tones = [replace(SMALL, k=k) for k in range(1, 6)]
    assert [len(job) for job in group(specs(tones, seeds=2))] == [10]
    assert [len(job) for job in group(specs([*tones, replace(SMALL, bias=False)]))] == [5, 1]
    assert [len(job) for job in group(specs([Amplitude(a=1.0), Amplitude(a=2.0), Sines()]))] == [2, 1]
    assert [len(job) for job in group(specs([Sines(), Sines(amplitudes=(1.0, 2.0, 3.0))]))] == [1, 1]


@pytest.mark.parametrize(
    "recipes",
    [[replace(SMALL, k=k) for k in (1, 2, 3)], [Amplitude(a=a, samples=20, network="1-5-1") for a in (1.0, 2.0)]],
    ids=["tone", "amplitude"],
)
def test_lanes_of_different_recipes_equal_the_runs_alone(recipes):
    together = specs(recipes, seeds=2)
    for spec, tables in zip(together, run_lanes(together), strict=True):
        alone = run(spec)
        assert tables["runs"]["run_id"].tolist() == [spec.run_id]
        assert tables["runs"]["lanes"].tolist() == [len(together)]
        for name, columns in (("curves", ["cost", "loss"]), ("spectra", ["frequency", "target_amplitude", "error"])):
            np.testing.assert_allclose(tables[name][columns], alone[name][columns], rtol=1e-9, atol=1e-12)


def made_up(settings: list[str], costs: list[list[float]]) -> dict[str, pd.DataFrame]:
    """Runs of one optimizer with these problem settings; run i watches frequency i + 1 in each of its seeds."""
    results = [
        {
            "run_id": f"{i}-{s}",
            "seed": s,
            "frequency": i + 1.0,
            "cost": cost,
            "problem_settings": text,
            "optimizer": "gd",
        }
        for i, (text, row) in enumerate(zip(settings, costs, strict=True))
        for s, cost in enumerate(row)
    ]
    frame = pd.DataFrame(results)
    hits = frame.assign(threshold=0.3, censored=~np.isfinite(frame["cost"]), at_most=False)
    labels = dict.fromkeys(set(LABELS) - {"problem_settings", "optimizer"}, "")
    return {
        "runs": frame[["run_id", "problem_settings", "optimizer"]].assign(**labels),
        "hits": hits.drop(columns="optimizer"),
    }


def test_growth_is_the_slope_of_log_cost_against_log_frequency():
    tables = made_up(['{"k":1}', '{"k":2}', '{"k":3}'], [[5.0, 5.0], [20.0, 20.0], [45.0, np.inf]])
    assert growth(tables) == ["gd: hit cost at error 0.3 grows like k^2.00 (5 of 6 hit)"]


def test_growth_is_told_of_each_setting_of_a_method_apart():
    slow, fast = (made_up(['{"k":1}', '{"k":2}'], [[5.0] * 2, [cost] * 2]) for cost in (10.0, 20.0))
    fast = {name: table.assign(run_id="fast-" + table["run_id"]) for name, table in fast.items()}
    runs = pd.concat([slow["runs"].assign(settings='{"lr":1}'), fast["runs"].assign(settings='{"lr":2}')])
    both = {"runs": runs, "hits": pd.concat([slow["hits"], fast["hits"]])}
    assert growth(both) == [
        "gd lr=1: hit cost at error 0.3 grows like k^1.00 (4 of 4 hit)",
        "gd lr=2: hit cost at error 0.3 grows like k^2.00 (4 of 4 hit)",
    ]


def test_growth_is_silent_where_it_would_mix_studies():
    both = made_up(['{"bias":1,"k":1}', '{"bias":0,"k":2}'], [[5.0], [20.0]])
    assert growth(both) == []
    one = made_up(['{"k":1}', '{"k":2}'], [[5.0], [20.0]])
    assert growth({**one, "hits": pd.concat([one["hits"], one["hits"].assign(frequency=9.0)])}) == []


def test_the_closing_table_tells_configurations_apart(tmp_path: Path):
    results = compare(
        "amplitude", ["gd"], 2, vary={"problem": {"a": [1, 3]}, "gd": {"lr": [0.1, 0.2]}}, budget=60, out=tmp_path / "o"
    )
    names = [name for name, _ in configurations(results.runs)]
    assert names == [f"gd lr={lr} a={a}" for lr in (0.1, 0.2) for a in (1, 3)]
    table = closing_table(results.tables)
    assert list(table.columns[0].cells) == names
    assert [column.header for column in table.columns[1:3]] == ["k=1", "k=4"]


def test_configurations_that_watch_different_frequencies_say_which(tmp_path: Path):
    results = compare(
        "tone", ["gd"], 1, vary={"problem": {"k": [1, 2]}}, network="2-8-1", budget=60, out=tmp_path / "o"
    )
    table = closing_table(results.tables)
    assert table.columns[1].header == "learned at"
    assert [cell.partition(":")[0] for cell in table.columns[1].cells] == ["k=1", "k=2"]


def test_the_command_line_crosses_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    words = ["compare", "--problem", "tone", "--optimizers", "gd", "--vary", "problem.k=1..3", "--network", "2-8-1"]
    assert main([*words, "--seeds", "2", "--budget", "60", "--jobs", "1", "--out", str(tmp_path / "o")]) == 0
    out = capsys.readouterr().out
    assert all(f"gd k={k}" in out for k in (1, 2, 3))


def test_what_is_understood_of_each_value_is_said_once_and_which_it_is_of():
    formulas = ["sin(x)+sin(3*x)", "sin(2*x)+sin(7*x)"]
    told = plan("target", ["gd", "adam"], 1, vary={"problem": {"target": formulas}}).understood
    for formula, frequencies in zip(formulas, ("1, 3", "2, 7"), strict=True):
        (line,) = (line for line in told if line.startswith(f"target={formula}: Watched"))
        assert f"2 frequencies: {frequencies};" in line
    assert sum("201 samples" in line for line in told) == 1
    assert not any(":" in line for line in plan("sin135", ["gd"], 1).understood if "samples" in line)


@pytest.mark.parametrize("option", ["--target", "--points", "--data", "--image"])
def test_of_a_file_that_is_not_there_it_is_said_from_which_folder_it_was_looked_for(
    tmp_path, monkeypatch, capsys, option
):
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "--optimizers", "gd", option, "sub/none.csv"]) == 2
    assert f", seen from {tmp_path}." in capsys.readouterr().err
    assert main(["compare", "--optimizers", "gd", option, str(tmp_path / "none.csv")]) == 2
    assert "seen from" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "Name a problem with --problem, or give data of your own with --target"),
        (["--target", "sin(x)+open(7)"], "got 'open(7)'"),
        (["--target", "-x", "--domain", "-1,-2"], "A domain ends above its start; got '-1,-2'"),
        (["--target", "none.csv"], "A curve must be a file that can be read; 'none.csv'"),
        (["--problem", "sin135", "--domain", "-1,1"], "Unknown setting of sin135 'domain'"),
        (["--problem", "sin135", "--embedding", "forier"], "Did you mean 'fourier'?"),
        (["--problem", "tone", "--embedding", "fourier"], "Unknown setting of tone 'embedding'"),
        (["--target", "x", "--samples", "many"], "Setting 'target.samples' takes a whole number; got 'many'"),
        (["--target", "1/x", "--samples", "200"], "must be finite everywhere; at x = 0"),
    ],
)
def test_a_mistake_in_a_target_is_one_sentence_and_nothing_is_written(tmp_path, monkeypatch, capsys, words, sentence):
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "--optimizers", "gd", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert sentence in captured.err
    assert len(captured.err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_target_needs_no_problem_and_may_begin_with_a_minus(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    words = ["run", "--target", "-sin(x)+0.5*cos(7*x)", "--domain", "-pi,pi", "--samples", "101", "--optimizer", "gd"]
    assert main([*words, "--budget", "60", "--out", str(tmp_path / "o")]) == 0
    out = capsys.readouterr().out
    assert "k=1" in out
    assert "k=7" in out


@pytest.mark.parametrize("option", ["observers", "mark", "budgets"])
def test_an_option_that_a_comparison_does_not_have_is_refused_with_the_choices(option):
    with pytest.raises(ValueError, match=f"Unknown option of a comparison '{option}'.*Choose from: activation"):
        plan("sin135", ["gd"], 1, **{option: 3})
