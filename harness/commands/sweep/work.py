"""`harness sweep`: the runs of a study's file."""

import argparse
from pathlib import Path

from harness.commands.carrying_out import carry_out_study
from harness.study.file.study_file import read_study


def main(arguments: argparse.Namespace) -> int:
    """Carry out a study; the exit code."""
    study = read_study(arguments.file, arguments.seeds)
    return carry_out_study(study, Path(arguments.out) if arguments.out else study.folder, arguments)
