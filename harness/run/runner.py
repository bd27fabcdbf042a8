"""One run, or one batch of lanes, from specification to rows. However a run ends, its end is data."""

import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

from harness.run.account import EndIgnored, Observe, Terms
from harness.run.attendance import Attendant, Attended, Progress
from harness.run.lanes import LaneMeter
from harness.run.machine import machine
from harness.run.meter import Meter
from harness.run.record import Recorder
from harness.run.schedule import log_marks
from harness.run.spec import RunSpec, canonical, settings_of, stream
from harness.run.theory import forecast
from harness.tables import SCHEMA, Tables, empty, frame
from optimizers.base import Doubles, Optimizer, Streams
from problems.base import Problem, stack, stackable
from problems.engines.choose import choose, make_engine

MOST_BYTES = 8_000_000_000
"""State of one run beyond which a method is refused, whatever its own cap."""


class Refused(ValueError):
    """A method and a problem that do not fit together."""


def drive(method: Optimizer, meter: Meter | LaneMeter, theta0: Doubles, rng: Streams) -> tuple[str, str]:
    """Let `method` move from `theta0` until it ends; the status and a sentence on why.

    An exception other than the meter's own propagates. Floating-point warnings are expected on the way to infinity and
    are silenced here, for the run alone."""
    meter.start(theta0)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            method.minimize(meter, theta0, rng)
    except (Exception, EndIgnored):
        if meter.account.stop is None:
            with suppress(Exception):  # the first error is the one to report
                meter.finish()
            raise
    meter.finish()
    stop = meter.account.stop  # and not the exception: libraries catch it, or wrap it in one of their own
    return (stop.status, str(stop)) if stop else ("converged", "The method returned before its budget was spent.")


def is_installed(method: Optimizer) -> bool:
    """Whether the optional library that the method needs, if any, is there."""
    return not method.library or find_spec(method.library) is not None


def check_fit(name: str, method: Optimizer, problem: Problem) -> None:
    """Raise `Refused` if the problem cannot meet the method's needs, is too large for it, or a library is missing."""
    if not is_installed(method):
        raise Refused(
            f"Optimizer '{name}' needs the library {method.library}, which is not installed. "
            "Install it with: pip install 'frequency-harness[more]'"
        )
    lacking = sorted(method.needs - problem.offers)
    if lacking:
        raise Refused(f"Optimizer '{name}' needs {', '.join(lacking)}, which this problem does not offer.")
    held = method.memory(problem.dim)
    if problem.dim > method.max_dim or held > MOST_BYTES:
        raise Refused(
            f"Optimizer '{name}' takes at most {method.max_dim:,} parameters and {MOST_BYTES / 1e9:.3g} GB; this "
            f"network has {problem.dim:,}, for which it would hold {held / 1e9:.3g} GB ({held:,} bytes). "
            "Choose a smaller --network."
        )


def build(spec: RunSpec) -> Problem:
    """The problem of a run, with its data."""
    return spec.recipe.build(stream(spec.seed, "data"))


def _build_all(specs: Sequence[RunSpec]) -> list[Problem]:
    """The problems of several runs; where seeds do not change the data, one for each recipe."""
    if specs[0].recipe.random_data:
        return [build(spec) for spec in specs]
    built = {spec.recipe: build(spec) for spec in {spec.recipe: spec for spec in specs}.values()}
    return [built[spec.recipe] for spec in specs]


def run(spec: RunSpec, progress: Progress | None = None) -> Tables:
    """Rows of `runs`, `curves` and `spectra` of one run."""
    return run_lanes([spec], progress)[0]


def run_lanes(
    specs: Sequence[RunSpec], progress: Progress | None = None, attendant: Attendant | None = None
) -> list[Tables]:
    """The same for several runs that differ in seed, or within the lane group of their recipe.

    They are lanes of one batch where method and data allow it."""
    first = specs[0]
    assert len({replace(spec, seed=0, recipe=spec.recipe.lane_group) for spec in specs}) == 1
    if len(specs) > 1 and not first.method.lanes:
        return [tables for spec in specs for tables in run_lanes([spec], progress, attendant)]
    try:
        problems = _build_all(specs)
        check_fit(first.optimizer, first.method, problems[0])
        choose(problems[0], first.engine)
        thetas = [
            problem.network.theta0(stream(spec.seed, "weights")) for spec, problem in zip(specs, problems, strict=True)
        ]
    except Exception as error:  # noqa: BLE001  # a failed run is a row, and the others go on
        return [unfinished(spec, "failed", _sentence(error)) for spec in specs]
    if not stackable(problems):
        return [tables for spec in specs for tables in run_lanes([spec], progress, attendant)]
    observe = partial(Attended, budget=first.budget, progress=progress, attendant=attendant)
    return _run_batch(specs, problems, np.array(thetas), observe)


def _run_batch(
    specs: Sequence[RunSpec], problems: Sequence[Problem], thetas: Doubles, attended: Callable[[Observe], Attended]
) -> list[Tables]:
    method = specs[0].method
    batch = stack(problems)
    batch = replace(batch, engine=make_engine(batch, specs[0].engine))
    recorder = Recorder(batch, problems, method.incumbent, log_marks(specs[0].budget, problems[0].kept_predictions))
    observe = attended(recorder.observe)
    streams = [stream(spec.seed, "optimizer") for spec in specs]
    meter: Meter | LaneMeter
    if method.lanes:
        meter = LaneMeter(batch, _terms(specs[0]), len(specs), observe)
    else:
        meter = Meter(batch, _terms(specs[0]), observe)
    try:
        if batch.engine is not None:
            batch.engine.prepare(method.needs)
        observe.begin(lambda: _standing(specs, meter, recorder))
        start: tuple[Doubles, Streams] = (thetas, streams) if method.lanes else (thetas[0], streams[0])
        end = drive(method, meter, *start)
    except Exception as error:  # noqa: BLE001  # a failed run is a row, and the others go on
        end = "failed", _sentence(error)
    engine = "numpy" if batch.engine is None else batch.engine.name
    tables = [_lane_tables(spec, lane, meter, recorder, end, engine) for lane, spec in enumerate(specs)]
    for lane, spec in enumerate(specs):
        tables[lane]["spectra"] = _spectra(recorder, lane, spec, problems[lane], thetas[lane])
    return tables


def _standing(specs: Sequence[RunSpec], meter: Meter | LaneMeter, recorder: Recorder) -> list[Tables]:
    """The tables of a batch that is still being made, without the forecast."""
    end = "running", "The run has not ended."
    return [
        _lane_tables(spec, lane, meter, recorder, end, spec.engine) | {"spectra": recorder.spectra(lane, spec.run_id)}
        for lane, spec in enumerate(specs)
    ]


def _spectra(recorder: Recorder, lane: int, spec: RunSpec, problem: Problem, theta0: Doubles) -> pd.DataFrame:
    """The rows of one lane beside their forecast; without it where it cannot be made."""
    try:
        with np.errstate(all="ignore"):
            return recorder.spectra(lane, spec.run_id, forecast(problem, spec.method, theta0))
    except Exception:  # noqa: BLE001  # what was measured does not depend on what was foretold
        return recorder.spectra(lane, spec.run_id)


def _terms(spec: RunSpec) -> Terms:
    return Terms(
        spec.budget,
        spec.method.incumbent,
        log_marks(spec.budget, spec.marks),
        spec.cost_per_gradient,
        spec.time_limit,
        spec.target_loss,
    )


def _sentence(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _lane_tables(
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
