"""`harness check`: the rules of the house, one line each, on everything that a plugin registers."""

import argparse
import sys

from harness.rules.outside import check_file


def main(arguments: argparse.Namespace) -> int:
    """Print pass, or what to change; 0 if every rule is kept, 1 if not.

    Raises ValueError for no time at all."""
    if not arguments.seconds > 0:
        raise ValueError(f"--seconds takes a positive number; got {arguments.seconds:g}.")
    broken = 0
    named, told = None, set[str]()
    for finding in check_file(arguments.file, arguments.seconds):
        if finding.name != named:
            named, told = finding.name, set()
            sys.stdout.write(f"{named}\n")
        words = finding.rule.replace("_", " ")
        if finding.complaint is None:
            sys.stdout.write(f"  pass  {words}\n")
        else:
            # one error may meet every rule
            sys.stdout.write(f"  FAIL  {words}: {'the same' if finding.complaint in told else finding.complaint}\n")
            told.add(finding.complaint)
        # rules may take seconds each: into a pipe, too, every line goes as soon as it is known
        sys.stdout.flush()
        broken += finding.complaint is not None
    sys.stdout.write("all rules are kept\n" if not broken else f"rules broken: {broken}\n")
    return 1 if broken else 0
