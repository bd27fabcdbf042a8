"""What a comparison will take: the seconds and the memory of its jobs, foretold from short probes of kinds of jobs.

A kind is a method with its settings, a group of problems and a number of lanes. Where runs of it are finished, they say
what the others take, as no probe knows when a method will end by itself.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace

from harness.run.build import build
from harness.run.fit import state_bytes
from harness.run.runner import run_lanes
from harness.run.spec import RunSpec
from harness.study.execution.jobs import Job, configuration
from harness.study.foretelling.kinds import Kind, chosen, foretold, kind_of, problem_of
from harness.study.foretelling.probing import Clock, Make, Probed, clock_of, marks_of, probe
from problems.base import Problem

if sys.platform != "win32":
    import resource

PROBE_SECONDS = 8.0
"""For the work of all probes together, about."""
LONGEST, SHORTEST = 0.6, 0.04
"""Seconds of one probe."""
BYTES_A_NUMBER = 6
"""Of a part, which is compressed; measured on `sin135`."""


@dataclass(frozen=True)
class Estimate:
    """Jobs of one kind: seconds, bytes of the method's state and bytes on disk are those of one job.

    `at_least` is whether a job takes those seconds or more, as its steps were seen to grow dearer."""

    problem: str
    optimizer: str
    lanes: int
    jobs: int
    seconds: float
    state_bytes: int
    stored_bytes: int = 0
    at_least: bool = False

    @property
    def seconds_in_all(self) -> float:
        """Of all its jobs, one after the other."""
        return self.jobs * self.seconds


def estimate(
    jobs: Sequence[Job],
    clock: Clock | None = None,
    make: Make = run_lanes,
    probed: dict[Kind, Probed] | None = None,
    finished: Mapping[RunSpec, float] | None = None,
) -> list[Estimate]:
    """An estimate for each kind of job, in the order of the jobs.

    `probed` has probes that were made, and gets those that are; `finished` has seconds of runs by configuration."""
    kinds: dict[Kind, list[Job]] = {}
    for job in jobs:
        kinds.setdefault(kind_of(job), []).append(job)
    known = {} if probed is None else probed
    firsts = {kind: alike[0] for kind, alike in kinds.items()}
    picked = chosen(firsts, known)
    allowance = min(LONGEST, max(SHORTEST, PROBE_SECONDS / max(len(picked), 1)))
    for kind in picked:
        job = firsts[kind]
        known[kind] = probe(job, allowance, clock or clock_of(job), make)
    all_known = foretold(firsts, known)
    problems = {problem_of(job): job[0] for job in firsts.values()}
    built = {key: build(spec) for key, spec in problems.items()}
    return [
        _estimate_kind(alike, all_known[kind], finished or {}, built[problem_of(alike[0])])
        for kind, alike in kinds.items()
    ]


def _estimate_kind(
    alike: Sequence[Job], probed: Probed, finished: Mapping[RunSpec, float], problem: Problem
) -> Estimate:
    job = alike[0]
    own = finished.get(configuration(job[0]))
    seconds = seconds_of(probed, job[0]) if own is None else own * len(job)
    state = len(job) * state_bytes(job[0].method, problem, single=probed.single)
    stored = round(BYTES_A_NUMBER * probed.numbers * (1.0 if probed.ended else marks_of(job[0]) / probed.marks))
    at_least = own is None and probed.growing
    return Estimate(job[0].problem, job[0].optimizer, len(job), len(alike), seconds, state, stored, at_least)


def seconds_of(probed: Probed, spec: RunSpec) -> float:
    """Seconds of the whole job: work in proportion to the cost, everything else to the number of marks."""
    if probed.ended or probed.cost == 0:
        return probed.working + probed.around
    limit = float("inf") if spec.time_limit is None else spec.time_limit
    # seconds of measuring lie outside the time limit
    return min(limit, probed.working * spec.budget / probed.cost) + probed.around * marks_of(spec) / probed.marks


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
