"""`harness clean`: temporary files, half-made curves and damaged parts."""

import argparse
import sys
from pathlib import Path

from harness.commands.folders import existing, quiet
from harness.study.store import Store


def main(arguments: argparse.Namespace) -> int:
    """Remove them, and say how many; the exit code."""
    folder = existing(Path(arguments.folder))
    ledger = Store(folder).ledger
    # a temporary file of a process that lives is no leftover
    with quiet(ledger) as leases:
        leases.tidy(leases.claimed)
        found = ledger.leftovers()
        for path in found:
            path.unlink(missing_ok=True)
    sys.stdout.write(f"removed {len(found)} leftovers of '{folder}'; {len(ledger.states()):,} finished runs stay\n")
    return 0
