"""`harness order`: the verdicts of a study at several costs of a gradient, from its tables alone."""

import argparse
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from harness.analysis.asked.sensitivity import PRICES, sensitivity
from harness.analysis.configurations import configuration_names
from harness.analysis.order import PRIMARY_CLOCK, PRIMARY_THRESHOLD
from harness.analysis.repeated import repeats
from harness.analysis.summary import closing_tables
from harness.analysis.thinned import LACKING, lacks_marks
from harness.analysis.units import WATCHED, cost_unit
from harness.commands.console import printing
from harness.commands.folders import loaded, source_of
from harness.commands.order.asked import ANSWERS, NO_NULL, say_against
from harness.quantities import few_digits
from harness.tables import LABELS, Tables
from harness.whole_files import replace_file, writing_into

SHOWN = 3
"""Methods that end first together and are named."""


def main(arguments: argparse.Namespace) -> int:
    """Print the table, and write it beside the others; the exit code."""
    folder = source_of(arguments)
    tables = loaded(folder, arguments.incumbent).tables
    console = printing()
    for sentence in repeats(tables):
        console.print(sentence, highlight=False, soft_wrap=True)
    if arguments.against is not None:
        say_against(tables, folder, console, arguments.against)
        return 0
    for word, say in ANSWERS.items():
        if getattr(arguments, word):
            say(tables, folder, console)
            return 0
    got = arguments.cost_per_gradient
    watched = tables["runs"]["engine"] == WATCHED
    if watched.all() and got is not None:
        raise ValueError(
            f"--cost-per-gradient {got} prices gradients, and those of watched loops nobody has counted: costs "
            "are what was told to the watch. Leave it out, or let the loop tell its costs with `cost=`."
        )
    if watched.any():
        _say_watched(_of(tables, watched), console)
    if watched.all():
        return 0
    tables = _of(tables, ~watched)
    if got is None and lacks_marks(tables):
        console.print(_as_made(tables))
        console.print(LACKING, highlight=False, soft_wrap=True)
        return 0
    prices = list(dict.fromkeys(PRICES if got is None else got))
    rows = sensitivity(tables, prices)
    path = folder / "sensitivity.csv"
    with writing_into(folder):
        replace_file(path, lambda file: rows.to_csv(file, index=False))
    console.print(_table(rows, prices))
    for sentence in (_cuts(rows, prices), NO_NULL):
        console.print(sentence, highlight=False, soft_wrap=True)
    changed = rows.groupby([*LABELS, "probe"], dropna=False)["verdict"].nunique()
    console.print(
        f"verdicts that depend on the cost of a gradient: {int((changed > 1).sum())} of {len(changed)}\ntable: {path}",
        highlight=False,
        soft_wrap=True,
    )
    return 0


def _of(tables: Tables, chosen: "pd.Series[bool]") -> Tables:
    """The tables of these of the runs; a row of the order is one of their configurations."""
    runs = tables["runs"][chosen]
    labels = set(map(tuple, runs[[*LABELS]].to_numpy(str)))
    own = {
        name: rows[rows["run_id"].isin(runs["run_id"])] if "run_id" in rows else rows for name, rows in tables.items()
    }
    order = tables["order"]
    kept = [key in labels for key in map(tuple, order[[*LABELS]].to_numpy(str))]
    return {**own, "runs": runs, "order": order[kept]}


def _say_watched(tables: Tables, console: Console) -> None:
    """The table that `compare` closes with: loops that were watched have one cost, as it was told."""
    for table in closing_tables(tables):
        console.print(table)
    console.print(f"cost in {cost_unit(tables['runs'])}, as the loops told it", highlight=False, soft_wrap=True)


def _as_made(tables: Tables) -> Table:
    """The verdicts that the tables have, at the price that they were made with."""
    order = tables["order"]
    own = order[(order["matched_by"] == PRIMARY_CLOCK) & np.isclose(order["threshold"], PRIMARY_THRESHOLD)]
    table = Table("optimizer", "probe", "verdict (concordance)", title="verdicts at equal cost, as they were made")
    for name, (_, row) in zip(configuration_names(own[[*LABELS]]), own.iterrows(), strict=True):
        table.add_row(name, row["probe"], _verdict(row))
    return table


def _table(rows: pd.DataFrame, prices: list[float]) -> Table:
    labels = rows[[*LABELS]].drop_duplicates()
    # keys of a group have the types of their columns, which text makes comparable
    names = dict(zip(map(tuple, labels.to_numpy(str)), configuration_names(labels), strict=True))
    cuts = rows.drop_duplicates("cost_per_gradient").set_index("cost_per_gradient")["cut_cost"]
    table = Table(title="verdict (concordance), loss, at equal cost, for several costs of a gradient")
    table.add_column("optimizer")
    table.add_column("probe")
    for price in prices:
        table.add_column(f"c = {price:g}, up to {few_digits(cuts.get(price, 0), 3)}")
    for key, part in rows.groupby([*LABELS, "probe"], sort=False, dropna=False):
        by_price = part.set_index("cost_per_gradient")
        cells = [f"{_verdict(row)}, {row['end_loss']:.2g}" for row in (by_price.loc[price] for price in prices)]
        table.add_row(names[tuple(map(str, key[:-1]))], str(key[-1]), *cells)
    return table


def _cuts(rows: pd.DataFrame, prices: list[float]) -> str:
    """Whose longest run ends first, where all are cut, at each price."""
    labels = rows[[*LABELS]].drop_duplicates()
    names = dict(zip(map(tuple, labels.to_numpy(str)), configuration_names(labels), strict=True))
    told = []
    for price in prices:
        first = rows[(rows["cost_per_gradient"] == price) & rows["sets_cut"]][[*LABELS]].drop_duplicates()
        some = [names[tuple(key)] for key in first.to_numpy(str)]
        more = f" and {len(some) - SHOWN} more" if len(some) > SHOWN else ""
        told.append(f"c = {price:g}: {'all' if 1 < len(some) == len(names) else ', '.join(some[:SHOWN]) + more}")
    return f"all are cut where the first of them ends, each by its longest run: {'; '.join(told)}"


def _verdict(row: Any) -> str:
    """With the concordance, where there is one."""
    return str(row["verdict"]) + (f" ({row['concordance']:.2f})" if np.isfinite(row["concordance"]) else "")
