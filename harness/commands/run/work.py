"""`harness run`: one optimizer once, and what it had learned at each power of two of its cost."""

import argparse
from dataclasses import replace
from math import isnan

import numpy as np
import pandas as pd
from rich.table import Table

from harness.commands.carrying_out import INTERRUPTED, carry_out, ending
from harness.commands.console import printing
from harness.commands.requested import requested_run
from harness.quantities import error_of

MOST_COLUMNS = 14
"""Of more frequencies, evenly chosen ones are printed; all are in the tables."""


def main(arguments: argparse.Namespace) -> int:
    """Carry out one run; the exit code."""
    planned = requested_run(arguments, arguments.seed)
    results = carry_out(planned, arguments)
    if results is None:
        return INTERRUPTED
    runs, curves, spectra = (
        _of(planned.specs[0].run_id, rows) for rows in (results.runs, results.curves, results.spectra)
    )
    results = replace(results, runs=runs, curves=curves, spectra=spectra)
    console = printing()
    if len(results.curves):
        console.print(_course(results.curves, results.spectra))
    row = results.runs.iloc[0]
    console.print(
        f"{row['status']}: {row['reason']} Best loss {row['best_loss']:.4g}.", highlight=False, soft_wrap=True
    )
    console.print(f"tables: {results.folder}/*.{arguments.format}", highlight=False, soft_wrap=True)
    return ending(results, arguments)


def _of(run: str, rows: pd.DataFrame) -> pd.DataFrame:
    # the folder may hold others
    return rows[rows["run_id"] == run]


def _course(curves: pd.DataFrame, spectra: pd.DataFrame) -> Table:
    table = Table(title="relative error of each frequency")
    first = spectra[spectra["mark"] == 0]
    # the columns of the first mark are those of every other
    names = [_heading(row["probe"], row["frequency"], first["probe"].iloc[0]) for row in first.to_dict("records")]
    # the lowest and the highest are always among them
    shown = np.unique(np.linspace(0, len(names) - 1, min(len(names), MOST_COLUMNS)).astype(int))
    for heading in ("cost", "loss", *(names[column] for column in shown)):
        table.add_column(heading, justify="right")
    errors = [own["error"].to_numpy()[shown] for _, own in spectra.groupby("mark")]
    costs, losses = curves["cost"].to_numpy(), curves["loss"].to_numpy()
    # marks are a hundred and log-spaced: of each doubling of the cost one is printed, and the last
    due = 0.0
    for mark, cost in enumerate(costs):
        if cost >= due or mark == len(costs) - 1:
            table.add_row(f"{cost:,.0f}", f"{losses[mark]:.4g}", *(f"{error:.3f}" for error in errors[mark]))
            due = max(1.0, 2.0 * cost)
    return table


def _heading(probe: str, frequency: float, principal: str) -> str:
    """A frequency of the first probe goes without its name; a row of no frequency goes by its name alone."""
    if isnan(frequency):
        return error_of(probe)
    return f"k={frequency:.4g}" if probe == principal else f"{probe} k={frequency:.4g}"
