"""`harness docs`: write the pages that are made from the registry, the BibTeX file, the docstrings and the studies."""

import argparse
import sys
from pathlib import Path

from harness.atlas.kept import kept_tables
from harness.commands.docs.claims_page import claims_page
from harness.commands.docs.grid_page import grid_page
from harness.commands.docs.optimizer_pages import pages
from harness.commands.docs.references_page import references_page
from harness.commands.docs.rooms_page import rooms_page
from harness.study.file.study_file import read_study
from harness.whole_files import replace_text, writing_into
from optimizers import OPTIMIZERS

BIBTEX = "references.bib"
ROOT = Path(__file__).parents[3]
"""Where the three packages lie."""


def main(arguments: argparse.Namespace) -> int:
    """Write the pages into the folder; the exit code."""
    if arguments.what == "optimizers":
        folder, made = Path(arguments.out or "docs/optimizers"), pages(OPTIMIZERS)
    elif arguments.what == "rooms":
        folder, made = Path(arguments.out or "docs"), {"rooms.md": rooms_page(ROOT)}
    elif arguments.what == "claims":
        folder, made = Path(arguments.out or "docs"), {"claims.md": claims_page(Path("claims"))}
    elif arguments.what == "atlas":
        folder, made = Path(arguments.out or "atlas"), {"grid.md": _grid()}
    else:
        folder = Path(arguments.out or "docs")
        made = {"references.md": references_page(_bibtex(folder))}
    with writing_into(folder):
        for name, content in made.items():
            replace_text(folder / name, content)
            sys.stdout.write(f"{folder / name}\n")
    return 0


def _grid() -> str:
    return grid_page(read_study("atlas/atlas.toml"), kept_tables()["runs"])


def _bibtex(folder: Path) -> str:
    try:
        return (folder / BIBTEX).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(
            f"The page of references is made from '{folder / BIBTEX}', which cannot be read: {error}."
        ) from None
