"""How a run has ended, as rows of the tables."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from harness.run.machine import machine
from harness.run.marks.observer import Columns, Observation, Observer, schema_of, written
from harness.run.marks.record import Recorder
from harness.run.metering.tensors import AnyMeter
from harness.run.spec import RunSpec, canonical, settings_of
from harness.run.tracebacks import keep
from harness.tables import SCHEMA, RunRows, no_rows, rows_of

MOST_LETTERS = 1_000
"""Of a reason; an error may quote a whole array."""


def sentence(error: Exception) -> str:
    """An error on one line, as the column `reason` has it."""
    try:
        said = str(error)
    except Exception:  # noqa: BLE001  # a class of the user's own, whose text fails as well
        said = "(it has no text)"
    words = " ".join(f"{type(error).__name__}: {said}".split())
    return words if len(words) <= MOST_LETTERS else f"{words[: MOST_LETTERS - 4]} ..."


class End(NamedTuple):
    """How a batch has ended, and what evaluated it."""

    status: str
    reason: str
    engine: str


class Observed(NamedTuple):
    """What the observations of one run give, how long they took after its end, and what went wrong, if anything."""

    tables: RunRows
    seconds: float = 0.0
    trouble: str = ""


NOBODY = Observed({})


def observed(spec: RunSpec, pictures: Sequence[Observation], asked: Sequence[Observation] | None = None) -> Observed:
    """The table `predictions` and those of the run's observers; of one that fails, the tables are empty."""
    begun, trouble = perf_counter(), ""
    tables: RunRows = {"predictions": no_rows("predictions")}
    for observation in pictures:
        for table, columns in observation.rows().items():
            tables[table] = rows_of(table, {"run_id": spec.run_id, **columns})
    # None while the run goes on: then the pictures alone are asked
    for observer, observation in zip(spec.observers, asked or (), strict=asked is not None):
        try:
            with np.errstate(all="ignore"):  # of a run that diverged, too
                tables |= _tables_of(observer, spec, observation.rows())
        except Exception as error:  # noqa: BLE001  # what the others give does not depend on it
            tables |= _tables_of(observer, spec, {})
            keep([spec.run_id], error)
            trouble = trouble or f"Observer '{observer.name}': {sentence(error)}"
    return Observed(tables, perf_counter() - begun, trouble)


def share_evenly(seen: Sequence[Observed]) -> list[Observed]:
    """The same with the seconds of all lanes shared, as those of a batch are."""
    seconds = sum(one.seconds for one in seen) / len(seen)
    return [one._replace(seconds=seconds) for one in seen]


def _tables_of(observer: Observer, spec: RunSpec, rows: Mapping[str, Columns]) -> RunRows:
    labels = {"run_id": spec.run_id, "observer": str(observer)}
    return {
        table: rows_of(table, labels | dict(rows[table]), schema) if table in rows else no_rows(table, schema)
        for table, schema in schema_of(observer).items()
    }


def lane_tables(
    spec: RunSpec, lane: int, meter: AnyMeter, recorder: Recorder, end: End, seen: Observed = NOBODY
) -> RunRows:
    """Rows of one lane, without its spectra. Seconds of a batch are shared evenly by its lanes."""
    lanes, account, outcome = recorder.lanes, meter.account, meter.outcome(lane)
    status, reason = (outcome.stop.status, str(outcome.stop)) if outcome.stop else end[:2]
    if seen.trouble and status != "failed":
        status, reason = "failed", seen.trouble
    counts = outcome.counts
    row = {
        **identity(spec),
        "dim": meter.dim,
        "n_samples": meter.n_samples,
        "machine_id": machine()["machine_id"],
        "status": status,
        "reason": reason,
        **asdict(counts),
        "cost": counts.cost(spec.cost_per_gradient),
        "seconds_objective": account.seconds_objective / lanes,
        "seconds_optimizer": (account.seconds - account.seconds_objective) / lanes,
        # what observers take after the end is on no clock of the account's
        "seconds_measuring": account.seconds_measuring / lanes + seen.seconds,
        "lanes": lanes,
        # after `identity`, whose engine is the one asked for: `auto`, mostly
        "engine": end.engine,
        "state_dtype": meter.state_dtype,
        "first_loss": recorder.first_loss(lane),
        "last_loss": recorder.last_loss(lane),
        "best_loss": min(outcome.best_loss, recorder.best_loss(lane)),  # a minibatch's loss is not told by the outcome
    }
    return {"runs": rows_of("runs", row), "curves": recorder.curves(lane, spec.run_id)}


def identity(spec: RunSpec) -> dict[str, Any]:
    """The columns of `runs` that are known before the run."""
    own = ("network", "activation", "init", "loss", "dtype")
    recipe = settings_of(spec.recipe)
    return {
        "run_id": spec.run_id,
        "problem": spec.problem,
        "optimizer": spec.optimizer,
        "settings": canonical(settings_of(spec.method)),
        "problem_settings": canonical({name: value for name, value in recipe.items() if name not in own}),
        **{name: recipe[name] for name in own},
        "seed": spec.seed,
        "budget": spec.budget,
        "cost_per_gradient": spec.cost_per_gradient,
        "engine": spec.engine,
        "state_dtype": "",
        "observers": written(spec.observers),
    }


def unfinished(spec: RunSpec, status: str, reason: str) -> RunRows:
    """The tables of a run that ended before its first evaluation, or whose process died: a row, and no curve."""
    numbers = dict.fromkeys(SCHEMA["runs"], 0)
    losses = dict.fromkeys(("first_loss", "last_loss", "best_loss"), float("nan"))
    end = {"status": status, "reason": reason, "machine_id": machine()["machine_id"]}
    # later ones win: a zero stands only where nothing better is known
    row = {**numbers, **identity(spec), **losses, **end}
    tables = {"runs": rows_of("runs", row)} | {table: no_rows(table) for table in ("curves", "spectra", "predictions")}
    for observer in spec.observers:
        tables |= _tables_of(observer, spec, {})
    return tables
