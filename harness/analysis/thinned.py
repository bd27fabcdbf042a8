"""Fewer marks that say as much: what `order` and its comparisons read, and no more, so that a study can be committed.

The clock of cost reads the hits alone. The comparison at equal loss reads the first mark of each run, and the first at
or below each level of loss (`harness.analysis.clocks.LEVELS`); these marks stay."""

import pandas as pd

from harness.analysis.clocks import LEVELS
from harness.tables import Tables

WHOLE = ("runs", "hits", "nulls", "order", "machines")
THINNED = ("curves", "spectra")


def marks_that_count(runs: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """(run_id, mark): the first mark of each run, and the first at or below each level of loss."""
    rows = curves[["run_id", "mark", "loss"]].merge(runs[["run_id", "first_loss"]], on="run_id")
    rows = rows.sort_values(["run_id", "mark"])
    reached = [rows[rows["loss"] <= rows["first_loss"] * level] for level in LEVELS]
    first = [own.drop_duplicates("run_id") for own in (rows, *reached)]
    return pd.concat(first)[["run_id", "mark"]].drop_duplicates()


def thinned(tables: Tables) -> Tables:
    """The tables that stay, with curves and spectra at the marks that count."""
    marks = marks_that_count(tables["runs"], tables["curves"])
    kept = {name: tables[name] for name in WHOLE}
    return {**kept, **{name: tables[name].merge(marks, on=["run_id", "mark"]) for name in THINNED}}
