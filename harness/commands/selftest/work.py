"""`harness selftest`: the problems whose answer is known, and one line on whether the instrument gives it."""

import argparse

from rich.table import Table

from harness.commands.console import printing
from harness.study.selftest import selftest


def main(arguments: argparse.Namespace) -> int:
    """Run the controls and print what was expected and measured; 0 if all agree, 1 if not."""
    checks = selftest(arguments.seeds, networks=arguments.networks)
    table = Table(title=f"controls, {arguments.seeds} seeds each")
    for heading in ("control", "what", "expected", "measured", ""):
        table.add_column(heading)
    for check in checks:
        table.add_row(check.control, check.what, check.expected, check.measured, "ok" if check.passed else "WRONG")
    console = printing()
    console.print(table)
    wrong = [check.control for check in checks if not check.passed]
    answer = (
        f"do not trust this instrument: {len(wrong)} of {len(checks)} checks failed ({', '.join(dict.fromkeys(wrong))})"
        if wrong
        else f"the instrument gives the known answers: all {len(checks)} checks passed"
    )
    console.print(answer, highlight=False, soft_wrap=True)
    return 1 if wrong else 0
