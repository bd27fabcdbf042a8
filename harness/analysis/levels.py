"""Medians at losses that half of the runs reach: of fewer they would be about other runs, those that learn most."""

from collections.abc import Sequence

import pandas as pd


def median_of_half(rows: pd.DataFrame, runs: pd.DataFrame, by: Sequence[str], value: str) -> pd.DataFrame:
    """The columns `by`, `median` of `value` and `count` of the runs; without what fewer than half of `runs` have.

    `rows` have a `run_id`, and may have several of a run, as of components, which are no further runs."""
    own = rows[rows["run_id"].isin(runs["run_id"])].groupby(list(by))
    found = own.agg(median=(value, "median"), count=("run_id", "nunique")).reset_index()
    return found[2 * found["count"] >= len(runs)]
