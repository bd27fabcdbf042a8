"""The tables of the Atlas that are kept beside its study file: exact, small, and enough to make everything of again.

Two are found in the whole study, as they are read off marks that are not kept: how robust verdicts are, and how methods
lie beside samplers."""

import shutil
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from harness.analysis.asked.robustness import agreement_of_choices, robustness
from harness.analysis.asked.samplers import SAMPLERS, against_samplers
from harness.analysis.asked.standing import standing
from harness.analysis.thinned import thinned
from harness.study.comparison import load
from harness.study.sharing.papers import FILE
from harness.tables import Tables
from harness.whole_files import replace_file, writing_into

KEPT = Path("atlas") / "tables"
CORE = Path("atlas") / "core.toml"
"""The problems of the Atlas on which a method finds its place in minutes."""
STANDING = "standing.csv"
"""The one table of it that is for people; the others are Parquet."""
ROUNDED = 6
"""Digits of the standing that are written."""
FOUND = ("robustness", "samplers")
"""What is found in the whole."""


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
    kept = thinned(tables) | {name: rows for name, rows in with_found(tables).items() if name in FOUND}
    with writing_into(target):
        for name, rows in kept.items():
            replace_file(target / f"{name}.parquet", partial(_parquet, rows))
        rows = standing(tables)
        replace_file(target / STANDING, lambda file: rows.to_csv(file, index=False, float_format=f"%.{ROUNDED}g"))
        if (folder / FILE).is_file():
            shutil.copyfile(folder / FILE, target / FILE)
    return kept


def kept_tables(folder: Path = KEPT) -> Tables:
    """The tables of an Atlas; raises ValueError where there is none."""
    try:
        tables = load(folder).tables
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(
            f"The tables of an Atlas are required; '{folder}' holds none. Run it from the project's folder, or "
            "name one with --atlas DIR."
        ) from None
    paths = {name: folder / f"{name}.parquet" for name in FOUND}
    return tables | {name: pd.read_parquet(path) for name, path in paths.items() if path.is_file()}


def with_found(tables: Tables) -> Tables:
    """The tables with what is found in a whole study, where they do not have it."""
    found = dict(tables)
    if "robustness" not in found:
        found["robustness"] = agreement_of_choices(robustness(tables))
    if "samplers" not in found and set(SAMPLERS) & set(tables["runs"]["optimizer"]):
        found["samplers"] = against_samplers(tables).drop(columns="sentence", errors="ignore")
    return found


def _parquet(rows: pd.DataFrame, file: BinaryIO) -> None:
    table = pa.Table.from_pandas(rows, preserve_index=False)
    doubles = [column.name for column in table.schema if pa.types.is_floating(column.type)]
    others = [name for name in table.column_names if name not in doubles]
    # bytes of one place side by side are more alike than numbers are: a fifth smaller
    parquet.write_table(
        table, file, compression="zstd", compression_level=19, use_dictionary=others, use_byte_stream_split=doubles
    )
