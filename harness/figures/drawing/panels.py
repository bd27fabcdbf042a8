"""The numbers behind the small multiples: one panel per configuration and probe, on rows and costs that all share.

Errors stand from their mark on until the next one, and after a run's end for good: a step function, so that runs with
different marks meet on one grid.
"""

from collections import Counter
from dataclasses import dataclass
from math import ceil, inf, isnan

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.analysis.configurations import configuration_names
from harness.analysis.order import PRIMARY_THRESHOLD
from harness.quantities import beside_interval
from harness.tables import LABELS, Doubles, Tables

# neighbours differ by 6 %
CELLS_PER_DECADE = 40
QUARTILES = (0.25, 0.5, 0.75)
ROW = ["component", "frequency"]
ROUNDING = 1e-9
"""Slack in comparing costs, which minibatches make fractional."""


@dataclass(frozen=True, eq=False)
class Panel:
    """What is drawn of one configuration and probe; R rows, and costs 0 and `cost_grid`."""

    name: str
    optimizer: str
    rows: pd.MultiIndex  # (component, frequency) in ascending order; shared by the panels of a problem and probe
    errors: Doubles  # (R, 1 + cells), median over runs; NaN where no run watches, inf where most are not finite
    hits: Doubles  # (R, 3) costs by which the shares `QUARTILES` of the runs have learned; inf where they never do
    ended: float  # cost from which half of the runs or more hold their last error
    endings: str  # how many runs ended otherwise than by their budget
    reason: str  # why there is no curve, else empty
    verdict: str
    concordance: str

    @property
    def watched(self) -> NDArray[np.bool_]:
        """Of each row, whether some run has an error of it, `(R,)`."""
        return np.asarray(~np.isnan(self.errors).all(axis=1), np.bool_)


def cost_grid(tables: Tables) -> Doubles:
    """Costs, in forward passes, log-spaced from 1 to the largest budget or cost; a cell has the errors at its right."""
    top = max(10.0, tables["runs"]["budget"].max(), tables["spectra"]["cost"].max())
    return np.geomspace(1.0, top, ceil(CELLS_PER_DECADE * np.log10(top)) + 1)


def nearest_threshold(hits: pd.DataFrame) -> float:
    """The threshold of `hits` that is shown: the one nearest to the primary one."""
    known = hits["threshold"].unique()
    return float(min(known, key=lambda threshold: abs(threshold - PRIMARY_THRESHOLD), default=PRIMARY_THRESHOLD))


def panels(tables: Tables) -> list[Panel]:
    """In the order in which the configurations first occur in `runs`, and within each the probes by name."""
    hits, order = tables["hits"], tables["order"]
    threshold = nearest_threshold(hits)
    shown = {
        "runs": tables["runs"],
        "spectra": tables["spectra"].dropna(subset="frequency"),
        "hits": hits[hits["threshold"] == threshold],
        "order": order[(order["threshold"] == threshold) & (order["matched_by"] == "cost")],
    }
    parts, costs = _configurations(shown), np.append(0.0, cost_grid(tables)[1:])
    watched = _watched(parts)
    panels = []
    names = configuration_names(pd.concat([part["runs"][:1] for part in parts]))
    for name, part in zip(names, parts, strict=True):
        rows_of = watched.get(part["runs"]["problem"].iloc[0], {"": pd.MultiIndex.from_tuples([], names=ROW)})
        for probe, rows in rows_of.items():
            panels.append(_panel(f"{name}, {probe}" if len(rows_of) > 1 else name, probe, rows, part, costs))
    return panels


def _configurations(tables: Tables) -> list[Tables]:
    """The tables of each configuration, in the order in which they first occur in `runs`."""
    runs = tables["runs"]
    place = runs.assign(place=runs.groupby(list(LABELS), sort=False).ngroup())
    keys = {"runs": ["run_id"], "spectra": ["run_id"], "hits": ["run_id"], "order": list(LABELS)}
    placed = {name: rows.merge(place[[*keys[name], "place"]].drop_duplicates()) for name, rows in tables.items()}
    parts = {name: dict(iter(rows.groupby("place"))) for name, rows in placed.items()}
    return [{name: parts[name].get(index, placed[name][:0]) for name in placed} for index in parts["runs"]]


def _watched(parts: list[Tables]) -> dict[str, dict[str, pd.MultiIndex]]:
    """Rows of each probe of each problem: all that some run watches, by component and frequency."""
    found: dict[str, dict[str, pd.MultiIndex]] = {}
    for part in parts:
        for probe, spectra in part["spectra"].groupby("probe", sort=True):
            rows = pd.MultiIndex.from_frame(spectra[ROW].drop_duplicates())
            of_problem = found.setdefault(part["runs"]["problem"].iloc[0], {})
            of_problem[str(probe)] = of_problem.get(str(probe), rows).union(rows).sort_values()
    return found


def _panel(name: str, probe: str, rows: pd.MultiIndex, part: Tables, costs: Doubles) -> Panel:
    runs = part["runs"]
    spectra, hits, order = (part[table][part[table]["probe"] == probe] for table in ("spectra", "hits", "order"))
    curved = runs[runs["run_id"].isin(spectra["run_id"].unique())]
    # a run stopped by its budget holds nothing before its end: the remainder was too small for one evaluation
    full = curved[["cost", "budget"]].max(axis=1)
    verdict, concordance = _verdict(order)
    return Panel(
        name=name,
        optimizer=str(runs["optimizer"].iloc[0]),
        rows=rows,
        errors=median_errors(spectra, rows, costs),
        hits=hit_quartiles(hits, rows),
        ended=_quantile(curved["cost"].where(curved["status"] != "budget", full), 0.5),
        endings=", ".join(f"{n} {status}" for status, n in Counter(runs["status"]).items() if status != "budget"),
        reason="" if len(curved) else "{status}: {reason}".format(**runs.iloc[0]),
        verdict=verdict,
        concordance=concordance,
    )


def median_errors(spectra: pd.DataFrame, rows: pd.MultiIndex, costs: Doubles) -> Doubles:
    """The median over runs of the error of each row at each cost, `(len(rows), len(costs))`."""
    place = rows.get_indexer(pd.MultiIndex.from_frame(spectra[ROW]))
    columns = pd.DataFrame({"place": place, **{name: spectra[name].to_numpy() for name in ("mark", "cost", "error")}})
    steps = [_steps(part, len(rows), costs) for _, part in columns.groupby(spectra["run_id"].to_numpy())]
    medians = np.full((len(rows), len(costs)), np.nan)
    for row, errors in enumerate(np.array(steps).reshape(len(steps), *medians.shape).swapaxes(0, 1)):
        # a run that was first seen later on counts from there
        seen = ~np.isnan(errors).all(axis=0)
        medians[row, seen] = np.nanmedian(errors[:, seen], axis=0)
    return medians


def _steps(run: pd.DataFrame, rows: int, costs: Doubles) -> Doubles:
    """One run's errors `(rows, len(costs))`, each the last measured at or before the cost."""
    marks, mark = np.unique(run["mark"].to_numpy(), return_inverse=True)
    cost, error = np.empty(len(marks)), np.full((len(marks), rows), np.nan)
    cost[mark] = run["cost"]
    # NaN is left for rows that this run does not watch
    error[mark, run["place"]] = run["error"].where(np.isfinite(run["error"]), inf)
    # the last mark at or before each cost; a loop that was resumed has none at first
    at = np.searchsorted(cost, costs * (1 + ROUNDING), side="right") - 1
    return np.where(at < 0, np.nan, error[np.maximum(at, 0)].T)


def hit_quartiles(hits: pd.DataFrame, rows: pd.MultiIndex) -> Doubles:
    """Costs by which a quarter, half and three quarters of the runs have learned each row, `(len(rows), 3)`."""
    costs = hits["cost"].where(~hits["censored"], inf)
    of_row = dict(iter(costs.groupby([hits[name] for name in ROW])))
    return np.array([[_quantile(of_row.get(row, ()), q) for q in QUARTILES] for row in rows]).reshape(-1, 3)


def _quantile(costs: "pd.Series[float] | tuple[()]", share: float) -> float:
    """The smallest cost that `share` of the runs have reached: no mean of two, for infinity has none."""
    return float(np.sort(costs)[ceil(share * len(costs)) - 1]) if len(costs) else inf


def _verdict(order: pd.DataFrame) -> tuple[str, str]:
    """The verdict, and the concordance with its interval, of a table `order` of one row or none."""
    if order.empty:
        return "", ""
    row = order.iloc[0]
    told = f"C = {beside_interval(row['concordance'], row['low'], row['high'])}"
    return row["verdict"], "" if isnan(row["concordance"]) else told
