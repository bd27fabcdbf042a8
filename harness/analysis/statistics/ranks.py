"""Paired differences of runs: the exact signed-rank test, and the estimate and interval that belong to it.

If neither side of a pair is preferred its difference is symmetric about 0, so that each rank of |difference| has either
sign with equal chance. The estimate is the median of the Walsh averages (d_i + d_j) / 2, i <= j, and the interval holds
the shifts that the test does not refuse. Source: Hodges and Lehmann, Ann. Math. Stat. 34 (1963) 598-611.
"""

from typing import NamedTuple

import numpy as np

from harness.analysis.statistics.laws import mid_ranks
from harness.analysis.statistics.signs import sign_test
from harness.tables import Doubles


class Shift(NamedTuple):
    """The difference between the sides of a pair, its interval, and the two-sided p of no difference."""

    value: float
    low: float
    high: float
    p_value: float


def shift(differences: Doubles, level: float) -> Shift:
    """Of the differences `(pairs,)`, NaN left out. With five pairs p is at least 1/16 and the level 93.75 %."""
    known = differences[~np.isnan(differences)]
    n = len(known)
    if not n:
        return Shift(np.nan, np.nan, np.nan, np.nan)
    walsh = np.sort(((known[:, None] + known) / 2)[np.triu_indices(n)])
    cut = _outside(n, level)
    # ranks of ties are multiples of one half, which is what the sign test is exact for
    p_value = sign_test(np.sign(known) * mid_ranks(np.abs(known)))
    return Shift(float(np.median(walsh)), float(walsh[cut]), float(walsh[len(walsh) - 1 - cut]), p_value)


def _outside(n: int, level: float) -> int:
    """How many Walsh averages lie outside the interval on each side; none where even the whole range keeps less."""
    share = np.ones(1)
    for rank in range(1, n + 1):  # the distribution of the sum of the ranks of one sign
        share = 0.5 * (np.pad(share, (0, rank)) + np.pad(share, (rank, 0)))
    return max(int((np.cumsum(share) <= (1 - level) / 2).sum()) - 1, 0)
