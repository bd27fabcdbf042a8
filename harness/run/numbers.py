"""Whether what came from outside is a number of a kind: Python takes True for one, and a fraction for a seed."""

from math import isnan
from numbers import Integral, Real
from typing import Any

SEEDS = "seed must be a whole number from 0 below two to the 63rd"


def is_seed(seed: Any) -> bool:
    """Whether `SEEDS` is kept."""
    return is_whole(seed) and 0 <= seed < 2**63


def is_whole(value: object) -> bool:
    """Whether it counts something: True is an int to Python, and counts nothing."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Whether it is a number that a float can hold, infinity among them."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    try:
        return not isnan(float(value))
    except OverflowError:
        return False
