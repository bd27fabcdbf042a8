"""Runs that end before others of their configuration, whose last errors stand from there on.

A median over those that are left would be one of few, and of the slow ones alone where the others have converged."""

import pandas as pd


def lasting(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of one configuration, of `mark` and `cost`, with those of each run's last mark at all later ones."""
    costs = rows.groupby("mark")["cost"].median()
    ends = rows.groupby("run_id")["mark"].transform("max")
    last = rows[(rows["mark"] == ends) & (ends < costs.index.max())]
    at = pd.DataFrame({"later": costs.index, "at": costs.to_numpy()})
    later = last.merge(at, how="cross").query("later > mark")
    held = later.assign(mark=later["later"], cost=later["at"])[list(rows)]
    return pd.concat([rows, held], ignore_index=True) if len(held) else rows
