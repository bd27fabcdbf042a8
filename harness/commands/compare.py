"""`harness compare`: plan, run, conclude, and print the table that answers the question."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from harness.analysis.summary import closing_table, growth
from harness.figures import applicable
from harness.study.comparison import DEFAULT_SEEDS, RECIPE_OPTIONS, Plan, Results, conclude, plan
from harness.study.execute import execute
from harness.study.progress import watching
from harness.study.settings_files import read_settings_file
from harness.study.store import Store
from harness.study.vary import read_varied

PIPED_WIDTH = 160
"""Letters of a line where no terminal says how many there are."""
PROBLEM_OPTIONS = ("target", "domain", "samples", "embedding", "image", "size", "points", "device")
"""Options that are settings of the problem, and may not belong to every one."""
OWN_DATA = {"target": "target", "image": "image", "points": "solid"}
"""Options that stand for a problem by themselves."""
TERMS = ("budget", "cost_per_gradient", "marks", "time_limit", "target_loss", "engine")


def main(arguments: argparse.Namespace) -> int:
    """Carry out a comparison; the exit code."""
    planned = planned_comparison(arguments)
    results = carry_out(planned, arguments)
    if results is None:
        return 130
    console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
    console.print(closing_table(results.tables))
    for sentence in growth(results.tables):
        console.print(sentence, highlight=False, soft_wrap=True)
    _say_where(console, results, arguments.format)
    return ending(results)


def planned_comparison(arguments: argparse.Namespace) -> Plan:
    """The plan that the command line describes."""
    names = [name.strip() for name in arguments.optimizers.split(",")] if arguments.optimizers else None
    seeds = DEFAULT_SEEDS if arguments.seeds is None else arguments.seeds
    return plan(problem_of(arguments), names, seeds, **choices(arguments))


def problem_of(arguments: argparse.Namespace) -> str:
    """The problem's name; data of one's own have a problem of their own. Raises ValueError if there is none."""
    if arguments.problem is not None:
        return str(arguments.problem)
    for option, problem in OWN_DATA.items():
        if getattr(arguments, option) is not None:
            return problem
    raise ValueError("Name a problem with --problem, or give data of your own with --target, --image or --points.")


def choices(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options that `plan` takes, from the command line."""
    named = {name: getattr(arguments, name) for name in (*RECIPE_OPTIONS, *TERMS)}
    settings = read_settings(arguments.set)
    own = {name: getattr(arguments, name) for name in PROBLEM_OPTIONS if getattr(arguments, name) is not None}
    if own:
        settings["problem"] = settings.get("problem", {}) | own
    if arguments.settings:
        named["settings_file"] = read_settings_file(arguments.settings, problem_of(arguments))
    return {**named, "settings": settings, "vary": read_varied(arguments.vary)}


def read_settings(texts: Sequence[str]) -> dict[str, dict[str, str]]:
    """`["adam.lr=0.01"]` as `{"adam": {"lr": "0.01"}}`; raises ValueError for another form."""
    settings: dict[str, dict[str, str]] = {}
    for text in texts:
        target, equals, value = text.partition("=")
        owner, dot, name = target.strip().rpartition(".")
        if not (equals and dot and owner and name):
            raise ValueError(f"A setting is written OWNER.SETTING=VALUE, such as adam.lr=0.003; got '{text}'.")
        settings.setdefault(owner, {})[name] = value.strip()
    return settings


def carry_out(planned: Plan, arguments: argparse.Namespace) -> Results | None:
    """Make the runs and their tables; None if interrupted, after saying what is kept."""
    if arguments.jobs < 1:
        raise ValueError(f"--jobs must be at least 1; got {arguments.jobs}.")
    for reason in planned.left_out.values():
        sys.stderr.write(f"left out: {reason}\n")
    store = Store(Path(arguments.out) if arguments.out else planned.folder)
    store.open(planned.study)
    try:
        with watching(planned.specs, store.done()) as watch:
            execute(planned.specs, store, arguments.jobs, watch)
    except KeyboardInterrupt:
        sys.stderr.write(
            f"\ninterrupted: {len(store.done())} of {len(planned.specs)} runs are finished and kept in {store.folder}; "
            "the same command goes on from there\n"
        )
        return None
    return conclude(store, arguments.format)


def ending(results: Results) -> int:
    """Say which runs failed; the exit code."""
    failed = results.runs[results.runs["status"].isin(["failed", "crashed"])]
    for row in failed.to_dict("records"):
        sys.stderr.write(f"{row['status']}: {row['optimizer']}, seed {row['seed']}: {row['reason']}\n")
    return 1 if len(failed) else 0


def _say_where(console: Console, results: Results, file_format: str) -> None:
    names = ", ".join(results.tables)
    console.print(f"tables: {results.folder}/*.{file_format} ({names})", highlight=False, soft_wrap=True)
    for figure in applicable(results.tables):
        console.print(f"figure: {results.folder}/{figure}.png and .pdf", highlight=False, soft_wrap=True)
