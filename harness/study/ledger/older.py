"""Ledgers of the first layout: for each run a file in the folder of each table, `parts/runs/ID.parquet` the last."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from harness.study.ledger.absent import completed
from harness.study.ledger.part import MAGIC, State, pack
from harness.tables import SCHEMA, Tables, empty

# in the order of writing: where there is a row of `runs`, the others are complete
TABLES = ("predictions", "spectra", "curves", "runs")


def states(parts: Path) -> dict[str, State]:
    """How each run stands that has all its files whole."""
    paths = [path for path in (parts / TABLES[-1]).glob("[!.]*.parquet") if _is_whole(path)]
    whole = [path for path in paths if all(_is_whole(parts / table / path.name) for table in TABLES)]
    return {path.stem: State(str(pd.read_parquet(path, columns=["status"]).iloc[0, 0]), 1) for path in whole}


def rows(parts: Path, run_ids: Iterable[str]) -> list[pa.Table]:
    """The same runs in the present layout."""
    return [pack(run_id, _tables(parts, run_id)) for run_id in run_ids]


def machines(parts: Path) -> list[dict[str, Any]]:
    """Where they were made."""
    paths = [path for path in (parts / "machines").glob("[!.]*.parquet") if _is_whole(path)]
    return [json.loads(pd.read_parquet(path).iloc[0].to_json()) for path in sorted(paths)]


def _tables(parts: Path, run_id: str) -> Tables:
    found = {table: pd.read_parquet(parts / table / f"{run_id}.parquet") for table in TABLES}
    for table, rows in found.items():
        # without a row nothing has to be made up
        found[table] = rows.assign(**completed(table, dict(rows), SCHEMA[table])) if len(rows) else empty(table)
    return found


def _is_whole(path: Path) -> bool:
    if not path.is_file():
        return False
    content = path.read_bytes()
    # Parquet ends with the word that it begins with, and a file cut off does not
    return len(content) >= 2 * len(MAGIC) and content.endswith(MAGIC)
