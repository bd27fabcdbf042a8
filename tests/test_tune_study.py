"""A study whose optimizers are all tuned: equal trials, other seeds and targets, and a file of the winners."""

import json
import tomllib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from harness.analysis.asked.targets import of_single_runs, population
from harness.cli import main
from harness.commands.plan.work import foretold_searches
from harness.run.spec import settings_of
from harness.study.file.searches import TRIALS, searches_of, tuned_text, winner
from harness.study.file.study_file import read_study
from harness.study.store import Store

STUDY = """\
name = "t"
seeds = "0..4"
budget = 240
optimizers = ["adam", "cg", "random-search-initial"]
[[parts]]
problems = ["sin135"]
tuning = {trials = 3, seeds = 2, runs = "0..1"}
[[parts]]
seeds = "0..0"
tuning = {trials = 3, seeds = 3, problem = {target = [24, 25]}}
[parts.problems.random-waves]
target = [0, 1, 2]
[[parts]]
problems = ["control-low"]
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "t.toml"
    path.write_text(STUDY)
    return path


def test_every_optimizer_has_equal_trials_on_seeds_and_targets_of_its_own(file):
    study = read_study(file)
    searches, fixed = searches_of(study)
    assert [(one.tuning.spec.problem, one.tuning.spec.optimizer) for one in searches] == [
        (problem, name) for problem in ("sin135", "random-waves") for name in ("adam", "cg")
    ]
    assert {entry.spec.optimizer for entry in fixed} == {"random-search-initial"}
    seen = {spec.seed for spec in study.plan.specs}
    for one in searches:
        assert len(one.specs) == 3 * one.tuning.seeds
        assert not seen & {spec.seed for spec in one.specs}
    waves = searches[2]
    assert {spec.recipe.target for spec in waves.specs} == {24, 25}
    assert [(spec.recipe.target, spec.seed) for spec in waves.final(waves.tuning.spec.method)] == [
        (0, 0),
        (1, 0),
        (2, 0),
    ]
    assert [spec.seed for spec in searches[0].final(searches[0].tuning.spec.method)] == [0, 1]


def test_variants_of_one_optimizer_each_have_their_winner(tmp_path):
    path = tmp_path / "t.toml"
    path.write_text(
        'problems = ["sin135"]\nseeds = 2\nbudget = 30\ntuning = {trials = 2}\n'
        "[optimizers.adam-power]\npower = [0.0, 0.5]\n"
    )
    study = read_study(path)
    searches, fixed = searches_of(study)
    won = [(one, replace(one.tuning.spec.method, lr=0.1 * place)) for place, one in enumerate(searches, 1)]
    path.write_text(tuned_text(study, won, fixed))
    methods = dict.fromkeys(spec.method for spec in read_study(path).plan.specs)
    assert [(method.power, method.lr) for method in methods] == [(0.0, 0.1), (0.5, 0.2)]


PLUGIN = """\
from harness import optimizer

@optimizer("stays")
def stays(f, x0):
    for _ in range(3):
        f(x0)
"""
"""A method without settings."""


@pytest.mark.parametrize(
    ("optimizers", "losses"),
    [
        # what its trials ended with, of each optimizer that has settings, the registered ones first
        (["adam"], [(1.0, 2.0)]),
        (["adam", "cg", "stays"], [(1.0, 1.0), (np.inf, np.inf)]),
        (["stays"], []),
    ],
    ids=["no trial was better", "all trials of one have failed", "nothing to set"],
)
def test_where_nothing_was_better_the_winners_are_the_registered_settings(tmp_path, optimizers, losses):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "stays.py").write_text(PLUGIN)
    path = tmp_path / "own" / "t.toml"
    path.write_text(
        f'problems = ["sin135"]\nseeds = 2\nbudget = 30\ntuning = {{trials = 2, seeds = 1}}\n'
        f'plugins = ["stays.py"]\noptimizers = {json.dumps(optimizers)}\n'
    )
    study = read_study(path)
    searches, fixed = searches_of(study)
    won = []
    for one, ended in zip(searches, losses, strict=True):
        rows = {"run_id": [spec.run_id for spec in one.specs], "best_loss": ended, "status": "budget"}
        method, trials = winner(one, pd.DataFrame(rows))
        assert trials["loss"].tolist() == list(ended)
        won.append((one, method))
    (tmp_path / "won.toml").write_text(tuned_text(study, won, fixed, tmp_path))
    assert set(read_study(tmp_path / "won.toml").plan.specs) == set(study.plan.specs)


def test_a_study_of_methods_without_settings_is_tuned_by_leaving_them_as_they_are(tmp_path, capsys):
    path = tmp_path / "t.toml"
    path.write_text(
        'problems = ["sin135"]\nseeds = 1\nbudget = 30\ntuning = {trials = 2}\noptimizers = ["levenberg-marquardt"]\n'
    )
    assert main(["tune", str(path), "--out", str(tmp_path / "runs")]) == 0
    assert "0 searches of 0 runs" in capsys.readouterr().out
    won = tmp_path / "t-tuned.toml"
    assert read_study(won).plan.specs == read_study(path).plan.specs
    assert list(pd.read_csv(won.with_suffix(".csv"))) == list(TRIALS)
    assert "no optimizer of these parts has settings to search" in " ".join(foretold_searches(read_study(path), 1))


def test_the_file_of_the_winners_is_a_study_of_the_lowest_losses_and_searching_goes_on(file, tmp_path, capsys):
    words = ["tune", str(file), "--jobs", "1", "--out", str(tmp_path / "runs"), "--write", str(tmp_path / "won.toml")]
    assert main(words) == 0
    first = (tmp_path / "won.toml").read_text()
    trials = pd.read_csv(tmp_path / "won.csv")
    runs = Store(tmp_path / "runs").read()["runs"]
    assert len(runs) == 2 * 3 * 2 + 2 * 3 * 3
    won = read_study(tmp_path / "won.toml").plan.specs
    for (problem, name), own in trials.groupby(["problem", "optimizer"]):
        best = own.loc[own["loss"].idxmin()]
        methods = {spec.method for spec in won if (spec.problem, spec.optimizer) == (problem, name)}
        if best["trial"]:
            assert [json.loads(json.dumps(settings_of(method))) for method in methods] == [json.loads(best["settings"])]
        else:
            assert not methods
            assert name in first.split("name =")[0]
    assert "random-search-initial" in first.split("name =")[0]
    assert {spec.recipe.target for spec in won if spec.problem == "random-waves"} == {0, 1, 2}
    # killed in the middle: what is there is not made again
    before = runs.set_index("run_id")["seconds_objective"]
    assert main(words) == 0
    pd.testing.assert_series_equal(
        Store(tmp_path / "runs").read()["runs"].set_index("run_id")["seconds_objective"], before
    )
    assert (tmp_path / "won.toml").read_text() == first
    assert "4 searches of 30 runs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tuning = 3", "tuning is a table"),
        ("tuning = {trials = 0}", "trials of tuning is a whole number of at least 1"),
        ("tuning = {trails = 3}", "Did you mean 'trials'"),
        ("tuning = {problem = 3}", "problem of tuning is a table"),
    ],
)
def test_a_wrong_search_is_told_with_its_line(tmp_path, line, said):
    path = tmp_path / "t.toml"
    path.write_text(f'problems = "sin135"\n{line}\n')
    with pytest.raises(ValueError, match="line 2") as error:
        read_study(path)
    assert said in str(error.value)


def test_what_does_not_go_with_a_file_is_refused(file, tmp_path, capsys):
    assert main(["tune", str(file), "--trials", "3"]) == 2
    assert "leave out --trials" in capsys.readouterr().err
    assert main(["tune", "--problem", "sin135"]) == 2
    assert "Name an optimizer" in capsys.readouterr().err
    assert main(["tune", "--problem", "sin135", "--optimizer", "adam", "--write", "x.toml"]) == 2
    assert "--write goes with the file" in capsys.readouterr().err
    (tmp_path / "none.toml").write_text('problems = "sin135"\n')
    assert main(["tune", str(tmp_path / "none.toml")]) == 2
    assert "asks for no search" in capsys.readouterr().err
    assert tomllib.loads(file.read_text())


def test_targets_of_one_run_each_have_the_mean_and_interval_of_targets_of_equal_runs():
    values = np.array([0.2, 0.5, 0.7, 0.4])
    single, double = of_single_runs(values), population(np.repeat(values, 2), np.repeat(np.arange(4), 2))
    np.testing.assert_allclose(
        [single.mean, single.low, single.high], [double.mean, double.low, double.high], rtol=1e-6
    )
