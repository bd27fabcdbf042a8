"""The table in the end says of each frequency when it was learned, how many runs have, and which order was found."""

import numpy as np
import pandas as pd
import pytest
from support.hand_made import hand_made

from harness.analysis.summary import closing_table, closing_tables, with_interval
from harness.tables import Tables

COSTS = {1.0: [10.0, 20.0, 30.0, 40.0], 3.0: [100.0, 300.0, np.inf, np.inf], 5.0: [np.inf] * 4}


@pytest.fixture
def tables() -> Tables:
    """Four runs with hits at these costs, of which infinite ones are censored at 10,000."""
    made = hand_made(["quick"], 4, list(COSTS))
    hits = made["hits"]
    costs = [COSTS[k][seed] for seed, k in zip(hits["seed"], hits["frequency"], strict=True)]
    censored = np.isinf(costs)
    # at every other threshold other costs, which are not to be shown
    shown = hits["threshold"] == 0.1
    made["hits"] = hits.assign(cost=np.where(shown, np.where(censored, 1e4, costs), 7.0), censored=shown & censored)
    return made


def cells(tables: Tables) -> dict[str, str]:
    """The one row of the table, by its headings."""
    return {str(column.header): next(iter(column.cells)) for column in closing_table(tables).columns}


def test_a_cost_is_the_median_where_more_than_half_have_hit_and_those_that_have_are_counted(tables: Tables) -> None:
    row = cells(tables)
    assert (row["k=1"], row["k=3"], row["k=5"]) == ("25", "-\n2 of 4", "-\n0 of 4")
    hits = tables["hits"]
    third = (hits["threshold"] == 0.1) & (hits["frequency"] == 3) & (hits["seed"] == 2)
    tables["hits"] = hits.assign(cost=hits["cost"].mask(third, 500.0), censored=hits["censored"] & ~third)
    assert cells(tables)["k=3"] == "400\n3 of 4"


@pytest.mark.parametrize(("lost", "star"), [([0], ""), ([0, 1], "*"), ([2, 3], ""), ([0, 2, 3], "*")])
def test_what_half_of_the_runs_that_learned_it_lose_again_has_a_mark_and_a_note(
    tables: Tables, lost: list[int], star: str
) -> None:
    """Of k = 3, which seeds 0, 1 and, here, 2 learn: one that never learned it cannot lose it."""
    hits, spectra = tables["hits"], tables["spectra"]
    third = (hits["threshold"] == 0.1) & (hits["frequency"] == 3) & (hits["seed"] == 2)
    tables["hits"] = hits.assign(cost=hits["cost"].mask(third, 500.0), censored=hits["censored"] & ~third)
    ids = [run for run, seed in zip(tables["runs"]["run_id"], tables["runs"]["seed"], strict=True) if seed in lost]
    end = (spectra["mark"] == spectra["mark"].max()) & (spectra["frequency"] == 3) & spectra["run_id"].isin(ids)
    # an error that is no number is none that is small
    tables["spectra"] = spectra.assign(error=spectra["error"].mask(end, 0.2 if 3 in lost else np.nan))
    assert cells(tables)["k=3"] == f"400{star}\n3 of 4"
    assert bool(closing_table(tables).caption) == bool(star)


def test_the_order_is_that_at_the_threshold_of_the_title_and_by_cost(tables: Tables) -> None:
    order = tables["order"]
    own = (order["threshold"] == 0.1) & (order["matched_by"] == "cost")
    marked = order.assign(
        verdict=np.where(own, "this one", "another"),
        n_runs=5,
        spread=np.where(own, 0.25, 9.0),
        spread_low=0.2,
        spread_high=123.4,
        spread_bound=np.where(own, "<=", ""),
    )
    # rows in reverse, as none is found by its place
    row = cells(tables | {"order": marked.iloc[::-1]})
    assert row["verdict"] == "this one"
    assert row["spread"] == "<=0.25\n0.2..124"


def test_shares_are_those_at_the_end(tables: Tables) -> None:
    spectra = tables["spectra"]
    rows = spectra[spectra["frequency"] == 1].assign(probe="accuracy", component=-1, frequency=np.nan)
    # the share of run i at mark j, last mark first in the table
    rows = rows.assign(amplitude=rows["mark"] / 100).iloc[::-1]
    assert cells(tables | {"spectra": pd.concat([spectra, rows])})["accuracy"] == "0.490"


def test_each_problem_has_a_table_of_its_own_with_its_own_frequencies_and_verdicts() -> None:
    first, second = hand_made(["quick"], 5, [1.0, 3.0]), hand_made(["quick"], 5, [2.0, 7.0])
    for name in ("runs", "spectra", "hits", "order", "curves"):
        renamed = {"problem": "ripples", "probe": "rings"}
        rows = second[name].assign(**{key: value for key, value in renamed.items() if key in second[name]})
        second[name] = rows.assign(run_id="b" + rows["run_id"].str[1:]) if "run_id" in rows else rows
    both = {name: pd.concat([rows, second[name]], ignore_index=True) for name, rows in first.items()}
    waves, ripples = closing_tables(both)
    assert [str(table.title).partition(":")[0] for table in (waves, ripples)] == ["waves", "ripples"]
    assert [[column.header for column in table.columns][1:3] for table in (waves, ripples)] == [
        ["k=1", "k=3"],
        ["k=2", "k=7"],
    ]
    verdicts = [next(column for column in table.columns if column.header == "verdict") for table in (waves, ripples)]
    assert [list(column.cells) for column in verdicts] == [["low-first"], ["low-first"]]


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((1.234, 0.5, np.inf), "1.2\n0.5..inf"),
        ((1234.5, 100.0, 99.4), "1,234\n100..99"),
        ((99.7, 99.5, 99.96), "100\n100..100"),
        ((2.0, np.nan, np.nan), "2\n"),
        ((np.nan, 1.0, 2.0), "-"),
    ],
)
def test_a_number_stands_above_its_interval(numbers: tuple[float, float, float], text: str) -> None:
    assert with_interval(*numbers) == text


def test_how_runs_ended_is_counted_and_seconds_are_those_of_all(tables: Tables) -> None:
    tables["runs"].loc[0, "status"] = "diverged"
    tables["runs"].loc[:, "best_loss"] = [1.0, 2.0, 3.0, 40.0]
    row = cells(tables)
    assert row["status"] == "3 budget, 1 diverged"
    # four runs of one second in each of three places
    assert row["s"] == "12.0"
    assert row["best loss"] == "2.5"
