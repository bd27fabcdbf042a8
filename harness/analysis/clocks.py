"""Errors and hits of one configuration, side by side, so that frequencies can be compared within a run.

Two clocks are laid out. By *cost*, frequencies are compared by when they were hit. By *loss*, they are compared by
their errors at equal loss, so that a slow optimizer is not called an exception: the levels of a run are
`first_loss * 2^(-j/2)`, j = 1 .. 20, and its errors are read at the first mark where the curve's loss is at or below
the level. A level that a run never reaches is skipped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.analysis.hits import SERIES, first_true
from harness.analysis.repeated import distinct
from harness.tables import LABELS, Doubles

LEVELS = 2.0 ** (-np.arange(1, 21) / 2)
"""Losses at which errors are compared, as shares of the run's first loss."""

DIGITS = 12
"""Of costs and errors that are compared: what falls evenly is then equal, where rounding would decide."""
SMALLEST = 1e-290

LOW_AND_HIGH = "filter("
"""The probes whose frequency 0 is all that is low; elsewhere it is the mean, which is no part of an order."""


@dataclass(frozen=True)
class SideBySide:
    """T thresholds, G series (runs x components), Q frequencies in ascending order; NaN where there is none.

    Of a series in which every frequency was hit at cost 0 there are no hits."""

    labels: dict[str, object]
    n_runs: int
    thresholds: Doubles  # (T,)
    slot: NDArray[np.int64]  # (G,) place of the series' run among the configuration's runs, sorted by seed
    frequency: Doubles  # (G, Q)
    cost: Doubles  # (T, G, Q) at the hit; at the end where censored
    loss: Doubles  # (T, G, Q) the same
    censored: NDArray[np.int8]  # (T, G, Q) 1 without a hit, later than this; -1 at a first mark, earlier; 0 known
    errors: Doubles  # (len(LEVELS), G, Q)
    component: NDArray[np.int64]  # (G,)

    @property
    def place(self) -> Doubles:
        """The cost `(T, G, Q)`, for comparisons: infinite without a hit, below all where hit before the first mark."""
        ends: Doubles = np.where(self.censored > 0, np.inf, np.where(self.censored < 0, -np.inf, to_digits(self.cost)))
        return ends


def side_by_side(
    runs: pd.DataFrame, curves: pd.DataFrame, spectra: pd.DataFrame, hits: pd.DataFrame
) -> Iterator[SideBySide]:
    """One per configuration (all LABELS) and probe that has hits, in the order of their names.

    A run without spectra counts in `n_runs` all the same, and one that repeats another (`repeated.distinct`) does not.
    Nothing depends on the order of rows."""
    runs = distinct(runs, hits).sort_values(["seed", "run_id"])
    configuration = runs.groupby([*LABELS], sort=True, dropna=False)
    runs = runs.assign(configuration=configuration.ngroup(), slot=configuration.cumcount())
    hits = hits[[*SERIES, "threshold", "cost", "loss", "censored", "at_most"]].dropna(subset="frequency")
    # the mean is the offset of a target and takes no part in the order of its waves
    hits = hits[(hits["frequency"] != 0) | hits["probe"].str.startswith(LOW_AND_HIGH)]
    cells = hits.merge(runs[["run_id", "configuration", "slot"]], on="run_id")
    cells = cells.merge(_errors_at_levels(runs, curves, spectra), on=SERIES, how="left")
    cells = cells.sort_values(["configuration", "probe", "slot", "component", "frequency"], ignore_index=True)
    names = runs.sort_values("configuration").drop_duplicates("configuration")[[*LABELS]].to_numpy()
    n_runs = np.bincount(runs["configuration"])
    group = cells.groupby(["configuration", "probe"], sort=True).ngroup().to_numpy()
    columns = _columns(cells)
    # a slice of an array is had in no time; a table of a group's rows is not, and there are thousands
    bounds = [*np.flatnonzero(np.diff(group, prepend=-1)), len(group)]
    for begin, end in pairwise(bounds):
        rows = {name: values[begin:end] for name, values in columns.items()}
        index = int(rows["configuration"][0])
        labels = {**dict(zip(LABELS, names[index], strict=True)), "probe": rows["probe"][0]}
        yield _laid_out(labels, int(n_runs[index]), rows)


def wins(values: Doubles, above: Doubles | float = -np.inf) -> Doubles:
    """How often, over the levels (axis 0), frequency a comes before b: `(L, T, G, Q)` to `(T, G, Q, Q)`, ties one half.

    A pair counts if its smaller value is finite and its larger one exceeds `above`. Values that are NaN are absent."""

    def at_level(level: Doubles) -> Doubles:
        # (..., Q, 1) against (..., 1, Q): entry [i, j] is 1 where i comes before j
        a, b = level[..., :, None], level[..., None, :]
        comparable = (np.minimum(a, b) < np.inf) & (np.maximum(a, b) > above)
        return np.where(comparable, (a < b) + 0.5 * (a == b), 0.0)

    # level by level, so that (L, T, G, Q, Q) is never held at once
    first, *others = values
    return sum((at_level(level) for level in others), start=at_level(first))


def to_digits(values: Doubles) -> Doubles:
    """The values rounded to so many digits that equal ones are equal, each by its own size."""
    size = np.abs(values)
    # the unit of what is smaller has no place among floating-point numbers
    present = (size > SMALLEST) & np.isfinite(size)
    unit = 10.0 ** (np.floor(np.log10(size, where=present, out=np.zeros_like(size))) + 1 - DIGITS)
    return np.where(present, np.round(values / unit) * unit, values)


def _columns(cells: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """The columns of the cells as arrays, `errors` being those at all levels `(n, len(LEVELS))`."""
    whole = {name: cells[name].to_numpy(np.int64) for name in ("configuration", "slot", "component")}
    reals = {name: cells[name].to_numpy(np.float64) for name in ("frequency", "threshold", "cost", "loss")}
    side = cells["censored"].to_numpy(np.int8) - cells["at_most"].to_numpy(np.int8)
    others = {"probe": cells["probe"].to_numpy(object), "censored": side}
    return {**whole, **reals, **others, "errors": cells[[*range(len(LEVELS))]].to_numpy(np.float64)}


def _laid_out(labels: dict[str, object], n_runs: int, rows: dict[str, NDArray[Any]]) -> SideBySide:
    series = np.stack([rows["slot"], rows["component"]], axis=1)
    frequency = rows["frequency"]
    # no run has the slot -1 and no difference with NaN is 0, so the first row begins a series and a cell
    new_series = np.diff(series, axis=0, prepend=-1).any(axis=1)
    new_cell = new_series | (np.diff(frequency, prepend=np.nan) != 0)
    g, cell = new_series.cumsum() - 1, new_cell.cumsum() - 1
    # the number of the cell less that of the first cell of its series; thresholds share a cell
    q = cell - cell[new_series][g]
    thresholds, t = np.unique(rows["threshold"], return_inverse=True)
    shape = (int(g[-1]) + 1, int(q.max()) + 1)
    laid = SideBySide(
        labels=labels,
        n_runs=n_runs,
        thresholds=thresholds,
        slot=series[new_series, 0],
        frequency=np.full(shape, np.nan),
        cost=np.full((len(thresholds), *shape), np.nan),
        loss=np.full((len(thresholds), *shape), np.nan),
        censored=np.zeros((len(thresholds), *shape), np.int8),
        errors=np.full((len(LEVELS), *shape), np.nan),
        component=series[new_series, 1],
    )
    laid.frequency[g, q] = frequency
    laid.cost[t, g, q], laid.loss[t, g, q] = rows["cost"], rows["loss"]
    laid.censored[t, g, q] = rows["censored"]
    laid.errors[:, g, q] = rows["errors"].T
    # what all was learned before the run began says nothing of an order, not even that it came at once
    known = ((laid.cost == 0) & (laid.censored == 0) | np.isnan(laid.cost)).all(axis=-1)
    laid.cost[known], laid.loss[known] = np.nan, np.nan
    return laid


def _errors_at_levels(runs: pd.DataFrame, curves: pd.DataFrame, spectra: pd.DataFrame) -> pd.DataFrame:
    """One row per series, one column per level (numbered from 0); NaN where the level is not reached.

    An error that is not a number is larger than any other."""
    levels = level_marks(runs, curves)
    columns = ["run_id", "mark", *SERIES[1:], "error"]
    at = spectra[columns].merge(levels, on=["run_id", "mark"])
    at["error"] = at["error"].fillna(np.inf)
    wide = at.pivot(index=SERIES, columns="level", values="error")
    return wide.reindex(columns=range(len(LEVELS))).astype(float).reset_index()


def level_marks(runs: pd.DataFrame, curves: pd.DataFrame, levels: Doubles = LEVELS) -> pd.DataFrame:
    """The first mark at or below each level of loss that a run reaches: run_id, mark, level (its place among `levels`).

    `levels (k,)` are shares of the run's first loss."""
    rows = curves[["run_id", "mark", "loss"]].merge(runs[["run_id", "first_loss"]], on="run_id")
    rows = rows.sort_values(["run_id", "mark"], ignore_index=True)
    # a run whose first loss is 0 or infinite has no levels: NaN compares as false
    first_loss = rows["first_loss"].where(np.isfinite(rows["first_loss"]) & (rows["first_loss"] > 0)).to_numpy(float)
    starts = np.flatnonzero(~rows.duplicated("run_id").to_numpy())
    # (runs, levels): the first row of each run at or below each level
    first = first_true(rows["loss"].to_numpy(float)[:, None] <= first_loss[:, None] * levels, starts)
    run, level = np.nonzero(first < len(rows))
    marks = rows.iloc[first[run, level]]
    return marks[["run_id", "mark"]].assign(level=level)
