"""Whether runs learn the same samples early: rank correlations of learning times, and what hard samples have in common.

Never is later than any cost, and ties share their rank. Intervals are percentiles of a bootstrap over samples."""

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.analysis.statistics.laws import mid_ranks
from harness.tables import Doubles

RESAMPLES = 200
LEVELS = (0.025, 0.975)
GROUPS = 10
KINDS = {
    (False, False, False): "another setting",
    (True, False, False): "another seed",
    (False, True, False): "another optimizer",
    (True, True, False): "another seed and optimizer",
    (True, False, True): "another network",
    (True, True, True): "another network and optimizer",
}
"""Whether seed, optimizer and network differ; where none does, settings do.

Of one seed and network, runs begin at the same weights; another network begins elsewhere whatever its seed."""


def agreement(samples: pd.DataFrame, column: str = "final_cost") -> pd.DataFrame:
    """Spearman's correlation of `column` between runs, averaged over the pairs of each kind, with its interval."""
    runs, times = learning_times(samples, column)
    kinds = np.array([_kind(runs.iloc[a], runs.iloc[b]) for a, b in combinations(range(len(runs)), 2)], str)
    found = correlations(times)
    rng = np.random.default_rng(0)
    # all pairs see the same resample of samples: pairs that share a run are not independent
    again = np.stack([correlations(times[:, rows]) for rows in _resamples(times.shape[1], rng)])
    rows = []
    for kind in KINDS.values():
        own = kinds == kind
        if own.any():
            low, high = np.nanquantile(np.nanmean(again[:, own], axis=1), LEVELS)
            rows.append({"pair": kind, "pairs": own.sum(), "rho": np.nanmean(found[own]), "low": low, "high": high})
    return pd.DataFrame(rows, columns=["pair", "pairs", "rho", "low", "high"])


def groups(samples: pd.DataFrame, column: str) -> pd.DataFrame:
    """The mean of `column` in tenths of the samples, from those learned first to those learned last."""
    values = _first_to_last(samples, column)
    rng = np.random.default_rng(0)
    rows = []
    for group, own in enumerate(np.array_split(values, min(GROUPS, len(values)))):
        means = np.array([own[rows].mean() for rows in _resamples(len(own), rng)])
        low, high = np.quantile(means, LEVELS)
        rows.append({"group": group, "mean": own.mean(), "low": low, "high": high})
    return pd.DataFrame(rows)


def contrast(samples: pd.DataFrame, column: str) -> tuple[float, float, float]:
    """Mean of `column` in the quarter learned last less that in the quarter learned first, and its interval."""
    values = _first_to_last(samples, column)
    quarter = max(1, len(values) // 4)
    # the two quarters are disjoint samples, so each is resampled by itself
    easy, hard = values[:quarter], values[-quarter:]
    rng = np.random.default_rng(0)
    pairs = zip(_resamples(quarter, rng), _resamples(quarter, rng), strict=True)
    low, high = np.quantile([hard[a].mean() - easy[b].mean() for a, b in pairs], LEVELS)
    return float(hard.mean() - easy.mean()), float(low), float(high)


def learning_times(samples: pd.DataFrame, column: str) -> tuple[pd.DataFrame, Doubles]:
    """One row a run, and its times `(runs, n)` in the order of the samples."""
    runs = samples.drop_duplicates("run_id")[["run_id", "network", "optimizer", "seed"]]
    wide = samples.pivot_table(index="run_id", columns="sample", values=column, aggfunc="first", dropna=False)
    return runs.reset_index(drop=True), wide.loc[runs["run_id"]].to_numpy(np.float64)


def correlations(times: Doubles) -> Doubles:
    """Spearman's correlation of each pair of rows of `times (runs, n)`, in the order of `itertools.combinations`."""
    with np.errstate(invalid="ignore", divide="ignore"):
        # Spearman's rho is Pearson's of mid-ranks; where all times are tied it is 0 / 0, NaN
        matrix = np.atleast_2d(np.corrcoef(mid_ranks(times)))
    return matrix[np.triu_indices(len(times), 1)]


def mean_ranks(times: Doubles) -> Doubles:
    """The mean rank `(n,)` of each sample over runs, 1 for the first."""
    ranks: Doubles = mid_ranks(times).mean(axis=0)
    return ranks


def _first_to_last(samples: pd.DataFrame, column: str) -> Doubles:
    """The values `(n,)` of the samples, in the order in which they were learned."""
    _, times = learning_times(samples, "final_cost")
    values = samples.drop_duplicates("sample").sort_values("sample")[column].to_numpy(np.float64)
    # stable: ties in the order of the samples
    return values[np.argsort(mean_ranks(times), kind="stable")]


def _kind(a: "pd.Series[str]", b: "pd.Series[str]") -> str:
    seed, optimizer, network = (bool(a[column] != b[column]) for column in ("seed", "optimizer", "network"))
    return KINDS[seed or network, optimizer, network]


def _resamples(size: int, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    return [rng.integers(size, size=size) for _ in range(RESAMPLES)]
