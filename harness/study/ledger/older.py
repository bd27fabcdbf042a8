"""Ledgers of the first layout: for each run a file in the folder of each table, `parts/runs/ID.parquet` the last."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from harness.study.ledger.part import ABSENT, MAGIC, State, pack
from harness.tables import SCHEMA, Tables

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
        lacking = {column: kind for column, kind in SCHEMA[table].items() if column not in rows}
        invented: dict[str, Any] = {column: ABSENT[kind] for column, kind in lacking.items() if kind in ABSENT}
        found[table] = rows.assign(**invented)
        lacking = {column: kind for column, kind in lacking.items() if kind not in ABSENT}
        if lacking and len(rows):
            raise ValueError(
                f"The runs in '{parts}' are of an older version, whose table '{table}' has no {', '.join(lacking)}. "
                "Read them with that version, or make them again in another folder."
            )
    return found


def _is_whole(path: Path) -> bool:
    if not path.is_file():
        return False
    content = path.read_bytes()
    # Parquet ends with the word that it begins with, and a file cut off does not
    return len(content) >= 2 * len(MAGIC) and content.endswith(MAGIC)
