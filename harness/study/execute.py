"""Many runs on any `concurrent.futures` executor.

What is durable is the folder, not the pool: every finished run is written by the process that made it, and a pool that
breaks is replaced for what is missing.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeAlias

from threadpoolctl import threadpool_limits

from harness.run.machine import PINNED, machine
from harness.run.runner import run_lanes, unfinished
from harness.run.spec import RunSpec
from harness.study.store import Store

Job: TypeAlias = tuple[RunSpec, ...]
"""Runs that differ in seed, or within a lane group of their recipe, and are made together."""
Watch: TypeAlias = Callable[[Sequence[Job], Sequence[float]], None]
"""Is told all jobs and the share of each that is done, a few times a second."""

MOST_LANES = 32
POLL_SECONDS = 0.2

_shares: Any = None
"""In a worker: the shared array in which it reports the share of each job that is done."""


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


def execute(
    specs: Sequence[RunSpec],
    store: Store,
    jobs: int | Executor = 1,
    watch: Watch | None = None,
) -> None:
    """Make every run that the store does not have, in `jobs` processes, or on that executor.

    A run whose process dies twice becomes a row with status `crashed`."""
    done = store.done()
    todo = group([spec for spec in specs if spec.run_id not in done])
    if isinstance(jobs, Executor):
        _submit_all(jobs, todo, store, watch)
    elif jobs == 1 or len(todo) <= 1:
        _in_process(todo, store, watch)
    else:
        _in_pool(todo, store, min(jobs, len(todo)), watch)


def work(job: Job, store: Store, progress: Callable[[float], None] | None = None) -> None:
    """Make the runs of one job and write them, on one thread."""
    with threadpool_limits(limits=1):
        for spec, tables in zip(job, run_lanes(job, progress), strict=True):
            store.write(spec.run_id, tables, machine())


def _in_process(todo: Sequence[Job], store: Store, watch: Watch | None) -> None:
    shares = [0.0] * len(todo)
    for index, job in enumerate(todo):

        def progress(share: float, index: int = index) -> None:
            shares[index] = share
            if watch:
                watch(todo, shares)

        work(job, store, progress)
        progress(1.0)


def _submit_all(executor: Executor, todo: Sequence[Job], store: Store, watch: Watch | None) -> None:
    shares = [0.0] * len(todo)
    futures = {executor.submit(work, job, store): index for index, job in enumerate(todo)}
    while futures:
        finished, _ = wait(futures, return_when=FIRST_COMPLETED)
        for future in finished:
            index = futures.pop(future)
            _settle(future, todo[index], store)
            shares[index] = 1.0
        if watch:
            watch(todo, shares)


def _settle(future: "Future[None]", job: Job, store: Store) -> None:
    try:
        future.result()
    except BrokenExecutor:
        reason = "The process that made this run died. Run it alone to see why; often it lacked memory."
        for spec in job:
            store.write(spec.run_id, unfinished(spec, "crashed", reason), machine())


def _in_pool(todo: Sequence[Job], store: Store, jobs: int, watch: Watch | None) -> None:
    """Keep `jobs` runs in flight, so that a crash has few suspects; each of them is then tried once more, alone."""
    context = multiprocessing.get_context("spawn")
    shares = context.RawArray("d", len(todo))
    waiting = list(range(len(todo)))
    while waiting:
        with _pool(jobs, context, shares) as pool:
            suspects = _drain(pool, waiting, todo, store, jobs, lambda: watch and watch(todo, shares))
        for index in suspects:
            with _pool(1, context, shares) as pool:
                future = pool.submit(_work_in_worker, index, todo[index], store)
                _settle(future, todo[index], store)
            shares[index] = 1.0


def _drain(
    pool: Executor, waiting: list[int], todo: Sequence[Job], store: Store, jobs: int, tick: Callable[[], Any]
) -> list[int]:
    """Work through `waiting` until it is empty or the pool breaks; the jobs that were in flight when it broke."""
    flying: dict[Future[None], int] = {}
    suspects: list[int] = []
    while (waiting or flying) and not suspects:
        while waiting and len(flying) < jobs:
            index = waiting.pop(0)
            flying[pool.submit(_work_in_worker, index, todo[index], store)] = index
        for future in wait(flying, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED).done:
            index = flying.pop(future)
            if isinstance(future.exception(), BrokenExecutor):
                suspects.append(index)
            else:
                future.result()
        tick()
    return suspects + list(flying.values())


@contextmanager
def _pool(jobs: int, context: Any, shares: Any) -> Iterator[ProcessPoolExecutor]:
    """Worker processes on one thread each; on an interrupt they are ended at once, as parts are whole or absent."""
    before = {name: os.environ.get(name) for name in PINNED}
    os.environ.update(dict.fromkeys(PINNED, "1"))
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_start_worker, initargs=(shares,))
    try:
        yield pool
    except BaseException:  # not swallowed: the workers are ended, and the error goes on
        for child in multiprocessing.active_children():
            child.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _start_worker(shares: Any) -> None:
    global _shares  # noqa: PLW0603  # the one door through which a worker process gets its shared memory
    _shares = shares
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _work_in_worker(index: int, job: Job, store: Store) -> None:
    def progress(share: float) -> None:
        _shares[index] = share

    work(job, store, progress)
    progress(1.0)
