"""`harness compare`: plan, run, conclude, and print the table that answers the question."""

import argparse
import sys

from rich.console import Console

from harness.analysis.summary import closing_table, growth
from harness.commands.carrying_out import PIPED_WIDTH, carry_out, ending, say_where
from harness.commands.requested import requested_comparison


def main(arguments: argparse.Namespace) -> int:
    """Carry out a comparison; the exit code."""
    results = carry_out(requested_comparison(arguments), arguments, arguments.jobs)
    if results is None:
        return 130
    console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
    console.print(closing_table(results.tables))
    for sentence in growth(results.tables):
        console.print(sentence, highlight=False, soft_wrap=True)
    say_where(console, results, arguments.format)
    return ending(results)
