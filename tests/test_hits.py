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


def test_the_hit_lies_between_the_marks_where_the_error_falls():
    """From 0.2 at cost 20 to 0.05 at cost 30, the threshold 0.1 lies half way in logarithms, as do cost and loss."""
    row = hit_of([1.0, 0.5, 0.2, 0.05, 0.01, 0.01, 0.01])
    assert row.cost == pytest.approx(np.sqrt(20 * 30))
    assert row.loss == pytest.approx(np.sqrt(1 / 3 * 1 / 4))
    assert row.seconds == pytest.approx(1.0 + 0.5 * (np.sqrt(600) - 20) / 10)
    assert not row.censored


def test_a_mark_at_the_threshold_is_the_hit_itself():
    row = hit_of([1.0, 0.5, 0.1, 0.09, 0.01, 1.0, 1.0])
    assert (row.cost, row.loss, row.seconds, row.censored) == (20.0, 1 / 3, 1.0, False)


def test_of_a_jump_only_its_two_marks_are_known():
    assert hit_of([1.0, 1.0, 1e-9, 0.0, 0.0]).cost == pytest.approx(np.sqrt(10 * 20))
    assert hit_of([1.0, 1.0, 0.0, 0.0, 0.0]).cost == pytest.approx(np.sqrt(10 * 20))


def test_a_dip_that_does_not_last_is_no_hit():
    row = hit_of([1.0] * 8 + [0.05, 1.0, 1.0, 1.0, 1.0])
    assert (row.cost, row.loss, row.seconds, row.censored) == (120.0, 1 / 13, 6.0, True)


def test_a_dip_of_exactly_the_share_that_must_be_low_lasts_whatever_the_digits_of_its_cost():
    # seven marks to a factor of 1.5^2: low from half an interval on for two thirds of a factor of 1.5, then high
    values = [1.0, 0.01, 0.01, 1.0, 1.0, 1.0, 1.0]
    for start in np.linspace(1, 100, 67):
        cost = start * 1.5 ** (np.arange(len(values)) / 3)
        rows = find_hits(run_row(), curve(len(values)).assign(cost=cost), errors(values).assign(cost=cost), (0.1,))
        assert rows["cost"].tolist() == pytest.approx([start * 1.5 ** (1 / 6)])
        assert not rows["censored"].any()


def test_a_dip_before_the_lasting_descent_is_not_the_hit():
    row = hit_of([1.0] * 8 + [0.05] + [1.0] * 5 + [0.05] * 9)
    assert row.cost == pytest.approx(np.sqrt(130 * 140))


def test_a_rise_that_does_not_last_does_not_undo_the_hit():
    assert hit_of([1.0] * 10 + [0.1] * 3 + [0.11] + [0.05] * 9).cost == 100.0


@pytest.mark.parametrize("low_marks", [1, 2])
def test_low_up_to_the_last_mark_is_a_hit_though_it_could_not_last(low_marks):
    row = hit_of([1.0] * 4 + [0.1] * low_marks)
    assert (row.cost, row.censored) == (40.0, False)


def test_an_error_of_exactly_the_threshold_is_low():
    assert not hit_of([0.1, 0.1, 0.1], threshold=0.1).censored


def test_an_error_that_is_not_a_number_is_never_low():
    assert hit_of([1.0] * 9 + [0.0, np.nan, 1.0, 1.0]).censored
    assert hit_of([1.0, np.nan, 0.05, 0.05, 0.05]).cost == 20.0
    assert hit_of([np.nan] * 4).censored


def test_low_from_the_start_is_hit_at_cost_zero():
    row = hit_of([0.0] * 5)
    assert (row.cost, row.loss, row.censored) == (0.0, 1.0, False)


def test_the_predicted_cost_is_where_the_predicted_error_hits_by_the_same_rule():
    predicted = [1.0] * 9 + [0.07] + [1.0] * 4 + [0.1] + [0.07] * 9
    spectra = errors([1.0] * 24).assign(predicted_error=predicted)
    hits = find_hits(run_row(), curve(24), spectra, (0.05, 0.1))
    assert hits["censored"].all()
    assert np.isnan(hits.loc[0, "predicted_cost"])
    assert hits.loc[1, "predicted_cost"] == 140.0


def test_each_threshold_has_its_row():
    hits = find_hits(run_row(), curve(8), errors([1.0, 0.3, 0.2, 0.1, 0.05, 0.04, 0.04, 0.04]))
    assert hits["threshold"].tolist() == [0.05, 0.1, 0.2, 0.3]
    assert hits["cost"].tolist() == pytest.approx([40.0, 30.0, 20.0, 10.0])


def test_probes_components_and_frequencies_are_separate():
    spectra = pd.concat(
        [
            errors([1.0, 0.1, 0.0, 0.0]),
            errors([1.0, 1.0, 0.1, 0.0], frequency=3.0),
            errors([0.0, 0.0, 0.0, 0.0], component=1),
            errors([1.0, 1.0, 1.0, 0.1], probe="gauss"),
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
    spectra = pd.concat([errors([1.0, 0.1], "a"), errors([1.0, 1.0, 1.0, 1.0, 0.1, 1.0], "b")])
    hits = find_hits(runs, pd.concat([curve(2, "a"), curve(6, "b")]), spectra, (0.1,))
    assert hits[["run_id", "seed", "cost", "censored"]].values.tolist() == [["a", 1, 10.0, False], ["b", 2, 50.0, True]]


def test_a_hit_lasts_to_the_end_of_its_own_run_however_long_the_next_one_is():
    """Low from cost 40 to the end at 50: all that there is of run a, and too little of a stretch up to 60."""
    spectra = pd.concat([errors([1.0] * 4 + [0.1] * 2, "a"), errors([1.0] * 30, "b")])
    hits = find_hits(
        pd.concat([run_row("a"), run_row("b")]), pd.concat([curve(6, "a"), curve(30, "b")]), spectra, (0.1,)
    )
    assert hits[["cost", "censored"]].values.tolist() == [[40.0, False], [290.0, True]]


def test_the_loss_of_a_run_that_ended_without_one_is_not_that_of_an_earlier_mark():
    lost = curve(3).assign(loss=[1.0, 0.5, np.nan])
    (row,) = find_hits(run_row(), lost, errors([1.0, 1.0, 1.0]), (0.1,)).itertuples()
    assert (row.cost, row.censored) == (20.0, True)
    assert np.isnan(row.loss)


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


def dense_hit(cost, values, threshold=0.1, points=40_000):
    """The hit on a fine grid of the logarithm of cost, the slow way; infinite where there is none."""
    grid = np.linspace(np.log(cost[0]), np.log(cost[-1]), points)
    seen = np.interp(grid, np.log(cost), np.log(np.clip(values, threshold / 2, threshold * 2)))
    low = seen <= np.log(threshold) + 1e-9
    for place in np.flatnonzero(low & ~np.roll(low, 1) | (low & (np.arange(points) == 0))):
        stretch = low[(grid >= grid[place]) & (grid <= grid[place] + np.log(1.5))]
        if stretch.mean() >= 2 / 3:
            return np.exp(grid[place])
    return np.inf


def test_a_plain_search_on_a_fine_grid_finds_the_same_hits():
    rng = np.random.default_rng(0)
    cost = np.geomspace(1.0, 200.0, 30)
    series = np.exp(rng.normal(np.linspace(1.2, 0.4, 30), 0.8, (60, 30))) * 0.1
    marks = np.tile(np.arange(30), 60)
    spectra = errors(series.ravel(), frequency=np.repeat(np.arange(60.0), 30)).assign(mark=marks)
    hits = find_hits(run_row(), curve(30).assign(cost=cost), spectra, (0.1,))
    slow = np.array([dense_hit(cost, values) for values in series])
    np.testing.assert_array_equal(hits["censored"], np.isinf(slow))
    np.testing.assert_allclose(hits["cost"], np.where(np.isinf(slow), 200.0, slow), rtol=3e-4)
    assert 5 < np.isinf(slow).sum() < 55


def test_an_error_that_swings_faster_than_one_looks_is_hit_at_the_same_cost():
    """A falling error that swings by a third of itself, 24 times while cost grows e-fold: 60 and 2,000 marks agree."""
    found = []
    for marks in (60, 250, 2000):
        cost = np.geomspace(1.0, 1e4, marks)
        swinging = cost**-0.5 * np.exp(0.3 * np.sin(2 * np.pi * 24.3 * np.log(cost)))
        hits = find_hits(run_row(), curve(marks).assign(cost=cost), errors(swinging), (0.05,))
        found.append(hits["cost"].iloc[0])
    np.testing.assert_allclose(found, found[-1], rtol=0.15)


def late(values):
    """The hits of a loop that was first seen at cost 1,000."""
    shift = {"cost": lambda rows: rows["cost"] + 1000}
    return find_hits(run_row(), curve(len(values)).assign(**shift), errors(values).assign(**shift), (0.1,)).iloc[0]


def test_what_was_learned_before_a_first_mark_took_at_most_its_cost():
    row = late([0.05, 0.04, 0.03, 0.02])
    assert (row["cost"], row["loss"], row["censored"], row["at_most"]) == (1000, 1, False, True)
    assert not late([0.5, 0.5, 0.04, 0.03, 0.03])["at_most"]
    assert not late([0.5] * 4)["at_most"]


def test_what_is_learned_at_the_beginning_took_nothing():
    assert not hit_of([0.05, 0.04, 0.03, 0.02]).at_most
