"""A table of all runs in one file, Parquet or CSV, for readers who want no ledger."""

from pathlib import Path
from typing import BinaryIO

import pandas as pd

from harness.study.ledger.absent import completed
from harness.study.ledger.part import declared
from harness.tables import frame


def read_whole(name: str, path: Path) -> pd.DataFrame:
    """A whole table from its file, also of an older version; raises ValueError where its columns are others."""
    schema = declared()[name]
    if path.suffix == ".parquet":
        columns = dict(pd.read_parquet(path))
    else:
        missing = {column: [""] for column, kind in schema.items() if kind == "float64"}  # text may well be "NA"
        columns = dict(pd.read_csv(path, dtype=schema, keep_default_na=False, na_values=missing))
    return frame(name, completed(name, columns, schema), schema)


def write_whole(rows: pd.DataFrame, file_format: str, file: BinaryIO) -> None:
    """Write a table into an open file, as `parquet` or `csv`."""
    if file_format == "csv":
        rows.to_csv(file, index=False)
    else:
        rows.to_parquet(file, index=False)
