"""How fast time grows with the work, against how fast the arithmetic does: slopes of log-log fits of `costs.csv`."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

SQUARE = ("bfgs", "cma-es", "levenberg-marquardt")
"""Methods with a matrix of P x P: updated, multiplied, or summed over the samples, at every evaluation or step."""
WIDTH, PARTICLES = "parameters P", "particles"


class Slope(NamedTuple):
    """Of time against one axis, with its standard error; `arithmetic` is what the work is proportional to."""

    optimizer: str
    axis: str
    first: float
    last: float
    slope: float
    error: float
    arithmetic: float

    @property
    def above(self) -> bool:
        """Whether time grows faster than the arithmetic, beyond the error of the fit."""
        return self.slope - 2 * self.error > self.arithmetic


def slopes(costs: pd.DataFrame) -> Iterator[Slope]:
    """A fit for each optimizer along each axis."""
    for (name, axis), rows in costs.groupby(["optimizer", "axis"]):
        x, y = np.log(rows["at"].to_numpy()), np.log(rows["seconds"].to_numpy())
        slope, error = _fit(x, y)
        # seconds are those of one evaluation, of all lanes: a larger swarm makes more of them
        power = 0.0 if axis == PARTICLES else 2.0 if axis == WIDTH and name in SQUARE else 1.0
        yield Slope(str(name), str(axis), rows["at"].min(), rows["at"].max(), slope, error, power)


def _fit(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and its standard error by least squares; the error of two points is 0."""
    away = x - x.mean()
    slope = float(away @ y / (away @ away))
    left = y - y.mean() - slope * away
    return slope, float(np.sqrt(left @ left / max(len(x) - 2, 1) / (away @ away)))
