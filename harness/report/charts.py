"""What the page's charts draw: for each problem and configuration its quartiles, some of its runs, its hits."""

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from harness.analysis.configurations import of_problems
from harness.analysis.order import PRIMARY_THRESHOLD
from harness.analysis.units import cost_unit
from harness.quantities import error_of
from harness.report.thinned import AXES, ROW, Course, abscissae, course, marks_of, quartiles
from harness.tables import Doubles, Tables

MOST_FREQUENCIES = 12
"""Of more, evenly chosen ones are drawn; all are in the tables."""
MOST_SEEDS = 3
MOST_POINTS, FEWEST_POINTS = 60, 10
MOST_NUMBERS = 400_000
"""About 2.5 MB of text."""


Watched: TypeAlias = tuple[str, int, float]
"""Probe, component, frequency."""


class Drawn(NamedTuple):
    """A configuration that is drawn."""

    name: str
    rows: list[Watched]
    courses: list[Course]
    hits: pd.DataFrame
    unit: str
    """What cost is counted in."""


def charts(tables: Tables) -> list[dict[str, Any]]:
    """One for each problem, as plain numbers, lists and texts."""
    found: dict[str, list[Drawn]] = {}
    for problem, drawn in _drawn(tables):
        found.setdefault(problem, []).append(drawn)
    points = _points([drawn for own in found.values() for drawn in own])
    return [_chart(problem, own, points) for problem, own in found.items()]


def _drawn(tables: Tables) -> Iterator[tuple[str, Drawn]]:
    curves = dict(iter(tables["curves"].groupby("run_id")))
    spectra = dict(iter(tables["spectra"].groupby("run_id")))
    primary = tables["hits"][tables["hits"]["threshold"] == PRIMARY_THRESHOLD]
    hits = dict(iter(primary.groupby("run_id")))
    for name, runs in of_problems(tables["runs"]):
        own = runs[runs["run_id"].isin(list(curves))].sort_values("seed")
        measured = [spectra.get(run_id, tables["spectra"][:0]) for run_id in own["run_id"]]
        rows = _watched(measured)
        index = pd.MultiIndex.from_tuples(rows, names=ROW)
        courses = [
            course(int(seed), curves[run_id], seen, index)
            for run_id, seed, seen in zip(own["run_id"], own["seed"], measured, strict=True)
        ]
        reached = pd.concat([primary[:0], *(hits[run_id] for run_id in own["run_id"] if run_id in hits)])
        yield str(runs["problem"].iloc[0]), Drawn(name, rows, courses, reached, cost_unit(runs))


def _watched(measured: list[pd.DataFrame]) -> list[Watched]:
    """Rows of the first probe, then of the others, by component and frequency."""
    if not measured:
        return []
    rows = pd.concat(own[ROW].drop_duplicates() for own in measured).drop_duplicates(ignore_index=True)
    place = {probe: index for index, probe in enumerate(rows["probe"].unique())}
    rows = rows.assign(place=rows["probe"].map(place)).sort_values(["place", "component", "frequency"])
    kept = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST_FREQUENCIES)).round().astype(int))
    chosen = rows.iloc[kept]
    return list(zip(chosen["probe"], chosen["component"].astype(int), chosen["frequency"].astype(float), strict=True))


def _points(drawn: list[Drawn]) -> int:
    """How many points a curve may have, so that the page stays small."""
    # of each row and the loss: three quartiles on every axis, and some runs, whose abscissae come on top
    lines = sum((len(AXES) * 3 + MOST_SEEDS) * (len(own.rows) + 1) + MOST_SEEDS * len(AXES) for own in drawn)
    return int(np.clip(MOST_NUMBERS // max(lines, 1), FEWEST_POINTS, MOST_POINTS))


def _chart(problem: str, drawn: list[Drawn], points: int) -> dict[str, Any]:
    everything = [one for own in drawn for one in own.courses]
    places = {axis: abscissae(everything, axis, points) for axis in AXES}
    labels = list(dict.fromkeys(label for own in drawn for label in _labels(own.rows)))
    numbers = {label: _frequency_of(label, drawn) for label in labels}
    return {
        "problem": problem,
        "unit": " or ".join(dict.fromkeys(own.unit for own in drawn)),
        "axes": {axis: plain(at) for axis, at in places.items()},
        "frequencies": sorted(labels, key=lambda label: numbers[label]),
        "configurations": [_configuration(own, places, points) for own in drawn],
    }


def _configuration(own: Drawn, places: dict[str, Doubles], points: int) -> dict[str, Any]:
    medians = {axis: quartiles(own.courses, axis, at) for axis, at in places.items()} if own.courses else {}
    labels = [*_labels(own.rows), "loss"]
    return {
        "name": own.name,
        "lines": {
            label: {axis: [plain(part[:, index]) for part in found] for axis, found in medians.items()}
            for index, label in enumerate(labels)
        },
        "seeds": [_run(marks_of(one, points), labels) for one in own.courses[:MOST_SEEDS]],
        "runs": len(own.courses),
        "profile": _profile(own.hits, points),
        "learned": _learned(own),
    }


def _run(one: Course, labels: list[str]) -> dict[str, Any]:
    lines = {label: plain(one.errors[:, index]) for index, label in enumerate(labels)}
    return {"seed": one.seed, "x": {axis: plain(one.places[axis]) for axis in AXES}, "lines": lines}


def _profile(hits: pd.DataFrame, points: int) -> list[list[float | None]]:
    """Costs, and the share of pairs of run and frequency that were hit by then: a data profile."""
    # censored pairs have no cost, and count among all of which the share is taken
    costs = np.sort(hits.loc[~hits["censored"], "cost"].to_numpy(np.float64))
    kept = np.unique(np.linspace(0, len(costs) - 1, min(len(costs), points)).round().astype(int))
    return [plain(costs[kept]), plain((kept + 1) / max(len(hits), 1))]


def _learned(own: Drawn) -> dict[str, float | None]:
    """Of each frequency the cost by which half of the runs have learned it; None where they have not."""
    costs = own.hits["cost"].where(~own.hits["censored"], np.inf)
    of_row = {key: np.sort(part) for key, part in costs.groupby([own.hits[name] for name in ROW])}
    known = [(label, of_row[row]) for label, row in zip(_labels(own.rows), own.rows, strict=True) if row in of_row]
    # the lower of two middle ones: a mean with infinity would lose it
    return {label: plain(part[[(len(part) - 1) // 2]])[0] for label, part in known}


def _labels(rows: list[Watched]) -> list[str]:
    # what has no frequency, such as the accuracy, has no component either
    several = len({component for _, component, frequency in rows if frequency == frequency}) > 1
    first = rows[0][0] if len(rows) else ""
    return [_label(*row, first, several=several) for row in rows]


def _label(probe: str, component: int, frequency: float, first: str, *, several: bool) -> str:
    # NaN is no frequency
    if frequency != frequency:
        return error_of(probe, "−")
    part = f"[{component}] " if several else ""
    return f"{part}k={frequency:.4g}" if probe == first else f"{probe} {part}k={frequency:.4g}"


def _frequency_of(label: str, drawn: list[Drawn]) -> tuple[bool, str, float]:
    """Rows of the first probe first, then by frequency."""
    for own in drawn:
        labels = _labels(own.rows)
        if label in labels:
            row = own.rows[labels.index(label)]
            return row[0] != own.rows[0][0], str(row[0]), np.inf if row[2] != row[2] else float(row[2])
    return True, "", np.inf


def plain(values: Doubles) -> list[float | None]:
    """Three digits of each number; None where it is not finite."""
    return [float(f"{value:.3g}") if np.isfinite(value) else None for value in values.tolist()]
