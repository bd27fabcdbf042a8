"""How large the preference of each method is, in a mean over the same problems for all: what methods are sorted by."""

from collections.abc import Collection, Iterable, Sequence

import numpy as np
import pandas as pd

from harness.analysis.asked.samplers import SAMPLERS

EITHER = "?"
"""Of a mean that may lie on either side of what was seen."""


def shared_sizes(rows: pd.DataFrame, own: Sequence[str] = (), apart: Collection[str] = ()) -> pd.DataFrame:
    """Logarithms of the spreads `(methods, problems)` of the problems on which all of these methods have one.

    `rows` is a standing with `method`. Methods are those with a spread on more than half of its problems, and no
    samplers. With the optimizers `own` these are among them, and problems are those on which they have a spread.
    Problems that stand `apart` say nothing of methods, and count where there are no others. A mean over other problems
    would compare problems and not methods."""
    mine = rows[is_sized(rows) & rows["optimizer"].isin(own)]
    rows = rows[rows["block"].isin(mine["block"])] if len(own) else rows
    beside = rows["block"].str.split().str[0].isin(apart)
    rows = rows if beside.all() else rows[~beside]
    known = rows[is_sized(rows) & (rows["optimizer"].isin(own) | ~rows["optimizer"].isin(SAMPLERS))]
    logs = known.assign(log=np.log(known["spread"])).pivot_table(index="method", columns="block", values="log")
    often = 2 * logs.notna().sum(axis="columns") > rows["block"].nunique()
    logs = logs[often | logs.index.isin(mine["method"])]
    shared = logs.dropna(axis="columns")
    # where these share none, one's own stands among those that have all of its problems
    return logs.dropna(axis="index") if len(own) and shared.empty else shared


def mean_bound(bounds: Iterable[str]) -> str:
    """The sign of a mean over values of which some are bounds: `EITHER` where both kinds are among them."""
    signs = {bound for bound in bounds if bound}
    return EITHER if len(signs) > 1 else "".join(signs)


def is_sized(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Where a spread is known: one with the interval [0, inf] may lie anywhere, and a spread of 0 is none.

    One of few runs has no interval, and is known."""
    low, high = (rows[name].astype(np.float64) for name in ("spread_low", "spread_high"))
    return (rows["spread"] > 0) & ~((low == 0) & np.isposinf(high))


def is_exact(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Where a spread is known and no bound: the ratio of two bounds is a bound of nothing."""
    return is_sized(rows) & (rows["spread_bound"] == "")
