"""The tables of the Atlas that are kept beside its study file: exact, small, and enough to make everything of again."""

import shutil
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from harness.analysis.asked.standing import standing
from harness.analysis.thinned import thinned
from harness.study.comparison import Results, load
from harness.study.sharing.papers import FILE
from harness.tables import Tables
from harness.whole_files import replace_file, writing_into

CORE = Path("atlas") / "core"
STANDING = "standing.csv"
"""The one table of it that is for people; the others are Parquet."""
ROUNDED = 6
"""Digits of the standing that are written."""


def beside(folder: Path) -> Path:
    """Where the tables of the tuned settings are kept."""
    return folder.with_name(f"{folder.name}-tuned")


def keep(folder: Path, target: Path) -> Tables:
    """Keep what counts of the study in `folder` in `target`, with its file; the tables that were kept.

    Raises ValueError where there is no study."""
    try:
        tables = load(folder).tables
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(
            f"The folder of a finished study is required, such as results/atlas-core; got '{folder}'."
        ) from None
    kept = thinned(tables)
    with writing_into(target):
        for name, rows in kept.items():
            write = partial(_parquet, rows)
            replace_file(target / f"{name}.parquet", write)
        rows = standing(tables)
        replace_file(target / STANDING, lambda file: rows.to_csv(file, index=False, float_format=f"%.{ROUNDED}g"))
        if (folder / FILE).is_file():
            shutil.copyfile(folder / FILE, target / FILE)
    return kept


def kept_tables(folder: Path = CORE) -> Results:
    """The tables of an Atlas; raises ValueError where there is none."""
    try:
        return load(folder)
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(
            f"The tables of an Atlas are required; '{folder}' holds none. Run it from the project's folder, or "
            "name one with --atlas DIR."
        ) from None


def _parquet(rows: pd.DataFrame, file: BinaryIO) -> None:
    rows.to_parquet(file, index=False, compression="zstd")
