"""Jobs: runs that are made together, by whatever process is given them."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from platform import node
from time import perf_counter
from typing import Any, NoReturn, TypeAlias

from threadpoolctl import threadpool_limits

from harness.run.machine import machine
from harness.run.rows import sentence, unfinished
from harness.run.runner import make_lanes
from harness.run.spec import RunSpec
from harness.run.threads import PINNED
from harness.run.tracebacks import collected, text_of
from harness.study.execution.standby import GRACE, Standby, hard_limit
from harness.study.ledger.ledger import LEASES, Ledger, Unwritable
from harness.study.ledger.part import TooNew
from harness.study.workers.channel import tell
from harness.study.workers.process import WorkerDied
from harness.tables import RunRows
from problems.probes import fourier

Job: TypeAlias = tuple[RunSpec, ...]
"""Runs that differ in seed, or within a lane group of their recipe, and are made together."""

MOST_LANES = 32
WRITERS = 2
"""Threads that write what is finished."""
DIED = "The process that made this run died, and so did the one that tried again. Run it alone; often it lacks memory."
GIVEN_UP = (
    "The executor gave this run up, {}. Either the workers that made it died, often for lack of memory, or they lack "
    "the same version of the harness, of its libraries or of a plugin."
)
OVERDUE = "The method did not come back within its time limit, and its process was ended."


class Failed(Exception):
    """An error of a job, in its own words: its process has not died, and would meet it again."""


class Elsewhere(ValueError):
    """A worker stands where the study cannot be made: it sees another disk, or has another version of the harness."""


def group(specs: Sequence[RunSpec]) -> list[Job]:
    """Jobs, lanes together and other runs alone, in the order in which they are begun.

    One for each kind of evaluation that is needed goes first, so that each process compiles another one's code; then
    those of most runs, so that none of them is waited for alone; then one of each configuration, so that each process
    finds the code of the rest on disk."""
    batches: dict[Any, list[RunSpec]] = {}
    for index, spec in enumerate(specs):
        # a method without lanes has a number for a key, and stays alone
        key = configuration(spec) if spec.method.lanes else index
        batches.setdefault(key, []).append(spec)
    jobs = [
        tuple(batch[start : start + MOST_LANES])
        for batch in batches.values()
        for start in range(0, len(batch), MOST_LANES)
    ]
    kinds, first = _firsts(jobs, _needed), _firsts(jobs, configuration)
    ranked = sorted(range(len(jobs)), key=lambda number: (number not in kinds, -len(jobs[number]), number not in first))
    return [jobs[number] for number in ranked]


def _firsts(jobs: Sequence[Job], kind: Callable[[RunSpec], Any]) -> set[int]:
    """The numbers of those that are the first of their kind."""
    return set({kind(job[0]): number for number, job in reversed([*enumerate(jobs)])}.values())


def _needed(spec: RunSpec) -> tuple[Any, ...]:
    """What is compiled for an evaluation."""
    return spec.recipe.lane_group, spec.method.needs, spec.method.lanes


def configuration(spec: RunSpec) -> RunSpec:
    """What lanes share: all but seed and data."""
    return replace(spec, seed=0, recipe=spec.recipe.lane_group)


@dataclass(frozen=True)
class Order:
    """How a job is to be made: where it is written, and for each run which time this is that it is begun.

    In a process that is `expendable`, whoever finds a method beyond its hard limit ends the process."""

    folder: Path
    attempts: tuple[int, ...]
    grace: float = GRACE
    expendable: bool = False
    floors: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Noise floors of the data, which need not be found anew."""
    version: str = field(default_factory=partial(version, "frequency-harness"))
    """Of the harness that has planned the study."""


def work(job: Job, order: Order) -> float:
    """Make the runs of a job that the ledger does not have, on one thread; the seconds it took.

    Raises Failed, or what concerns the whole study: Elsewhere, Unwritable, TooNew."""
    began = perf_counter()
    _check_place(order)
    fourier.tell_floors(order.floors)
    try:
        _make(job, order)
    # these concern the study, and not the job
    except (Unwritable, TooNew):
        raise
    # an error travels to whoever waits as text alone: its class may not be known there
    except Exception as error:
        for spec in job:
            Ledger(order.folder).keep_traceback(spec.run_id, text_of(error))
        raise Failed(sentence(error)) from error
    return perf_counter() - began


def _check_place(order: Order) -> None:
    own = version("frequency-harness")
    if own != order.version:
        raise Elsewhere(
            f"Workers must have the version of the harness that plans the study, {order.version}; the one on "
            f"'{node()}' has {own}. Install the same one there, and start the same command again."
        )
    # whoever executes the study has claims there for as long as we work
    if not (order.folder / LEASES).is_dir():
        raise Elsewhere(
            f"The study's folder must lie on a disk that all workers see; on '{node()}' the folder '{order.folder}' is "
            "not the one of this study. Put the study on a common file system, and start it again there."
        )


def _make(job: Job, order: Order) -> None:
    ledger = Ledger(order.folder)
    begun = {spec.run_id: attempt for spec, attempt in zip(job, order.attempts, strict=True)}
    job = tuple(spec for spec in job if not _is_made(ledger, spec, begun[spec.run_id]))
    if not job:  # an executor tries again what ended its process, and that was written down before it ended
        return
    standby = _standby(job, ledger, order, begun)
    forsaken = partial(_leave_behind, ledger, begun, standby) if order.expendable else None
    # one after the other where they share nothing: what is finished is written, whatever becomes of the rest
    parts = [(spec,) for spec in job] if not job[0].method.lanes and standby is None else [job]
    with ThreadPoolExecutor(WRITERS) as writers:
        written = []
        for number, runs in enumerate(parts):
            with _one_thread(), collected() as failures:
                made = make_lanes(runs, partial(_tell_share, number, len(parts)), standby, forsaken)
            if standby is not None:
                # before the rows are written: no limit may end the process in the middle of that
                standby.leave()
            for run_id, text in failures.items():
                ledger.keep_traceback(run_id, text)
            for spec, tables in zip(runs, made, strict=True):
                # the disk is waited for beside the next run
                written.append(writers.submit(ledger.write, spec.run_id, tables, machine(), begun[spec.run_id]))
        for one in written:
            one.result()


def _leave_behind(
    ledger: Ledger, begun: Mapping[str, int], standby: Standby | None, finished: Sequence[RunRows]
) -> NoReturn:
    """Write the runs of a method that no exception ends, and end its process: whoever tries again finds them made."""
    try:
        if standby is not None:
            standby.leave()
        for tables in finished:
            run_id = str(tables["runs"]["run_id"][0])
            ledger.write(run_id, tables, machine(), begun[run_id])
    finally:
        # also after an error, which the method would swallow
        os._exit(1)


def _tell_share(number: int, parts: int, share: float) -> None:
    tell("share", (number + share) / parts)


def _one_thread() -> AbstractContextManager[object]:
    """Holds numerical libraries to one thread; in our own workers they were told so before they were loaded."""
    told = all(os.environ.get(name) == "1" for name in PINNED)
    return nullcontext() if told else threadpool_limits(limits=1)


def _is_made(ledger: Ledger, spec: RunSpec, attempt: int) -> bool:
    """Whether a process before this one has come so far, and died."""
    state = ledger.state(spec.run_id)
    return state is not None and state.attempt >= attempt


def _standby(job: Job, ledger: Ledger, order: Order, begun: Mapping[str, int]) -> Standby | None:
    limit = job[0].time_limit
    if limit is None:
        return None

    def end() -> None:
        give_up(job, order.folder, [begun[spec.run_id] for spec in job], "timeout", OVERDUE)
        # at once, from this thread: the method has the main one, and an exception here would end nothing
        os._exit(1)

    seconds = hard_limit(limit, order.grace)
    return Standby(ledger, [spec.run_id for spec in job], seconds, end if order.expendable else None)


def end_by(error: Exception) -> tuple[str, str]:
    """Status and reason of a run that was given up for this."""
    if isinstance(error, Failed):
        return "failed", str(error)
    return "crashed", DIED if isinstance(error, WorkerDied) else GIVEN_UP.format(sentence(error))


def give_up(job: Sequence[RunSpec], folder: Path, attempts: Sequence[int], status: str, reason: str) -> None:
    """Write down runs whose process has ended without them: what was kept of them, with this end.

    What it had finished, and only not told, stays."""
    ledger = Ledger(folder)
    for spec, attempt in zip(job, attempts, strict=True):
        if _is_made(ledger, spec, attempt):
            continue
        kept = ledger.partial(spec.run_id)
        if kept is None:
            ledger.write(spec.run_id, unfinished(spec, status, reason), machine(), attempt)
        else:
            kept["runs"] = kept["runs"].assign(status=status, reason=reason)
            ledger.write(spec.run_id, kept, machine(), attempt)
