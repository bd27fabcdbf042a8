"""What the words that make runs have in common: to make them, and to say how that ended."""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pandas as pd
from rich.console import Console

from harness.analysis.repeated import repeats
from harness.analysis.summary import closing_tables, growth
from harness.commands.console import printing
from harness.commands.options import wants_traceback
from harness.run.marks.observer import Observer
from harness.study.comparison import DRAWING, Plan, Results
from harness.study.execution.policy import Policy
from harness.study.execution.progress import watching
from harness.study.file.study_file import Study
from harness.study.ledger.ledger import TRACEBACKS, Ledger
from harness.study.making import finish, make, policy_of
from harness.study.sharing.papers import open_study
from harness.study.store import Store
from harness.study.workers.dask import dask_executor

INTERRUPTED = 130
"""The exit code: 128 and the number of SIGINT, as a shell has it."""


def carry_out(planned: Plan, arguments: argparse.Namespace, jobs: int = 1) -> Results | None:
    """Make the runs and their tables; None if interrupted, after saying what is kept."""
    store = Store(Path(arguments.out) if arguments.out else planned.folder)
    return _carry_out(planned, store, arguments, jobs)


def carry_out_study(study: Study, folder: Path, arguments: argparse.Namespace, policy: Policy | None = None) -> int:
    """Make the runs of a study's file and their tables, and print what came of it; the exit code."""
    store = Store(folder, study.ledger)
    policy = policy_of(store, policy, compiled=study.compiled)
    if arguments.dask is None:
        results = _carry_out(study.plan, store, arguments, arguments.jobs, study.text, policy)
    else:
        with dask_executor(arguments.dask, arguments.jobs) as executor:
            # a worker of Dask's that ends itself is replaced by its nanny
            elsewhere = replace(policy, expendable=True)
            results = _carry_out(study.plan, store, arguments, executor, study.text, elsewhere)
    if results is None:
        return INTERRUPTED
    say_results(results, arguments.format)
    return ending(results, arguments)


def _carry_out(
    planned: Plan,
    store: Store,
    arguments: argparse.Namespace,
    jobs: int | Executor,
    text: str | None = None,
    policy: Policy | None = None,
) -> Results | None:
    open_study(
        store, planned.study, planned.specs, text
    )  # or a folder that cannot be used would be refused after all that is said of the data
    say_understood(planned)
    try:
        with watching(planned.specs, store.ledger.states()) as watch:
            said = make(planned, store, jobs, text, watch=watch, policy=policy)
    except KeyboardInterrupt:
        say_interrupted(store, [spec.run_id for spec in planned.specs], planned.observers)
        return None
    finally:
        for name, reason in store.ledger.put_aside.items():
            sys.stderr.write(f"damaged, and made again: {name}: {reason}\n")
    # of words without --incumbent the study's own choice stays
    results = finish(store, arguments.format, getattr(arguments, "incumbent", None))
    sys.stderr.write("".join(f"{sentence}\n" for sentence in said))
    return results


def say_interrupted(store: Store, ids: Sequence[str], observers: Sequence[Observer] = ()) -> None:
    """Say what is kept of these runs, and how to go on."""
    kept = store.states(observers).keys() & set(ids)
    sys.stderr.write(
        f"\ninterrupted: {len(kept)} of {len(ids)} runs are finished and kept in {store.folder}; "
        "the same command goes on from there\n"
    )


def say_results(results: Results, file_format: str) -> None:
    """Print the table that answers the question, and where everything is."""
    console = printing()
    for table in closing_tables(results.tables):
        console.print(table)
    for sentence in [*repeats(results.tables), *growth(results.tables)]:
        console.print(sentence, highlight=False, soft_wrap=True)
    say_where(console, results, file_format)


def say_understood(planned: Plan) -> None:
    """Say what was understood of data and network, and which methods are left out."""
    sys.stderr.write("".join(f"{sentence}\n" for sentence in planned.understood))
    say_left_out(planned)


def say_left_out(planned: Plan) -> None:
    """Say which methods are left out of a plan, and why."""
    for key, reason in planned.left_out.items():
        # of several problems a key has the problem before the method, and "this problem" is one of them
        problem, several, _ = key.partition(": ")
        sys.stderr.write(f"left out: {problem}: {reason}\n" if several else f"left out: {reason}\n")


def say_where(console: Console, results: Results, file_format: str) -> None:
    """Print where the tables and the figures of a study lie."""
    names = ", ".join(name for name, rows in results.tables.items() if len(rows) or name not in results.observed)
    console.print(f"tables: {results.folder}/*.{file_format} ({names})", highlight=False, soft_wrap=True)
    drawing = import_module(DRAWING)
    for figure in drawing.applicable(results.tables):
        console.print(f"figure: {results.folder}/{figure}.png and .pdf", highlight=False, soft_wrap=True)
    if (sentence := drawing.undrawn(results.tables, results.folder)) is not None:
        console.print(sentence, highlight=False, soft_wrap=True)
    if sentence := drawing.unnamed(results.tables):
        console.print(sentence, highlight=False, soft_wrap=True)


def ending(results: Results, arguments: argparse.Namespace) -> int:
    """Say which runs of a study failed, and where in the user's code if that is asked for; the exit code."""
    return say_failed(results.runs, Store(results.folder).ledger, arguments)


def say_failed(runs: pd.DataFrame, ledger: Ledger, arguments: argparse.Namespace) -> int:
    """The same of some rows of `runs`, whose tracebacks lie in `ledger`."""
    failed = runs[runs["status"].isin(["failed", "crashed"])]
    asked, kept = wants_traceback(arguments), False
    told: set[str] = set()
    for row in failed.to_dict("records"):
        text = ledger.traceback(row["run_id"]) if row["status"] == "failed" else ""
        kept = kept or bool(text)
        # of many seeds that fail alike, once
        if asked and text not in told:
            sys.stderr.write(text)
            told.add(text)
    # of runs that ended alike, once
    for (status, optimizer, reason), alike in failed.groupby(["status", "optimizer", "reason"], sort=False):
        some = f"seed {alike['seed'].iloc[0]}" + (f" and {len(alike) - 1} more" if len(alike) > 1 else "")
        sys.stderr.write(f"{status}: {optimizer}, {some}: {reason}\n")
    if kept and not asked and hasattr(arguments, "traceback"):
        sys.stderr.write(f"where in the code: the same command with --traceback, or {ledger.folder}/{TRACEBACKS}\n")
    return 1 if len(failed) else 0
