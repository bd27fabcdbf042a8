"""Numbers as a person says them: sizes and durations in a unit that leaves some digits before the point, and bounds.

Rounding must not carry a bound beyond what was seen."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise
from math import isclose, isfinite

SIZES = ((1.0, "B"), (1e3, "kB"), (1e6, "MB"), (1e9, "GB"), (1e12, "TB"))
DURATIONS = ((1e-9, "ns"), (1e-6, "us"), (1e-3, "ms"), (1.0, "s"), (60.0, "min"), (3600.0, "h"), (86_400.0, "days"))


def size(count: float) -> str:
    """Bytes in powers of a thousand: `9.68 kB`."""
    unit, name = next(((this, name) for (this, name), (above, _) in pairwise(SIZES) if count < above), SIZES[-1])
    return f"{few_digits(count / unit, 3)} {name}"


def duration(seconds: float) -> str:
    """Seconds, as `310 us` or `2.5 h`; minutes, hours and days begin at two of them."""
    limits = ((this, name, above * (2 if above > 1 else 1)) for (this, name), (above, _) in pairwise(DURATIONS))
    unit, name = next(((this, name) for this, name, limit in limits if seconds < limit), DURATIONS[-1])
    return f"{few_digits(seconds / unit, 3)} {name}"


def beside_interval(value: float, low: float, high: float) -> str:
    """A share with its interval, as `0.91 [0.44, 1.00]`; of what has none, as of few runs, the share alone."""
    return f"{value:.2f} [{low:.2f}, {high:.2f}]" if isfinite(low) and isfinite(high) else f"{value:.2f}"


AT_LEAST, AT_MOST = BOUNDS = (">=", "<=")


def held(value: float, bound: str, digits: int = 2, whole: float = 100.0) -> float:
    """The value for so many digits, and whole from `whole` on: a lower bound rounded down, an upper one up.

    What is no bound (neither of `BOUNDS`) is as it was, for the format to round."""
    if bound not in BOUNDS or not isfinite(value) or not value:
        return value
    exact = Decimal(value)
    place = exact.adjusted() - digits + 1
    step = Decimal(1).scaleb(min(place, 0) if abs(value) >= whole else place)
    nearest = float(exact.quantize(step))
    # 1.2 as the quotient of two costs may lie a last digit below itself
    if isclose(nearest, value, rel_tol=1e-9):
        return nearest
    return float(exact.quantize(step, ROUND_FLOOR if bound == AT_LEAST else ROUND_CEILING))


def held_ends(low: float, high: float, bound: str, digits: int = 2, whole: float = 100.0) -> tuple[float, float]:
    """The ends of the interval of a bound, each rounded outwards; those of what is no bound as they were."""
    return held(low, AT_LEAST if bound else "", digits, whole), held(high, AT_MOST if bound else "", digits, whole)


def error_of(probe: str, minus: str = "-") -> str:
    """What the error of a probe that is about no frequency is called: of a share told right, what it lacks of 1."""
    return f"1 {minus} {probe}" if probe.endswith("accuracy") else f"error of {probe}"


def few_digits(value: float, digits: int = 2) -> str:
    """A number for so many digits, whole where they would need an exponent, as at 99.7: `100` and not `1e+02`."""
    whole = isfinite(value) and abs(value) >= 10**digits - 0.5
    return f"{value:,.0f}" if whole else f"{value:.{digits}g}"
