"""`harness order DIR --samplers`: residuals of known spectra, an established signed-rank test, rates by simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import wilcoxon

from harness import compare
from harness.analysis.asked.samplers import LEVELS, against_samplers, at_levels, residual_centres
from harness.analysis.statistics.ranks import shift
from harness.cli import main
from harness.tables import SCHEMA, empty, frame

BLANK = {"str": "x", "int64": 0, "float64": 0.0, "bool": False}
K = np.array([1.0, 3.0, 5.0])
MARKS = 30
STUDIES = 200


def blank(table):
    return {name: BLANK[kind] for name, kind in SCHEMA[table].items()}


def learned(optimizer, residuals, losses, problem="x"):
    """Runs of one optimizer with these residuals `(runs, marks, frequencies)` at these losses `(runs, marks)`."""
    runs, marks, frequencies = residuals.shape
    ids = [f"{problem}-{optimizer}-{seed}" for seed in range(runs)]
    mark = np.tile(np.arange(marks), runs)
    run = frame(
        "runs",
        {
            **blank("runs"),
            "run_id": ids,
            "problem": problem,
            "optimizer": optimizer,
            "settings": "{}",
            "problem_settings": "{}",
            "seed": np.arange(runs),
            "first_loss": losses[:, 0],
        },
    )
    curves = {**blank("curves"), "run_id": np.repeat(ids, marks), "mark": mark, "loss": losses.ravel()}
    amplitude = np.tile(1 / K[:frequencies], runs * marks)
    spectra = {
        **blank("spectra"),
        "run_id": np.repeat(ids, marks * frequencies),
        "mark": mark.repeat(frequencies),
        "frequency": np.tile(K[:frequencies], runs * marks),
        "target_amplitude": amplitude,
        # a target whose amplitude falls with k must make no difference
        "error": residuals.ravel() / amplitude,
    }
    return {"runs": run, "curves": frame("curves", curves), "spectra": frame("spectra", spectra), "hits": empty("hits")}


def study_of(*parts):
    tables = {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}
    return {**tables, "order": empty("order")}


def falling(runs, marks=MARKS, least=1e-3):
    return np.tile(np.geomspace(1.0, least, marks), (runs, 1))


def test_the_shift_of_pairs_is_that_of_the_established_test():
    rng = np.random.default_rng(0)
    for n in (5, 8, 16, 25):
        values = rng.normal(0.4, 1.0, n)
        assert shift(values, 0.95).p_value == pytest.approx(wilcoxon(values, method="exact").pvalue)
        # the ends of the interval are where the established test begins to refuse the shift
        found = shift(values, 0.9)
        for inside, outside in ((found.low + 1e-9, found.low - 1e-9), (found.high - 1e-9, found.high + 1e-9)):
            assert wilcoxon(values - inside, method="exact").pvalue > 0.1 or n == 5
            assert wilcoxon(values - outside, method="exact").pvalue <= 0.1
    assert np.isnan(shift(np.full(3, np.nan), 0.95)).all()


def test_the_centre_is_the_mean_log_frequency_of_the_residuals_power():
    part = learned("gd", np.array([[[2.0, 1.0, 1.0], [0.0, 0.0, 3.0]]]), falling(1, 2))
    found = residual_centres(part["spectra"]).to_numpy()
    assert np.exp(found) == pytest.approx([15 ** (1 / 6), 5.0])


def test_a_centre_is_read_between_marks_where_the_loss_crosses_the_level():
    read = at_levels(np.array([4.0, 4.0, 1.0]), np.array([0.0, 10.0, 30.0]), 4.0)
    # levels 4 / sqrt 2, 2, sqrt 2 and 1 lie at 1, 2, 3 and 4 quarters of the way
    assert read[:4] == pytest.approx([15.0, 20.0, 25.0, 30.0])
    assert np.isnan(read[4:]).all()
    assert at_levels(np.array([1.0, 0.0]), np.array([1.0, 2.0]), 1.0) == pytest.approx([2.0] * len(LEVELS))


def test_a_method_that_leaves_the_high_frequency_lies_above_the_sampler_by_a_known_ratio():
    residuals = np.ones((8, MARKS, 2))
    residuals[:, 1:, 0] = 0.0  # of 1 and 3 the first is gone after a mark, or stays as it was
    early = np.geomspace(1.0, 0.99, 2)
    losses = np.hstack([np.tile(early, (8, 1)), falling(8)[:, 2:]])
    tables = study_of(learned("gd", residuals, losses), learned("metropolis", np.ones((8, MARKS, 2)), losses))
    row = against_samplers(tables).iloc[0]
    assert (row["optimizer"], row["sampler"], row["n_pairs"]) == ("gd", "metropolis", 8)
    assert [row[f"frequency_{end}"] for end in ("ratio", "low", "high")] == pytest.approx([3**0.5] * 3)
    assert row["p_value"] == pytest.approx(2 / 2**8)
    assert "gd's residual lies at 1.73 [1.73, 1.73] times the frequency of metropolis's" in row["sentence"]
    assert row["sentence"].endswith("(p = 0.0078): more low-first than the map alone.")


def test_only_losses_that_both_have_reached_are_compared():
    """Below a tenth of the first loss the method has only the high frequency left; the sampler never gets there."""
    losses = falling(8)
    residuals = np.ones((8, MARKS, 2))
    residuals[losses < 0.1, 0] = 0.0
    tables = study_of(
        learned("gd", residuals, losses), learned("metropolis", np.ones((8, MARKS, 2)), falling(8, least=0.15))
    )
    row = against_samplers(tables).iloc[0]
    assert row["frequency_ratio"] == pytest.approx(1.0)
    assert 0.15 < row["lowest_loss"] < 0.15 * 2**0.5


def test_a_study_without_a_sampler_is_told_which_to_add():
    with pytest.raises(ValueError, match=r"holds no sampler .*add metropolis or random-search-initial .*it has gd"):
        against_samplers(study_of(learned("gd", np.ones((5, 3, 2)), falling(5, 3))))


def wandering(rng, runs):
    """Residuals of a noisy learner: log |r_k| wanders from a start of its own."""
    steps = rng.normal(0, 0.3, (runs, MARKS, 3))
    return np.exp(rng.normal(size=(runs, 1, 3)) + steps.cumsum(axis=1))


@pytest.mark.parametrize("runs", [5, 8])
def test_a_method_that_equals_the_sampler_is_said_to_differ_in_at_most_one_study_of_twenty(runs):
    rng = np.random.default_rng(runs)
    studies = [
        learned(name, wandering(rng, runs), falling(runs), f"study {study}")
        for study in range(STUDIES)
        for name in ("gd", "metropolis")
    ]
    rows = against_samplers(study_of(*studies))
    rows = rows[rows["optimizer"] == "gd"]
    assert len(rows) == STUDIES
    assert (rows["p_value"] <= 0.05).mean() <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / STUDIES)
    inside = (rows["frequency_low"] <= 1) & (rows["frequency_high"] >= 1)
    assert inside.mean() >= 0.93 - 2 * np.sqrt(0.05 * 0.95 / STUDIES)


def test_a_difference_of_one_and_a_half_scatters_of_the_runs_is_found_with_eight():
    rng = np.random.default_rng(1)
    assert np.mean([shift(row, 0.95).p_value <= 0.05 for row in rng.normal(1.5, 1.0, (400, 8))]) >= 0.85


def test_the_command_tells_a_sentence_a_method_and_writes_the_table(tmp_path, capsys):
    names = ["gd", "random-search-initial"]
    compare("sin135", names, 5, out=tmp_path / "study", budget=200, network="1-4-1", marks=20)
    assert main(["order", "--from", str(tmp_path / "study"), "--samplers"]) == 0
    assert "gd" in capsys.readouterr().out
    assert set(pd.read_csv(tmp_path / "study" / "samplers.csv")["sampler"]) == {"random-search-initial"}
