"""What the words that make runs have in common: to make them, and to say how that ended."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from harness.figures import applicable
from harness.study.comparison import Plan, Results, conclude
from harness.study.execute import execute
from harness.study.nulls import keep_nulls
from harness.study.progress import watching
from harness.study.store import Store
from harness.study.understood import keep

PIPED_WIDTH = 160
"""Letters of a line where no terminal says how many there are."""


def carry_out(planned: Plan, arguments: argparse.Namespace, jobs: int = 1) -> Results | None:
    """Make the runs and their tables; None if interrupted, after saying what is kept."""
    store = Store(Path(arguments.out) if arguments.out else planned.folder)
    store.open(planned.study)
    keep(store.folder, planned.understood)
    say_understood(planned)
    try:
        with watching(planned.specs, store.states(planned.observers)) as watch:
            execute(planned.specs, store, jobs, watch)
    except KeyboardInterrupt:
        kept = len(store.states(planned.observers))
        sys.stderr.write(
            f"\ninterrupted: {kept} of {len(planned.specs)} runs are finished and kept in {store.folder}"
            "; the same command goes on from there\n"
        )
        return None
    keep_nulls(store.folder, planned.specs)
    return conclude(store, arguments.format)


def say_understood(planned: Plan) -> None:
    """Say what was understood of data and network, and which methods are left out."""
    sys.stderr.write("".join(f"{sentence}\n" for sentence in planned.understood))
    say_left_out(planned)


def say_left_out(planned: Plan) -> None:
    """Say which methods are left out of a plan, and why."""
    for reason in planned.left_out.values():
        sys.stderr.write(f"left out: {reason}\n")


def say_where(console: Console, results: Results, file_format: str) -> None:
    """Print where the tables and the figures of a study lie."""
    names = ", ".join(name for name, rows in results.tables.items() if len(rows) or name not in results.observed)
    console.print(f"tables: {results.folder}/*.{file_format} ({names})", highlight=False, soft_wrap=True)
    for figure in applicable(results.tables):
        console.print(f"figure: {results.folder}/{figure}.png and .pdf", highlight=False, soft_wrap=True)


def ending(results: Results) -> int:
    """Say which runs failed; the exit code."""
    failed = results.runs[results.runs["status"].isin(["failed", "crashed"])]
    for row in failed.to_dict("records"):
        sys.stderr.write(f"{row['status']}: {row['optimizer']}, seed {row['seed']}: {row['reason']}\n")
    return 1 if len(failed) else 0
