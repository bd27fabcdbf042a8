"""Hits of hand-made error curves whose answers are known."""

import numpy as np
import pandas as pd
import pytest

from harness.analysis.hits import find_hits
from harness.tables import SCHEMA, empty, frame

BLANK = {"str": "x", "int64": 0, "float64": 0.0}


def run_row(run_id="a", seed=0):
    return frame(
        "runs", {name: BLANK[kind] for name, kind in SCHEMA["runs"].items()} | {"run_id": run_id, "seed": seed}
    )


def curve(marks, run_id="a"):
    """Cost 10, loss 1 / (1 + mark) and half a second per mark."""
    mark = np.arange(marks)
    columns = {name: BLANK[kind] for name, kind in SCHEMA["curves"].items()}
    known = {"run_id": run_id, "mark": mark, "cost": 10.0 * mark, "loss": 1 / (1 + mark), "seconds": mark / 2}
    return frame("curves", columns | known)


def errors(values, run_id="a", frequency=1.0, component=0, probe="fourier"):
    series = {"run_id": run_id, "frequency": frequency, "component": component, "probe": probe}
    columns = {name: BLANK[kind] for name, kind in SCHEMA["spectra"].items()} | {"predicted_error": np.nan}
    mark = np.arange(len(values))
    return frame("spectra", columns | series | {"mark": mark, "cost": 10.0 * mark, "error": values})


def hit_of(values, threshold=0.1):
    """The one row for a run with these errors."""
    (row,) = find_hits(run_row(), curve(len(values)), errors(values), (threshold,)).itertuples()
    return row


def test_the_first_of_three_low_marks_is_the_hit():
    row = hit_of([1.0, 0.5, 0.1, 0.09, 0.01, 1.0, 1.0])
    assert (row.cost, row.loss, row.seconds, row.censored) == (20.0, 1 / 3, 1.0, False)


def test_a_dip_that_does_not_last_is_no_hit():
    row = hit_of([1.0, 0.05, 0.05, 1.0, 0.05, 1.0])
    assert (row.cost, row.loss, row.seconds, row.censored) == (50.0, 1 / 6, 2.5, True)


def test_a_dip_before_the_lasting_descent_is_not_the_hit():
    assert hit_of([1.0, 0.05, 0.05, 1.0, 0.05, 0.05, 0.05, 1.0]).cost == 40.0


@pytest.mark.parametrize("low_marks", [1, 2])
def test_low_up_to_the_last_mark_is_a_hit_though_shorter_than_three(low_marks):
    row = hit_of([1.0] * 4 + [0.0] * low_marks)
    assert (row.cost, row.censored) == (40.0, False)


def test_an_error_of_exactly_the_threshold_is_low():
    assert not hit_of([0.1, 0.1, 0.1], threshold=0.1).censored


def test_an_error_that_is_not_a_number_is_never_low():
    assert hit_of([0.0, 0.0, np.nan, 1.0, 1.0]).censored
    assert hit_of([np.nan] * 4).censored


def test_low_from_the_start_is_hit_at_cost_zero():
    row = hit_of([0.0] * 5)
    assert (row.cost, row.loss, row.censored) == (0.0, 1.0, False)


def test_the_predicted_cost_is_where_the_predicted_error_hits_by_the_same_rule():
    predicted = [1.0, 0.0, 1.0, 0.1, 0.0, 0.0, 1.0]
    spectra = errors([1.0] * 7).assign(predicted_error=predicted)
    hits = find_hits(run_row(), curve(7), spectra, (0.05, 0.1))
    assert hits["censored"].all()
    assert np.isnan(hits.loc[0, "predicted_cost"])
    assert hits.loc[1, "predicted_cost"] == 30.0


def test_each_threshold_has_its_row():
    hits = find_hits(run_row(), curve(8), errors([1.0, 0.3, 0.2, 0.1, 0.05, 0.04, 0.04, 0.04]))
    assert hits["threshold"].tolist() == [0.05, 0.1, 0.2, 0.3]
    assert hits["cost"].tolist() == [40.0, 30.0, 20.0, 10.0]


def test_probes_components_and_frequencies_are_separate():
    spectra = pd.concat(
        [
            errors([1.0, 0.0, 0.0, 0.0]),
            errors([1.0, 1.0, 0.0, 0.0], frequency=3.0),
            errors([0.0, 0.0, 0.0, 0.0], component=1),
            errors([1.0, 1.0, 1.0, 0.0], probe="gauss"),
        ]
    )
    hits = find_hits(run_row(), curve(4), spectra, (0.1,))
    found = {(row.probe, row.component, row.frequency): row.cost for row in hits.itertuples()}
    assert found == {
        ("fourier", 0, 1.0): 10.0,
        ("fourier", 0, 3.0): 20.0,
        ("fourier", 1, 1.0): 0.0,
        ("gauss", 0, 1.0): 30.0,
    }


def test_a_run_does_not_continue_in_the_next_one():
    """Low at the end of run a and high at the start of run b: a has a hit all the same, and b's own length counts."""
    runs = pd.concat([run_row("a", 1), run_row("b", 2)])
    spectra = pd.concat([errors([1.0, 0.0], "a"), errors([1.0, 1.0, 1.0, 1.0, 0.0, 1.0], "b")])
    hits = find_hits(runs, pd.concat([curve(2, "a"), curve(6, "b")]), spectra, (0.1,))
    assert hits[["run_id", "seed", "cost", "censored"]].values.tolist() == [["a", 1, 10.0, False], ["b", 2, 50.0, True]]


def test_a_series_that_ends_early_is_censored_at_the_runs_last_mark():
    (row,) = find_hits(run_row(), curve(9), errors([1.0, 1.0]), (0.1,)).itertuples()
    assert (row.cost, row.censored) == (80.0, True)


def test_the_order_of_rows_does_not_matter():
    rng = np.random.default_rng(0)
    spectra = pd.concat([errors(rng.random(12), frequency=k) for k in (1.0, 3.0, 5.0)], ignore_index=True)
    expected = find_hits(run_row(), curve(12), spectra, (0.3, 0.8))
    shuffled = spectra.iloc[rng.permutation(len(spectra))]
    pd.testing.assert_frame_equal(find_hits(run_row(), curve(12).iloc[::-1], shuffled, (0.3, 0.8)), expected)


def test_only_listed_runs_are_searched_and_runs_without_spectra_have_no_rows():
    runs = pd.concat([run_row("a"), run_row("failed")])
    spectra = pd.concat([errors([0.0], "a"), errors([0.0], "unlisted")])
    assert find_hits(runs, curve(1), spectra, (0.1,))["run_id"].tolist() == ["a"]


def test_a_mark_without_its_row_of_the_curve_is_refused():
    for marks in (1, 0):
        with pytest.raises(ValueError, match=r"needs a row of curves; some are missing for the runs \['a'\]"):
            find_hits(run_row(), curve(marks), errors([1.0, 0.0]), (0.1,))


def test_no_spectra_or_no_thresholds_give_the_empty_table():
    pd.testing.assert_frame_equal(find_hits(empty("runs"), empty("curves"), empty("spectra")), empty("hits"))
    pd.testing.assert_frame_equal(find_hits(run_row(), curve(2), errors([1.0, 0.0]), ()), empty("hits"))


def test_a_plain_loop_finds_the_same_marks():
    rng = np.random.default_rng(0)
    series = [rng.choice([0.0, 0.1, 0.2, np.nan], size=rng.integers(1, 9), p=[0.4, 0.3, 0.2, 0.1]) for _ in range(300)]
    marks = np.concatenate([np.arange(len(values)) for values in series])
    frequency = np.repeat(np.arange(300.0), [len(values) for values in series])
    spectra = errors(np.concatenate(series), frequency=frequency).assign(mark=marks)
    hits = find_hits(run_row(), curve(8), spectra, (0.1,))
    for values, row in zip(series, hits.itertuples(), strict=True):
        found = [mark for mark in range(len(values)) if all(value <= 0.1 for value in values[mark : mark + 3])]
        assert row.censored == (not found)
        assert row.cost == 10.0 * (found[0] if found else 7)
