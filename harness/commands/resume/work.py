"""`harness resume`: what is missing of a study, from the file that lies in its folder."""

import argparse
from pathlib import Path

from harness.commands.carrying_out import carry_out_study
from harness.commands.folders import study_in


def main(arguments: argparse.Namespace) -> int:
    """Carry out the rest of a study; the exit code."""
    folder = Path(arguments.folder)
    return carry_out_study(study_in(folder), folder, arguments)
