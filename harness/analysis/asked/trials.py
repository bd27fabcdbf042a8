"""The verdicts over the best trials of a search, so that what is said of a tuned method is not said of one trial."""

import numpy as np
import pandas as pd

from harness.tables import LABELS, Tables

SHARE = 0.25
SEARCH = ["problem", "optimizer"]


def best_trials(tables: Tables) -> pd.DataFrame:
    """The primary row of `order` of the best quarter of an optimizer's trials on a problem (at least one), best first.

    A trial is a configuration; the best has the lowest median of `best_loss` over its runs, the order has no say.
    Columns: those of `order`, and `median_loss`."""
    losses = tables["runs"].groupby([*LABELS], dropna=False)["best_loss"].median().rename("median_loss").reset_index()
    order = tables["order"][tables["order"]["endpoint"] == "primary"]
    rows = losses.merge(order, on=[*LABELS], how="inner").sort_values([*SEARCH, "median_loss"], ignore_index=True)
    # losses of different problems cannot be ranked together
    trials = rows.groupby(SEARCH)["optimizer"].transform("size")
    place = rows.groupby(SEARCH).cumcount()
    return rows[place < np.maximum(1, np.ceil(SHARE * trials))].reset_index(drop=True)


def verdicts_of_trials(tables: Tables) -> pd.DataFrame:
    """Of each optimizer how many of its best trials have which verdict: optimizer, verdict, trials, of."""
    best = best_trials(tables)
    counts = best.groupby(["optimizer", "verdict"]).size().rename("trials").reset_index()
    return counts.assign(of=counts.groupby("optimizer")["trials"].transform("sum"))
