"""Kinds of jobs, and what is foretold of those that no probe was made of, from probes of their method and problem.

Of a study of many methods and problems a few probes of each are made. Seconds in the objective, in the optimizer and
around marks are each about a factor of the method times one of the problem: the logarithms are fitted by a sum.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from harness.study.execution.jobs import Job, configuration
from harness.study.foretelling.probing import Probed, marks_of

MOST_PROBED = 160
"""Kinds up to which every one is probed."""
EACH = 4
"""Probes of each method, and of each problem, beyond that."""
TINY = 1e-9
PULL = 1e-3
"""On factors towards 1, so that a sum of logarithms has one solution."""

Kind = Any


def kind_of(job: Job) -> Kind:
    """Equal for jobs that take equally long."""
    return configuration(job[0]), len(job)


def method_of(job: Job) -> Hashable:
    """What jobs of one method share."""
    return job[0].optimizer, job[0].method


def problem_of(job: Job) -> Hashable:
    """What jobs of one problem share."""
    return job[0].problem, job[0].recipe.lane_group


def chosen(kinds: Mapping[Kind, Job], known: Mapping[Kind, Probed]) -> list[Kind]:
    """Which kinds to probe, beside those that are known: all, or so many that each method and problem has some."""
    missing = [kind for kind in kinds if kind not in known]
    if len(kinds) <= MOST_PROBED:
        return missing
    counts: Counter[Hashable] = Counter()
    for kind in known:
        job = (kind[0],)
        counts.update((method_of(job), problem_of(job)))
    picked = []
    # in an order of chance, so that no problem meets methods of one family alone; the same each time
    for number in np.random.default_rng(0).permutation(len(missing)):
        both = [what(kinds[missing[number]]) for what in (method_of, problem_of)]
        if min(counts[one] for one in both) < EACH:
            counts.update(both)
            picked.append(missing[number])
    return picked


def foretold(kinds: Mapping[Kind, Job], probed: Mapping[Kind, Probed]) -> dict[Kind, Probed]:
    """What is known of every kind: its probe, or what those of its method and problem say, as if made in full."""
    rest = [job for kind, job in kinds.items() if kind not in probed]
    if not rest:
        return {kind: probed[kind] for kind in kinds}
    seen = {kind: one for kind, one in probed.items() if one.cost > 0}
    jobs = [(kind[0],) * kind[1] for kind in seen]
    parts = [
        _factors(jobs, [part(one, len(job)) for job, one in zip(jobs, seen.values(), strict=True)], rest)
        for part in PARTS
    ]
    growing = {method_of(job) for job, one in zip(jobs, seen.values(), strict=True) if one.growing}
    single = {method_of(job): one.single for job, one in zip(jobs, seen.values(), strict=True)}
    made = {}
    for job, objective, optimizer, around, numbers in zip(rest, *parts, strict=True):
        work, marks = job[0].budget * len(job), marks_of(job[0])
        made[kind_of(job)] = Probed(
            job[0].budget,
            marks,
            objective * work,
            optimizer * work,
            around * marks * len(job),
            ended=False,
            numbers=numbers * marks * len(job),
            single=single.get(method_of(job), False),
            growing=method_of(job) in growing,
        )
    return {kind: probed.get(kind) or made[kind] for kind in kinds}


PARTS: tuple[Callable[[Probed, int], float], ...] = (
    lambda one, lanes: one.objective / (one.cost * lanes),
    lambda one, lanes: one.optimizer / (one.cost * lanes),
    lambda one, lanes: one.around / (one.marks * lanes),
    lambda one, lanes: one.numbers / (one.marks * lanes),
)
"""What is fitted, of a lane: each in proportion to cost or marks."""


def _factors(jobs: Sequence[Job], values: Sequence[float], wanted: Sequence[Job]) -> list[float]:
    """A factor of the method times one of the problem, by least squares on the logarithms of the values at `jobs`."""
    columns: dict[Hashable, int] = {}
    for job in jobs:
        for key in _keys(job):
            columns.setdefault(key, len(columns))
    logs = np.log(np.maximum(values, TINY))
    middle = float(np.median(logs))
    design = _design(jobs, columns)
    # ridge regression on the distance from the middle: whoever is unknown has the factor 1
    square = design.T @ design + PULL * np.eye(len(columns))
    factors = np.linalg.solve(square, design.T @ (logs - middle))
    found: list[float] = np.exp(middle + _design(wanted, columns) @ factors).tolist()
    return found


def _keys(job: Job) -> Iterable[Hashable]:
    return ("method", method_of(job)), ("problem", problem_of(job))


def _design(jobs: Sequence[Job], columns: Mapping[Hashable, int]) -> Any:
    design = np.zeros((len(jobs), len(columns)))
    for row, job in enumerate(jobs):
        for key in _keys(job):
            if key in columns:
                design[row, columns[key]] = 1.0
    return design
