"""`harness compare`: plan, run, conclude, and print the table that answers the question."""

import argparse
import sys

from rich.console import Console

from harness.analysis.summary import closing_table, growth
from harness.commands.carrying_out import PIPED_WIDTH, carry_out, ending
from harness.commands.requested import requested_comparison
from harness.figures import applicable
from harness.study.comparison import Results


def main(arguments: argparse.Namespace) -> int:
    """Carry out a comparison; the exit code."""
    results = carry_out(requested_comparison(arguments), arguments, arguments.jobs)
    if results is None:
        return 130
    console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
    console.print(closing_table(results.tables))
    for sentence in growth(results.tables):
        console.print(sentence, highlight=False, soft_wrap=True)
    _say_where(console, results, arguments.format)
    return ending(results)


def _say_where(console: Console, results: Results, file_format: str) -> None:
    names = ", ".join(results.tables)
    console.print(f"tables: {results.folder}/*.{file_format} ({names})", highlight=False, soft_wrap=True)
    for figure in applicable(results.tables):
        console.print(f"figure: {results.folder}/{figure}.png and .pdf", highlight=False, soft_wrap=True)
