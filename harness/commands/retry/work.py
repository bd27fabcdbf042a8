"""`harness retry`: runs that ended badly, however often they were begun."""

import argparse
from math import inf
from pathlib import Path

from harness.commands.carrying_out import carry_out_study
from harness.commands.folders import study_in
from harness.commands.requested import split_names
from harness.study.execution.policy import Policy
from problems.nearest import unknown

BAD = ("failed", "crashed", "timeout")


def main(arguments: argparse.Namespace) -> int:
    """Make them again; the exit code."""
    statuses = tuple(split_names(arguments.only)) if arguments.only else BAD
    for status in statuses:
        if status not in BAD:
            raise unknown("status", status, BAD)
    folder = Path(arguments.folder)
    return carry_out_study(study_in(folder), folder, arguments, Policy(again=statuses, attempts=inf))
