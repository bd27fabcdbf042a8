"""`harness atlas`: the tables, the figure and the page of the Atlas."""

import argparse
import sys
from pathlib import Path

from harness.atlas.kept import keep, kept_tables
from harness.atlas.page import atlas_page
from harness.figures import FIGURES, save
from harness.whole_files import replace_text, writing_into

FIGURE = "figures/atlas"
"""Beside the page."""


def main(arguments: argparse.Namespace) -> int:
    """Keep, draw and write; the exit code."""
    folder, page = Path(arguments.atlas), Path(arguments.page)
    if arguments.folder is not None:
        keep(Path(arguments.folder), folder)
    # read back also after keeping: the page is made of what lies there, and can be made again of it
    tables = kept_tables(folder).tables
    with writing_into(page.parent):
        save(FIGURES["standing"](tables), page.parent / FIGURE, ("png",))
        replace_text(page, atlas_page(tables, folder, f"{FIGURE}.png"))
    sys.stdout.write(f"tables: {folder}\npage: {page}\nfigure: {page.parent / FIGURE}.png\n")
    return 0
