"""`harness figure`: draw one of the figures of a study again, from its tables alone."""

import argparse
import sys
from pathlib import Path

import pandas as pd

from harness.commands.folders import loaded, source_of
from harness.figures import DPI, FIGURES, NUMBERS, save
from harness.whole_files import replace_file
from problems.nearest import lookup


def main(arguments: argparse.Namespace) -> int:
    """Draw a figure; the exit code."""
    draw = lookup("figure", arguments.name, FIGURES)
    folder = source_of(arguments)
    tables = loaded(folder).tables
    stem = Path(arguments.out) if arguments.out else folder / arguments.name
    try:
        paths = save(draw(tables), stem, tuple(DPI))
        paths.append(write_numbers(NUMBERS[arguments.name](tables), stem))
    except OSError as error:
        raise ValueError(f"The figure must be written somewhere; {error}. Choose another --out.") from None
    sys.stdout.write("".join(f"{path}\n" for path in paths))
    return 0


def write_numbers(rows: pd.DataFrame, stem: Path) -> Path:
    """Write what the figure shows as `stem`.csv."""
    path = stem.with_name(f"{stem.name}.csv")
    replace_file(path, lambda file: rows.to_csv(file, index=False), durable=False)
    return path
