"""`harness export`: the tables in another form."""

import argparse
import sys
from pathlib import Path

from harness.commands.folders import loaded, source_of
from harness.study.sharing.export import export


def main(arguments: argparse.Namespace) -> int:
    """Write them, and say where; the exit code."""
    folder = source_of(arguments)
    target = Path(arguments.out) if arguments.out else folder
    for path in export(loaded(folder).tables, arguments.form, target):
        sys.stdout.write(f"{path}\n")
    return 0
