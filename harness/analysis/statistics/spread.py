"""Spread: in a run, how many times the cost of the lowest watched frequency the highest takes; the median over runs.

A frequency that was not hit took more than the run's whole cost, so that of the ratio a bound is known: at least, if
the highest was not hit, at most, if the lowest was not; one that was hit before the run's first mark took less than the
mark's cost, and bounds the other way. The median of the lower and that of the upper bounds enclose
the median of the ratios; where they agree it is known. The interval is made of order statistics of the bounds and holds
whatever the distribution of ratios.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.analysis.statistics.censored import Censored
from harness.analysis.statistics.laws import at_most
from harness.analysis.statistics.verdicts import FEWEST_RUNS
from harness.tables import Doubles


@dataclass(frozen=True)
class Spread:
    """A median ratio: `bound` is "" where it is known, ">=" or "<=" where it is bounded; NaN where nothing is known."""

    value: float
    bound: str
    low: float
    high: float


def run_bounds(
    log_cost: Doubles, censored: Censored, frequency: Doubles, run: NDArray[np.int64], n_runs: int
) -> tuple[Doubles, Doubles]:
    """Bounds `(runs,)` of the log ratio of each run, the median over its components; NaN for less than two.

    `log_cost`, `censored` and `frequency` are `(G, Q)` for series of the runs `run (G,)`, frequencies ascending."""
    present = np.isfinite(log_cost) & np.isfinite(frequency)
    several = present.sum(axis=1) > 1
    series = np.arange(len(present))
    # of truth values argmax is the first True; from the right, the last
    lowest, highest = present.argmax(axis=1), present.shape[1] - 1 - present[:, ::-1].argmax(axis=1)
    known = np.where(present, log_cost, 0.0)
    ratio = known[series, highest] - known[series, lowest]
    # the lowest not hit took longer than known, or the highest less: the ratio may be anything below; and mirrored
    of_lowest, of_highest = (censored[series, place].astype(int) for place in (lowest, highest))
    low = np.where(several, np.where((of_lowest > 0) | (of_highest < 0), -np.inf, ratio), np.nan)
    high = np.where(several, np.where((of_highest > 0) | (of_lowest < 0), np.inf, ratio), np.nan)
    lows, highs = np.full(n_runs, np.nan), np.full(n_runs, np.nan)
    if np.bincount(run[several], minlength=1).max() == 1:  # the median of one component is that one
        lows[run[several]], highs[run[several]] = low[several], high[several]
        return lows, highs
    for own in np.unique(run[several]):
        chosen = several & (run == own)
        lows[own], highs[own] = np.median(low[chosen]), np.median(high[chosen])
    return lows, highs


def median_ratio(lows: Doubles, highs: Doubles, level: float) -> Spread:
    """The median over runs of what lies between `lows` and `highs`, both `(runs,)`, with its interval, as ratios.

    They are logarithms, infinite where nothing is known on that side, and NaN of runs that say nothing."""
    lows, highs = lows[~np.isnan(lows)], highs[~np.isnan(highs)]
    if not len(lows):
        return Spread(np.nan, "", np.nan, np.nan)
    below, above = float(np.median(lows)), float(np.median(highs))
    value, bound = (below, "" if below == above else ">=") if below > -np.inf else (above, "<=")
    cut = interval_rank(len(lows), level)
    ends = np.sort(lows)[cut], np.sort(highs)[len(highs) - 1 - cut]
    with np.errstate(over="ignore"):
        value, low, high = (float(np.exp(end)) for end in (value, *ends))
    return Spread(value if np.isfinite(value) else np.nan, bound if np.isfinite(value) else "", low, high)


def told_ends(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with `n_runs`, `spread_low` and `spread_high`, where fewer than five runs stand behind them without these.

    The whole range of four runs keeps 87.5 %, that of two 50 %, and one has no width."""
    enough = rows["n_runs"] >= FEWEST_RUNS
    return rows.assign(**{end: rows[end].where(enough) for end in ("spread_low", "spread_high")})


@lru_cache(maxsize=64)
def interval_rank(n: int, level: float) -> int:
    """How many of `n` ordered values lie outside on each side: the most for which the interval keeps its level.

    It is 0 also where the smallest and the largest keep less: for 95 % that is so below six (five: 93.75 %)."""
    # the median lies below the r-th smallest of n with P(Binomial(n, 1/2) < r), and the same above
    outside = at_most(np.arange(n), n, 0.5) <= (1 - level) / 2
    return max(int(outside.sum()) - 1, 0)
