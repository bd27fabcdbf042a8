"""`harness retry`: runs that ended badly, however often they were begun."""

import argparse
from math import inf
from pathlib import Path

from harness.commands.carrying_out import carry_out_study
from harness.commands.folders import study_at_home
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
    with study_at_home(Path(arguments.folder)) as (folder, study):
        return carry_out_study(study, folder, arguments, Policy(again=statuses, attempts=inf))
