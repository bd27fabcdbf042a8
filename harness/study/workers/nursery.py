"""Where workers come from: forks of a process that has loaded what every run needs, or, where none can be, new ones.

A fork of this process would inherit locks that threads of numerical libraries happen to hold. The nursery runs nothing:
it is Python's own fork server, which reads its environment once, as it is started."""

import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import forkserver
from typing import Any

from harness.run.threads import PINNED

SIGN = "FREQUENCY_HARNESS_WORKER"
"""Set in the environment of a worker while it imports the main script: whoever starts workers then has no guard."""
FORKS = sys.platform == "linux"
"""Elsewhere libraries of the system do not survive a fork, or there is none."""
LOADED = (
    "harness.study.execution.jobs",
    "harness.run.metering.gate",
    "problems.engines.shallow_evaluator",
    "scipy.optimize",
)
"""What nearly every run loads; none of it starts a thread but the allocator of Arrow, which mends itself in a fork."""


def prepare() -> None:
    """Start the nursery beside what this process loads, where workers will be forked; returns at once."""
    # a worker that imports a script without a guard starts nothing, and is told so where it asks for workers
    if not FORKS or os.environ.get(SIGN):
        return
    forkserver.set_forkserver_preload(list(LOADED))
    # this process's own modules, wherever it has found them
    path = os.pathsep.join(place for place in sys.path if place)
    with environment({**worker_environment(), "PYTHONPATH": path}):
        forkserver.ensure_running()


def context(changed: Mapping[str, str]) -> Any:
    """How to start a worker whose environment is `changed`: libraries read theirs as they are loaded."""
    if not FORKS or changed:
        return spawned()
    prepare()
    return multiprocessing.get_context("forkserver")


def spawned() -> Any:
    """How to start a worker that has loaded nothing."""
    return multiprocessing.get_context("spawn")


def worker_environment() -> dict[str, str]:
    """What is set around the start of workers."""
    return {**dict.fromkeys(PINNED, "1"), SIGN: "1"}


@contextmanager
def environment(changes: Mapping[str, str]) -> Iterator[None]:
    """The environment for a new process: numerical libraries read it as they are loaded."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
