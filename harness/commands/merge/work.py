"""`harness merge`: several studies in one folder."""

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path
from shlex import quote

from harness.commands.folders import existing, quiet
from harness.study.making import finish
from harness.study.sharing.merge import merge
from harness.study.store import STUDY, Store


def main(arguments: argparse.Namespace) -> int:
    """Merge them, and write the tables of all; the exit code."""
    sources, target = [existing(Path(folder)) for folder in arguments.folders], Path(arguments.out)
    # who makes a run there meanwhile would have it replaced by one of a source
    with quiet(Store(target).ledger) if (target / STUDY).is_file() else nullcontext():
        store = merge(sources, target)
        for name, reason in store.ledger.damaged.items():
            sys.stderr.write(f"damaged, and left out: {name}: {reason}\n")
        results = finish(store, arguments.format)
    have, total = len(results.runs), len(store.roll()["runs"])
    sys.stdout.write(f"{have:,} of {total:,} runs are in {store.folder}\n")
    if have < total:
        sys.stdout.write(f"go on with: harness resume {quote(str(store.folder))}\n")
    return 0
