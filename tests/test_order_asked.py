"""What `harness order` answers beside the verdicts: against a method, other choices, targets, the residual."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.mixed_linear_model import MixedLM

from harness import compare
from harness.analysis.asked.against import against
from harness.analysis.asked.robustness import PRIMARY, agreement_of_choices, robustness
from harness.analysis.asked.targets import measured, over_targets, population, run_values
from harness.analysis.asked.trials import best_trials, verdicts_of_trials
from harness.analysis.order import order_table
from harness.analysis.residuals import residual_order
from harness.cli import main
from harness.tables import SCHEMA, empty, frame

BLANK = {"str": "x", "int64": 0, "float64": 0.0, "bool": False}


def learned(optimizer, costs, problem_settings="{}"):
    """Runs and hits of one optimizer at these costs `(runs, frequencies)`; inf is censored at 1e6."""
    costs = np.asarray(costs, float)
    runs, frequencies = costs.shape
    ids = [f"{optimizer}-{problem_settings}-{seed}" for seed in range(runs)]
    who = {"optimizer": optimizer, "settings": "{}", "problem_settings": problem_settings}
    columns = {name: BLANK[kind] for name, kind in SCHEMA["runs"].items()}
    of_hits = {name: BLANK[kind] for name, kind in SCHEMA["hits"].items()}
    known = {"run_id": np.repeat(ids, frequencies), "optimizer": optimizer, "threshold": 0.1}
    known["frequency"] = np.tile(2.0 ** np.arange(frequencies), runs)
    known |= {"cost": np.where(np.isinf(costs), 1e6, costs).ravel(), "censored": np.isinf(costs).ravel()}
    # a loss of its own for each, as runs that are alike to the last digit are one
    own = {"seed": np.arange(runs), "last_loss": 0.5 ** np.arange(runs)}
    return frame("runs", {**columns, "run_id": ids, **who, **own}), frame("hits", {**of_hits, **known})


def study_of(*parts):
    runs, hits = (pd.concat(group, ignore_index=True) for group in zip(*parts, strict=True))
    return {"runs": runs, "hits": hits, "curves": empty("curves"), "spectra": empty("spectra")}


def test_a_ratio_of_spreads_is_the_median_over_seeds_of_the_ratios_of_a_seed():
    speed = np.array([[1.0], [7.0], [0.3], [2.0], [90.0]])
    steep = np.array([[16.0], [15.0], [17.0], [16.0], [16.5]])
    tables = study_of(
        learned("adam", np.hstack([speed, speed * 4, speed * steep])),
        learned("momentum", np.hstack([speed, speed * 2, speed * steep / 4])),
    )
    row = against(tables, "adam").iloc[0]
    assert (row["optimizer"], row["n_pairs"]) == ("momentum", 5)
    assert [row["spread_ratio"], row["spread_low"], row["spread_high"]] == pytest.approx([0.25] * 3)
    assert row["spread_p"] == pytest.approx(1 / 16)
    assert row["exponent_ratio"] == pytest.approx(0.5, abs=0.02)
    assert row["exponent_low"] < row["exponent_ratio"] < row["exponent_high"]
    assert row["sentence"].startswith("momentum has 0.25 [0.25, 0.25] times adam's spread (p = 0.062) and 0.5 [")
    assert "] times its exponent (p = " in row["sentence"]


def test_a_ratio_that_is_not_known_is_laid_to_neither_method_alone():
    tables = study_of(learned("adam", [[1, 2, np.inf]] * 6), learned("gd", [[1, 2, np.inf]] * 6))
    (sentence,) = against(tables, "adam")["sentence"]
    assert sentence == "Of gd and adam, one or both have learned too few frequencies for their spreads to be compared."


def test_a_censored_spread_is_compared_by_its_bound():
    tables = study_of(learned("adam", [[1, 2, 4]] * 6), learned("gd", [[1, 2, np.inf]] * 6))
    row = against(tables, "adam").iloc[0]
    assert (row["spread_bound"], row["spread_ratio"], row["spread_high"]) == (">=", pytest.approx(1e6 / 4), np.inf)
    assert "at least" in row["sentence"]


def test_two_bounds_on_the_same_side_say_nothing_about_the_sign():
    tables = study_of(learned("adam", [[1, 2, np.inf]] * 5), learned("gd", [[1, 4, np.inf]] * 5))
    row = against(tables, "adam").iloc[0]
    assert (row["spread_p"], np.isnan(row["spread_ratio"])) == (1.0, True)


def test_runs_are_paired_by_seed_and_not_by_place():
    """Each seed of adam has a steepness of its own, and momentum twice that; its seeds begin one later."""
    steep = np.array([0.5, 1.0, 1.5, 3.0, 4.0, 2.0])[:, None]
    wave = np.array([0.0, 1.0, 2.0])
    runs, hits = learned("momentum", 2.0 ** (2 * steep[1:] * wave))
    later = runs.assign(seed=runs["seed"] + 1), hits
    row = against(study_of(learned("adam", 2.0 ** (steep * wave)), later), "adam").iloc[0]
    own = 2.0 ** (2 * steep[1:, 0])
    assert row["n_pairs"] == 5
    assert [row["spread_ratio"], row["spread_low"], row["spread_high"]] == pytest.approx(
        [np.median(own), own.min(), own.max()]
    )


def test_of_exponents_that_are_nearly_proportional_in_every_run_the_ratio_is_nearly_certain():
    steep = np.array([0.5, 1.0, 1.5, 3.0, 4.0])[:, None]
    nearly = 0.01 * np.array([1.0, -1.0, 0.5, -1.0, 0.5])[:, None]
    wave = np.array([0.0, 1.0, 2.0])
    row = against(
        study_of(learned("adam", 2.0 ** (steep * wave)), learned("gd", 2.0 ** ((2 * steep + nearly) * wave))), "adam"
    ).iloc[0]
    assert [row["exponent_low"], row["exponent_ratio"], row["exponent_high"]] == pytest.approx([2.0] * 3, abs=0.02)


def test_a_method_that_was_not_run_cannot_be_compared_with():
    with pytest.raises(ValueError, match=r"no optimizer 'sgd' to compare with\. Choose from: adam"):
        against(study_of(learned("adam", [[1, 2]] * 5)), "sgd")


@pytest.mark.filterwarnings("ignore")  # of the library's own optimizer, at the edge of its parameters
@pytest.mark.parametrize("seed", range(4))
def test_the_two_levels_of_targets_and_runs_are_those_of_statsmodels(seed):
    rng = np.random.default_rng(seed)
    target = np.repeat(np.arange(8), rng.integers(2, 7, 8))
    values = 1.5 + (0.8 * rng.normal(size=8))[target] + 0.5 * rng.normal(size=len(target))
    theirs = MixedLM(values, np.ones(len(values)), groups=target).fit(reml=True)
    ours = population(values, target)
    assert ours.mean == pytest.approx(theirs.fe_params[0], abs=1e-4)
    assert ours.between**2 == pytest.approx(float(theirs.cov_re[0, 0]), rel=1e-2)
    assert ours.within**2 == pytest.approx(theirs.scale, rel=1e-2)


def test_with_as_many_runs_of_each_the_interval_is_students_t_of_the_means_of_targets():
    values = np.array([[1.0, 1.2, 0.8], [2.0, 2.5, 1.5], [0.5, 0.0, 1.0], [3.0, 3.1, 2.9]])
    found = population(values.ravel(), np.repeat(np.arange(4), 3))
    means = values.mean(axis=1)
    half = 3.182446305 * means.std(ddof=1) / 2
    assert [found.low, found.high] == pytest.approx([means.mean() - half, means.mean() + half])
    assert (found.smallest, found.largest, found.n_targets, found.n_runs) == (0.5, 3.0, 4, 12)


def test_targets_that_do_not_differ_have_no_spread_between_them():
    values = np.tile([0.0, 1.0], 6)
    assert population(values, np.repeat(np.arange(6), 2)).between == 0.0
    with pytest.raises(ValueError, match="two runs or more"):
        population(np.arange(3.0), np.arange(3))


def test_the_interval_of_the_mean_over_targets_covers_it():
    """Targets differ by as much as runs: 95 % intervals of the mean over six targets, 400 times."""
    rng, covered = np.random.default_rng(0), []
    for _ in range(400):
        values = rng.normal(size=(6, 1)) + rng.normal(size=(6, 4))
        found = population(values.ravel(), np.repeat(np.arange(6), 4))
        covered.append(found.low <= 0 <= found.high)
    assert 0.93 <= np.mean(covered) <= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("targets", [6, 24])
@pytest.mark.parametrize("centre", [0.5, 0.8, 0.98])
@pytest.mark.parametrize("runs", [1, 8])
def test_the_interval_of_c_over_targets_covers_it_and_has_a_width(runs, centre, targets):
    """Targets whose C is drawn from a Beta law, each with runs of three pairs, 200 times."""
    rng, covered = np.random.default_rng([runs, round(100 * centre), targets]), []
    of_target = np.repeat(np.arange(targets), runs)
    rows = pd.DataFrame({"problem": "waves", "problem_settings": of_target, "measure": "concordance", "pairs": 3.0})
    for _ in range(200):
        own = rng.beta(4 * centre, 4 * (1 - centre), targets)
        found = measured(rows.assign(value=rng.binomial(3, own[of_target]) / 3))
        assert found.high - found.low > 0.02
        covered.append(found.low <= centre <= found.high)
    assert np.mean(covered) >= 0.93


def test_a_study_of_several_targets_is_told_over_them():
    parts = [learned("adam", [[1, 2, ratio]] * 3, f'{{"k":{ratio}}}') for ratio in (4, 8, 16)]
    rows = over_targets(study_of(*parts)).set_index("measure")
    assert np.exp(rows.loc["log spread", "mean"]) == pytest.approx(8.0)
    assert rows.loc["log spread", ["n_targets", "n_runs"]].tolist() == [3, 9]
    assert rows.loc["concordance", "mean"] == 1.0
    # by hand: 9 pairs a target, and a fourth target of which half are concordant
    error = np.sqrt((3 * (9 - 7.875) ** 2 + (4.5 - 7.875) ** 2) / (3 * 4)) / 9
    low = 0.875 - 4.30265 * error - 0.5 / 27
    assert rows.loc["concordance", ["low", "high"]].tolist() == pytest.approx([max(low, 0), 1.0], abs=1e-5)
    with pytest.raises(ValueError, match="several targets"):
        over_targets(study_of(parts[0]))


def test_a_run_of_which_the_lowest_was_not_hit_counts_with_the_bound_of_its_spread():
    values = run_values(study_of(learned("gd", [[np.inf, 2, 4], [1, 2, 4]])))
    spreads = values[values["measure"] == "log spread"]
    np.testing.assert_allclose(np.exp(spreads["value"]), [4e-6, 4.0])
    assert spreads["bound"].tolist() == ["<=", ""]


@pytest.mark.parametrize(
    ("bounds", "ends"),
    [([""] * 6, [True, True]), ([">=", *[""] * 5], [True, False]), (["", "<="] * 3, [False, True])],
)
def test_the_mean_of_bounds_has_an_interval_that_is_open_on_their_side(bounds, ends):
    rows = pd.DataFrame({"problem": "waves", "problem_settings": [*"aabbcc"], "measure": "log spread"})
    found = measured(rows.assign(value=[1.0, 2.0, 2.0, 3.0, 1.0, 3.0], bound=bounds, pairs=3.0))
    assert np.isfinite([found.low, found.high]).tolist() == ends
    assert found.mean == pytest.approx(2.0)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "out"
    settings = {"gd": {"lr": 1.0}, "momentum": {"lr": 0.5}}
    return compare("control-low", ["gd", "momentum"], 5, out=folder, budget=3000, settings=settings)


def test_each_choice_is_varied_alone_and_agreement_is_counted(study):
    rows = robustness(study.tables)
    assert {"primary", "threshold", "price of a gradient", "budget", "clock"} <= set(rows["choice"])
    assert not rows.duplicated(["optimizer", "choice", "value"]).any()
    assert rows.loc[rows["choice"] == PRIMARY, "agrees"].all()
    shares = agreement_of_choices(rows)
    own = rows[(rows["optimizer"] == "gd") & (rows["choice"] != PRIMARY)]
    gd = shares[shares["optimizer"] == "gd"].iloc[0]
    assert (gd["choices"], gd["agreeing"]) == (len(own), own["agrees"].mean())
    early = rows[(rows["optimizer"] == "gd") & (rows["value"] == "1/8")]["spread_bound"].item()
    assert early == ">="


def test_the_price_that_was_declared_is_no_other_choice(study):
    def prices(tables):
        rows = robustness(tables)
        varied = rows[rows["choice"] == "price of a gradient"]
        return {name: own["value"].tolist() for name, own in varied.groupby("optimizer")}

    assert prices(study.tables) == {"gd": ["1", "2", "4", "5"], "momentum": ["1", "2", "4", "5"]}
    # a study of two prices, and a configuration that was run at both
    runs = study.runs
    own = runs["cost_per_gradient"].where(runs["optimizer"] != "gd", 2.0)
    of_two = {**study.tables, "runs": runs.assign(cost_per_gradient=own)}
    assert prices(of_two) == {"gd": ["1", "3", "4", "5"], "momentum": ["1", "2", "4", "5"]}
    of_both = runs.assign(cost_per_gradient=own.where(runs["seed"] != 0, 3.0))
    assert prices({**study.tables, "runs": of_both})["gd"] == ["1", "2", "3", "4", "5"]
    # the costs of a watched loop are as it told them, and no price of a gradient changes them
    of_loop = runs.assign(engine=runs["engine"].where(runs["optimizer"] != "gd", "watched"))
    assert prices({**study.tables, "runs": of_loop}) == {"momentum": ["1", "2", "4", "5"]}


def test_the_page_counts_the_choices_as_they_are(study):
    choices = agreement_of_choices(robustness(study.tables))["choices"].unique().tolist()
    page = (Path(__file__).parents[1] / "docs" / "statistics.md").read_text()
    assert re.findall(r"all (\d+) choices agree", page) == [str(count) for count in choices]


def test_a_residual_that_shrinks_evenly_has_no_order_in_units_of_its_start(study):
    spectra = study.spectra.copy()
    even = spectra.groupby("mark")["error"].transform("min")
    first = spectra[spectra["mark"] == 0].set_index(["run_id", "frequency"])["error"]
    keys = pd.MultiIndex.from_frame(spectra[["run_id", "frequency"]])
    even = even.to_numpy() * first.loc[keys].to_numpy()
    rows = residual_order({**study.tables, "spectra": spectra.assign(error=even)}).set_index("unit")
    np.testing.assert_allclose(rows.loc["its start", "concordance"], 0.5, atol=1e-9)
    real = residual_order(study.tables).set_index(["unit", "optimizer"])
    assert real.loc[("its start", "gd"), "concordance"] > 0.9


@pytest.mark.parametrize("lacking", ["curves", "spectra"])
def test_a_residual_is_not_told_of_runs_without_curves(study, lacking):
    rows = study.tables[lacking]
    for left in (rows[:0], rows[rows["run_id"] != rows["run_id"].iloc[0]]):
        with pytest.raises(ValueError, match=r"these tables have none of \d+ of \d+ runs. Make the study again"):
            residual_order({**study.tables, lacking: left})
    with pytest.raises(ValueError, match="Nothing was measured in this study"):
        residual_order({name: table[:0] for name, table in study.tables.items()})


def test_the_command_answers_each_question_and_writes_its_table(study, capsys):
    asked = {"--robust": "robustness", "--residual": "residuals"}
    for word, name in asked.items():
        assert main(["order", "--from", str(study.folder), word]) == 0
        assert (study.folder / f"{name}.csv").exists()
    assert (study.folder / "robustness.png").exists()
    assert main(["order", "--from", str(study.folder), "--against", "gd"]) == 0
    assert "times gd's spread" in capsys.readouterr().out
    assert main(["order", "--from", str(study.folder), "--samplers"]) == 2
    assert "holds no sampler to compare with" in capsys.readouterr().err
    assert main(["order", "--from", str(study.folder), "--theory"]) == 0
    assert "unknown 5" in capsys.readouterr().out
    assert main(["order", "--from", str(study.folder), "--against", "sgd"]) == 2
    assert main(["order", "--from", str(study.folder), "--targets"]) == 2
    assert "several targets" in capsys.readouterr().err


def test_a_concordance_that_no_run_has_is_not_printed(tmp_path, capsys):
    compare("sin135", ["gd"], seeds=5, budget=6, out=tmp_path / "short", marks=3)
    assert main(["order", str(tmp_path / "short")]) == 0
    said = capsys.readouterr().out
    assert "too few hits, " in said
    assert "nan" not in said


def test_a_search_is_told_by_the_best_quarter_of_its_trials_by_the_loss_alone():
    losses = [0.5, 0.1, 0.3, 0.2, 0.6, 0.7, 0.8, 0.9]
    costs = [[[3, 2, 1]] * 5 if loss < 0.15 else [[1, 2, 3]] * 5 for loss in losses]
    parts = [learned("adam", cost, f'{{"trial":{trial}}}') for trial, cost in enumerate(costs)]
    runs, hits = (pd.concat(group, ignore_index=True) for group in zip(*parts, strict=True))
    runs["best_loss"] = np.repeat(losses, 5)
    tables = {"runs": runs, "order": order_table(runs, empty("curves"), empty("spectra"), hits)}
    assert best_trials(tables)["median_loss"].tolist() == [0.1, 0.2]
    told = verdicts_of_trials(tables).set_index("verdict")
    assert told.loc["high-first", ["trials", "of"]].tolist() == [1, 2]


def test_trials_on_one_problem_are_not_ranked_among_those_on_another():
    """All losses on the second are lower than any on the first."""
    parts = [learned("adam", [[1, 2, 3]] * 5, f'{{"trial":{trial}}}') for trial in range(8)]
    runs, hits = (pd.concat(group, ignore_index=True) for group in zip(*parts, strict=True))
    problem = dict(zip(runs["run_id"], np.repeat(["hard", "easy"], 20), strict=True))
    runs, hits = (rows.assign(problem=rows["run_id"].map(problem)) for rows in (runs, hits))
    runs["best_loss"] = np.repeat([0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1], 5)
    tables = {"runs": runs, "order": order_table(runs, empty("curves"), empty("spectra"), hits)}
    found = best_trials(tables)
    assert dict(zip(found["problem"], found["median_loss"], strict=True)) == {"hard": 0.6, "easy": 0.1}


def test_a_quarter_of_five_trials_is_two_of_them():
    parts = [learned("adam", [[1, 2, 3]] * 5, f'{{"trial":{trial}}}') for trial in range(5)]
    runs, hits = (pd.concat(group, ignore_index=True) for group in zip(*parts, strict=True))
    runs["best_loss"] = np.repeat([0.5, 0.1, 0.3, 0.2, 0.6], 5)
    tables = {"runs": runs, "order": order_table(runs, empty("curves"), empty("spectra"), hits)}
    assert best_trials(tables)["median_loss"].tolist() == [0.1, 0.2]
