"""`harness docs`: write the pages that are made from the registry."""

import argparse
import sys
from pathlib import Path

from harness.commands.docs.optimizer_pages import pages
from optimizers import OPTIMIZERS


def main(arguments: argparse.Namespace) -> int:
    """Write a page a family into the folder; the exit code."""
    folder = Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in pages(OPTIMIZERS).items():
        (folder / name).write_text(content)
        sys.stdout.write(f"{folder / name}\n")
    return 0
