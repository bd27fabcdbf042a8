"""`harness filter`: what the Gaussian filter does to the target of a problem, for a sweep of widths."""

import argparse

import numpy as np
import pandas as pd
from rich.table import Table

from harness.commands.console import printing
from harness.commands.requested import check_reads_data, read_settings
from harness.commands.values import stem
from harness.figures import USUAL, save
from harness.figures.kept.filter_shares import Example, filter_shares
from harness.run.given import agreed
from harness.run.spec import find_problem, override, stream
from problems.probes.gaussian_filter import UNINFORMATIVE, FilterProbe

DELTAS = (0.01, 0.03, 0.1, 0.3, 1, 3, 7, 10, 30, 100, 300)
ROWS = 500
# widths sqrt(delta) of 0.01, 0.1 and 3.2: steps stay, are rounded, and become their mean
EXAMPLES = (0.0001, 0.01, 10.0)


def main(arguments: argparse.Namespace) -> int:
    """Print the table, and draw the figure where one is asked for; the exit code."""
    name = arguments.problem
    out = stem(arguments.out, USUAL) if arguments.out else None
    if arguments.data_dir:
        check_reads_data(name)
    settings = read_settings(arguments.set)
    recipe = override(name, find_problem(name), agreed("problem", settings.pop("problem", {}), settings.pop(name, {})))
    if settings:
        raise ValueError(f"--set takes settings of the problem here, such as problem.samples=401; got {min(settings)}.")
    # the data of seed 0, which a run of that seed would have
    problem = recipe.build(stream(0, "data"))
    rows = min(ROWS, problem.n_samples)
    # from narrow to wide, so that the shares fall and rise down the table
    deltas = sorted(arguments.deltas or DELTAS)
    probes = [FilterProbe(problem.inputs, problem.targets, delta, rows) for delta in deltas]
    shares = pd.DataFrame(
        [(probe.delta, probe.frequency[1], *probe.shares()) for probe in probes],
        columns=["delta", "frequency", "low", "high"],
    )
    console = printing()
    console.print(_table(name, shares))
    if out is not None:
        figure = filter_shares(shares, [_steps(delta) for delta in EXAMPLES], name, UNINFORMATIVE)
        for path in save(figure, out):
            console.print(str(path), highlight=False, soft_wrap=True)
    return 0


def _table(name: str, shares: pd.DataFrame) -> Table:
    table = Table(title=f"{name}: what the filter leaves of the target's variance")
    for heading in ("delta", "frequency", "low part", "high part"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for row in shares.to_dict("records"):
        remark = (
            "the target itself" if row["high"] < UNINFORMATIVE else "the mean" if row["low"] < UNINFORMATIVE else ""
        )
        numbers = (f"{row[column]:.3g}" for column in ("delta", "frequency", "low", "high"))
        table.add_row(*numbers, f"uninformative: {remark}" if remark else "")
    return table


def _steps(delta: float) -> Example:
    """Steps on [-1, 1), and their low part."""
    # two square waves, of one period a unit and of five: the filter is to take the second first
    x = -1 + 2 * np.arange(401) / 401
    y = np.sign(np.sin(2 * np.pi * x)) + 0.5 * np.sign(np.sin(10 * np.pi * x))
    low = FilterProbe(x[:, None], y[:, None], delta, len(x)).parts(y[:, None])[0]
    return Example(delta, x, y, low[:, 0])
