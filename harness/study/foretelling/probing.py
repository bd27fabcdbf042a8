"""A job on a small budget, which tells what the whole job will take.

What a forward pass costs there is what it will cost, where steps grow no dearer on the way. Those of `sr1` do on
Fourier features: its conjugate gradients took 17 rounds a step over the first 120 steps of a run, 64 over 480, 413 over
1,920 and 1,591 over 7,000 with `fourier(8,0)`, and 29, 65, 108 and 315 (over 6,000) with `fourier(16,1)`, so that no
short probe foretells them. Where a pass of the last probe took longer than one of the probe before it, the seconds are
told as the least that the job takes. A probe that converges, diverges or reaches its target is the whole run already.
Marks are few and are counted apart. Seconds are those of this process on the processor, on one thread as in a study:
what else the machine does is not taken for work.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import log
from time import perf_counter, process_time
from typing import NamedTuple, TypeAlias

import pandas as pd
from threadpoolctl import threadpool_limits

from harness.run.marks.schedule import log_marks
from harness.run.spec import RunSpec
from harness.study.execution.jobs import Job
from harness.tables import Tables

Clock: TypeAlias = Callable[[], float]
Make: TypeAlias = Callable[[Sequence[RunSpec]], list[Tables]]

FIRST_BUDGET = 30.0
"""Forward passes of the first probe, which is not believed: it loads libraries and compiles."""
LEAST_GROWTH, MOST_GROWTH = 4.0, 64.0
"""Of the budget from probe to probe."""
GROWING = 0.25
"""Power of the cost with which the seconds of a pass rise, above which they are said to grow: 1.4 for four times it."""
MOST_DOUBTED = 4.0
"""Allowances up to which a growth is put to the proof by one more probe."""
TINY = 1e-9
NEW_IN_A_ROW = {"outputs": 4 / 3, "predictions": 4 / 3}
"""Of predictions the value alone is new from mark to mark, eight bytes; what stands beside it repeats."""
ENDED = ("converged", "target", "diverged")


class Probed(NamedTuple):
    """A job on a small budget: what a lane spent, and the seconds of all lanes in objective, in optimizer and around.

    `numbers` is how many its tables have, `single` whether its numbers are of 4 bytes, `growing` whether the
    passes of more of it take longer."""

    cost: float
    marks: int
    objective: float
    optimizer: float
    around: float
    ended: bool
    numbers: float = 0
    single: bool = False
    growing: bool = False

    @property
    def working(self) -> float:
        """Seconds in objective and optimizer."""
        return self.objective + self.optimizer


def marks_of(spec: RunSpec, budget: float | None = None) -> int:
    """Marks of the run, and the one at cost 0."""
    return len(log_marks(spec.budget if budget is None else budget, spec.marks)) + 1


def clock_of(job: Job) -> Clock:
    """The processor's, or, for what is computed on another device, that of the wall."""
    return process_time if getattr(job[0].recipe, "device", "cpu") == "cpu" else perf_counter


def probe(job: Job, allowance: float, clock: Clock, make: Make) -> Probed:
    """Make the job with growing budgets until its work takes `allowance` seconds, it has ended, or was made in full."""
    full = job[0].budget
    budget = min(FIRST_BUDGET, full)
    with threadpool_limits(limits=1):
        _probe_once(job, budget, clock, make)
        before, doubted = None, False
        while True:
            probed = _probe_once(job, budget, clock, make)
            if probed.ended or budget >= full:
                return probed
            grew = before is not None and _power(before, probed) > GROWING
            if probed.working >= allowance:
                if not grew or doubted or probed.working > MOST_DOUBTED * allowance:
                    return probed._replace(growing=grew)
                # a method may only have begun otherwise: twice as much tells
                doubted, growth = True, 2.0
            else:
                # a fifth more than would do, as a short probe is a rough one
                growth = min(MOST_GROWTH, max(LEAST_GROWTH, 1.2 * allowance / max(probed.working, TINY)))
            before, budget = probed, min(full, budget * growth)


def _power(before: Probed, probed: Probed) -> float:
    """With which power of the cost the seconds of a pass rise."""
    if not probed.cost > before.cost > 0:
        return 0.0
    return log(max(probed.working, TINY) / max(before.working, TINY)) / log(probed.cost / before.cost) - 1.0


def _probe_once(job: Job, budget: float, clock: Clock, make: Make) -> Probed:
    began, start = perf_counter(), clock()
    made = make([replace(spec, budget=budget) for spec in job])
    seconds = clock() - start
    # rows have seconds of the wall, of which others may have had their part
    ours = min(1.0, seconds / (perf_counter() - began)) if clock is process_time else 1.0
    rows = [tables["runs"].iloc[0] for tables in made]
    objective, optimizer = (
        ours * float(sum(row[name] for row in rows)) for name in ("seconds_objective", "seconds_optimizer")
    )
    around = max(0.0, seconds - objective - optimizer)
    # lanes that ended early spent less, and the batch went on
    cost = max(float(row["cost"]) for row in rows)
    ended = all(row["status"] in ENDED or row["status"] == "failed" for row in rows)
    numbers = sum(_numbers(name, table) for tables in made for name, table in tables.items())
    single = rows[0].get("state_dtype") == "float32"
    return Probed(cost, marks_of(job[0], budget), objective, optimizer, around, ended, numbers, single)


def _numbers(name: str, rows: pd.DataFrame) -> int:
    """Numbers of a table that take room on disk."""
    return round(len(rows) * NEW_IN_A_ROW.get(name, rows.shape[1]))
