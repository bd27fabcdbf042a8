"""`harness status`: how a study stands; nothing is written."""

import argparse
from math import isfinite
from pathlib import Path
from shlex import quote

from rich.table import Table

from harness.commands.console import printing
from harness.commands.folders import existing
from harness.quantities import duration
from harness.study.ledger.owners import described, is_here
from harness.study.status import Status, status_of


def main(arguments: argparse.Namespace) -> int:
    """Print the table; 0 if every run is finished and none failed, else 1."""
    folder = existing(Path(arguments.folder))
    status = status_of(folder)
    console = printing()
    console.print(_table(status))
    for sentence in _sentences(status, folder):
        console.print(sentence, highlight=False, soft_wrap=True)
    # a script that waits for a study asks for the exit code alone
    bad = status.counts["status"].isin(["failed", "crashed", "missing"])
    return 1 if bad.any() else 0


def _table(status: Status) -> Table:
    wide = status.counts.pivot_table(
        index=["problem", "optimizer"], columns="status", values="runs", fill_value=0, sort=False, aggfunc="sum"
    )
    table = Table(title=f"{status.finished:,} of {status.runs:,} runs are finished")
    for heading in ("problem", "optimizer", *wide.columns):
        table.add_column(heading, justify="left" if heading in ("problem", "optimizer") else "right")
    for names, counts in zip(wide.index, wide.to_numpy(), strict=True):
        table.add_row(*map(str, names), *(f"{int(count):,}" for count in counts))
    return table


def _sentences(status: Status, folder: Path) -> list[str]:
    named = quote(str(folder))
    found = [_worked_on(owner, named) for owner in status.owners]
    found += [f"damaged: {name}: {reason}" for name, reason in status.damaged.items()]
    if status.finished < status.runs and isfinite(status.seconds_left):
        found.append(f"left: about {duration(status.seconds_left)} of processor, by what finished runs took")
    if status.finished < status.runs and not status.owners:
        found.append(f"go on with: harness resume {named}")
    if status.leftovers:
        found.append(f"{status.leftovers} leftovers of processes that were killed: harness clean {named}")
    return found


def _worked_on(owner: str, named: str) -> str:
    said = f"worked on by {described(owner)}"
    # whether it lives takes a minute to see, and this word waits for nothing
    unsure = f", unless that machine has gone down since: harness resume {named} shares the work, or takes it over"
    return said if is_here(owner) else said + unsure
