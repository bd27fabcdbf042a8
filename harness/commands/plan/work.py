"""`harness plan`: what a comparison would make, how long that takes, and how much memory; nothing is written."""

import argparse
import sys
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path
from time import perf_counter, process_time

import pandas as pd
from rich.table import Table

from harness.analysis.configurations import configuration_names
from harness.commands.carrying_out import say_understood
from harness.commands.console import printing
from harness.commands.plan.around import Kept, concluding, starting
from harness.commands.requested import check_beside_file, requested_comparison
from harness.quantities import duration, size
from harness.run.rows import identity
from harness.study.comparison import Plan
from harness.study.execution.jobs import Job, group
from harness.study.file.searches import searches_of
from harness.study.file.study_file import Study, read_study
from harness.study.file.written import spans
from harness.study.foretelling.estimate import Estimate, estimate, makespan, resident_bytes
from harness.study.foretelling.finished import seconds_of_finished
from harness.study.foretelling.kinds import Kind, kind_of
from harness.study.foretelling.probing import Probed
from harness.study.store import Store
from harness.tables import LABELS, Tables

OWN = ("file", "out", "jobs", "seeds", "data_dir", "plugin", "traceback", "word")
"""Options that go with a study's file."""
MOST_LINES = 200
"""Kinds of jobs of which each has a line."""


def main(arguments: argparse.Namespace) -> int:
    """Print the plan; the exit code."""
    began = process_time()
    planned, folder, ledger, study = _requested(arguments)
    planning = process_time() - began
    say_understood(planned)
    store = Store(folder, ledger)
    done = {spec.run_id for spec in planned.specs} & store.done()
    jobs = group([spec for spec in planned.specs if spec.run_id not in done])
    probing, kept = perf_counter(), Kept()
    probed: dict[Kind, Probed] = {}
    estimates = estimate(jobs, make=kept, probed=probed, finished=seconds_of_finished(store, planned.specs))
    made = kept.tables
    around = planning + starting() + concluding(made, jobs)
    probing = perf_counter() - probing
    console = printing()
    for table in plan_tables(jobs, estimates):
        console.print(table)
    if done:
        console.print(f"{len(done)} of {len(planned.specs)} runs are in {folder} already", highlight=False)
    console.print(foretold(jobs, estimates, arguments.jobs, around), highlight=False, soft_wrap=True)
    kinds = f"{len(probed)} of {len(estimates)} kinds of jobs" if len(probed) < len(estimates) else "each kind of jobs"
    if growing := dict.fromkeys(one.optimizer for one in estimates if one.at_least):
        console.print(
            f"at least: forward passes of {', '.join(growing)} took longer the more there were, "
            "and how long they become no probe tells",
            highlight=False,
            soft_wrap=True,
        )
    console.print(
        f"for a machine with nothing else to do; from probes of {kinds}, which took {duration(probing)}",
        highlight=False,
        soft_wrap=True,
    )
    for sentence in failures(made):
        sys.stderr.write(f"{sentence}\n")
    if study is not None and study.searched:
        for sentence in foretold_searches(study, arguments.jobs, probed):
            console.print(sentence, highlight=False, soft_wrap=True)
    return 0


def failures(probes: Tables) -> list[str]:
    """A sentence on each method that has failed in a short run already, and would in a long one."""
    if not probes:
        return []
    runs = probes["runs"][probes["runs"]["status"] == "failed"]
    alike = runs.drop_duplicates(["optimizer", "problem", "reason"])
    return [
        f"failed in a probe: {row['optimizer']} on {row['problem']}: {row['reason']}" for _, row in alike.iterrows()
    ]


def foretold_searches(study: Study, processes: int, probed: dict[Kind, Probed] | None = None) -> Iterator[str]:
    """What the searches of a file and the runs of their winners will take, each trial as long as the default."""
    searches, _ = searches_of(study)
    if not searches:
        yield "tuning: no optimizer of these parts has settings to search"
        return
    trials = [one for one in searches for _ in range(one.tuning.trials)]
    made = group([spec for one in searches for spec in one.tuning.runs(one.tuning.spec.method)])
    jobs = [job for job in made for _ in range(searches[0].tuning.trials)]
    seconds = foretold(jobs, estimate(made, probed=probed), processes)
    yield f"tuning ({len(searches)} searches, {len(trials)} trials): {seconds}"
    final = group([spec for one in searches for spec in one.final(one.tuning.spec.method)])
    yield f"with the settings that were found: at most {foretold(final, estimate(final, probed=probed), processes)}"


def _requested(arguments: argparse.Namespace) -> tuple[Plan, Path, Path | None, Study | None]:
    """The plan, its folder, the ledger where that is another, and the file's study."""
    out = Path(arguments.out) if arguments.out else None
    if arguments.file is None:
        planned = requested_comparison(arguments)
        return planned, out or planned.folder, None, None
    check_beside_file(arguments, OWN, "what is run")
    only = range(arguments.seeds) if isinstance(arguments.seeds, int) else arguments.seeds
    seeds = None if only is None else spans(only)
    study = read_study(arguments.file, seeds)
    return study.plan, out or study.folder, study.ledger, study


def plan_tables(jobs: Sequence[Job], estimates: Sequence[Estimate]) -> list[Table]:
    """A line for each kind of job; of very many, one for each optimizer and one for each problem."""
    if len(estimates) <= MOST_LINES:
        return [plan_table(jobs, estimates)]
    return [_shares(estimates, "optimizer"), _shares(estimates, "problem")]


def plan_table(jobs: Sequence[Job], estimates: Sequence[Estimate]) -> Table:
    """A line for each kind of job, with its problem where there are several."""
    table = Table(title="jobs to be made")
    several = len({one.problem for one in estimates}) > 1
    if several:
        table.add_column("problem")
    for heading in ("optimizer", "runs", "jobs", "lanes", "a job", "all its jobs", "state of a job", "on disk"):
        table.add_column(heading, justify="left" if heading == "optimizer" else "right")
    for one, name in zip(estimates, _names(jobs), strict=True):
        counts = (one.jobs * one.lanes, one.jobs, one.lanes)
        times = [_bounded(seconds, one.at_least) for seconds in (one.seconds, one.seconds_in_all)]
        names = (one.problem, name) if several else (name,)
        sizes = size(one.state_bytes), size(one.jobs * one.stored_bytes)
        table.add_row(*names, *map(str, counts), *times, *sizes)
    return table


def _bounded(seconds: float, at_least: bool) -> str:
    return f"{'≥ ' if at_least else ''}{duration(seconds)}"


def _names(jobs: Sequence[Job]) -> list[str]:
    """Of each kind of job the optimizer, and whatever else tells it from the others on its problem."""
    firsts = {kind_of(job): job[0] for job in jobs}
    labels = pd.DataFrame([identity(spec) for spec in firsts.values()], columns=[*LABELS])
    names: dict[Hashable, str] = {}
    for _, own in labels.groupby("problem"):
        names |= dict(zip(own.index, configuration_names(own), strict=True))
    return [names[place] for place in labels.index]


def _shares(estimates: Sequence[Estimate], label: str) -> Table:
    """What each optimizer, or each problem, takes of the whole; the largest first."""
    table = Table(title=f"jobs to be made, by {label}")
    for heading in (label, "runs", "jobs", "all its jobs", "share", "largest state of a job", "on disk"):
        table.add_column(heading, justify="left" if heading == label else "right")
    groups: dict[str, list[Estimate]] = {}
    for one in estimates:
        groups.setdefault(getattr(one, label), []).append(one)
    seconds = {name: sum(one.seconds_in_all for one in own) for name, own in groups.items()}
    for name in sorted(groups, key=lambda name: -seconds[name]):
        own = groups[name]
        counts = sum(one.jobs * one.lanes for one in own), sum(one.jobs for one in own)
        share = f"{seconds[name] / max(sum(seconds.values()), 1e-9):.1%}"
        sizes = max(one.state_bytes for one in own), sum(one.jobs * one.stored_bytes for one in own)
        time = _bounded(seconds[name], any(one.at_least for one in own))
        table.add_row(name, *(f"{count:,}" for count in counts), time, share, *map(size, sizes))
    return table


def foretold(jobs: Sequence[Job], estimates: Sequence[Estimate], processes: int, around: float = 0.0) -> str:
    """The sentence on all of it: seconds, with those `around` the runs, and memory."""
    by_kind = dict(zip(dict.fromkeys(map(kind_of, jobs)), estimates, strict=True))
    seconds = [by_kind[kind_of(job)].seconds for job in jobs]
    used = max(1, min(processes, len(jobs)))
    runs = sum(map(len, jobs))
    # this process has made the probes: it holds about what each worker will hold
    held = used * resident_bytes()
    memory = f", about {size(held)} of memory in all" if held else ""
    stored = size(sum(by_kind[kind_of(job)].stored_bytes for job in jobs))
    whole, working = duration(makespan(seconds, processes) + around), duration(sum(seconds) + around)
    about = "at least" if any(one.at_least for one in estimates) else "about"
    return (
        f"{runs} runs in {len(jobs)} jobs on {used} processes: {about} {whole} ({working} of processor){memory}, "
        f"and {stored} on disk"
    )
