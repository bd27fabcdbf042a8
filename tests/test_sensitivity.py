"""Verdicts at several costs of a gradient, recomputed from the counts of the curves."""

import shutil

import numpy as np
import pytest

from harness import Watch
from harness.analysis.asked.sensitivity import reprice, sensitivity
from harness.cli import main
from harness.study.comparison import load
from harness.study.making import compare


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "out"
    compare("control-low", ["gd", "powell", "levenberg-marquardt"], 2, out=folder, budget=600)
    return load(folder)


def test_costs_are_priced_anew_from_the_counts(study):
    for price in (1.0, 5.0):
        curves = reprice(study.tables, price)[0].merge(study.runs[["run_id", "optimizer"]], on="run_id")
        gd = curves[curves["optimizer"] == "gd"]
        np.testing.assert_allclose(gd["cost"], price * gd["gradients"])
        powell = curves[curves["optimizer"] == "powell"]
        np.testing.assert_allclose(powell["cost"], powell["values"])
        mixed = curves[curves["optimizer"] == "levenberg-marquardt"]
        np.testing.assert_allclose(mixed["cost"], mixed["values"] + price * mixed["jacobians"])


def test_at_the_price_of_the_study_nothing_changes_but_the_cut(study):
    curves, spectra, cut = reprice(study.tables, 3.0)
    own = study.curves[study.curves["cost"] <= cut]
    np.testing.assert_allclose(curves["cost"], own["cost"])
    assert set(spectra["mark"]) == set(own["mark"])


def test_all_are_judged_up_to_a_cost_that_all_have_reached(study):
    for price in (1.0, 3.0, 5.0):
        curves, spectra, cut = reprice(study.tables, price)
        assert curves["cost"].max() <= cut * (1 + 1e-9)
        assert spectra["cost"].max() <= cut * (1 + 1e-9)
        assert set(curves["run_id"]) == set(study.runs["run_id"])


def test_a_method_of_which_every_run_failed_does_not_end_the_others(study):
    failed = set(study.runs[study.runs["optimizer"] == "gd"]["run_id"])
    curves = study.curves[~(study.curves["run_id"].isin(failed) & (study.curves["mark"] > 0))]
    status = study.runs["status"].where(~study.runs["run_id"].isin(failed), "failed")
    tables = {**study.tables, "runs": study.runs.assign(status=status), "curves": curves}
    assert reprice(tables, 3.0)[2] > 300
    all_failed = {**tables, "runs": study.runs.assign(status="failed")}
    assert reprice(all_failed, 3.0)[2] < 10


def test_loops_that_were_watched_have_no_other_price(study, tmp_path, monkeypatch, capsys):
    shutil.copytree(study.folder, tmp_path / "both")
    monkeypatch.chdir(tmp_path)
    with Watch(
        "both", out=tmp_path / "both", problem="control-low", optimizer="own-loop", unit="passes", cost=3
    ) as watch:
        for step in range(200):
            watch(step, lambda left=0.9**step: watch.targets + left)
    assert main(["order", "--from", "both"]) == 0
    said = capsys.readouterr().out
    table = said.index("for several costs of a gradient")
    assert "own-loop" in said[:table]
    assert "as the loops told it" in said[:table]
    assert "own-loop" not in said[table:]
    assert "0 of 3" in said[table:]


def test_the_table_has_a_row_for_each_price_and_configuration(study):
    rows = sensitivity(study.tables, (1.0, 3.0))
    assert rows.groupby("cost_per_gradient")["optimizer"].apply(set).map(len).to_dict() == {1.0: 3, 3.0: 3}
    assert set(rows["verdict"]) == {"too few runs"}
    cheap, dear = (rows[rows["cost_per_gradient"] == price]["cut_cost"].iloc[0] for price in (1.0, 3.0))
    assert cheap < dear


def test_a_price_must_be_positive(study):
    with pytest.raises(ValueError, match=r"positive number; got 1.0, -2.0"):
        sensitivity(study.tables, (1.0, -2.0))


def test_the_command_prints_and_writes_the_table(study, capsys):
    assert main(["order", "--from", str(study.folder), "--cost-per-gradient", "1,3"]) == 0
    assert "verdicts that depend on the cost of a gradient" in capsys.readouterr().out
    assert (study.folder / "sensitivity.csv").exists()
    assert main(["order", "--from", str(study.folder), "--cost-per-gradient", "1,x"]) == 2
    assert main(["order", "--from", "nowhere"]) == 2


def test_which_method_sets_the_cut_is_in_the_table_and_told(study, capsys):
    rows = sensitivity(study.tables, (1.0, 5.0))
    last = study.curves.sort_values("mark").groupby("run_id").last()
    last = last.join(study.runs.set_index("run_id")["optimizer"])
    for price in (1.0, 5.0):
        ends = (last["values"] + price * (last["gradients"] + last["jacobians"])).groupby(last["optimizer"]).max()
        own = rows[rows["cost_per_gradient"] == price]
        assert set(own.loc[own["sets_cut"], "optimizer"]) == set(ends[ends == ends.min()].index)
        assert own["sets_cut"].sum() < len(own)
        assert own["cut_cost"].eq(ends.min()).all()
    assert main(["order", str(study.folder), "--cost-per-gradient", "1,5"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for price in (1, 5):
        (first,) = rows[(rows["cost_per_gradient"] == price) & rows["sets_cut"]]["optimizer"].unique()
        assert f"c = {price}: {first}" in said


@pytest.mark.parametrize("asked", [["--cost-per-gradient", "3"], ["--robust"]], ids=["prices", "choices"])
def test_verdicts_that_no_null_was_held_against_say_so(study, capsys, asked):
    assert main(["order", str(study.folder), *asked]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "these verdicts are not held against what amplitude alone would give" in said
