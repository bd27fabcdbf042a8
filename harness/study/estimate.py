"""What a comparison will take: the seconds and the memory of its jobs, foretold from short probes of each kind of job.

A kind is a method with its settings, a group of problems and a number of lanes. Its probe is the job itself on a small
budget. What a forward pass costs there is what it will cost, as no method's step grows dearer on the way; a probe that
converges, diverges or reaches its target is the whole run already. Marks are few and are counted apart.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heapreplace
from time import perf_counter
from typing import Any, NamedTuple, TypeAlias

import pandas as pd

from harness.run.build import build
from harness.run.fit import state_bytes
from harness.run.marks.schedule import log_marks
from harness.run.runner import run_lanes
from harness.run.spec import RunSpec
from harness.study.execution.jobs import Job
from harness.tables import Tables

if sys.platform != "win32":
    import resource

Clock: TypeAlias = Callable[[], float]
Make: TypeAlias = Callable[[Sequence[RunSpec]], list[Tables]]

PROBE_SECONDS = 8.0
"""For all probes together, about."""
LONGEST, SHORTEST = 0.6, 0.04
"""Seconds of one probe."""
FIRST_BUDGET = 30.0
"""Forward passes of the first probe, which is not believed: it loads libraries and compiles."""
GROWTH = 4.0
BYTES_A_NUMBER = 6
"""Of a part, which is compressed; measured on `sin135`."""
NEW_IN_A_ROW = {"outputs": 4 / 3, "predictions": 4 / 3}
"""Of predictions the value alone is new from mark to mark, eight bytes; what stands beside it repeats."""
ENDED = ("converged", "target", "diverged")


class Probed(NamedTuple):
    """A job on a small budget: what a lane spent, the seconds in objective and optimizer and all others.

    `numbers` is how many its tables have."""

    cost: float
    marks: int
    working: float
    around: float
    ended: bool
    numbers: int = 0


@dataclass(frozen=True)
class Estimate:
    """Jobs of one kind: seconds, bytes of the method's state and bytes on disk are those of one job."""

    problem: str
    optimizer: str
    lanes: int
    jobs: int
    seconds: float
    state_bytes: int
    stored_bytes: int = 0

    @property
    def seconds_in_all(self) -> float:
        """Of all its jobs, one after the other."""
        return self.jobs * self.seconds


def kind_of(job: Job) -> Any:
    """Equal for jobs that take equally long."""
    return replace(job[0], seed=0, recipe=job[0].recipe.lane_group), len(job)


def estimate(jobs: Sequence[Job], clock: Clock = perf_counter, make: Make = run_lanes) -> list[Estimate]:
    """An estimate for each kind of job, in the order of the jobs."""
    kinds: dict[Any, list[Job]] = {}
    for job in jobs:
        kinds.setdefault(kind_of(job), []).append(job)
    allowance = min(LONGEST, max(SHORTEST, PROBE_SECONDS / len(kinds))) if kinds else 0.0
    return [_estimate_kind(alike, allowance, clock, make) for alike in kinds.values()]


def _estimate_kind(alike: Sequence[Job], allowance: float, clock: Clock, make: Make) -> Estimate:
    job = alike[0]
    probed = probe(job, allowance, clock, make)
    state = len(job) * state_bytes(job[0].method, build(job[0]))
    # and the one at cost 0
    marks = len(log_marks(job[0].budget, job[0].marks)) + 1
    stored = round(BYTES_A_NUMBER * probed.numbers * (1.0 if probed.ended else marks / probed.marks))
    return Estimate(job[0].problem, job[0].optimizer, len(job), len(alike), seconds_of(probed, job[0]), state, stored)


def probe(job: Job, allowance: float, clock: Clock, make: Make) -> Probed:
    """Make the job with growing budgets until it takes `allowance` seconds, has ended, or was made in full."""
    full = job[0].budget
    budget = min(FIRST_BUDGET, full)
    _probe_once(job, budget, clock, make)
    while True:
        probed = _probe_once(job, budget, clock, make)
        if probed.ended or budget >= full or probed.working + probed.around >= allowance:
            return probed
        # geometric: all probes of a kind together take little longer than the last
        budget = min(full, GROWTH * budget)


def _probe_once(job: Job, budget: float, clock: Clock, make: Make) -> Probed:
    start = clock()
    made = make([replace(spec, budget=budget) for spec in job])
    seconds = clock() - start
    rows = [tables["runs"].iloc[0] for tables in made]
    working = float(sum(row["seconds_objective"] + row["seconds_optimizer"] for row in rows))
    # lanes that ended early spent less, and the batch went on
    cost = max(float(row["cost"]) for row in rows)
    ended = all(row["status"] in ENDED or row["status"] == "failed" for row in rows)
    numbers = sum(_numbers(name, rows) for tables in made for name, rows in tables.items())
    return Probed(cost, len(log_marks(budget, job[0].marks)) + 1, working, max(0.0, seconds - working), ended, numbers)


def _numbers(name: str, rows: pd.DataFrame) -> int:
    """Numbers of a table that take room on disk."""
    return round(len(rows) * NEW_IN_A_ROW.get(name, rows.shape[1]))


def seconds_of(probed: Probed, spec: RunSpec) -> float:
    """Seconds of the whole job: work in proportion to the cost, everything else to the number of marks."""
    if probed.ended or probed.cost == 0:
        return probed.working + probed.around
    marks = len(log_marks(spec.budget, spec.marks)) + 1
    limit = float("inf") if spec.time_limit is None else spec.time_limit
    # seconds of measuring lie outside the time limit
    return min(limit, probed.working * spec.budget / probed.cost) + probed.around * marks / probed.marks


def makespan(seconds: Sequence[float], processes: int) -> float:
    """When the last job ends, if each in turn goes to the process that is free first."""
    free = [0.0] * max(1, min(processes, len(seconds)))
    heapify(free)
    for job in seconds:
        heapreplace(free, free[0] + job)
    return max(free)


def resident_bytes() -> int:
    """The largest memory that this process has held; 0 where the system does not say."""
    if sys.platform == "win32":
        return 0
    # `ru_maxrss` is in bytes on macOS and in kilobytes elsewhere
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
