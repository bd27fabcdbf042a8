"""`harness figure`: draw one of the figures of a study again, from its tables alone."""

import argparse
import sys
from pathlib import Path

from harness.figures import FIGURES, save
from harness.study.comparison import load
from problems.nearest import lookup


def main(arguments: argparse.Namespace) -> int:
    """Draw a figure; the exit code."""
    draw = lookup("figure", arguments.name, FIGURES)
    folder = Path(arguments.source)
    try:
        tables = load(folder).tables
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(
            f"A study's folder is required, as 'harness compare' prints it; '{folder}' holds none."
        ) from None
    try:
        paths = save(draw(tables), Path(arguments.out) if arguments.out else folder / arguments.name)
    except OSError as error:
        raise ValueError(f"The figure must be written somewhere; {error}. Choose another --out.") from None
    sys.stdout.write("".join(f"{path}\n" for path in paths))
    return 0
