"""`harness report`: the page of a study, from its tables and from what was understood before its runs."""

import argparse
import sys
from pathlib import Path

from harness.commands.folders import loaded, source_of
from harness.report.page import Story, report
from harness.study.understood import kept
from harness.whole_files import replace_text, writing_into


def main(arguments: argparse.Namespace) -> int:
    """Write the page; the exit code."""
    folder = source_of(arguments)
    path = Path(arguments.out) if arguments.out else folder / "report.html"
    tables = loaded(folder).tables
    page = report(tables, Story(folder.resolve().name, kept(folder)), robust=not arguments.no_robust)
    with writing_into(path.parent):
        replace_text(path, page)
    sys.stdout.write(f"{path}\n")
    return 0
