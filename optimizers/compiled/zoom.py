"""The line search of Nocedal and Wright 2006, algorithms 3.5 and 3.6, as scipy does it, to rounding.

A trial is a tuple of length, loss and slope; the slope is asked for only where it is needed.
"""

from typing import Any

from numpy import isfinite, nan, sqrt

from optimizers.compiled.compilation import plain
from optimizers.compiled.more_thuente import ENDED, FAILED, FOUND

LARGEST = 1e100
TRIALS = 10
"""Of each of the two algorithms, beside the first."""


@plain
def cubic_minimum(low: Any, high: Any, last: Any) -> Any:
    """The minimiser of the cubic through the slope at `low` and all three losses; not finite where there is none."""
    db, dc = high[0] - low[0], last[0] - low[0]
    denominator = (db * dc) ** 2 * (db - dc)
    rise, rest = high[1] - low[1] - low[2] * db, last[1] - low[1] - low[2] * dc
    a = (dc**2 * rise + -(db**2) * rest) / denominator
    b = (-(dc**3) * rise + db**3 * rest) / denominator
    return low[0] + (-b + sqrt(b * b - 3 * a * low[2])) / (3 * a)


@plain
def square_minimum(low: Any, high: Any) -> Any:
    """The minimiser of the parabola through the slope at `low` and both losses; not finite where there is none."""
    db = high[0] - low[0] * 1.0
    b = (high[1] - low[1] - low[2] * db) / (db * db)
    return low[0] - low[2] / (2.0 * b)


@plain
def between(low: Any, high: Any, last: Any, later: Any) -> Any:
    """The next length to try: by the cubic, the parabola where that comes too close to an end, or the middle."""
    width = high[0] - low[0]
    left, right = min(low[0], high[0]), max(low[0], high[0])
    t = cubic_minimum(low, high, last) if later else nan
    # scipy's margins have the sign of the width
    if not isfinite(t) or t > right - 0.2 * width or t < left + 0.2 * width:
        t = square_minimum(low, high)
        if not isfinite(t) or t > right - 0.1 * width or t < left + 0.1 * width:
            t = low[0] + 0.5 * width
    return t


@plain
def zoom(along: Any, accept: Any, line: Any, start: Any, ends: Any, rules: Any) -> Any:
    """Algorithm 3.6: how the search between two ends ended, and where."""
    c1, c2 = rules
    low, high = ends
    last = start
    for i in range(TRIALS + 1):
        t = between(low, high, last, i > 0)
        loss, slope = along(line, t)
        if loss != loss:  # NaN: the run has ended
            return ENDED, start
        trial = (t, loss, slope)
        if loss > start[1] + c1 * t * start[2] or loss >= low[1]:
            last, high = high, trial
            continue
        if abs(slope) <= -c2 * start[2] and accept(line, t):
            return FOUND, trial
        if slope * (high[0] - low[0]) >= 0:
            last, high = high, low
        else:
            last = low
        low = trial
    return FAILED, start


@plain
def expand(along: Any, accept: Any, line: Any, start: Any, first: Any, rules: Any) -> Any:
    """Algorithm 3.5: how the search ended, and where; lengths double until a minimiser lies between two."""
    c1, c2 = rules
    before, t = start, first
    loss, slope = along(line, t)
    for i in range(TRIALS):
        if loss != loss:
            return ENDED, start
        if t == 0 or before[0] > LARGEST:
            return FAILED, start
        trial = (t, loss, slope)
        if loss > start[1] + c1 * t * start[2] or (loss >= before[1] and i > 0):
            return zoom(along, accept, line, start, (before, trial), rules)
        if abs(slope) <= -c2 * start[2] and accept(line, t):
            return FOUND, trial
        if slope >= 0:
            return zoom(along, accept, line, start, (trial, before), rules)
        before, t = trial, min(2 * t, LARGEST)
        loss, slope = along(line, t)
    # scipy takes what it has come to
    return (ENDED if loss != loss else FOUND), (t, loss, slope)
