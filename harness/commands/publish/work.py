"""`harness publish`: a study as one archive."""

import argparse
import hashlib
import sys
from pathlib import Path

from harness.analysis.configurations import data_files
from harness.commands.folders import loaded
from harness.quantities import size
from harness.study.sharing.publish import publish


def main(arguments: argparse.Namespace) -> int:
    """Pack it, and say where; the exit code."""
    folder = Path(arguments.folder)
    results = loaded(folder)
    target = Path(arguments.out) if arguments.out else folder.with_name(f"{folder.resolve().name}.zip")
    names = publish(folder, results.tables, target, arguments.creator, arguments.license, arguments.date)
    content = target.read_bytes()
    sys.stdout.write(
        f"{target}: {len(names)} files, with SHA256SUMS and croissant.json; {size(len(content))}\n"
        f"sha256: {hashlib.sha256(content).hexdigest()}\n"
        "Unpacked it is the study: harness verify, order, report and sweep take its folder.\n"
    )
    if files := data_files(results.runs):
        sys.stdout.write(
            f"Data of your own are not in it: {', '.join(files)}. "
            "verify and sweep read them from where they are started.\n"
        )
    return 0
