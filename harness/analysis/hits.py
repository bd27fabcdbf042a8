"""Hits: at which cost a run has learned a frequency, however often one looked.

Between two marks the logarithm of the error is taken to be linear in the logarithm of the cost. A hit is where this
curve falls to the threshold, if of the stretch from there to `LASTING` times the cost, or to the end of the run where
that comes first, it spends at least the share `SHARE` (of the logarithm of cost) at or below the threshold: errors are
noisy, and a dip that does not last is no hit. Without one the series is right-censored at the run's last mark. What is
hit at a first mark that is not at cost 0, as of a loop that was resumed, is left-censored: it took at most so much.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.analysis.incumbents import BEST, judged_at
from harness.tables import Doubles, empty, frame

Flags: TypeAlias = NDArray[np.bool_]
Indices: TypeAlias = NDArray[np.int64]

THRESHOLDS = (0.05, 0.1, 0.2, 0.3)
SERIES = ["run_id", "probe", "component", "frequency"]
"""The columns of spectra that tell one series of errors over the marks from another."""
LASTING = 1.5
"""How long a hit must last: up to this multiple of its cost."""
SHARE = 2 / 3
"""Of that stretch, the share at or below the threshold. Were it all of it, an error that swings faster than one looks
would be hit the later the more often one looks."""
SPAN = 2.0
"""Errors further from the threshold than by this factor count as that far: of a jump only its two marks are known."""
ROUNDING = 1e-9


def find_hits(
    runs: pd.DataFrame,
    curves: pd.DataFrame,
    spectra: pd.DataFrame,
    thresholds: Sequence[float] = THRESHOLDS,
    incumbent: str = BEST,
) -> pd.DataFrame:
    """The table `hits`: one row per series of `spectra` and threshold, sorted by run, probe, component and frequency.

    Spectra of runs that `runs` does not list are left out, so a selection of runs is enough to select hits; so are rows
    that are about no frequency (NaN). An error that is not a number is never at or below a threshold. Cost, loss and
    seconds are those of `curves` at the hit, between two marks like the error, or at the run's last mark where
    censored, or at its first where `at_most`; `predicted_cost` is where the predicted error hits by the same rule, NaN
    where that is not known. `incumbent` says which point is meant, `best` or `last`. Raises ValueError if `curves`
    lacks a mark.
    """
    curves, spectra = judged_at(curves, incumbent), judged_at(spectra, incumbent)
    known = spectra[spectra["run_id"].isin(runs["run_id"]) & spectra["frequency"].notna()]
    if known.empty or not len(thresholds):
        return empty("hits")
    series = known.groupby(SERIES, sort=True, dropna=False).ngroup().to_numpy()
    known = known.iloc[np.lexsort((known["mark"].to_numpy(), series))]
    starts = np.flatnonzero(np.diff(np.sort(series), prepend=-1))
    at = _at_marks(known, curves)
    error, predicted = (known[name].to_numpy(np.float64) for name in ("error", "predicted_error"))
    columns = []
    for threshold in thresholds:
        found = _described(*first_hit(error, at["cost"], starts, threshold), at, starts)
        forecast = _described(*first_hit(predicted, at["cost"], starts, threshold), at, starts)
        unknown = forecast["censored"] | forecast["at_most"]
        predicted_cost = np.where(unknown, np.nan, forecast["cost"])
        columns.append({"threshold": np.full(len(starts), float(threshold)), **found, "predicted_cost": predicted_cost})
    names = known.iloc[starts][SERIES]
    rows = names.iloc[np.arange(len(names)).repeat(len(thresholds))].reset_index(drop=True)
    for name in columns[0]:
        rows[name] = np.stack([column[name] for column in columns], axis=1).ravel()
    return _completed(rows, runs)


def first_hit(error: Doubles, cost: Doubles, starts: Indices, threshold: float) -> tuple[Indices, Doubles]:
    """The hit of each series that begins at one of `starts`: the mark that ends its interval, and how far it lies.

    Both are `(series,)`, of `error (n,)` and `cost (n,)`, series below each other; `cost` ascends within each. The
    second is the share of the interval, in the logarithm of cost, from the mark before. Without a hit the mark is n."""
    crossing = _Crossings(error, cost, starts, threshold)
    mark = first_true(crossing.begins & crossing.lasts(), starts)
    return mark, np.append(crossing.share, np.nan)[mark]


class _Crossings:
    """Where the interpolated errors of many series fall to a threshold, and for how long they stay."""

    def __init__(self, error: Doubles, cost: Doubles, starts: Indices, threshold: float) -> None:
        is_first = np.zeros(len(error), bool)
        is_first[starts] = True
        self._segment = is_first.cumsum() - 1
        self._ends = np.append(starts[1:], len(error)) - 1
        low = error <= threshold
        # roll carries the last row of one series into the first of the next, which has nothing before it
        before = np.where(is_first, low, np.roll(low, 1))
        self.begins = low & (is_first | ~before)
        self.share = np.where(is_first, 1.0, _crossed(error, threshold))
        self._log_cost = _log_cost(cost, starts)
        width = np.where(is_first, 0.0, np.diff(self._log_cost, prepend=0.0))
        self._width, self._cut, self._falls = width, self.share * width, low & ~before
        # how much of each interval is low: all of it, from the crossing on (a fall), or up to it (a rise)
        self._low = np.select([low & before, low, before], [width, width - self._cut, self._cut], 0.0)
        self._low_until = np.cumsum(self._low)

    def lasts(self) -> Flags:
        """Whether a fall to the threshold in the interval before each row would last."""
        # the crossing itself, not the mark after it
        begin = self._log_cost - (self._width - self._cut)
        end = np.minimum(begin + np.log(LASTING), self._log_cost[self._ends][self._segment])
        # from the start of the interval: before the crossing of a fall nothing of it is low
        low = self._low_before(end) - (self._low_until - self._low)
        lasting: Flags = low >= SHARE * (end - begin) - ROUNDING
        return lasting

    def _low_before(self, log_cost: Doubles) -> Doubles:
        """How much of the series of each row lies low up to a later cost, on the scale of `_low_until`."""
        # series are shifted clear of one another, so that one sorted array serves one search
        apart = (np.ptp(self._log_cost) + 1.0) * self._segment
        place = np.minimum(np.searchsorted(self._log_cost + apart, log_cost + apart), self._ends[self._segment])
        passed = self._width[place] - (self._log_cost[place] - log_cost)
        # an interval that falls is low in its last part, any other in its first
        part = np.where(
            self._falls[place], np.maximum(passed - self._cut[place], 0.0), np.minimum(passed, self._low[place])
        )
        until: Doubles = self._low_until[place] - self._low[place] + part
        return until


def first_true(flags: NDArray[Any], starts: Indices) -> Indices:
    """The first true row of `flags (n, ...)` in each segment that begins at one of `starts (s,)`, as `(s, ...)`.

    It is n where there is none."""
    length = len(flags)
    rows = np.arange(length).reshape(-1, *[1] * (flags.ndim - 1))
    first: Indices = np.minimum.reduceat(np.where(flags, rows, length), starts, axis=0)
    return first


def _crossed(error: Doubles, threshold: float) -> Doubles:
    """How far in each interval, from the row before, the logarithm of the error crosses the threshold; else 1."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        # log(error / threshold), linear between marks: from b to a it is 0 at the share b / (b - a)
        above = np.log(np.clip(error / threshold, 1 / SPAN, SPAN))
        before = np.roll(above, 1)
        share = before / (before - above)
    crosses = np.isfinite(before) & np.isfinite(above) & (before * above < 0)
    # where no crossing can be told, a fall is at the later mark and a rise at the earlier: the cautious side
    return np.where(crosses, share, np.where(above <= 0, 1.0, 0.0))


def _log_cost(cost: Doubles, starts: Indices) -> Doubles:
    """The logarithm of the cost; the start, at cost 0, counts as the first cost above it."""
    above = np.where(cost > 0, cost, np.inf)
    smallest = np.repeat(np.minimum.reduceat(above, starts), np.diff(np.append(starts, len(cost))))
    log_cost: Doubles = np.log(np.where(cost > 0, cost, np.where(np.isfinite(smallest), smallest, 1.0)))
    return log_cost


def _at_marks(known: pd.DataFrame, curves: pd.DataFrame) -> dict[str, Doubles]:
    """Cost, loss and seconds of each row of spectra, and at the end of its run."""
    columns = ["cost", "loss", "seconds"]
    curves = curves.sort_values(["run_id", "mark"])
    ends = curves.drop_duplicates("run_id", keep="last").set_index("run_id")  # `groupby().last()` would pass NaN over
    last = ends[columns].add_prefix("last_")
    keys = known[["run_id", "mark"]].reset_index(drop=True)
    rows = keys.merge(curves[["run_id", "mark", *columns]], on=["run_id", "mark"], how="left", validate="many_to_one")
    rows = rows.merge(last, left_on="run_id", right_index=True, how="left")
    if rows["cost"].isna().any():
        lacking = sorted(set(rows.loc[rows["cost"].isna(), "run_id"]))
        raise ValueError(f"Every mark of spectra needs a row of curves; some are missing for the runs {lacking[:5]}.")
    return {name: rows[name].to_numpy(np.float64) for name in rows.columns[2:]}


def _described(mark: Indices, share: Doubles, at: dict[str, Doubles], starts: Indices) -> dict[str, NDArray[Any]]:
    """Cost, loss and seconds at the hits; of the run's end where there is none, of its first mark where `at_most`."""
    censored = mark == len(at["cost"])
    place = np.where(censored, starts, mark)
    before = np.where(share < 1, place - 1, place)
    cost, loss, seconds = (at[name][place] for name in ("cost", "loss", "seconds"))
    cost_before, loss_before, seconds_before = (at[name][before] for name in ("cost", "loss", "seconds"))
    hit_cost = _between(cost_before, cost, share)
    with np.errstate(invalid="ignore", divide="ignore"):
        # seconds run with the cost, not with its logarithm
        passed = (hit_cost - cost_before) / (cost - cost_before)
    passed = np.where(cost > cost_before, passed, 1.0)
    hit = {
        "cost": hit_cost,
        "loss": _between(loss_before, loss, share),
        "seconds": seconds_before + passed * (seconds - seconds_before),
    }
    ended = {name: np.where(censored, at[f"last_{name}"][starts], values) for name, values in hit.items()}
    # of what was hit before anybody looked
    at_most = (mark == starts) & (at["cost"][starts] > 0)
    return {**ended, "censored": censored, "at_most": at_most}


def _between(before: Doubles, after: Doubles, share: Doubles) -> Doubles:
    """The value at this share of an interval, in logarithms; that of its end where one has no logarithm."""
    usable = (before > 0) & (after > 0) & np.isfinite(before) & np.isfinite(after) & (share < 1)
    a, b = np.where(usable, before, 1.0), np.where(usable, after, 1.0)
    # the weighted geometric mean is linear in logarithms
    values: Doubles = np.where(usable, a ** (1 - share) * b**share, after)
    return values


def _completed(rows: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The rows with what their run says about them."""
    rows = rows.merge(runs[["run_id", "problem", "optimizer", "seed"]], on="run_id", how="left", validate="many_to_one")
    return frame("hits", dict(rows))
