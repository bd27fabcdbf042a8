"""Would the answer be another if a gradient cost more or less? Costs are priced anew from the counts of the curves.

A run spent its budget at the price it was made with. At another price the methods have spent different amounts, so all
are cut at the largest cost that every configuration has reached, and are then judged at equal cost again. One of which
every run failed has no end of its own to cut at.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from harness.analysis.hits import find_hits
from harness.analysis.incumbents import as_declared
from harness.analysis.order import PRIMARY_THRESHOLD, order_table
from harness.analysis.thinned import check_marks
from harness.prices import KINDS, cost
from harness.tables import LABELS, Tables

FAILED = ("failed", "crashed")
PRICES = (1.0, 2.0, 3.0, 5.0)
ROUNDING = 1 + 1e-9
"""The mark at the cut itself must survive the rounding of a price."""


def sensitivity(tables: Tables, prices: Sequence[float] = PRICES) -> pd.DataFrame:
    """One row for each price, configuration and probe: the order by cost, and the median loss at the cut.

    Columns: cost_per_gradient, the labels of a configuration, probe, cut_cost, end_loss, concordance, low, high,
    p_value, verdict, sets_cut: whether its longest run ends where all are cut. Raises ValueError for a price that is
    not positive, and for tables without all marks."""
    if not prices or not all(0 < price < np.inf for price in prices):
        raise ValueError(f"The cost of a gradient is a positive number; got {', '.join(map(str, prices))}.")
    check_marks(tables)
    tables = as_declared(tables)
    return pd.concat([_at(tables, price) for price in prices], ignore_index=True)


def reprice(tables: Tables, price: float, *, cut: bool = True) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Curves and spectra with costs at this price, up to the cut (or each run to its end); and the cost of the cut.

    Raises ValueError where a count is not known."""
    curves = tables["curves"].copy()
    curves["cost"] = cost(curves, price)
    unknown = curves["cost"].isna()
    if unknown.any():
        lacking = [kind for kind in KINDS if curves[kind].isna().any()]
        raise ValueError(
            f"Costs are priced anew from counts, and {curves.loc[unknown, 'run_id'].nunique():,} runs were written "
            f"before {', '.join(lacking)} were counted. Make them again in a folder of its own."
        )
    spent = _reached(tables["runs"], curves)["end"]
    # the largest cost that every configuration has reached
    end = float(spent.min()) if len(spent) and cut else np.inf
    curves = curves[curves["cost"] <= end * ROUNDING]
    spectra = tables["spectra"].drop(columns="cost")
    spectra = spectra.merge(curves[["run_id", "mark", "cost"]], on=["run_id", "mark"])
    return curves, spectra[tables["spectra"].columns], end


def _reached(runs: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """The labels of each configuration, and the `end` of its longest run."""
    ends = curves.groupby("run_id")["cost"].max().rename("end")
    ended = runs[~runs["status"].isin(FAILED)]
    reached = (ended if len(ended) else runs)[["run_id", *LABELS]].merge(ends, left_on="run_id", right_index=True)
    return reached.groupby([*LABELS], dropna=False)["end"].max().reset_index()


def _at(tables: Tables, price: float) -> pd.DataFrame:
    curves, spectra, cut = reprice(tables, price)
    runs = tables["runs"]
    reached = _reached(runs, reprice(tables, price, cut=False)[0])
    reached = reached.assign(sets_cut=reached["end"] <= cut * ROUNDING).drop(columns="end")
    hits = find_hits(runs, curves, spectra)
    order = order_table(runs, curves, spectra, hits)
    own = order[(order["matched_by"] == "cost") & np.isclose(order["threshold"], PRIMARY_THRESHOLD)]
    last = curves.sort_values("mark").groupby("run_id")["loss"].last().rename("end_loss")
    losses = runs[["run_id", *LABELS]].merge(last, left_on="run_id", right_index=True)
    # the loss at the cut, and not in the end: at equal cost
    median = losses.groupby([*LABELS], dropna=False)["end_loss"].median().reset_index()
    rows = own.merge(median, on=[*LABELS], how="left").merge(reached, on=[*LABELS], how="left")
    # of which every run failed has no end
    rows["sets_cut"] = rows["sets_cut"].eq(True)
    rows["cost_per_gradient"], rows["cut_cost"] = price, cut
    measured = ["cut_cost", "end_loss", "concordance", "low", "high", "p_value", "verdict", "sets_cut"]
    return rows[["cost_per_gradient", *LABELS, "probe", *measured]]
