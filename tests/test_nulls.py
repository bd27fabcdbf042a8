"""Nulls: the order that amplitude alone gives, against what is known by hand; named frequencies; random waves."""

from dataclasses import replace
from math import pi

import numpy as np
import pandas as pd
import pytest

from harness.analysis.nulls import SHARED, null_ends, with_nulls
from harness.run.build import build
from harness.run.spec import RunSpec, find_optimizer, find_problem, override
from harness.study import nulls as kept
from harness.study.making import compare
from harness.study.nulls import keep_nulls, null_table, read_nulls
from problems.base import stackable
from problems.space.random_waves import RandomWaves


def spec(name, **settings):
    return RunSpec(name, override(name, find_problem(name), settings), "gd", find_optimizer("gd"), 0, 100.0)


def nulls(name, **settings):
    table = null_table(name, spec(name, **settings))
    return table[table["threshold"] == 0.1].set_index(["null", "matched_by"])


def test_equal_amplitudes_are_fair():
    table = nulls("sin135")
    assert len(table) == 6
    for null in ("white", "white-renewed", "shrinking"):
        row = table.loc[(null, "cost")]
        assert row["low"] < 0.5 < row["high"]
        assert row["spread"] == pytest.approx(1.0, abs=0.2)


def test_rising_amplitudes_look_high_first_and_their_exponent_is_that_of_the_amplitudes():
    """Amplitude (2 + 0.2 k) / 10 rises from 0.1 to 1.0 over k = 5 to 50: hits at cost |w_k| / (0.1 |f_k|)."""
    table = nulls("ten-tones-rising", network="1-4-1")
    row = table.loc[("white", "cost")]
    assert row["concordance"] == pytest.approx(0.2, abs=0.05)
    assert row["spread"] == pytest.approx(0.1, rel=0.5)
    k = np.arange(5, 55, 5)
    assert row["exponent"] == pytest.approx(-np.polyfit(np.log(k), np.log(np.linspace(0.1, 1, 10)), 1)[0], abs=0.15)
    assert table.loc[("shrinking", "cost")]["concordance"] == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(
    ("name", "settings"), [("image", {"size": "16x16", "network": "2-4-1"}), ("solid", {"cells": 8})]
)
def test_a_learner_without_preference_is_called_low_first_on_natural_spectra(name, settings):
    row = nulls(name, **settings).loc[("white", "cost")]
    assert row["concordance"] > 0.97
    assert row["spread"] > 3


def test_the_spread_of_white_noise_on_two_waves_is_the_ratio_of_their_amplitudes():
    """Hits at |w_k| / |f_k|: the median of the ratio is that of the amplitudes, 4, as |w_5| / |w_1| has median 1."""
    row = nulls("target", target="4*sin(x)+sin(5*x)", network="1-4-1").loc[("white", "cost")]
    assert row["spread"] == pytest.approx(4, rel=0.45)
    assert row["concordance"] > 0.8


def test_nulls_are_the_same_each_time_and_do_not_depend_on_the_method():
    one = null_table("sin15", spec("sin15"))
    other = null_table("sin15", replace(spec("sin15"), optimizer="adam", method=find_optimizer("adam"), seed=3))
    assert one.equals(other)


def test_a_problem_of_one_frequency_has_no_null():
    assert null_table("tone", spec("tone")).empty


@pytest.mark.parametrize(
    "name", ["helmholtz-2d", "heat", "burgers", "allen-cahn", "poisson-grid", "solid", "image-rgb"]
)
def test_whatever_is_watched_at_two_frequencies_has_nulls(name):
    made = null_table(name, spec(name))
    assert set(made["null"]) == {"white", "white-renewed", "shrinking"}
    assert np.isfinite(made[made["matched_by"] == "cost"]["concordance"]).all()


def test_a_study_keeps_its_nulls(tmp_path):
    settings = {"settings": {"problem": {"watch": "1,5"}}, "network": "1-4-1", "budget": 30}
    results = compare("sin135", ["gd"], 1, out=tmp_path, **settings)
    assert set(results.nulls["null"]) == {"white", "white-renewed", "shrinking"}
    assert results.nulls["problem_settings"].unique().tolist() == results.runs["problem_settings"].unique().tolist()
    assert set(results.spectra["frequency"]) == {1.0, 5.0}


def test_nulls_of_another_version_are_not_read_and_are_made_again(tmp_path, monkeypatch):
    keep_nulls(tmp_path, [spec("sin135", network="1-4-1")])
    made = (tmp_path / kept.FILE).read_text()
    assert len(read_nulls(tmp_path)) > 0
    # before versions were written down there was one
    (tmp_path / kept.FILE).write_text(made.replace(f'"version":{kept.VERSION},', ""))
    assert read_nulls(tmp_path).empty
    (tmp_path / kept.FILE).write_text(made)
    monkeypatch.setattr(kept, "VERSION", kept.VERSION + 1)
    assert read_nulls(tmp_path).empty
    keep_nulls(tmp_path, [spec("sin15", network="1-4-1")])
    assert set(read_nulls(tmp_path)["problem"]) == {"sin15"}


def test_nulls_that_could_not_be_made_are_made_the_next_time(tmp_path, monkeypatch):
    def starved(problem, spec):
        raise MemoryError(problem, spec)

    with monkeypatch.context() as patch:
        patch.setattr(kept, "null_table", starved)
        keep_nulls(tmp_path, [spec("sin135", network="1-4-1")])
    assert read_nulls(tmp_path).empty
    keep_nulls(tmp_path, [spec("sin135", network="1-4-1")])
    assert set(read_nulls(tmp_path)["problem"]) == {"sin135"}


@pytest.mark.parametrize(
    ("name", "settings", "wanted"),
    [
        ("sin135", {"watch": "5,1"}, [1, 5]),
        ("image", {"watch": "0,1,6", "size": "16x16"}, [0, 1.207, 6.09]),
        ("poisson", {"watch": "6.283185307179586"}, [2 * pi]),
        ("digits-pca", {"watch": "0.3,0.5", "n_train": "200"}, [0.3, 0.5]),
    ],
)
def test_frequencies_may_be_named_on_any_problem(name, settings, wanted):
    assert build(spec(name, **settings)).probes[0].frequency == pytest.approx(wanted, abs=0.05)


@pytest.mark.parametrize(
    ("name", "settings", "sentence"),
    [
        ("sin135", {"watch": "2"}, "The target has nothing at k = 2"),
        ("sin135", {"watch": "a"}, "separated by commas, such as 1,5; got 'a'"),
        ("sin135", {"watch": "-1"}, "numbers from 0"),
        ("image", {"watch": "400"}, "No wave vector of this problem has a length near 400"),
        ("poisson", {"watch": "1"}, "Sine modes here are multiples of 1.5708"),
        ("random-waves-2d", {"watch": "1"}, "it takes no others"),
        ("digits", {"watch": "all"}, "watch must be one of grid, peaks, steps, or frequencies; got all"),
        ("random-waves", {"waves": "9"}, "there are 8 from 1 to 8 in 1 dimension"),
        ("random-waves", {"samples": "16"}, "must exceed twice the highest; got 16"),
        ("random-waves", {"target": "-2"}, "target must be a number from 0"),
        ("random-waves", {"quietest": "0"}, "quietest must be above 0"),
    ],
)
def test_what_cannot_be_watched_or_drawn_is_refused_with_the_rule(name, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(spec(name, **settings))


@pytest.mark.parametrize(("dimension", "samples"), [(1, 201), (2, 20), (3, 10)])
def test_random_waves_have_the_spectrum_that_was_drawn(dimension, samples):
    recipe = RandomWaves(dimension=dimension, samples=samples, highest=4, quietest=0.2, network=f"{dimension}-4-1")
    problem = recipe.build(np.random.default_rng(5))
    (probe,) = problem.probes
    spectrum = np.abs(np.fft.fftn(problem.targets.reshape([samples] * dimension), norm="forward")).ravel()
    found = np.sort(spectrum[spectrum > 1e-9])
    np.testing.assert_allclose(found, np.sort(probe.target_amplitude.repeat(2)), rtol=1e-9)
    assert (np.diff(probe.frequency) > 0).all()
    assert probe.power_share == pytest.approx(1)


def test_runs_of_one_target_share_it_and_others_do_not():
    def targets(seed, **settings):
        return build(replace(spec("random-waves", **settings), seed=seed)).targets

    assert (targets(0, target=3) == targets(1, target=3)).all()
    assert (targets(0, target=3) != targets(0, target=4)).any()
    assert (targets(0) != targets(1)).any()


def test_targets_of_a_population_are_lanes_of_one_batch():
    recipes = [RandomWaves(target=number) for number in range(3)]
    assert len({recipe.lane_group for recipe in recipes}) == 1
    assert stackable([recipe.build(np.random.default_rng(0)) for recipe in recipes])


def test_the_null_to_beat_is_the_one_that_goes_furthest_the_way_of_what_was_found():
    place = dict.fromkeys(SHARED, "x")
    found = pd.DataFrame(
        [
            place | {"optimizer": name, "settings": "{}", "matched_by": clock, "concordance": c}
            for name, c in (("low", 0.9), ("high", 0.1), ("neither", 0.5))
            for clock in ("cost", "loss")
        ]
    ).assign(spread_low=[1.0, 2.0] * 3, spread_high=[3.0, 4.0] * 3)
    known = pd.DataFrame(
        [
            place | {"matched_by": clock, "null": null, "concordance": c, "spread": spread}
            for clock, null, c, spread in (
                ("cost", "white", 0.6, np.nan),
                ("cost", "shrinking", 0.4, np.nan),
                ("loss", "white", 0.7, 2.0),
                ("loss", "shrinking", 0.3, 0.5),
            )
        ]
    )
    rows = with_nulls(found, known).set_index(["optimizer", "matched_by"])
    assert rows["null_concordance"].to_dict() == {
        ("low", "cost"): 0.6,
        ("low", "loss"): 0.7,
        ("high", "cost"): 0.4,
        ("high", "loss"): 0.3,
        # at one half a null that goes low is the one to beat
        ("neither", "cost"): 0.4,
        ("neither", "loss"): 0.3,
    }
    # spreads by loss alone, whatever the clock of the row: of its own interval too
    assert rows["null_spread"].tolist() == [2.0, 2.0, 0.5, 0.5, 0.5, 0.5]
    assert (rows["null_low"].unique().tolist(), rows["null_high"].unique().tolist()) == ([2.0], [4.0])
    assert with_nulls(found, known.iloc[:0])[["null_concordance", "null_spread"]].isna().all(axis=None)


def test_without_an_order_there_is_no_end_of_the_nulls_to_beat():
    place = dict.fromkeys(SHARED, "x") | {"matched_by": "cost"}
    found = pd.DataFrame([place | {"optimizer": "gd", "settings": "{}", "concordance": np.nan}])
    known = pd.DataFrame([place | {"concordance": share, "spread": 1.0} for share in (0.4, 0.6)])
    rows = with_nulls(found.assign(spread_low=1.0, spread_high=2.0), known)
    assert rows["null_concordance"].isna().all()
    assert null_ends(found, known, "concordance").iloc[0].tolist() == [0.4, 0.6]


def test_a_null_of_another_problem_or_of_cost_alone_is_no_spread_to_beat():
    place = dict.fromkeys(SHARED, "x")
    found = pd.DataFrame([place | {"optimizer": "gd", "settings": "{}", "matched_by": "cost", "concordance": 0.9}])
    found = found.assign(spread_low=1.0, spread_high=2.0)
    known = pd.DataFrame(
        [
            place | {"matched_by": "cost", "concordance": 0.6, "spread": 9.0},
            place | {"matched_by": "loss", "concordance": 0.7, "spread": 8.0, "problem": "other"},
        ]
    )
    row = with_nulls(found, known).iloc[0]
    assert row["null_concordance"] == 0.6
    assert np.isnan(row["null_spread"])
