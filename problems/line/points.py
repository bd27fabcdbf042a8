"""A curve from a file as the samples of a problem: read by `problems.readers`, with the grid that its points lie on."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems.readers.curves import described, read_curve
from problems.readers.steps import in_equal_steps
from problems.user_files import content_of

MOST_POINTS = 2_000_000


class Points(NamedTuple):
    """`x` ascending and `y`, both `(n,)`, and what was understood of the file."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    notes: tuple[str, ...] = ()

    @property
    def is_uniform(self) -> bool:
        """Whether all steps are alike, to the precision of `x`."""
        return in_equal_steps(self.x)

    @property
    def length(self) -> float:
        """The span and one mean step: the period if the points are a period of a wave, its end left out."""
        # n points have n - 1 steps between them, and n in a period
        return float((self.x[-1] - self.x[0]) * len(self.x) / (len(self.x) - 1))


def read_points(path: str, columns: str = "", separator: str = "") -> Points:
    """The points of a file of columns, an array or a sound; raises ValueError with what is wrong, and where."""
    content = content_of(path)
    curve = read_curve(path, content, columns, separator)
    if len(curve.x) > MOST_POINTS:
        raise ValueError(f"A curve has at most {MOST_POINTS:,} points; '{path}' has {len(curve.x):,}. Thin it out.")
    points = Points(curve.x, curve.y)
    notes = (*curve.notes, *described(curve.x, curve.y, uniform=points.is_uniform))
    return points._replace(notes=notes)
