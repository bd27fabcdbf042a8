"""Curves of many runs, thinned to what an eye can tell apart: medians and quartiles on a few abscissae, and some runs.

Beyond the end of a run its best point holds. By loss, errors are those of the first mark at or below a loss."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from harness.prices import KINDS
from harness.tables import Doubles

AXES = ("cost", "steps", "seconds", "loss")
"""What may be on the horizontal axis; steps are evaluations of any kind."""
QUARTILES = (0.25, 0.5, 0.75)
ROW = ["probe", "component", "frequency"]


class Course(NamedTuple):
    """One run: its marks on each axis, `(M,)`, and what was measured at them, `(M, rows)`; NaN where nothing was."""

    seed: int
    places: dict[str, Doubles]
    errors: Doubles


def course(seed: int, curve: pd.DataFrame, spectra: pd.DataFrame, rows: pd.MultiIndex) -> Course:
    """From the rows of one run in `curves` and `spectra`; the last column is the loss."""
    curve = curve.sort_values("mark")
    places = {axis: curve[axis].to_numpy(np.float64) for axis in ("cost", "seconds", "loss")}
    places["steps"] = curve[list(KINDS)].sum(axis=1).to_numpy(np.float64)
    errors = np.full((len(curve), len(rows) + 1), np.nan)
    mark = pd.Index(curve["mark"]).get_indexer(pd.Index(spectra["mark"]))
    place = rows.get_indexer(pd.MultiIndex.from_frame(spectra[ROW]))
    kept = (mark >= 0) & (place >= 0)
    errors[mark[kept], place[kept]] = spectra["error"].to_numpy(np.float64)[kept]
    errors[:, -1] = places["loss"]
    return Course(seed, places, errors)


def abscissae(courses: list[Course], axis: str, points: int) -> Doubles:
    """So many places `(points,)`, evenly spaced in logarithms from the first to the last; losses fall.

    Where no place is positive and finite there is one, at 1."""
    values = np.concatenate([one.places[axis] for one in courses]) if courses else np.empty(0)
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values):
        return np.ones(1)
    ends = (values.max(), values.min()) if axis == "loss" else (values.min(), values.max())
    return np.geomspace(*ends, points)


def quartiles(courses: list[Course], axis: str, at: Doubles) -> Doubles:
    """Quartiles over runs, `(3, len(at), rows)`; NaN where fewer than half of the runs were measured."""
    ordered = np.sort([_held(one, axis, at) for one in courses], axis=0)  # what is no number comes last
    measured = (~np.isnan(ordered)).sum(axis=0)
    # ceil(q n) - 1: the least value that a share q of the runs does not exceed
    ranks = np.maximum(np.ceil(np.multiply.outer(QUARTILES, measured)).astype(int) - 1, 0)
    found = np.take_along_axis(ordered, ranks, axis=0)
    return np.where(2 * measured >= len(courses), found, np.nan)


def marks_of(one: Course, most: int) -> Course:
    """The same run with at most so many marks, the first and the last among them."""
    length = len(one.errors)
    kept = np.unique(np.linspace(0, length - 1, min(length, most)).round().astype(int))
    return Course(one.seed, {axis: values[kept] for axis, values in one.places.items()}, one.errors[kept])


def _held(one: Course, axis: str, at: Doubles) -> Doubles:
    if not len(one.errors):
        return np.full((len(at), one.errors.shape[1]), np.nan)
    values = one.places[axis]
    if axis != "loss":
        index = np.searchsorted(values, at * (1 + 1e-9), side="right") - 1
        # before the first mark of a loop that was resumed nothing is known
        unseen = (index < 0) & (one.places["cost"][0] > 0)
        return np.where(unseen[:, None], np.nan, one.errors[np.maximum(index, 0)])
    # a loss that was reached stays reached; negated, as `searchsorted` takes ascending values alone
    falling = np.minimum.accumulate(np.where(np.isnan(values), np.inf, values))
    index = np.searchsorted(-falling, -at * (1 + 1e-9), side="left")
    reached = (index < len(values)) & (at <= falling[0] * (1 + 1e-9))
    return np.where(reached[:, None], one.errors[np.minimum(index, len(values) - 1)], np.nan)
