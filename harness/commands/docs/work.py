"""`harness docs`: write the pages that are made from the registry, and from the BibTeX file."""

import argparse
import sys
from pathlib import Path

from harness.commands.docs.optimizer_pages import pages
from harness.commands.docs.references_page import references_page
from optimizers import OPTIMIZERS

BIBTEX = "references.bib"


def main(arguments: argparse.Namespace) -> int:
    """Write the pages into the folder; the exit code."""
    if arguments.what == "optimizers":
        folder, made = Path(arguments.out or "docs/optimizers"), pages(OPTIMIZERS)
    else:
        folder = Path(arguments.out or "docs")
        made = {"references.md": references_page(_bibtex(folder))}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in made.items():
            (folder / name).write_text(content)
            sys.stdout.write(f"{folder / name}\n")
    except OSError as error:
        raise ValueError(
            f"--out must be a folder that can be written; '{folder}': {error.strerror or error}."
        ) from None
    return 0


def _bibtex(folder: Path) -> str:
    try:
        return (folder / BIBTEX).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(
            f"The page of references is made from '{folder / BIBTEX}', which cannot be read: {error}."
        ) from None
