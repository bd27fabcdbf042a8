"""Sizes and durations as a person says them: with three digits, in a unit that leaves some of them before the point."""

from itertools import pairwise

SIZES = ((1.0, "B"), (1e3, "kB"), (1e6, "MB"), (1e9, "GB"), (1e12, "TB"))
DURATIONS = ((1e-9, "ns"), (1e-6, "us"), (1e-3, "ms"), (1.0, "s"), (60.0, "min"), (3600.0, "h"), (86_400.0, "days"))
HIGH = 999.5
"""From here on three digits would be written with an exponent."""


def size(count: float) -> str:
    """Bytes in powers of a thousand: `9.68 kB`."""
    unit, name = next(((this, name) for (this, name), (above, _) in pairwise(SIZES) if count < above), SIZES[-1])
    return f"{_digits(count / unit)} {name}"


def duration(seconds: float) -> str:
    """Seconds, as `310 us` or `2.5 h`; minutes, hours and days begin at two of them."""
    limits = ((this, name, above * (2 if above > 1 else 1)) for (this, name), (above, _) in pairwise(DURATIONS))
    unit, name = next(((this, name) for this, name, limit in limits if seconds < limit), DURATIONS[-1])
    return f"{_digits(seconds / unit)} {name}"


def _digits(value: float) -> str:
    return f"{value:.3g}" if value < HIGH else f"{value:,.0f}"
