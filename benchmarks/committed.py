"""`python -m benchmarks.committed DIR NAME`: a finished study, as small as its table `order` can be recomputed from.

Of the curves and spectra those marks stay that the comparison at equal loss reads: the first of each run, and the
first at or below each level of loss. They are exact and in Parquet; the others are CSV, to be read by people.
`tests/test_committed_study.py` recomputes `order` from what was written.
"""

import argparse
import shutil
from pathlib import Path

import pandas as pd

from benchmarks.page import ROOT
from harness.analysis.clocks import LEVELS
from harness.study.store import read_exported
from harness.tables import Tables

REFERENCE = ROOT / "results" / "reference"
READ = ("runs", "hits", "nulls", "order")
THINNED = ("curves", "spectra")


def marks_that_count(runs: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """(run_id, mark): the first mark of each run, and the first at or below each level of loss."""
    rows = curves[["run_id", "mark", "loss"]].merge(runs[["run_id", "first_loss"]], on="run_id")
    rows = rows.sort_values(["run_id", "mark"])
    reached = [rows[rows["loss"] <= rows["first_loss"] * level] for level in LEVELS]
    first = [own.drop_duplicates("run_id") for own in (rows, *reached)]
    return pd.concat(first)[["run_id", "mark"]].drop_duplicates()


def committed(tables: Tables) -> Tables:
    """The tables that stay, with the thinned ones at the marks that count."""
    marks = marks_that_count(tables["runs"], tables["curves"])
    kept = {name: tables[name] for name in READ}
    return {**kept, **{name: tables[name].merge(marks, on=["run_id", "mark"]) for name in THINNED}}


def write(study: Path, folder: Path) -> None:
    """Write what stays of the study that was exported in the folder `study`, and its STUDY.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in committed(read_exported(study)).items():
        if name in THINNED:
            rows.to_parquet(folder / f"{name}.parquet", index=False, compression="zstd")
        else:
            rows.to_csv(folder / f"{name}.csv", index=False)
    shutil.copy(study / "STUDY.toml", folder / "STUDY.toml")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path)
    parser.add_argument("name")
    given = parser.parse_args()
    write(given.study, REFERENCE / given.name)
