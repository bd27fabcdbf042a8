"""A frequency that two machines know but for its last digit is one frequency wherever it is asked for."""

import numpy as np
import pandas as pd
import pytest
from support.hand_made import hand_made
from support.odd_tables import MACHINE, STUDY
from support.odd_tables import tables as some_run

from harness.analysis.alike import alike
from harness.analysis.summary import closing_table
from harness.atlas.kept import kept_tables
from harness.atlas.placing import together
from harness.figures import DRAWINGS
from harness.report.charts import charts
from harness.study.store import Store, read_exported


@pytest.fixture(scope="module")
def two_machines():
    """The second method has run where the last digit of a frequency is another one."""
    tables = hand_made(["here", "there"], 5, [1.0, 0.3])
    moved = {}
    for name in ("spectra", "hits"):
        rows = tables[name]
        there = rows["run_id"].str.startswith("0001") & (rows["frequency"] == 0.3)
        moved[name] = rows.assign(frequency=rows["frequency"].mask(there, np.nextafter(0.3, 1)))
    return tables | moved


def of(tables, place):
    return {
        name: rows[rows["run_id"].str.startswith(place)] if "run_id" in rows else rows for name, rows in tables.items()
    }


def written(tables, folder):
    folder.mkdir(parents=True)
    for name, rows in tables.items():
        rows.to_parquet(folder / f"{name}.parquet", index=False)
    return folder


def ledger(tables, folder):
    store = Store(folder)
    store.open(STUDY | {"runs": ["a", "b"]})
    for key, frequency in (("a", 0.3), ("b", np.nextafter(0.3, 1))):
        run = some_run(key)
        store.write(key, run | {"spectra": run["spectra"].assign(frequency=frequency)}, MACHINE)
    return store.read()


def in_parts(tables, folder):
    written(of(tables, "0000"), folder)
    written(of(tables, "0001"), folder / "parts" / "more")
    return kept_tables(folder)


DOORS = {
    "exported": lambda tables, folder: read_exported(written(tables, folder)),
    "ledger": ledger,
    "parts of an atlas": in_parts,
    "placed among others": lambda tables, folder: together(of(tables, "0000"), of(tables, "0001")),
}


@pytest.mark.parametrize("door", DOORS)
def test_no_door_lets_in_one_frequency_as_two(two_machines, tmp_path, door):
    assert len(two_machines["spectra"]["frequency"].unique()) == 3
    found = DOORS[door](two_machines, tmp_path / "study")
    for name in ("spectra", "hits"):
        known = np.unique(found[name]["frequency"]) if name in found else np.empty(0)
        assert (np.diff(known) > 1e-9).all()


def test_what_groups_runs_by_frequency_then_finds_all_of_them(two_machines):
    tables = alike(two_machines)
    assert [column.header for column in closing_table(tables).columns][1:3] == ["k=0.3", "k=1"]
    assert charts(tables)[0]["frequencies"] == ["k=0.3", "k=1"]
    assert DRAWINGS["slope"].numbers(tables).groupby("configuration").size().tolist() == [2, 2]


def test_distinct_frequencies_negative_ones_and_nan_stay():
    values = [np.nan, -np.inf, np.inf, 1.7e308, -1.7e308, -1.0, -0.5, 0.0, 1e-12, 0.5, 0.5 + 1e-8, 7.0]
    tables = {"spectra": pd.DataFrame({"frequency": values}), "runs": pd.DataFrame({"seed": [0]})}
    assert alike(tables) is tables
