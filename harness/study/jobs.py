"""Jobs: runs that are made together, by whatever process is given them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from threadpoolctl import threadpool_limits

from harness.run.machine import machine
from harness.run.rows import unfinished
from harness.run.runner import run_lanes
from harness.run.spec import RunSpec
from harness.study.ledger.ledger import Ledger
from harness.study.standby import GRACE, Standby, hard_limit
from harness.study.workers.channel import tell

Job: TypeAlias = tuple[RunSpec, ...]
"""Runs that differ in seed, or within a lane group of their recipe, and are made together."""

MOST_LANES = 32


def group(specs: Sequence[RunSpec]) -> list[Job]:
    """Jobs, lanes together and other runs alone; those of most runs first, so that none of them is waited for alone."""
    batches: dict[Any, list[RunSpec]] = {}
    for index, spec in enumerate(specs):
        key = replace(spec, seed=0, recipe=spec.recipe.lane_group) if spec.method.lanes else index
        batches.setdefault(key, []).append(spec)
    jobs = [
        tuple(batch[start : start + MOST_LANES])
        for batch in batches.values()
        for start in range(0, len(batch), MOST_LANES)
    ]
    return sorted(jobs, key=len, reverse=True)


def work(job: Job, folder: Path, attempts: Sequence[int], grace: float = GRACE) -> None:
    """Make the runs of a job and write them to the ledger in `folder`, on one thread; raises ValueError if it cannot.

    `attempts` says for each run which time this is that it is begun."""
    ledger = Ledger(folder)
    limit = job[0].time_limit
    standby = None if limit is None else Standby(ledger, [spec.run_id for spec in job], hard_limit(limit, grace))
    with threadpool_limits(limits=1):
        made = run_lanes(job, lambda share: tell("share", share), standby)
    if standby is not None:
        standby.leave()
    for spec, tables, attempt in zip(job, made, attempts, strict=True):
        ledger.write(spec.run_id, tables, machine(), attempt)


def give_up(job: Job, folder: Path, attempts: Sequence[int], status: str, reason: str) -> None:
    """Write down runs whose process has ended without them: what was kept of them, with this end."""
    ledger = Ledger(folder)
    for spec, attempt in zip(job, attempts, strict=True):
        tables = ledger.partial(spec.run_id)
        if tables is None:
            tables = unfinished(spec, status, reason)
        else:
            tables["runs"] = tables["runs"].assign(status=status, reason=reason)
        ledger.write(spec.run_id, tables, machine(), attempt)
