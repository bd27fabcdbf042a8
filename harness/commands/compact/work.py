"""`harness compact`: many small files into few large ones."""

import argparse
import sys
from pathlib import Path
from shlex import quote

from harness.commands.folders import existing, quiet
from harness.study.store import Store


def main(arguments: argparse.Namespace) -> int:
    """Merge them, and say how many; the exit code."""
    folder = existing(Path(arguments.folder))
    ledger = Store(folder).ledger
    with quiet(ledger):
        count = ledger.compact()
    for name, reason in ledger.put_aside.items():
        sys.stderr.write(
            f"damaged, and put aside: {name}: {reason}; harness resume {quote(str(folder))} makes it again\n"
        )
    sys.stdout.write(f"merged {count:,} runs into {ledger.dataset.folder}\n")
    return 0
