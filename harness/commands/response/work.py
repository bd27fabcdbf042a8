"""`harness response`: train a network, and put response frequency beside image frequency."""

import argparse

import pandas as pd
from rich.table import Table

from harness.commands.carrying_out import INTERRUPTED, carry_out, ending, say_where
from harness.commands.console import printing
from harness.commands.requested import choices, problem_of, split_names
from harness.questions.response import Response
from harness.study.comparison import plan


def main(arguments: argparse.Namespace) -> int:
    """Make the runs with this observer, and print a summary of each configuration; the exit code."""
    if arguments.extent < 0:
        raise ValueError(f"--extent must be positive, or 0 for the extent of the data; got {arguments.extent}.")
    asked = Response(through=arguments.through, places=arguments.places, extent=arguments.extent)
    chosen = choices(arguments)
    chosen["observe"] = [*chosen["observe"], asked]
    planned = plan(problem_of(arguments), split_names(arguments.optimizers), arguments.seeds, **chosen)
    results = carry_out(planned, arguments, arguments.jobs)
    if results is None:
        return INTERRUPTED
    console = printing()
    for _, rows in results.observed["response"].groupby(["problem", "network", "optimizer"], sort=False):
        console.print(_summary(rows))
    say_where(console, results, arguments.format)
    return ending(results, arguments)


def _summary(rows: pd.DataFrame) -> Table:
    """The mean over runs of what each has found."""
    first, runs = rows.iloc[0], rows["run_id"].nunique()
    name = f"{first['problem']}, {first['network']}, {first['optimizer']}"
    table = Table(title=f"{name}: mean frequencies by direction" + (f", {runs} runs" if runs > 1 else ""))
    headings = ("direction", "image, cycles/pixel", "response, cycles/unit", "quartiles", "power", "samples")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "direction" else "right")
    for direction, own in rows.groupby("direction", sort=False):
        each = own.drop_duplicates("run_id")
        middle, low, high, image = (
            each[column].mean() for column in ("response_frequency", "response_low", "response_high", "image_frequency")
        )
        table.add_row(
            str(direction),
            f"{image:.3f}",
            f"{middle:.3f}",
            f"{low:.3f} to {high:.3f}",
            # a row for each frequency: summed over the spectrum, and the mean over runs
            f"{own['power'].sum() / len(each):.3g}",
            f"{each['n_samples'].max()}",
        )
    return table
