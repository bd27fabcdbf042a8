"""One run, or one batch of lanes, from specification to rows. However a run ends, its end is data."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from operator import add
from typing import Any, TypeAlias

import numpy as np

from harness.run.attendance import Attendant, Attended, Forsaken, Progress
from harness.run.build import build_all
from harness.run.drive import drive
from harness.run.fit import check_fit, check_observers
from harness.run.marks.observer import Observation
from harness.run.marks.predictions import predictions
from harness.run.marks.record import Recorder
from harness.run.marks.schedule import log_marks
from harness.run.metering.account import Observe, Terms
from harness.run.metering.lanes import LaneMeter
from harness.run.metering.meter import Meter
from harness.run.metering.tensors import AnyMeter, TensorMeter, kept_on_device
from harness.run.rows import End, lane_tables, observed, sentence, share_evenly, unfinished
from harness.run.spec import RunSpec, stream
from harness.run.theory import forecast
from harness.run.tracebacks import keep
from harness.tables import Rows, RunRows, Tables
from optimizers.base import Doubles, Streams
from problems.base import Problem, stack, stackable
from problems.engines.base import Evaluator, Placed
from problems.engines.choose import make_evaluator
from problems.engines.numpy_evaluator import NumpyEvaluator

WENT_ON = "The method went on through every exception, so that its process was ended: no `except` may swallow the end."
Begun: TypeAlias = tuple[list[list[Observation]], list[list[Observation]]]


def run(spec: RunSpec, progress: Progress | None = None) -> Tables:
    """Rows of `runs`, `curves` and `spectra` of one run."""
    return run_lanes([spec], progress)[0]


def run_lanes(specs: Sequence[RunSpec], progress: Progress | None = None) -> list[Tables]:
    """The same for several runs that differ in seed, or within the lane group of their recipe."""
    made = make_lanes(specs, progress)
    return [{table: rows.frame() for table, rows in tables.items()} for tables in made]


def make_lanes(
    specs: Sequence[RunSpec],
    progress: Progress | None = None,
    attendant: Attendant | None = None,
    forsaken: Forsaken | None = None,
) -> list[RunRows]:
    """The same by columns, for whoever writes them; `forsaken` may end the process of a method that nothing else ends.

    They are lanes of one batch where method and data allow it."""
    first = specs[0]
    assert len({replace(spec, seed=0, recipe=spec.recipe.lane_group) for spec in specs}) == 1
    if len(specs) > 1 and not first.method.lanes:
        return [tables for spec in specs for tables in make_lanes([spec], progress, attendant, forsaken)]
    try:
        problems = build_all(specs)
        check_fit(first.optimizer, first.method, problems[0], first.engine)
        check_observers(first, problems[0])
        thetas = [
            problem.network.theta0(stream(spec.seed, "weights")) for spec, problem in zip(specs, problems, strict=True)
        ]
        # data of different shapes make no batch; each then goes alone, which is never refused
        together = stackable(problems)
        evaluator = make_evaluator(stack(problems), first.engine) if together else None
        begun = _begin(specs, problems) if evaluator is not None else ([], [])
    except Exception as error:  # noqa: BLE001  # a failed run is a row, and the others go on
        keep((spec.run_id for spec in specs), error)
        return [unfinished(spec, "failed", sentence(error)) for spec in specs]
    if evaluator is None:
        return [tables for spec in specs for tables in make_lanes([spec], progress, attendant, forsaken)]
    attended = partial(Attended, budget=first.budget, progress=progress, attendant=attendant, forsaken=forsaken)
    return _run_batch(specs, problems, evaluator, np.array(thetas), begun, attended)


def _run_batch(
    specs: Sequence[RunSpec],
    problems: Sequence[Problem],
    evaluator: Evaluator,
    thetas: Doubles,
    begun: Begun,
    attended: Callable[[Observe], Attended],
) -> list[RunRows]:
    method = specs[0].method
    pictures, asked = begun
    recorder = Recorder(evaluator, problems, [*map(add, pictures, asked)])
    observe = attended(recorder.observe)
    streams = [stream(spec.seed, "optimizer") for spec in specs]
    on_device = kept_on_device(method, evaluator)
    meter = _meter(specs, on_device, evaluator, observe)

    def standing() -> list[RunRows]:
        end = End("running", "The run has not ended.", evaluator.name)
        # a run that is killed has what was measured; what its observers would have said at the end is lost
        return [
            lane_tables(spec, lane, meter, recorder, end)
            | {"spectra": recorder.spectra(lane, spec.run_id)}
            | observed(spec, seen).tables
            for lane, (spec, seen) in enumerate(zip(specs, pictures, strict=True))
        ]

    def finished(end: End) -> list[RunRows]:
        seen = share_evenly([observed(*each) for each in zip(specs, pictures, asked, strict=True)])
        return [
            lane_tables(spec, lane, meter, recorder, end, seen[lane])
            | {"spectra": _spectra(recorder, lane, spec, problems[lane], thetas[lane])}
            | seen[lane].tables
            for lane, spec in enumerate(specs)
        ]

    def forsaken() -> None:
        stop = meter.account.stop
        if observe.forsaken is not None and stop is not None:
            meter.finish()
            observe.forsaken(finished(End(stop.status, f"{stop} {WENT_ON}", evaluator.name)))

    try:
        # before any clock is started: neither libraries nor compilation count as the method's time
        evaluator.prepare({*method.needs, "lanes"} if method.lanes else method.needs)
        method.prepare()
        observe.begin(standing)
        meter.account.forsaken = forsaken
        starts = thetas.astype(evaluator.state_dtype if method.any_precision else np.float64)
        starts = starts if on_device is None else on_device.placed(starts)
        start: tuple[Any, Streams] = (starts, streams) if method.lanes else (starts[0], streams[0])
        end = End(*drive(method, meter, *start), evaluator.name)
    except Exception as error:  # noqa: BLE001  # a failed run is a row, and the others go on
        keep((spec.run_id for spec in specs), error)
        end = End("failed", sentence(error), evaluator.name)
    return finished(end)


def _meter(specs: Sequence[RunSpec], on_device: Placed | None, evaluator: Evaluator, observe: Observe) -> AnyMeter:
    """What counts and stops these runs, and keeps their points where they are."""
    if on_device is not None:
        return TensorMeter(on_device, _terms(specs[0]), len(specs), observe)
    if specs[0].method.lanes:
        return LaneMeter(evaluator, _terms(specs[0]), len(specs), observe)
    return Meter(evaluator, _terms(specs[0]), observe)


def _begin(specs: Sequence[RunSpec], problems: Sequence[Problem]) -> Begun:
    """For each lane, the observation of predictions that a problem asks for, and those of the run's observers."""
    kept = log_marks(specs[0].budget, problems[0].kept_predictions)
    pairs = list(zip(specs, problems, strict=True))
    return (
        [predictions(problem, kept) for problem in problems],
        [[one.begin(spec.subject, NumpyEvaluator(problem)) for one in spec.observers] for spec, problem in pairs],
    )


def _spectra(recorder: Recorder, lane: int, spec: RunSpec, problem: Problem, theta0: Doubles) -> Rows:
    """The rows of one lane beside their forecast; without it where it cannot be made."""
    try:
        with np.errstate(all="ignore"):
            return recorder.spectra(lane, spec.run_id, forecast(NumpyEvaluator(problem), spec.method, theta0))
    except Exception:  # noqa: BLE001  # what was measured does not depend on what was foretold
        return recorder.spectra(lane, spec.run_id)


def _terms(spec: RunSpec) -> Terms:
    return Terms(
        spec.budget,
        marks=log_marks(spec.budget, spec.marks),
        cost_per_gradient=spec.cost_per_gradient,
        time_limit=spec.time_limit,
        target_loss=spec.target_loss,
    )
