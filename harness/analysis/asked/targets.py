"""Targets as a population: what holds for targets that were not tried, from several targets with several seeds each.

The value of a run is that of its target plus its own deviation, both random:

    value = mean + target + run,   target ~ N(0, between^2),   run ~ N(0, within^2).

Of a spread whose highest or lowest frequency was not hit a bound is known alone. It enters as its bound, and the
interval of the mean is open on the side where bounds were among the values.

The variances are those of restricted maximum likelihood; the interval of the mean takes the target as the unit
(Student's t, one degree of freedom less than targets; of C, which is bounded, as that over runs). Source: Searle,
Casella, McCulloch, Variance Components (1992).
"""

from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.analysis.clocks import side_by_side, wins
from harness.analysis.incumbents import as_declared
from harness.analysis.order import LEVEL, PRIMARY_THRESHOLD, log_cost, run_pairs
from harness.analysis.statistics.laws import t_quantile
from harness.analysis.statistics.signs import concordance_interval
from harness.analysis.statistics.spread import run_bounds
from harness.tables import LABELS, Doubles, Tables

TARGET = ["problem", "problem_settings"]
MEASURES = ("concordance", "log spread")
SMALLEST = 1e-300


class Population(NamedTuple):
    """The mean over targets with its interval, spreads between targets and between runs, and the range of targets.

    The interval is open where the mean is a bound."""

    mean: float
    low: float
    high: float
    between: float
    within: float
    smallest: float
    largest: float
    n_targets: int
    n_runs: int

    @property
    def bound(self) -> str:
        """`>=` or `<=`; of a mean with both ends open nothing is known, as its interval says."""
        if np.isneginf(self.low) == np.isposinf(self.high):
            return ""
        return "<=" if np.isneginf(self.low) else ">="


def population(values: Doubles, target: NDArray[np.integer[Any]], level: float = LEVEL) -> Population:
    """The two-level model of `values (n,)` of the targets `target (n,)`. NaN for the interval of one target.

    Raises ValueError where no target has a second run: the two variances cannot be told apart then."""
    _, group, counts = np.unique(target, return_inverse=True, return_counts=True)
    if counts.max() < 2:
        raise ValueError("At least one target must have two runs or more; each has one.")
    means = np.bincount(group, values) / counts
    squares = float(((values - means[group]) ** 2).sum())
    n, groups = len(values), len(counts)

    def deviance(log_ratio: float) -> float:
        """Minus twice the restricted log-likelihood over between^2 / within^2, without constants."""
        # the mean of the n_j runs of a target varies by within^2 (1 + n_j ratio) / n_j
        inflation = 1 + counts * np.exp(log_ratio)
        weights = counts / inflation
        centre = weights @ means / weights.sum()
        # within^2 is profiled out: its estimate at this ratio is total / (n - 1)
        total = squares + weights @ (means - centre) ** 2
        return float((n - 1) * np.log(max(total, SMALLEST)) + np.log(inflation).sum() + np.log(weights.sum()))

    search = import_module("scipy.optimize").minimize_scalar  # loaded where it is needed: it takes its time
    ratio = float(np.exp(search(deviance, bounds=(-25.0, 15.0), method="bounded", options={"xatol": 1e-9}).x))
    # the search never ends exactly at its bound, but the estimate may be zero
    ratio = 0.0 if deviance(-25.0) <= deviance(np.log(ratio)) else ratio
    weights = counts / (1 + counts * ratio)
    mean = float(weights @ means / weights.sum())
    within = np.sqrt((squares + weights @ (means - mean) ** 2) / (n - 1))
    # Hartung and Knapp's: by the weighted spread of the means of targets, and not by the two variances
    error = np.sqrt((weights * (means - mean) ** 2).sum() / weights.sum() / max(groups - 1, 1))
    half = float(t_quantile((1 + level) / 2, groups - 1) * error) if groups > 1 else float("nan")
    between = float(within * np.sqrt(ratio))
    return Population(mean, mean - half, mean + half, between, float(within), means.min(), means.max(), groups, n)


def of_single_runs(values: Doubles, level: float = LEVEL) -> Population:
    """The mean over targets of one run each `(n,)`, which leaves unsaid how far targets and how far runs differ."""
    n = len(values)
    # mean -+ t s / sqrt(n) with n - 1 degrees of freedom: what `population` gives where all counts are equal
    half = float(t_quantile((1 + level) / 2, n - 1) * values.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    mean, gap = float(values.mean()), float("nan")
    return Population(mean, mean - half, mean + half, gap, gap, values.min(), values.max(), n, n)


def measured(own: pd.DataFrame, level: float = LEVEL) -> Population:
    """One measure over targets, of rows of `run_values` of it.

    Student's t knows no bounds, and where all targets agree there is no spread to estimate: of a mean C near 1 it
    covered 27 to 90 % in simulation. So the interval of C is that over runs, with targets in their place."""
    target = own.groupby(TARGET, dropna=False).ngroup().to_numpy()
    values, counts = own["value"].to_numpy(np.float64), np.bincount(target)
    found = population(values, target, level) if counts.max() > 1 else of_single_runs(values, level)
    if len(counts) < 2:
        return found
    if own["measure"].iloc[0] != MEASURES[0]:
        bounds = set(own["bound"])
        low, high = (-np.inf if "<=" in bounds else found.low), (np.inf if ">=" in bounds else found.high)
        return found._replace(low=low, high=high)
    # of equal weight, as each target says as much of the population
    pairs = np.full(len(counts), own["pairs"].sum() / len(counts))
    low, high = concordance_interval(np.bincount(target, values) / counts * pairs, pairs, level)
    return found._replace(low=low, high=high)


def over_targets(tables: Tables) -> pd.DataFrame:
    """One row for each method, network, probe and measure: the population of its targets, as columns.

    A target is a problem with its settings. The measures are each run's C and the logarithm of its spread; where some
    spreads are bounds so is their mean, as `bound` says, with an interval that is open on that side. Raises ValueError
    where no method has seen two targets."""
    values = run_values(tables)
    alike = [label for label in LABELS if label not in TARGET]
    rows = []
    for (*key, probe, measure), own in values.groupby([*alike, "probe", "measure"], dropna=False):
        if len(own[TARGET].drop_duplicates()) > 1:
            found = measured(own)
            names = {**dict(zip(alike, key, strict=True)), "probe": probe, "measure": measure}
            rows.append({**names, **found._asdict(), "bound": found.bound})
    if not rows:
        raise ValueError("Targets as a population need a study with several targets, as --vary problem.SETTING makes.")
    return pd.DataFrame(rows)


def run_values(tables: Tables) -> pd.DataFrame:
    """Both measures of each run: LABELS, probe, run (its place by seed), measure, value, bound, pairs (of how many).

    `bound` is `>=` or `<=` where the spread is at least or at most the value, else empty."""
    hits = tables["hits"][np.isclose(tables["hits"]["threshold"], PRIMARY_THRESHOLD)]
    names, columns = [], []
    seen = as_declared(tables)
    for laid in side_by_side(tables["runs"], seen["curves"], seen["spectra"], hits):
        compared = wins(laid.place[0][None, None])[0]
        concordant, pairs = run_pairs(compared, laid.slot, laid.n_runs)
        low, high = run_bounds(log_cost(laid.cost[0]), laid.censored[0], laid.frequency, laid.slot, laid.n_runs)
        spread = np.where(np.isfinite(low), low, high)
        bound = np.where(low == high, "", np.where(np.isfinite(low), ">=", "<="))
        share = np.divide(concordant, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
        for measure, values, bounds in zip(MEASURES, (share, spread), (np.full(len(pairs), ""), bound), strict=True):
            known = np.flatnonzero(np.isfinite(values))
            names.append({**laid.labels, "measure": measure})
            columns.append((known, values[known], bounds[known], pairs[known]))
    order = [*LABELS, "probe", "run", "measure", "value", "bound", "pairs"]
    if not any(len(known) for known, *_ in columns):
        return pd.DataFrame(columns=order)
    of_rows = pd.DataFrame(names).loc[np.repeat(np.arange(len(names)), [len(known) for known, *_ in columns])]
    joined = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    measures = dict(zip(("run", "value", "bound", "pairs"), joined, strict=True))
    return of_rows.reset_index(drop=True).assign(**measures)[order]
