"""`harness check`: the rules of the house, one line each, on everything that a plugin registers."""

import argparse
import sys

from harness.rules.outside import check_file


def main(arguments: argparse.Namespace) -> int:
    """Print pass, or what to change; 0 if every rule is kept, 1 if not."""
    broken = 0
    named = None
    for finding in check_file(arguments.file, arguments.seconds):
        if finding.name != named:
            named = finding.name
            sys.stdout.write(f"{named}\n")
        words = finding.rule.replace("_", " ")
        line = f"  pass  {words}" if finding.complaint is None else f"  FAIL  {words}: {finding.complaint}"
        sys.stdout.write(f"{line}\n")
        # rules may take seconds each: into a pipe, too, every line goes as soon as it is known
        sys.stdout.flush()
        broken += finding.complaint is not None
    sys.stdout.write("all rules are kept\n" if not broken else f"rules broken: {broken}\n")
    return 1 if broken else 0
