"""`python -m benchmarks.committed DIR NAME`: a finished study, as small as its table `order` can be recomputed from.

Of the curves and spectra those marks stay that count (`harness.analysis.thinned`). They are exact and in Parquet; the
others are CSV, to be read by people.
`tests/test_committed_study.py` recomputes `order` from what was written.
"""

import argparse
import shutil
from pathlib import Path

from benchmarks.page import ROOT
from harness.analysis.thinned import thinned
from harness.study.store import read_exported

REFERENCE = ROOT / "results" / "reference"
EXACT = ("curves", "spectra")
"""Parquet; the others are CSV."""


def write(study: Path, folder: Path) -> None:
    """Write what stays of the study that was exported in the folder `study`, and its STUDY.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in thinned(read_exported(study)).items():
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
    given = parser.parse_args()
    write(given.study, REFERENCE / given.name)
