"""The run as the unit: whether an order is more than chance, and between which bounds C lies.

Without a preference, a run and its mirror image, with all of its frequencies and components in reverse, are equally
likely. That holds for frequencies that are exchangeable, for components that share an order, and for costs that are a
smooth random function of the frequency; a permutation of frequencies within runs would need the first of these.
"""

from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from harness.analysis.statistics.laws import t_quantile
from harness.tables import Doubles

EXACT_RUNS = 10
"""Up to here all mirrorings are enumerated where several statistics are mirrored together."""
DRAWS = 4000
LARGEST = 1 / 3
"""The share of all pairs up to which runs count alike in the interval of C."""


def sign_test(scores: Doubles) -> float:
    """Two-sided p of the sum of `scores (runs,)`, multiples of one half, if each had either sign; exact.

    Below five runs it cannot fall below 0.1, with five it is at least 1/16. NaN without a score."""
    # in halves of a pair, whole numbers, so that the distribution of the sum is exact
    steps = np.abs(np.rint(2 * scores)).astype(np.int64)
    total = int(steps.sum())
    if not len(scores):
        return float("nan")
    # share[i] is the probability that the steps which are taken upwards add up to i; the sum is then 2 i - total
    share = np.zeros(total + 1)
    share[0] = 1.0
    for step in steps[steps > 0]:  # run by run
        share[step:] = share[step:] + share[:-step]
        share /= 2
    distance = np.abs(2 * np.arange(total + 1) - total)
    return min(1.0, float(share[distance >= abs(round(2 * float(scores.sum())))].sum()))


def concordance_interval(concordant: Doubles, pairs: Doubles, level: float) -> tuple[float, float]:
    """Interval of C = sum(concordant) / sum(pairs) over runs `(runs,)`, never of width zero.

    Student's t of the ratio, with one run more of as many pairs, half of them concordant: where all runs agree there
    would be no spread to estimate. Both ends are moved out by half a pair. A run with more than `LARGEST` of all pairs
    draws the ratio to itself, so that it seems to agree: then runs count by what they weigh."""
    n = len(pairs)
    if n < 2 or not pairs.sum():
        return float("nan"), float("nan")
    mean = pairs.mean()
    won, of = np.append(concordant, mean / 2), np.append(pairs, mean)
    centre = won.sum() / of.sum()
    # of a ratio of sums: the residuals won - C of, over n + 1 runs with the one that was added
    error = np.sqrt(((won - centre * of) ** 2).sum() / (n * (n + 1))) / of.mean()
    # Kish's effective number of runs, (sum m)^2 / sum m^2: n where all have equally many pairs
    runs = n if pairs.max() <= LARGEST * pairs.sum() else float(pairs.sum() ** 2 / (pairs**2).sum())
    half = float(student(level, runs - 1) * error + 0.5 / pairs.sum())
    return max(0.0, float(centre) - half), min(1.0, float(centre) + half)


def contradiction_p(signs: Doubles) -> float:
    """Whether some neighbours are learned low first and others high first: the larger p of the two statements.

    `signs (runs, neighbours)` are those of each run, 1 for low first. Each statement is one-sided, of the largest
    standardised sum over the neighbours that do not speak best for the other one, mirroring whole runs. NaN if fewer
    than two neighbours differ anywhere."""
    signs = signs[:, np.abs(signs).sum(axis=0) > 0]
    if signs.shape[1] < 2:
        return float("nan")
    # (draws, neighbours); the first row of signs is all ones, the study as it was
    sums = mirrorings(len(signs)) @ signs / np.sqrt(np.abs(signs).sum(axis=0))
    observed = sums[0]
    highest, lowest = int(observed.argmax()), int(observed.argmin())
    low_first, high_first = np.delete(sums, lowest, axis=1), np.delete(-sums, highest, axis=1)
    # 1e-9: a draw that equals the observed one is not to fall below it by rounding
    found = [(part.max(axis=1) >= part[0].max() - 1e-9).mean() for part in (low_first, high_first)]
    return float(max(found))


@lru_cache(maxsize=256)
def student(level: float, freedom: float) -> float:
    """How many standard errors an interval of this level reaches on each side."""
    return t_quantile((1 + level) / 2, freedom)


@lru_cache(maxsize=16)
def mirrorings(runs: int) -> Doubles:
    """Signs `(draws, runs)`, all or so many at random; the first row are ones."""
    if runs <= EXACT_RUNS:
        return np.array(list(product((1.0, -1.0), repeat=runs)))
    drawn: NDArray[np.float64] = np.random.default_rng(0).choice([1.0, -1.0], (DRAWS, runs))
    drawn[0] = 1.0
    return drawn
