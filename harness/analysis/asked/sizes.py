"""How large the preference of each method is, in a mean over the same problems for all: what methods are sorted by."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from harness.analysis.asked.samplers import SAMPLERS

EITHER = "?"
"""Of a mean that may lie on either side of what was seen."""


def shared_sizes(rows: pd.DataFrame, own: Sequence[str] = ()) -> pd.DataFrame:
    """Logarithms of the spreads `(methods, problems)` of the problems on which all of these methods have one.

    `rows` is a standing with `method`. Methods are those with a spread on more than half of its problems, no samplers,
    and the optimizers `own`. A mean over other problems would compare problems and not methods."""
    mine = rows["optimizer"].isin(own)
    known = rows[is_sized(rows) & (mine | ~rows["optimizer"].isin(SAMPLERS))]
    logs = known.assign(log=np.log(known["spread"])).pivot_table(index="method", columns="block", values="log")
    often = 2 * logs.notna().sum(axis="columns") > rows["block"].nunique()
    return logs[often | logs.index.isin(rows[mine]["method"])].dropna(axis="columns")


def mean_bound(bounds: Iterable[str]) -> str:
    """The sign of a mean over values of which some are bounds: `EITHER` where both kinds are among them."""
    signs = {bound for bound in bounds if bound}
    return EITHER if len(signs) > 1 else "".join(signs)


def is_sized(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Where a spread is known: one with the interval [0, inf] may lie anywhere, and a spread of 0 is none."""
    low, high = (rows[name].astype(np.float64) for name in ("spread_low", "spread_high"))
    return (rows["spread"] > 0) & ((low > 0) | np.isfinite(high))


def is_exact(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Where a spread is known and no bound: the ratio of two bounds is a bound of nothing."""
    return is_sized(rows) & (rows["spread_bound"] == "")
