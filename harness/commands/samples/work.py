"""`harness samples`: which samples are learned early and late, and whether that depends on who learns them."""

import argparse

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from harness.analysis.agreement import agreement, contrast
from harness.commands.carrying_out import INTERRUPTED, carry_out, ending, say_where
from harness.commands.console import printing
from harness.commands.requested import choices, problem_of, split_names
from harness.questions.samples import Samples
from harness.run.given import agreed
from harness.study.comparison import plan

MEASURES = {"image_high": "image power above the median frequency", "target_high": "target that the filter holds back"}


def main(arguments: argparse.Namespace) -> int:
    """Make the runs with this observer, and print what was found; the exit code."""
    if not arguments.radius > 0:
        raise ValueError(f"--radius takes a positive number; got {arguments.radius:g}.")
    chosen = choices(arguments)
    if arguments.networks:
        networks = {"network": split_names(arguments.networks)}
        chosen["vary"]["problem"] = agreed("problem", chosen["vary"].get("problem", {}), networks)
    chosen["observe"] = [*chosen["observe"], Samples(search=arguments.search, radius=arguments.radius)]
    planned = plan(problem_of(arguments), split_names(arguments.optimizers), arguments.seeds, **chosen)
    results = carry_out(planned, arguments, arguments.jobs)
    if results is None:
        return INTERRUPTED
    console = printing()
    if len(results.observed["samples"]):
        _say(console, results.observed["samples"], results.observed["complexity"])
    say_where(console, results, arguments.format)
    return ending(results, arguments)


def _say(console: Console, rows: pd.DataFrame, complexity: pd.DataFrame) -> None:
    for column in ("first_cost", "final_cost"):
        console.print(_agreement(agreement(rows, column), column))
    for column, text in MEASURES.items():
        if rows[column].notna().any():
            difference, low, high = contrast(rows, column)
            console.print(
                f"{text}: {difference:+.3f} [{low:+.3f}, {high:+.3f}] in the quarter learned last over the first",
                highlight=False,
                soft_wrap=True,
            )
    console.print(_complexity(complexity))


def _agreement(found: pd.DataFrame, column: str) -> Table:
    table = Table(title=f"rank correlation of {column} between runs")
    for heading in ("with a run that has", "pairs", "rho", "95 %"):
        table.add_column(heading, justify="left" if heading.startswith("with") else "right")
    for row in found.to_dict("records"):
        table.add_row(row["pair"], f"{row['pairs']}", f"{row['rho']:.2f}", f"{row['low']:.2f} to {row['high']:.2f}")
    return table


def _complexity(complexity: pd.DataFrame) -> Table:
    """The start, the middle and the end of each configuration, averaged over seeds."""
    table = Table(title="complexity while learning")
    for heading in ("optimizer", "network", "cost", "accuracy", "critical", "mu, bits", "beyond linear, bits"):
        table.add_column(heading, justify="left" if heading in ("optimizer", "network") else "right")
    measures = ["cost", "accuracy", "critical_ratio", "linear_correlation", "beyond_linear"]
    # by the number of the look: its cost may differ a little between seeds
    order = complexity.groupby("run_id").cumcount()
    means = complexity.groupby(["optimizer", "network", order], sort=False)[measures].mean()
    for (optimizer, network), own in means.groupby(level=[0, 1], sort=False):
        # four looks, and fewer of a run that ended early
        for place in np.unique([0, len(own) // 3, 2 * len(own) // 3, len(own) - 1]):
            cost, *others = own.iloc[place]
            table.add_row(str(optimizer), str(network), f"{cost:,.0f}", *(f"{value:.3f}" for value in others))
    return table
