"""`harness response`: train a network, and put response frequency beside image frequency."""

import argparse
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from harness.commands.requested import requested_run
from harness.figures import save
from harness.figures.response import response as draw
from harness.questions.response import Cut, response
from harness.questions.training import check_classes, train
from harness.run.spec import stream
from harness.study.store import write_table
from problems.classes.digits import Projected


def main(arguments: argparse.Namespace) -> int:
    """Print the summary, write the table and draw the figure; the exit code."""
    if arguments.extent < 0:
        raise ValueError(f"--extent must be positive, or 0 for the extent of the data; got {arguments.extent}.")
    spec = requested_run(arguments, arguments.seed).specs[0]
    check_classes(spec)
    trained = train(spec)
    cut = Cut(arguments.through, arguments.places, arguments.extent, isinstance(spec.recipe, Projected))
    labels = {
        "problem": spec.problem,
        "network": spec.recipe.network,
        "optimizer": spec.optimizer,
        "seed": spec.seed,
    }
    rows = response(trained, cut, labels, stream(spec.seed, "response"))
    folder = Path(arguments.out) if arguments.out else Path("results") / f"response-{spec.problem}-{spec.run_id[:8]}"
    console = Console()
    console.print(_summary(rows))
    table = write_table(rows, folder / "response", arguments.format)
    for path in (table, *save(draw({"response": rows}), folder / "response")):
        console.print(str(path), highlight=False, soft_wrap=True)
    return 0


def _summary(rows: pd.DataFrame) -> Table:
    first = rows.iloc[0]
    table = Table(title=f"{first['problem']}, {first['network']}, {first['optimizer']}: mean frequencies by direction")
    headings = ("direction", "image, cycles/pixel", "response, cycles/unit", "quartiles", "power", "samples")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "direction" else "right")
    for name, own in rows.groupby("direction", sort=False):
        row = own.iloc[0]
        table.add_row(
            str(name),
            f"{row['image_frequency']:.3f}",
            f"{row['response_frequency']:.3f}",
            f"{row['response_low']:.3f} to {row['response_high']:.3f}",
            f"{own['power'].sum():.3g}",
            f"{row['n_samples']}",
        )
    return table
