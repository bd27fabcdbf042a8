"""`harness resume`: what is missing of a study, from the file that lies in its folder."""

import argparse
from pathlib import Path

from harness.commands.carrying_out import carry_out_study
from harness.commands.folders import study_at_home


def main(arguments: argparse.Namespace) -> int:
    """Carry out the rest of a study; the exit code."""
    with study_at_home(Path(arguments.folder)) as (folder, study):
        return carry_out_study(study, folder, arguments)
