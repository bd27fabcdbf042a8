"""`harness merge`: several studies in one folder."""

import argparse
import sys
from pathlib import Path

from harness.commands.folders import existing
from harness.study.making import finish
from harness.study.sharing.merge import merge


def main(arguments: argparse.Namespace) -> int:
    """Merge them, and write the tables of all; the exit code."""
    store = merge([existing(Path(folder)) for folder in arguments.folders], Path(arguments.out))
    results = finish(store, arguments.format)
    sys.stdout.write(f"{len(results.runs):,} of {len(store.roll()['runs']):,} runs are in {store.folder}\n")
    return 0
