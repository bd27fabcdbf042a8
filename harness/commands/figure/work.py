"""`harness figure`: draw one of the figures of a study again, from its tables alone."""

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from harness.analysis.thinned import LACKING, lacks_marks
from harness.commands.folders import loaded, source_of
from harness.commands.values import stem
from harness.figures import DPI, DRAWINGS, asked_of, drawn, save, unnamed
from harness.figures.kept.film import KINDS, animation, animation_rows, save_film
from harness.run.spec import families
from harness.tables import Tables
from harness.whole_files import replace_file
from problems.nearest import lookup

FILM = "animation"
SPECIAL = ("at", "against")


def main(arguments: argparse.Namespace) -> int:
    """Draw a figure; the exit code."""
    name = arguments.name
    film = lookup("figure", name, {**dict.fromkeys(DRAWINGS, False), FILM: True})
    asked = _asked(arguments)
    folder = source_of(arguments)
    place = stem(arguments.out, (*(KINDS if film else DPI), "csv")) if arguments.out else folder / name
    tables = _only(loaded(folder).tables, arguments.optimizers)
    said = ""
    try:
        if film:
            paths, said = save_film(animation(tables), place)
            rows = animation_rows(tables)
        else:
            paths = save(drawn(name, tables, families(), **asked), place, tuple(DPI))
            rows = DRAWINGS[name].numbers(tables, **asked)
        paths.append(write_numbers(rows, place))
    except OSError as error:
        raise ValueError(f"The figure must be written somewhere; {error}. Choose another --out.") from None
    sys.stdout.write("".join(f"{path}\n" for path in paths))
    notes = [note for note in (said, LACKING if lacks_marks(tables) else "", unnamed(tables)) if note]
    sys.stderr.write("".join(f"{note}\n" for note in notes))
    return 0


def write_numbers(rows: pd.DataFrame, place: Path) -> Path:
    """Write what the figure shows as `place`.csv."""
    path = place.with_name(f"{place.name}.csv")
    replace_file(path, partial(rows.to_csv, index=False), durable=False)
    return path


def _asked(arguments: argparse.Namespace) -> dict[str, Any]:
    """What the figure is asked beside its tables; raises ValueError where it takes no such thing."""
    given = {name: getattr(arguments, name) for name in SPECIAL if getattr(arguments, name) is not None}
    taken = () if arguments.name == FILM else asked_of(arguments.name)
    for name in given:
        if name not in taken:
            others = ", ".join(figure for figure in DRAWINGS if name in asked_of(figure))
            raise ValueError(f"--{name} is for the figure '{others}'; '{arguments.name}' does not take it.")
    return given


def _only(tables: Tables, names: str | None) -> Tables:
    """The rows of these optimizers; raises ValueError for one that the study has not."""
    if names is None:
        return tables
    chosen = [name.strip() for name in names.split(",")]
    for name in chosen:
        lookup("optimizer of this study", name, dict.fromkeys(tables["runs"]["optimizer"]))
    kept = tables["runs"]["run_id"][tables["runs"]["optimizer"].isin(chosen)]
    by = {"run_id": set(kept), "optimizer": set(chosen)}
    return {table: _filtered(rows, by) for table, rows in tables.items()}


def _filtered(rows: pd.DataFrame, by: dict[str, set[str]]) -> pd.DataFrame:
    # by run where a table has runs; `order` has none, and is told by its optimizer
    for column, values in by.items():
        if column in rows:
            return rows[rows[column].isin(values)].reset_index(drop=True)
    return rows
