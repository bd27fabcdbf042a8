"""Hits: at which mark a run has learned a frequency.

Errors are noisy and some dip below a threshold only in passing, so a hit must last: it is the first mark from which
the error stays at or below the threshold for three consecutive marks, or up to the last mark where that frequency was
measured. Without a hit the series is right-censored at the run's last mark: the run would have learned it later, if at
all.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.tables import empty, frame

Flags: TypeAlias = NDArray[np.bool_]
Indices: TypeAlias = NDArray[np.int64]

THRESHOLDS = (0.05, 0.1, 0.2, 0.3)
SERIES = ["run_id", "probe", "component", "frequency"]
"""The columns of spectra that tell one series of errors over the marks from another."""
LASTING = 3


def find_hits(
    runs: pd.DataFrame, curves: pd.DataFrame, spectra: pd.DataFrame, thresholds: Sequence[float] = THRESHOLDS
) -> pd.DataFrame:
    """The table `hits`: one row per series of `spectra` and threshold, sorted by run, probe, component and frequency.

    Spectra of runs that `runs` does not list are left out, so a selection of runs is enough to select hits; so are rows
    that are about no frequency (NaN). An error
    that is not a number is never at or below a threshold. Cost, loss and seconds are those of `curves` at the mark of
    the hit, or at the run's last mark where censored; `predicted_cost` is that of the mark where the predicted error
    hits by the same rule, NaN where it never does. Raises ValueError if `curves` lacks a mark.
    """
    known = spectra[spectra["run_id"].isin(runs["run_id"]) & spectra["frequency"].notna()]
    if known.empty or not len(thresholds):
        return empty("hits")
    series = known.groupby(SERIES, sort=True, dropna=False).ngroup().to_numpy()
    order = np.lexsort((known["mark"].to_numpy(), series))
    starts = np.flatnonzero(np.diff(series[order], prepend=-1))
    mark, cost = (known[name].to_numpy()[order] for name in ("mark", "cost"))
    first, predicted = (
        np.stack([first_true(lasting(error <= threshold, starts), starts) for threshold in thresholds], axis=1)
        for error in (known[name].to_numpy()[order] for name in ("error", "predicted_error"))
    )
    censored = first == len(order)
    names = known.iloc[order[starts]][SERIES]
    last = names["run_id"].map(curves.groupby("run_id")["mark"].max()).fillna(-1).to_numpy(np.int64)
    rows = names.iloc[np.arange(len(names)).repeat(len(thresholds))].reset_index(drop=True)
    rows["threshold"] = np.tile(np.asarray(thresholds, float), len(starts))
    rows["mark"] = np.where(censored, last[:, None], np.append(mark, 0)[first]).ravel()
    rows["censored"] = censored.ravel()
    rows["predicted_cost"] = np.append(cost, np.nan)[predicted].ravel()
    return _described(rows, runs, curves)


def first_true(flags: NDArray[Any], starts: Indices) -> Indices:
    """The first true row (axis 0) of each segment that begins at one of `starts`; the length where there is none."""
    length = len(flags)
    rows = np.arange(length).reshape(-1, *[1] * (flags.ndim - 1))
    first: Indices = np.minimum.reduceat(np.where(flags, rows, length), starts, axis=0)
    return first


def lasting(low: Flags, starts: Indices) -> Flags:
    """Where a segment is low for `LASTING` consecutive rows, or from there to the segment's end."""
    ends = np.append(starts[1:], len(low)) - 1
    stays = low
    for _ in range(LASTING - 1):
        onward = np.append(stays[1:], True)
        onward[ends] = True
        stays = low & onward
    return stays


def _described(rows: pd.DataFrame, runs: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """The rows with what their run and their mark of the curve say about them."""
    rows = rows.merge(runs[["run_id", "problem", "optimizer", "seed"]], on="run_id", how="left", validate="many_to_one")
    curve = curves[["run_id", "mark", "cost", "loss", "seconds"]]
    rows = rows.merge(curve, on=["run_id", "mark"], how="left", validate="many_to_one")
    if rows["cost"].isna().any():
        lacking = sorted(set(rows.loc[rows["cost"].isna(), "run_id"]))
        raise ValueError(f"Every mark of spectra needs a row of curves; some are missing for the runs {lacking[:5]}.")
    return frame("hits", dict(rows.drop(columns="mark")))
