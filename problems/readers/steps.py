"""Whether numbers lie in equal steps, to the precision in which they came.

A grid that was held in single precision, or printed with three decimals, is off by as much as that. The precision is
read from the numbers themselves, wherever they have been since: of how many bits, and of how many
decimal digits they are. What rounding does not explain is no grid, in whatever unit.
"""

import numpy as np

from problems.base import Array

EVEN = 1e-6
"""Deviation of a step from the mean step, as its share, below which steps are alike whatever the precision."""
DRIFT = 0.01
"""Deviation of a point from its place, in steps, below which sums of rounded steps may drift."""
COARSEST = 0.2
"""Rounding, in steps, beyond which a missing point could not be told from it."""
BITS = (8, 11, 24, 53)
"""Of bfloat16, float16, float32 and float64, without their exponents."""
MOST_DIGITS = 12


def in_equal_steps(given: Array) -> bool:
    """Whether numbers `(n,)`, ascending and finite, are two points of a uniform grid or more, each to its precision."""
    ascending = given.astype(np.float64)
    count = len(ascending) - 1
    if count < 1 or not ascending[-1] > ascending[0]:
        return False
    step = (ascending[-1] - ascending[0]) / count
    off = np.abs((ascending - ascending[0]) / step - np.arange(count + 1)).max()
    uneven = np.abs(np.diff(ascending) / step - 1).max()
    # between two points, each and the ends are off by half a unit of rounding
    allowed = 2 * rounding(ascending, float(step))
    return bool(uneven <= max(EVEN, 2 * allowed) and off <= max(DRIFT, allowed))


def rounding(numbers: Array, step: float) -> float:
    """How far rounding may have put `numbers (n,)`, in steps: the coarsest that they and a grid of this step admit."""
    top = float(np.abs(numbers).max())
    bits = next(each for each in BITS if _have_bits(numbers, each) or each == BITS[-1])
    # what was rounded to so many bits is off by half of the last one, and what was computed in them by all of it
    found = [share * 2.0**-each * top / step for each in BITS if each >= bits for share in (1, 2)]
    fewest = _digits(numbers, bits)
    found += [0.5 * _first_digit(top) * 10.0 ** (1 - each) / step for each in range(fewest, MOST_DIGITS + 1)]
    return max((each for each in found if each <= COARSEST), default=0.0)


def _first_digit(top: float) -> float:
    """The power of ten of the first digit of a positive number."""
    return float(10.0 ** np.floor(np.log10(top)))


def _have_bits(numbers: Array, bits: int) -> bool:
    """Whether that many binary digits write all of the numbers."""
    scaled = np.ldexp(np.frexp(numbers)[0], bits)
    return bool((scaled == np.rint(scaled)).all())


def _digits(numbers: Array, bits: int) -> int:
    """The fewest decimal digits that write all of the numbers, which have so many bits; 13 where none do."""
    some = np.abs(numbers[numbers != 0])
    units = np.floor(np.log10(some))
    error = 2.0 ** (2 - bits)
    for digits in range(1, MOST_DIGITS + 1):
        # so many digits must say more than that many bits hold by chance
        if error * 10.0**digits > DRIFT:
            break
        with np.errstate(over="ignore", invalid="ignore"):  # of numbers near the smallest there are
            scaled = some * 10.0 ** (digits - 1 - units)
            if (np.abs(scaled - np.rint(scaled)) <= error * scaled).all():
                return digits
    return MOST_DIGITS + 1
