"""How a running study is shown: a bar per optimizer on a terminal, plain lines otherwise."""

import sys
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from harness.run.spec import RunSpec
from harness.study.execution.execute import Watch
from harness.study.execution.jobs import Job


@contextmanager
def watching(specs: Sequence[RunSpec], done: Collection[str]) -> Iterator[Watch]:
    """A watcher of these runs, of which some are `done` already."""
    totals = Counter(spec.optimizer for spec in specs)
    finished = Counter(spec.optimizer for spec in specs if spec.run_id in done)
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(totals, finished)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.1f}/{task.total:.0f} runs"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        tasks = {name: progress.add_task(name, total=total, completed=finished[name]) for name, total in totals.items()}
        yield _bars(progress, tasks, finished)


def _bars(progress: Progress, tasks: dict[str, TaskID], finished: Counter[str]) -> Watch:
    def watch(jobs: Sequence[Job], shares: Sequence[float]) -> None:
        for name, amount in amounts(jobs, shares).items():
            progress.update(tasks[name], completed=finished[name] + amount)

    return watch


def _lines(totals: Counter[str], finished: Counter[str]) -> Watch:
    said: set[str] = set()
    if finished:
        sys.stderr.write(f"{finished.total()} of {totals.total()} runs were finished before\n")

    def watch(jobs: Sequence[Job], shares: Sequence[float]) -> None:
        for name, amount in amounts(jobs, shares).items():
            if name not in said and finished[name] + amount >= totals[name]:
                said.add(name)
                sys.stderr.write(f"{name}: {totals[name]} of {totals[name]} runs\n")

    return watch


def amounts(jobs: Sequence[Job], shares: Sequence[float]) -> dict[str, float]:
    """Runs done of each optimizer, partly done ones by their share."""
    amounts: dict[str, float] = {}
    # a job that was joined to another is empty, and is counted there
    for job, share in ((job, share) for job, share in zip(jobs, shares, strict=True) if job):
        amounts[job[0].optimizer] = amounts.get(job[0].optimizer, 0.0) + share * len(job)
    return amounts
