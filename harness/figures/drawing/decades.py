"""Names on a logarithmic axis that shows one power of ten or none, from which nobody could read a value."""

from math import ceil, floor, log10

from matplotlib.axis import Axis
from matplotlib.ticker import Formatter, LogFormatterMathtext

NAMED = (2, 5)
"""Multiples of a power of ten that are named."""
PLAIN = 0.0099, 9999.0
"""Numbers between which a name is narrow enough for its place."""
SLACK = 1e-9
"""In logarithms, whose whole numbers may come out below."""


def are_few(formatter: Formatter) -> bool:
    """Whether fewer than two powers of ten lie on the axis that it names, which may run from right to left."""
    assert formatter.axis is not None
    low, high = sorted(formatter.axis.get_view_interval())
    return low > 0 and floor(log10(high) + SLACK) - ceil(log10(low) - SLACK) < 1


class Powers(LogFormatterMathtext):
    """Names of powers of ten: as such where there are two, else as the plain numbers that stand between them."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The name of the tick at `x`."""
        plain = PLAIN[0] < x < PLAIN[1] and are_few(self)
        return f"{x:g}" if plain else str(super().__call__(x, pos))


class Between(Formatter):
    """Names of the minor ticks: none where two powers of ten are in sight, else 2 and 5 times these."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The name of the tick at `x`."""
        del pos
        if not are_few(self):
            return ""
        leading = x / 10.0 ** floor(log10(x) + SLACK)
        return f"{x:g}" if PLAIN[0] < x < PLAIN[1] and round(leading, 6) in NAMED else ""


def name_decades(axis: Axis) -> None:
    """On this logarithmic axis name powers of ten, and what is between them where they are too few."""
    axis.set_major_formatter(Powers())
    axis.set_minor_formatter(Between())
