"""The table `order` of every committed study follows from the tables that are committed beside it."""

from pathlib import Path

import pandas as pd
import pytest

from harness.analysis.order import order_table
from harness.study.store import read_exported
from harness.tables import LABELS, SCHEMA

REFERENCE = Path(__file__).parents[1] / "results" / "reference"
STUDIES = sorted(path.parent.name for path in REFERENCE.glob("*/spectra.parquet"))
LARGEST = 3_000_000
"""Bytes of one committed study."""


@pytest.mark.parametrize("name", STUDIES)
def test_order_is_recomputed_from_the_committed_tables(name):
    tables = read_exported(REFERENCE / name)
    made = order_table(*(tables[table] for table in ("runs", "curves", "spectra", "hits", "nulls")))
    key = [*LABELS, "probe", "threshold", "matched_by"]
    in_order = [rows.sort_values(key, ignore_index=True) for rows in (made, tables["order"])]
    # the exponent is the end of a search, which another library's last digit moves in the eighth one
    pd.testing.assert_frame_equal(*in_order, rtol=1e-6, atol=1e-9)
    assert list(made.columns) == list(SCHEMA["order"])


@pytest.mark.parametrize("name", STUDIES)
def test_every_run_that_is_counted_is_there(name):
    tables = read_exported(REFERENCE / name)
    seeds = tables["runs"].groupby([*LABELS], dropna=False)["seed"]
    assert (seeds.nunique() == seeds.size()).all()
    assert tables["order"].merge(seeds.size().rename("runs").reset_index()).eval("n_runs == runs").all()
    assert set(tables["hits"]["run_id"]) <= set(tables["runs"]["run_id"])


@pytest.mark.parametrize("name", STUDIES)
def test_a_committed_study_is_small(name):
    assert sum(path.stat().st_size for path in (REFERENCE / name).iterdir()) < LARGEST


def test_there_is_a_committed_study():
    assert "sin135-all" in STUDIES
