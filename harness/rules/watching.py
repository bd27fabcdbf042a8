"""What a probe and an observer of a user's must keep: they measure what is there, and change nothing."""

from collections.abc import Iterator
from dataclasses import replace
from inspect import Parameter, signature

import numpy as np

from harness.run.fit import Refused
from harness.run.marks.observer import Observer
from harness.run.runner import run
from harness.run.spec import RunSpec, find_optimizer, find_problem
from problems.base import Array, Probe
from problems.probes.by_name import Factory

PROBLEMS_ASKED = ("sin135", "digits-pca", "parity", "waves-2d")
BUDGET = 60


def measures(make: Factory) -> str | None:
    """On one kind of data at least, errors are 0 at the target, numbers repeat, and predictions stay as they are."""
    complaints = []
    for inputs, targets in _data():
        try:
            complaint = _measures(make(inputs, targets, *_numbers(make)), targets)
        except Exception as error:  # noqa: BLE001  # whatever a foreign probe raises is its report
            complaint = f"it can be made of inputs {inputs.shape} and targets {targets.shape}; got {error}"
        if complaint is None:
            return None
        complaints.append(complaint)
    return complaints[0]


def _measures(probe: Probe, targets: Array) -> str | None:
    amplitude, error = probe.measure(targets.copy())
    if not np.abs(error).max(initial=0) <= 1e-6:
        return f"the error is 0 where predictions are the targets; it is {np.abs(error).max():.3g}"
    # of the largest, as one that is rounding has no digits of its own
    if not np.allclose(amplitude, probe.target_amplitude, atol=1e-8 * np.abs(probe.target_amplitude).max(initial=0)):
        return "the amplitude is target_amplitude where predictions are the targets"
    # half the target, whose error is no special number
    shown = targets / 2
    first = probe.measure(shown)
    if not np.array_equal(shown, targets / 2):
        return "predictions are left as they are"
    if not all(np.array_equal(*pair, equal_nan=True) for pair in zip(first, probe.measure(shown), strict=True)):
        return "the same predictions give the same numbers"
    return None


def _data() -> Iterator[tuple[Array, Array]]:
    """A wave on a line, a wave in the plane, and two classes."""
    line = np.linspace(0, 1, 64)[:, None]
    yield line, np.sin(2 * np.pi * line) + 0.5 * np.sin(6 * np.pi * line)
    plane = np.stack(np.meshgrid(np.arange(12) / 12, np.arange(12) / 12), axis=-1).reshape(-1, 2)
    yield plane, np.sin(2 * np.pi * plane.sum(axis=1, keepdims=True))
    yield line, np.eye(2)[(line[:, 0] > 0.4).astype(int)]


def _numbers(make: Factory) -> list[float]:
    """A one for each number that must be given."""
    parameters = list(signature(make).parameters.values())[2:]
    return [1.0 for one in parameters if one.default is one.empty and one.kind != Parameter.VAR_POSITIONAL]


def watches_a_run(observer: Observer) -> str | None:
    """A run on the first problem of which it can be asked is the same with it, and has rows in every table of it."""
    refusal = ""
    for problem in PROBLEMS_ASKED:
        spec = RunSpec(problem, find_problem(problem), "gd", find_optimizer("gd"), 0, BUDGET, marks=5, engine="numpy")
        watched = run(replace(spec, observers=(observer,)))
        row = watched["runs"].iloc[0]
        # a question that has no sense here, as of classes on a line, is no fault
        if row["reason"].startswith(Refused.__name__):
            refusal = row["reason"]
            continue
        alone = run(spec)
        if row["status"] != alone["runs"]["status"].iloc[0]:
            return f"a run on '{problem}' ends as without it; got: {row['reason']}"
        if not np.array_equal(alone["curves"]["loss_last"], watched["curves"]["loss_last"]):
            return "a run takes the same path whether or not it is observed"
        if not all(len(watched[table]) for table in observer.tables):
            return "every table that it declares has rows"
        return None
    return f"it can be asked of one of {', '.join(PROBLEMS_ASKED)}; got: {refusal}"
