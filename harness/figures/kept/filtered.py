"""What a Gaussian filter in the space of inputs leaves of kept targets and predictions.

`y_low_i = sum_j G_ij y_j / sum_j G_ij` with `G_ij = exp(-|x_i - x_j|^2 / (2 delta))`, and `y_high = y - y_low`, of the
samples that were kept and less the mean of their targets; `e` of a part is its error over its own size."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from harness.analysis.incumbents import as_declared, of_kept, of_point
from harness.figures.kept.filter_shares import Example, filter_shares
from harness.figures.kept.outputs import Kept, kept
from harness.figures.parts import draw_parts, part_rows
from harness.tables import Doubles, Tables

MOST = 800
"""Samples between which weights are taken; of more, evenly spaced ones."""
SWEEP = 24
"""Widths that are tried."""
SHARES = (0.9, 0.5, 0.1)
"""Of the target's variance in the low part, in the three widths that are shown."""
NOTHING = 0.001
"""Share of the variance below which a part says nothing."""
FEW = 3
"""Configurations of which all three widths are drawn; of more, the middle one."""
NO_INPUTS = (
    "Filtered are kept predictions with targets and up to three inputs, which this study has not. Where the problem "
    "has the setting, --set problem.filters=3,7 watches both parts during the runs."
)


class Width(NamedTuple):
    """A width of the filter, its weights `(n, n)`, and the shares of the target's variance."""

    delta: float
    weights: Doubles
    low: float
    high: float


def filter_demo_rows(tables: Tables) -> pd.DataFrame:
    """Shares of the target's variance in both parts, for each width that was tried."""
    widths = _widths(_thinned(_first(tables)))
    return pd.DataFrame([(one.delta, one.low, one.high) for one in widths], columns=["delta", "low", "high"])


def filter_demo(tables: Tables) -> Figure:
    """What the Gaussian filter does to the target: both parts at three widths, and their shares over the width."""
    one = _thinned(_first(tables))
    line = one.x.shape[1] == 1
    examples = []
    for width in _chosen(_widths(one)) if line else ():
        order = np.argsort(one.x[:, 0], kind="stable")
        target = _centred(one)[:, 0]
        examples.append(Example(width.delta, one.x[order, 0], target[order], (width.weights @ target)[order]))
    problem = str(tables["runs"]["problem"].iloc[0])
    return filter_shares(filter_demo_rows(tables), examples, problem, NOTHING, about="target, centred")


def filtering_rows(tables: Tables) -> pd.DataFrame:
    """Errors of both parts of each run: as the study's own filters have watched them, or of kept predictions."""
    watched = part_rows(as_declared(tables)["spectra"])
    return watched if len(watched) else _computed(tables)


def filtering(tables: Tables) -> Figure:
    """Errors of the low and of the high part under the Gaussian filter over cost, a panel for each optimizer."""
    rows = filtering_rows(tables)
    if tables["runs"]["optimizer"].nunique() > FEW:
        probes = list(dict.fromkeys(rows["probe"]))
        rows = rows[rows["probe"] == probes[len(probes) // 2]]
    point = of_point(tables) if len(part_rows(tables["spectra"])) else of_kept(tables)
    return draw_parts(tables["runs"], rows, point)


def _computed(tables: Tables) -> pd.DataFrame:
    """Rows like those of `spectra`: frequency 0 is the low part, the filter's own width in frequency the high one."""
    parts, known = [], dict[bytes, list[Width]]()
    for run in kept(tables, every_seed=True):
        one = _thinned(run)
        _check(one)
        # of one set of inputs the first run chooses, or seeds with targets of their own would have widths of their own
        key = one.x.tobytes()
        known[key] = known[key] if key in known else _chosen(_widths(one))
        # the filter is linear: the part of an error is the error of the part
        error, target = one.values - one.target, _centred(one)
        for width in known[key]:
            # exp(-x^2 / (2 delta)) transforms into exp(-2 pi^2 k^2 delta), a Gaussian of this width in cycles per unit
            frequency = 1 / (2 * np.pi * np.sqrt(width.delta))
            low = _size(width.weights @ error) / _size(width.weights @ target)
            high = _size(error - width.weights @ error) / _size(target - width.weights @ target)
            about = {"run_id": one.run_id, "mark": one.marks, "cost": one.costs, "component": -1}
            about["probe"] = f"filter({width.delta:.3g})"
            parts += [
                pd.DataFrame({**about, "frequency": place, "error": errors})
                for place, errors in ((0.0, low), (frequency, high))
            ]
    return pd.concat(parts, ignore_index=True)


def _first(tables: Tables) -> Kept:
    first = kept(tables)[0]
    _check(first)
    return first


def _check(one: Kept) -> None:
    if not one.x.shape[1] or np.isnan(one.target).any():
        raise ValueError(NO_INPUTS)


def _thinned(one: Kept) -> Kept:
    place = np.unique(np.linspace(0, len(one.x) - 1, min(MOST, len(one.x))).round().astype(int))
    return one._replace(x=one.x[place], target=one.target[place], values=one.values[:, place])


def _centred(one: Kept) -> Doubles:
    return np.asarray(one.target - one.target.mean(axis=0), np.float64)


def _size(part: Doubles) -> Doubles:
    return np.asarray(np.sqrt((part**2).sum(axis=(-2, -1))), np.float64)


def _widths(one: Kept) -> list[Width]:
    square = ((one.x[:, None] - one.x[None]) ** 2).sum(axis=2)
    # from below the nearest neighbour to the whole extent
    ends = np.quantile(np.where(square > 0, square, np.inf).min(axis=1), 0.1) / 8, square.max()
    target = _centred(one)
    found = []
    for delta in (float(f"{delta:.3g}") for delta in np.geomspace(*ends, SWEEP)):
        weights = np.exp(-square / (2 * delta))
        # sum_j G_ij = 1, so that a constant is all low part, at the edge of the data too
        weights /= weights.sum(axis=1, keepdims=True)
        low = weights @ target
        # low and high are not orthogonal: the two shares need not add up to one
        whole = float((target**2).sum())
        share = float(((low - low.mean(axis=0)) ** 2).sum()) / whole, float(((target - low) ** 2).sum()) / whole
        found.append(Width(delta, weights, *share))
    return found


def _chosen(widths: list[Width]) -> list[Width]:
    # two shares may find one width, where all of them lie close together
    found = [min(widths, key=lambda width: abs(width.low - share)) for share in SHARES]
    return sorted({width.delta: width for width in found}.values(), key=lambda width: width.delta)
