"""The table `outputs` as arrays, one run of each configuration: what `--keep predictions` has kept."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.analysis.configurations import configurations
from harness.tables import Doubles, Tables

AXES = ["x", "y", "z"]
MISSING = (
    "This study keeps no predictions, and the figure is drawn from them. Start it again with --keep predictions, which "
    "changes no run."
)
LINE = "This figure is for problems of one variable; the inputs of this study have {}."


class Kept(NamedTuple):
    """A run: `t` kept marks with their costs, inputs `(n, d)`, targets `(n, m)` and predictions `(t, n, m)`."""

    name: str
    run_id: str
    seed: int
    marks: NDArray[np.int64]
    costs: Doubles
    x: Doubles
    target: Doubles
    values: Doubles

    def at(self, cost: float) -> int:
        """The place of the last kept mark at or before `cost`."""
        # the slack is for costs that are sums of prices
        return max(0, int(np.searchsorted(self.costs, cost * (1 + 1e-9), side="right")) - 1)

    def errors(self) -> Doubles:
        """`(t,)`: the root of the mean square of the error over that of the centred target."""
        spread = ((self.target - self.target.mean(axis=0)) ** 2).sum()
        return np.asarray(np.sqrt(((self.values - self.target) ** 2).sum(axis=(1, 2)) / spread), np.float64)


def outputs_of(tables: Tables) -> pd.DataFrame:
    """The table; raises ValueError, naming the option, where the study has none."""
    rows = tables.get("outputs")
    if rows is None or rows.empty:
        raise ValueError(MISSING)
    return rows


def kept(tables: Tables, *, every_seed: bool = False) -> list[Kept]:
    """The runs that are kept, of each configuration the one with the lowest seed or all of them."""
    rows = dict(iter(outputs_of(tables).groupby("run_id")))
    found = []
    for name, runs in configurations(tables["runs"]):
        known = runs[runs["run_id"].isin(rows)].sort_values(["seed", "run_id"])
        for run_id, seed in list(zip(known["run_id"], known["seed"], strict=True))[: None if every_seed else 1]:
            found.append(_kept(name, str(run_id), int(seed), rows[run_id]))
    return found


def kept_lines(tables: Tables) -> list[Kept]:
    """The same of a problem of one variable, in the order of its inputs; raises ValueError for another."""
    found = kept(tables)
    others = [one for one in found if one.x.shape[1] != 1]
    if others:
        count = others[0].x.shape[1]
        raise ValueError(LINE.format(count or "too many to have been kept"))
    return [_sorted(one) for one in found]


def _kept(name: str, run_id: str, seed: int, rows: pd.DataFrame) -> Kept:
    rows = rows.sort_values(["mark", "sample", "component"])
    marks = rows["mark"].unique()
    n, m = rows["sample"].nunique(), rows["component"].nunique()
    first = rows.iloc[: n * m]
    known = [axis for axis in AXES if first[axis].notna().all()]
    return Kept(
        name,
        run_id,
        seed,
        marks,
        # sorted by mark, sample and component: a mark has n m rows, of which a sample has m
        rows["cost"].to_numpy(np.float64)[:: n * m],
        first[known].to_numpy(np.float64)[::m],
        first["target"].to_numpy(np.float64).reshape(n, m),
        rows["value"].to_numpy(np.float64).reshape(len(marks), n, m),
    )


def _sorted(one: Kept) -> Kept:
    order = np.argsort(one.x[:, 0], kind="stable")
    return one._replace(x=one.x[order], target=one.target[order], values=one.values[:, order])
