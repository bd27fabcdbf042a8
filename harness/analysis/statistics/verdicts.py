"""Verdicts: what may be said of a configuration, in the order in which it is asked.

1. `one frequency` where no more is watched: an order needs two.
2. `too few runs` below five: no test at the level of the run can then say anything.
3. `too few hits` where fewer than half of the runs, or fewer than five, have a comparable pair.
4. `mixed` where some neighbouring frequencies are learned low first and others high first, each beyond chance, with p
   corrected over the configurations of the study.
5. `low-first` or `high-first` where p, corrected over the configurations of the study, is at most 0.10: 5 % in each
   direction. Where amplitude alone would give as much, the verdict says so.
6. `no order`, a positive statement: C lies within its margin and the spread within a factor of two, by two one-sided
   tests of 5 % each, and the median spread of each component as well.
7. `undecided`: neither an order nor its absence is shown. More runs may decide.
"""

from typing import Any, NamedTuple

import pandas as pd

FEWEST_RUNS = 5
P_LIMIT = 0.10
P_MIXED = 0.05
MIXED_ADJUSTED = "p_mixed_adjusted"
"""The corrected p of `mixed`, beside the columns of the table."""
FLAT_CONCORDANCE = (0.2, 0.8)
FLAT_SPREAD = (0.5, 2.0)
"""The margins of `no order`: what lies within is too little to be called one."""
ALONE = ", as amplitude alone would give"
DIRECTIONS = ("low-first", "high-first")
SAYING = (*DIRECTIONS, "no order", "mixed")
"""Verdicts that say something; the others say that too little is known."""
UNDECIDED = "undecided"
"""The one of those that was tested; others lacked what a test takes."""


class Evidence(NamedTuple):
    """What a verdict needs and no table keeps: runs, those with a comparable pair, and the 90 % interval of C."""

    n_runs: int
    deciding: int
    concordance: tuple[float, float]
    frequencies: int = 2
    """Watched of a component, the mean not counted."""


def verdict(evidence: Evidence, row: "pd.Series[Any]") -> str:
    """The verdict on a row of `order`; comparisons with NaN are false."""
    if evidence.frequencies < 2:
        return "one frequency"
    if evidence.n_runs < FEWEST_RUNS:
        return "too few runs"
    # of a minority an order may be true and still be the order of those that learn at all
    if evidence.deciding < max(FEWEST_RUNS, evidence.n_runs / 2):
        return "too few hits"
    if row[MIXED_ADJUSTED] <= P_MIXED:
        return "mixed"
    if row["p_adjusted"] <= P_LIMIT:
        # the sign is that of C; the spread may be a bound only
        low_first = row["concordance"] > 0.5
        return DIRECTIONS[0 if low_first else 1] + (ALONE if _explained(row, low_first=low_first) else "")
    low, high = evidence.concordance
    # two one-sided tests: the whole 90 % interval within the margins
    flat = FLAT_CONCORDANCE[0] <= low and high <= FLAT_CONCORDANCE[1]
    if flat and row["flat_low"] >= FLAT_SPREAD[0] and row["flat_high"] <= FLAT_SPREAD[1]:
        return "no order"
    return UNDECIDED


def _explained(row: "pd.Series[Any]", *, low_first: bool) -> bool:
    """Whether neither C nor, by loss, the spread goes beyond what amplitude alone would give."""
    if low_first:
        return bool(row["low"] <= row["null_concordance"] and not row["null_low"] > row["null_spread"])
    return bool(row["high"] >= row["null_concordance"] and not row["null_high"] < row["null_spread"])
