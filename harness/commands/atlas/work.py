"""`harness atlas`: the tables, the figure and the page of the Atlas, and a sample of its runs made again."""

import argparse
import sys
from pathlib import Path

import pandas as pd

from harness.atlas.again import VERIFIED, drawn, verified
from harness.atlas.kept import beside, keep, kept_tables
from harness.atlas.page import atlas_page
from harness.figures import FIGURES, save
from harness.study.file.study_file import read_study
from harness.study.sharing.papers import FILE
from harness.tables import Tables
from harness.whole_files import replace_file, replace_text, writing_into

FIGURES_FOLDER = "figures"
"""Beside the page; the figure has the page's name."""


def main(arguments: argparse.Namespace) -> int:
    """Keep, make again, draw and write; the exit code."""
    folder, page = Path(arguments.atlas), Path(arguments.page)
    if arguments.folder is not None:
        keep(Path(arguments.folder), folder)
    if arguments.tuned is not None:
        keep(Path(arguments.tuned), beside(folder))
    # read back also after keeping: the page is made of what lies there, and can be made again of it
    tables = kept_tables(folder).tables
    if arguments.verify is not None:
        _verify(folder, tables, arguments.verify)
    tuned = kept_tables(beside(folder)).tables if beside(folder).is_dir() else None
    path = folder / VERIFIED
    again = pd.read_csv(path) if path.is_file() else None
    figure = f"{FIGURES_FOLDER}/{page.stem}"
    with writing_into(page.parent):
        save(FIGURES["standing"](tables), page.parent / figure, ("png",))
        replace_text(page, atlas_page(tables, folder, f"{figure}.png", tuned, again))
    sys.stdout.write(f"tables: {folder}\npage: {page}\nfigure: {page.parent / figure}.png\n")
    return 0


def _verify(folder: Path, tables: Tables, count: int) -> None:
    specs = drawn(read_study(folder / FILE).plan.specs, tables, count)
    rows = verified(specs, tables)
    replace_file(folder / VERIFIED, lambda file: rows.to_csv(file, index=False, float_format="%.6g"))
    sys.stdout.write(f"{int(rows['passed'].sum())} of {len(rows)} runs came out again: {folder / VERIFIED}\n")
