"""The point of a run that is judged is one for all, asked for, recorded and said."""

import numpy as np
import pandas as pd
import pytest

from harness import load, plan
from harness.analysis.hits import find_hits
from harness.analysis.incumbents import as_declared, judged_at
from harness.analysis.order import order_table
from harness.cli import main
from harness.run.runner import run_lanes
from harness.tables import frame

QUICK = ["--problem", "control-low", "--optimizers", "adam", "--seeds", "1", "--jobs", "1"]


def of_one_run():
    """A run whose best point falls to the threshold at cost 4, and whose last one goes up again until cost 16."""
    costs = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    best, last = np.array([1, 0.5, 0.05, 0.05, 0.05, 0.05]), np.array([1, 0.5, 0.5, 0.9, 0.09, 0.09])
    zeros = dict.fromkeys(("values", "gradients", "hvps", "jacobians", "seconds", "test_loss", "test_loss_last"), 0.0)
    mark = np.arange(6)
    curves = frame(
        "curves", {"run_id": "r", "mark": mark, "cost": costs, **zeros, "loss": best**2, "loss_last": last**2}
    )
    about = {"run_id": "r", "mark": mark, "cost": costs, "probe": "fourier", "component": 0, "frequency": 1.0}
    spectra = frame(
        "spectra",
        {
            **about,
            "target_amplitude": 1.0,
            "amplitude": 0.0,
            "amplitude_last": 0.0,
            "error": best,
            "error_last": last,
            "predicted_error": np.nan,
        },
    )
    runs = pd.DataFrame({"run_id": ["r"], "problem": ["p"], "optimizer": ["o"], "seed": [0]})
    return runs, curves, spectra


def test_hits_are_those_of_the_best_point_or_of_the_last():
    best, last = (find_hits(*of_one_run(), (0.1,), incumbent).iloc[0] for incumbent in ("best", "last"))
    assert 2 < best["cost"] <= 4
    assert 8 < last["cost"] <= 16
    share = np.log(2) / (np.log(2) - np.log(0.9))  # errors above twice the threshold count as twice
    assert last["cost"] == pytest.approx(8 * 2**share)
    assert last["loss"] == pytest.approx(0.9 ** (2 - 2 * share) * 0.09 ** (2 * share))


def test_the_other_point_takes_the_place_of_the_one_that_is_judged():
    _, curves, spectra = of_one_run()
    for part in (curves, spectra):
        pd.testing.assert_frame_equal(judged_at(judged_at(part, "last"), "last"), part)
        pd.testing.assert_frame_equal(judged_at(part, "best"), part)
    with pytest.raises(ValueError, match="The incumbent is best or last; got 'mean'"):
        judged_at(curves, "mean")


def test_the_words_judge_the_point_that_is_asked_for(tmp_path, capsys):
    folder = tmp_path / "study"
    words = [*QUICK, "--set", "adam.lr=0.5", "--budget", "90", "--out", str(folder)]
    assert main(["compare", *words, "--incumbent", "last"]) == 0
    assert "at the last point" in " ".join(capsys.readouterr().out.split())
    as_made, best = load(folder), load(folder, "best")
    assert set(as_made.order["incumbent"]) == {"last"}
    assert set(best.order["incumbent"]) == {"best"}
    expected = find_hits(best.runs, *(judged_at(part, "last") for part in (best.curves, best.spectra)))
    pd.testing.assert_frame_equal(as_made.hits, expected)
    swapped = as_declared(as_made.tables)
    order = order_table(swapped["runs"], swapped["curves"], swapped["spectra"], as_made.hits, as_made.nulls)
    pd.testing.assert_frame_equal(as_made.order.drop(columns="incumbent"), order.drop(columns="incumbent"))
    assert main(["order", str(folder), "--incumbent", "best"]) == 0
    assert main(["compare", *words]) == 0
    assert set(load(folder).order["incumbent"]) == {"best"}
    one = ["--problem", "control-low", "--optimizer", "adam", "--budget", "30", "--out", str(tmp_path / "one")]
    assert main(["run", *one, "--incumbent", "last"]) == 0
    assert set(load(tmp_path / "one").order["incumbent"]) == {"last"}


MEAN_FIELD = {"init": "mean-field", "network": "1-200-1", "budget": 3000}


def test_steps_proportional_to_gradients_grow_with_the_width_of_a_mean_field_network():
    planned = plan("sin135", ["gd", "sgd", "adam"], 1, **MEAN_FIELD)
    lengths = {spec.optimizer: spec.method.lr for spec in planned.specs}
    assert lengths == pytest.approx({"gd": 200 * 0.05, "sgd": 200 * 0.02, "adam": 3e-3})
    assert "Steps of gd, sgd are 200 times as long" in planned.understood[-1]
    own = plan("sin135", ["gd"], 1, settings={"gd": {"lr": 0.05}}, **MEAN_FIELD)
    assert [spec.method.lr for spec in own.specs] == [0.05]
    assert not any("times as long" in note for note in own.understood)
    elsewhere = plan("sin135", ["gd"], 1, init="ntk", network="1-200-1", budget=3000)
    assert elsewhere.specs[0].method.lr == 0.05


def test_a_mean_field_network_is_trained_by_gradient_descent():
    """With the usual step of 0.05 the loss hardly falls below the half of the target's power that k = 1 leaves."""
    trained, before = (
        [tables["runs"]["best_loss"].item() for tables in run_lanes(plan("sin135", ["gd"], 2, **given).specs)]
        for given in (MEAN_FIELD, {**MEAN_FIELD, "settings": {"gd": {"lr": 0.05}}})
    )
    assert max(trained) < 0.5 * min(before)
