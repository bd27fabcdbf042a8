"""What a learner without any preference would show on a problem: the order that amplitude alone gives.

Three artificial learners, each with a residual that falls as a whole, `s = 1 / cost`, from far above the target:

- `white`: predictions are the target and s times one fixed field of white noise. Every frequency has the same residual
  in expectation, so the loud ones reach a small *relative* error first, whatever their frequency.
- `white-renewed`: the same with fresh noise at every mark, as in a method that is driven by noise.
- `shrinking`: `r(t) = s(t) r(0)` from the network's own starts. The relative errors of all frequencies fall alike; what
  is left is the order of the errors at the start.

Their predictions go through the problem's own probes and the same hits and order statistics as a run's. The exponent of
`s` is a convention on which C does not depend; a residual that falls as `cost^-p` has the spread to the power 1/p.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.analysis.hits import find_hits
from harness.analysis.order import order_table
from harness.run.build import build
from harness.run.rows import identity
from harness.run.spec import RunSpec, digest, find_optimizer, stream
from harness.tables import PLACE, SCHEMA, Doubles, Tables, empty, frame
from harness.whole_files import replace_text
from problems.base import Probe, Problem
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.probes.bands import BandProbe
from problems.probes.selection import Targeted

FILE = "nulls.json"
VERSION = 2
"""Of the learners: what another has made is made again, so that no study mixes two."""
VERSIONED = "version"
"""The entry of the file that says of which version all others are; a file without it is of the first."""
WHITE, RENEWED, SHRINKING = "white", "white-renewed", "shrinking"
LARGEST, SMALLEST, STEPS = 1e4, 1e-6, 15
"""Of the residual, in units of the target's own size, and marks a decade: four levels of loss lie in an octave."""
SCALE = np.concatenate([[LARGEST], np.geomspace(LARGEST, SMALLEST, 10 * STEPS + 1)])
"""Of the residual at each mark; the first is at cost 0."""
MOST_RUNS, FEWEST_RUNS = 32, 2
RENEWED_RUNS, SMALL = 8, 1024
"""Runs with a field for each mark, where targets have more numbers than a small problem's."""
WORK = 2e10
"""Products of samples and parameters, or a thousand numbers of targets, that all starts together may take."""
LINEAR = 1e-3


def null_table(problem: str, spec: RunSpec) -> pd.DataFrame:
    """The table `nulls` of the problem of `spec`; without rows where no two frequencies are watched."""
    return _cached(problem, spec.recipe.origin, _plain(spec)).copy()


def keep_nulls(folder: Path, specs: Iterable[RunSpec]) -> None:
    """Add the nulls of the problems of `specs` to a study's folder, those that are not there and can be made."""
    path = folder / FILE
    known = _read(path)
    wanted = {_key(spec): spec for spec in specs}
    missing = {key: spec for key, spec in wanted.items() if key not in known}
    for key, spec in missing.items():
        rows = _if_possible(spec)
        if rows is None:  # and asked for again the next time: data may be there by then, or memory that workers had
            continue
        known[key] = json.loads(rows.to_json(orient="records"))
        # after each: those of a large problem take minutes, and need not be made twice
        replace_text(path, json.dumps({VERSIONED: VERSION, **known}, separators=(",", ":")))


def read_nulls(folder: Path) -> pd.DataFrame:
    """The nulls in a study's folder."""
    rows = [row for table in _read(folder / FILE).values() for row in table]
    return frame("nulls", dict(pd.DataFrame(rows, columns=list(SCHEMA["nulls"])))) if rows else empty("nulls")


def _read(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The tables in the file, by the keys of their problems; none of a version that is not this one."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if found.pop(VERSIONED, 1) == VERSION else {}
    except (OSError, ValueError, AttributeError):
        return {}


def _if_possible(spec: RunSpec) -> pd.DataFrame | None:
    try:
        return null_table(spec.problem, spec)
    except Exception:  # noqa: BLE001  # a foreign problem that breaks here has been run all the same
        return None


def _plain(spec: RunSpec) -> RunSpec:
    """The same problem whoever learns it."""
    return RunSpec(spec.problem, spec.recipe, "gd", find_optimizer("gd"), 0, 1.0)


def _key(spec: RunSpec) -> str:
    return digest([VERSION, _plain(spec).run_id])


@lru_cache(maxsize=64)
def _cached(problem: str, origin: str, spec: RunSpec) -> pd.DataFrame:
    del problem, origin  # only to tell apart what is equal as a recipe
    first = build(spec)
    probes = [probe for probe in first.probes if _compares(probe)]
    parts = [_of_probe(spec, first, place) for place, probe in enumerate(first.probes) if probe in probes]
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else empty("nulls")


def _compares(probe: Probe) -> bool:
    """Whether it watches two frequencies above 0 of one component."""
    rows = np.isfinite(probe.frequency) & (probe.frequency > 0)
    if not isinstance(probe, Targeted):
        return False
    return any(len(set(probe.frequency[rows & (probe.component == c)])) > 1 for c in set(probe.component))


def _of_probe(spec: RunSpec, first: Problem, place: int) -> pd.DataFrame:
    learners = list(_learners(spec, first, place))
    if not learners:
        return empty("nulls")
    tables = _tables(spec, learners)
    hits = find_hits(tables["runs"], tables["curves"], tables["spectra"])
    order = order_table(tables["runs"], tables["curves"], tables["spectra"], hits)
    same = (*PLACE, "probe", "threshold", "matched_by", "n_runs", "concordance", "low", "high", "spread")
    return frame(
        "nulls", {**{name: order[name] for name in same}, "null": order["optimizer"], "exponent": order["exponent"]}
    )


class _Learner(NamedTuple):
    """An artificial run: at mark i its errors are `scale[i] errors[i]`, of the probe's rows above frequency 0."""

    null: str
    seed: int
    probe: Probe
    errors: Doubles
    size: float


def _learners(spec: RunSpec, first: Problem, place: int) -> Iterator[_Learner]:
    """Of each seed one of each kind; none where errors are not proportional to the residual."""
    for seed in range(_affordable(first)):
        problem = first if seed == 0 or not spec.recipe.random_data else build(replace(spec, seed=seed))
        if place >= len(problem.probes) or not _compares(problem.probes[place]):
            continue
        probe, rng = problem.probes[place], stream(seed, "nulls")
        true = _true_predictions(probe)
        # root mean square of the centred target: what the residual is counted in
        size = float(np.sqrt(((true - true.mean(axis=0)) ** 2).mean()))
        # white: the transform of white noise has the same variance at every frequency
        noise = size * rng.standard_normal(true.shape)
        errors = _errors(probe, true, noise)
        # errors `scale[i] errors[i]` are only right of a probe that is linear in the residual
        if not np.allclose(probe.measure(true + noise / 2)[1], errors / 2, rtol=LINEAR, atol=LINEAR * errors.max()):
            return
        yield _Learner(WHITE, seed, probe, errors[None], size)
        # a field for each of the 152 marks is dear, and one probe's suffice
        if place == 0 and (seed < RENEWED_RUNS or true.size <= SMALL):
            fresh = (size * rng.standard_normal(true.shape) for _ in SCALE)
            yield _Learner(RENEWED, seed, probe, np.array([_errors(probe, true, field) for field in fresh]), size)
        theta0 = problem.network.theta0(stream(seed, "weights"))
        start = problem.readout(NumpyEvaluator(problem).predict(theta0[None]))[0]
        yield _Learner(SHRINKING, seed, probe, probe.measure(start)[1][None], size)


def _errors(probe: Probe, true: Doubles, field: Doubles) -> Doubles:
    """Of predictions that miss the target by this field."""
    # of bands without the target's part, which takes longer than the rest
    return probe.errors(field) if isinstance(probe, BandProbe) else probe.measure(true + field)[1]


def _affordable(problem: Problem) -> int:
    work = problem.n_samples * problem.dim + 1000 * problem.targets.size
    return int(np.clip(WORK / max(work, 1), FEWEST_RUNS, MOST_RUNS))


def _true_predictions(probe: Probe) -> Doubles:
    """What a network that has learned everything would predict, `(n, m)`, as the probe knows it."""
    assert isinstance(probe, Targeted)  # others compare nothing
    targets = np.asarray(probe.targets, np.float64)
    return targets.reshape(len(targets), -1)


def _tables(spec: RunSpec, learners: Sequence[_Learner]) -> Tables:
    marks = np.arange(len(SCALE))
    # s = LARGEST / cost, so that the second mark is at cost 1
    cost = np.concatenate([[0.0], LARGEST / SCALE[1:]])
    seeds, sizes = (np.array([getattr(one, name) for one in learners]) for name in ("seed", "size"))
    names = np.array([one.null for one in learners], object)
    run_ids = np.array([f"{one.null}-{one.seed:03d}" for one in learners], object)
    own = {"run_id": run_ids, "optimizer": names, "settings": "{}", "seed": seeds, "first_loss": sizes**2}
    # the mean square of a residual of s times the target's size
    loss = np.concatenate([(SCALE * size) ** 2 for size in sizes])
    curves = {"run_id": run_ids.repeat(len(marks)), "loss": loss}
    rows = [one.probe.frequency > 0 for one in learners]
    counts = np.array([own.sum() for own in rows])
    of_probe = {
        name: np.concatenate([np.tile(getattr(one.probe, name)[own], len(marks)) for one, own in _both(learners, rows)])
        for name in ("component", "frequency", "target_amplitude")
    }
    spectra = {
        "run_id": run_ids.repeat(len(marks) * counts),
        "mark": np.concatenate([marks.repeat(count) for count in counts]),
        "cost": np.concatenate([cost.repeat(count) for count in counts]),
        "probe": learners[0].probe.name,
        "error": np.concatenate([(SCALE[:, None] * one.errors[:, own]).ravel() for one, own in _both(learners, rows)]),
        **of_probe,
    }
    tiled = {"mark": np.tile(marks, len(learners)), "cost": np.tile(cost, len(learners))}
    return {
        "runs": _filled("runs", {**identity(spec), **own}),
        "curves": _filled("curves", curves | tiled),
        "spectra": _filled("spectra", spectra),
    }


def _both(learners: Sequence[_Learner], rows: Sequence[NDArray[np.bool_]]) -> Iterator[tuple[_Learner, Any]]:
    return zip(learners, rows, strict=True)


def _filled(table: str, columns: dict[str, Any]) -> pd.DataFrame:
    """The table with zero, nothing or NaN in the columns that an artificial run does not have."""
    blank = {"str": "", "float64": np.nan, "int64": 0, "bool": False}
    return frame(table, {name: columns.get(name, blank[kind]) for name, kind in SCHEMA[table].items()})
