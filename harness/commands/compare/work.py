"""`harness compare`: plan, run, conclude, and print the table that answers the question."""

import argparse

from harness.commands.carrying_out import INTERRUPTED, carry_out, ending, say_results
from harness.commands.requested import requested_comparison


def main(arguments: argparse.Namespace) -> int:
    """Carry out a comparison; the exit code."""
    results = carry_out(requested_comparison(arguments), arguments, arguments.jobs)
    if results is None:
        return INTERRUPTED
    say_results(results, arguments.format)
    return ending(results, arguments)
