"""Student's and the binomial law, mid-ranks, and Benjamini and Hochberg's p: all that is needed of `scipy.stats`.

Loading that takes half a second, which every comparison would wait for. The tests compare."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import bdtr, stdtr, stdtrit

from harness.tables import Doubles


def t_quantile(level: float, freedom: float) -> float:
    """What Student's t with so many degrees of freedom stays below with probability `level`."""
    return float(stdtrit(freedom, level)) if freedom > 0 else float("nan")


def t_tail(t: float, freedom: float) -> float:
    """The probability that Student's t exceeds `t`."""
    return float(stdtr(freedom, -t)) if freedom > 0 else float("nan")


def at_most(counts: ArrayLike, n: int, chance: float) -> Doubles:
    """The probability of at most so many of `n` tries, each with probability `chance`, for each of `counts`."""
    found: Doubles = bdtr(np.asarray(counts, np.float64), n, chance)
    return found


def mid_ranks(values: Doubles) -> Doubles:
    """Ranks from 1 along the last axis, of one or two; equal values share the mean of theirs."""
    rows = pd.DataFrame(np.atleast_2d(values))
    return rows.rank(axis=1).to_numpy(np.float64).reshape(np.shape(values))


def false_discovery(p_values: Doubles) -> Doubles:
    """Benjamini and Hochberg's adjusted p of `p_values (m,)`: the smallest `p_(j) m / j` from each rank on, at most 1.

    Source: Journal of the Royal Statistical Society B 57 (1995) 289-300. None may be NaN."""
    order, m = np.argsort(p_values), len(p_values)
    scaled = p_values[order] * m / np.arange(1, m + 1)
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return adjusted
