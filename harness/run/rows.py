"""How a run has ended, as rows of the tables."""

from dataclasses import asdict
from typing import Any

from harness.run.lanes import LaneMeter
from harness.run.machine import machine
from harness.run.meter import Meter
from harness.run.record import Recorder
from harness.run.spec import RunSpec, canonical, settings_of
from harness.tables import SCHEMA, Tables, empty, frame


def sentence(error: Exception) -> str:
    """An error on one line, as the column `reason` has it."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def lane_tables(
    spec: RunSpec, lane: int, meter: Meter | LaneMeter, recorder: Recorder, end: tuple[str, str], engine: str
) -> Tables:
    """Rows of one lane. Seconds of a batch are shared evenly by its lanes."""
    lanes, account, outcome = recorder.lanes, meter.account, meter.outcome(lane)
    status, reason = (outcome.stop.status, str(outcome.stop)) if outcome.stop else end
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
        "seconds_measuring": account.seconds_measuring / lanes,
        "lanes": lanes,
        "engine": engine,
        "first_loss": recorder.first_loss(lane),
        "last_loss": recorder.last_loss(lane) if spec.method.incumbent == "last" else outcome.last_loss,
        "best_loss": min(outcome.best_loss, recorder.best_loss(lane)),  # a minibatch's loss is not told by the outcome
    }
    return {
        "runs": frame("runs", row),
        "curves": recorder.curves(lane, spec.run_id),
        "predictions": recorder.predictions(lane, spec.run_id),
    }


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
        "incumbent": spec.method.incumbent,
        "engine": spec.engine,
    }


def unfinished(spec: RunSpec, status: str, reason: str) -> Tables:
    """The tables of a run that ended before its first evaluation, or whose process died: a row, and no curve."""
    numbers = dict.fromkeys(SCHEMA["runs"], 0)
    losses = dict.fromkeys(("first_loss", "last_loss", "best_loss"), float("nan"))
    end = {"status": status, "reason": reason, "machine_id": machine()["machine_id"]}
    row = {**numbers, **identity(spec), **losses, **end}
    return {"runs": frame("runs", row), **{table: empty(table) for table in ("curves", "spectra", "predictions")}}
