"""When to measure: at cost 0, at log-spaced costs, and at the end."""

import numpy as np

MARKS = 100
"""Default number of log-spaced marks; neighbours then differ by 12 % at a budget of 60,000."""


def log_marks(budget: float, count: int = MARKS) -> tuple[float, ...]:
    """At most `count` whole costs from 1 to `budget`, ascending, about evenly spaced in their logarithm."""
    if budget < 1 or count < 1:
        return ()
    # whole costs, as a mark within an evaluation cannot be kept: the first of them coincide
    spaced = np.geomspace(1.0, np.floor(budget), count).round()
    return tuple(float(mark) for mark in np.unique(spaced))
