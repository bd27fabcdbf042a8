"""`python -m benchmarks.committed DIR NAME [--also A,B]`: a finished study, as small as `order` can be made from.

Of the curves and spectra those marks stay that count (`harness.analysis.thinned`). They are exact and in Parquet; the
others are CSV, to be read by people.
`tests/test_committed_study.py` recomputes `order` from what was written.
"""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

from benchmarks.page import ROOT
from harness.analysis.thinned import thinned
from harness.study.store import read_exported

REFERENCE = ROOT / "results" / "reference"
EXACT = ("curves", "spectra")
"""Parquet; the others are CSV."""


def write(study: Path, folder: Path, also: Sequence[str] = ()) -> None:
    """Write what stays of the study that was exported in the folder `study`, `also` whole tables, and STUDY.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = read_exported(study)
    for name in also:
        tables[name].to_parquet(folder / f"{name}.parquet", index=False, compression="zstd")
    for name, rows in thinned(tables).items():
        if name == "machines":
            continue  # where a study was made stands in its page
        if name in EXACT:
            rows.to_parquet(folder / f"{name}.parquet", index=False, compression="zstd")
        else:
            rows.to_csv(folder / f"{name}.csv", index=False)
    shutil.copy(study / "STUDY.toml", folder / "STUDY.toml")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path)
    parser.add_argument("name")
    text = "tables of what was watched besides, which figures of it are drawn from"
    parser.add_argument("--also", default="", metavar="A,B", help=text)
    given = parser.parse_args()
    write(given.study, REFERENCE / given.name, [name for name in given.also.split(",") if name])
