"""What is prepared while runs are made in other processes. Nothing rests on it; it shortens what comes after them."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event, Thread

from harness.study.execution.jobs import Job
from harness.study.execution.policy import Policy


def is_here(jobs: int | Executor, todo: Sequence[Job], policy: Policy) -> bool:
    """Whether runs are made in this process: one job needs no other, unless it may have to be ended."""
    if isinstance(jobs, Executor):
        return isinstance(jobs, ThreadPoolExecutor)
    limited = any(job[0].time_limit is not None for job in todo)
    return min(jobs, len(todo)) == 1 and not limited and not policy.environment


@contextmanager
def beside(*tasks: Callable[[], object]) -> Iterator[None]:
    """Carry out `tasks` in a thread while the body lasts, and those that have begun to their end.

    Each is asked for once more afterwards: what is done by then costs nothing, and what has failed fails again, where
    somebody can be told. A body that raises waits for none of them."""
    over = Event()

    def carry_out() -> None:
        for task in tasks:
            if over.is_set():
                return
            with suppress(Exception):
                task()

    thread = Thread(target=carry_out, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
    thread.join()
