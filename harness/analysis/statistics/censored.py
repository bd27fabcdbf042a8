"""How fast hit costs grow with frequency: a regression of log cost on log frequency, with an effect for each series.

Costs that a run did not live to see are censored: of them only the lower bound is known, and of those before its first
mark only the upper (Tobit). With x centred
nowhere and an intercept for each series the likelihood is that of

    log cost = intercept of the series + exponent * log frequency + sigma * normal,

maximised in Olsen's parameters (intercepts / sigma, exponent / sigma, 1 / sigma), in which it is concave. Without
censoring it is least squares. The interval takes the run as the unit: a sandwich of the scores of runs, and Student's t
with one degree of freedom less than runs that have two hits in a series, as the others tell of no slope by themselves.
Source: Olsen, Econometrica 46 (1978) 1211-1215.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from harness.analysis.statistics.signs import student
from harness.tables import Doubles

Censored: TypeAlias = NDArray[np.bool_] | NDArray[np.int8]
"""Of each value: 1 (or true) if the true one lies above it, -1 if below, 0 if it is known."""
STEPS = 60
ENOUGH = 1e-10
SMALLEST_SIGMA = 1e-6


@dataclass(frozen=True)
class Exponent:
    """An exponent with what each run contributes to its deviation, `(runs,)`; NaN throughout where none is known."""

    value: float
    influence: Doubles
    sloping: NDArray[np.bool_]
    """Whether a run has two hits in one of its series, `(runs,)`."""

    def interval(self, level: float) -> tuple[float, float]:
        """The interval of the exponent; NaN where fewer than two runs have a slope."""
        half = student(level, freedom(self.sloping)) * standard_error(self.influence)
        return self.value - half, self.value + half


def standard_error(influence: Doubles) -> float:
    """From the influences of runs `(runs,)`, those of no influence left out; NaN where fewer than two are left."""
    n = int((influence != 0).sum())
    # the sandwich: the variance of a sum of n independent influences, times n / (n - 1) as they add up to 0
    return float(np.sqrt(n / (n - 1) * (influence**2).sum())) if n > 1 else float("nan")


def freedom(sloping: NDArray[np.bool_]) -> int:
    """Of Student's t; with one for each run instead it covers 79 to 89 % where three quarters are censored."""
    return int(sloping.sum()) - 1


def exponent(x: Doubles, y: Doubles, censored: Censored, run: NDArray[np.int64], n_runs: int) -> Exponent:
    """The slope of `y (G, Q)` on `x (G, Q)`, NaN where absent, for series of the runs `run (G,)`."""
    present = np.isfinite(x) & np.isfinite(y)
    seen = present & (censored == 0)
    present &= seen.any(axis=1, keepdims=True)  # a series without a hit has an intercept of its own
    sloping = np.zeros(n_runs, bool)
    sloping[run[seen.sum(axis=1) > 1]] = True
    none = Exponent(float("nan"), np.full(n_runs, np.nan), sloping)
    series, _ = np.nonzero(present)
    # an intercept for each series, then a slope, and one value more to see sigma by
    if not len(series) or seen.sum() - seen.any(axis=1).sum() < 2:
        return none
    names, group = np.unique(series, return_inverse=True)
    values, when, known = x[present], y[present], seen[present]
    if not _varies(values, known, group):
        return none
    if known.all():
        slope, scores = _least_squares(values, when, group)
    else:
        slope, scores = _tobit(values, when, censored[present].astype(int), group)
    influence = np.zeros(n_runs)
    np.add.at(influence, run[names], np.bincount(group, scores, len(names)))
    return Exponent(slope, influence, sloping)


def _varies(x: Doubles, known: NDArray[np.bool_], group: NDArray[np.int64]) -> bool:
    return bool(np.abs(_within(x[known], group[known])).max() > 0)


def _within(values: Doubles, group: NDArray[np.int64]) -> Doubles:
    """Deviations from the mean of the own group."""
    sums, counts = np.bincount(group, values), np.maximum(np.bincount(group), 1)
    deviations: Doubles = values - (sums / counts)[group]
    return deviations


def _least_squares(x: Doubles, y: Doubles, group: NDArray[np.int64]) -> tuple[float, Doubles]:
    """The slope, and what each value contributes to its deviation."""
    # with its own intercept a series counts by its deviations (Frisch and Waugh)
    x, y = _within(x, group), _within(y, group)
    slope = float(x @ y / (x @ x))
    return slope, x * (y - slope * x) / (x @ x)


def _tobit(x: Doubles, y: Doubles, side: NDArray[np.int64], group: NDArray[np.int64]) -> tuple[float, Doubles]:
    """The same from the censored likelihood, by Newton's method with halved steps."""
    known = side == 0
    scale = max(float(np.abs(x).max()), 1.0)
    design = np.column_stack([np.eye(group.max() + 1)[group], x / scale])
    start_slope, _ = _least_squares(x[known], y[known], group[known])
    # an exact fit of the hits would begin with sigma = 0, where 1 / sigma is infinite
    sigma = max(float(np.std(_within(y[known] - start_slope * x[known], group[known]))), 0.1)
    means = np.bincount(group[known], (y - start_slope * x)[known]) / np.bincount(group[known])
    # Olsen's (intercepts, slope, 1) / sigma
    theta = np.append(np.append(means, start_slope * scale), 1.0) / sigma
    likelihood = _likelihood(theta, design, y, side)
    for _ in range(STEPS):
        per_value, hessian = _derivatives(theta, design, y, side)
        gradient = per_value.sum(axis=0)
        # a series with hardly a hit may leave a direction flat
        step = np.linalg.solve(hessian + 1e-9 * np.eye(len(theta)), gradient)
        length = 1.0
        while (new := _likelihood(theta + length * step, design, y, side)) < likelihood and length > 1e-8:
            length /= 2
        theta, gained, likelihood = theta + length * step, new - likelihood, max(new, likelihood)
        if gained < ENOUGH or 1 / theta[-1] < SMALLEST_SIGMA:
            break
    per_value, hessian = _derivatives(theta, design, y, side)
    moved = per_value @ np.linalg.pinv(hessian)  # influence on (intercepts, slope, 1) / sigma
    # sigma cancels; by the delta method d slope = (d theta_slope - slope d theta_last) / theta_last
    slope = theta[-2] / theta[-1]
    return float(slope / scale), (moved[:, -2] - slope * moved[:, -1]) / theta[-1] / scale


def _likelihood(theta: Doubles, design: Doubles, y: Doubles, side: NDArray[np.int64]) -> float:
    if theta[-1] <= 0:
        return -np.inf
    z, known = theta[-1] * y - design @ theta[:-1], side == 0
    # of a hit log(1 / sigma) - z^2 / 2, of a censored value log P(Z > z), or log P(Z < z), but for constants
    return float((np.log(theta[-1]) - 0.5 * z[known] ** 2).sum() + log_ndtr(-(side * z)[~known]).sum())


def _derivatives(theta: Doubles, design: Doubles, y: Doubles, side: NDArray[np.int64]) -> tuple[Doubles, Doubles]:
    """The score of each value `(n, parameters)` and the negative Hessian of the log-likelihood."""
    z, known = theta[-1] * y - design @ theta[:-1], side == 0
    # log P(Z < z) is log P(Z > -z): the other tail, mirrored
    beyond = np.where(known, z, side * z)
    ratio = np.exp(-0.5 * beyond**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(-beyond))  # of the normal density to its tail
    # d/dz of -z^2 / 2 and of log P(Z > z); below, minus the second derivatives
    by_z = np.where(known, -z, -side * ratio)
    curvature = np.where(known, 1.0, ratio * (ratio - beyond))
    moves = np.column_stack([-design, y])  # dz / dtheta
    scores = by_z[:, None] * moves
    # d log theta_last
    scores[:, -1] += known / theta[-1]
    hessian = (moves * curvature[:, None]).T @ moves
    hessian[-1, -1] += known.sum() / theta[-1] ** 2
    return scores, hessian
