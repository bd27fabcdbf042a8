"""The folder of a study: parts, one per run, that are the ledger of what is done; and the tables made from them.

A part is written to a temporary name and renamed, the part of `runs` last. A run is done if that part has a valid
footer, so whatever kills a study, nothing finished is lost and nothing half-written counts.
"""

import json
import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from harness.tables import SCHEMA, Tables, empty, frame

PARTS = "parts"
STUDY = "study.json"
RUN_TABLES = ("predictions", "spectra", "curves", "runs")
"""In the order of writing: the part of `runs` says that the others are there."""
MAGIC = b"PAR1"


class OccupiedError(ValueError):
    """The output folder holds something else."""


class Store:
    """Reads and writes the parts of one study in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self, study: Mapping[str, Any]) -> None:
        """Make the folder for this study (`study_id`, and `runs` in order), or check that it is the one already there.

        Raises OccupiedError if it holds anything else, and ValueError if it cannot be written."""
        path = self.folder / STUDY
        if self._holds(study):
            return
        if self.folder.exists() and not self._is_vacant():
            raise OccupiedError(
                f"The output folder '{self.folder}' holds other results. Choose another --out, or remove that folder."
            )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _replace(path, lambda temporary: temporary.write_text(json.dumps(study, indent=1)))
        except OSError as error:
            raise ValueError(
                f"The output folder '{self.folder}' must be writable; {error.strerror or error}. Choose another --out."
            ) from None

    def write(self, run_id: str, tables: Tables, machine: Mapping[str, Any]) -> None:
        """Write the parts of one finished run."""
        self._write_part("machines", str(machine["machine_id"]), pd.DataFrame([machine]).astype(SCHEMA["machines"]))
        for table in RUN_TABLES:
            self._write_part(table, run_id, tables[table])

    def done(self) -> set[str]:
        """The ids of the finished runs: those with every part whole."""
        ids = (path.stem for path in self._parts(RUN_TABLES[-1]))
        return {run_id for run_id in ids if all(_is_whole(self._path(table, run_id)) for table in RUN_TABLES[:-1])}

    def read(self) -> Tables:
        """The tables of all finished runs, in the order of the study, without those made from them."""
        done = self.done()
        order = [run_id for run_id in self._study()["runs"] if run_id in done]
        tables = {table: _concatenate(table, [self._path(table, run_id) for run_id in order]) for table in RUN_TABLES}
        return {**tables, "machines": _concatenate("machines", self._parts("machines"))}

    def export(self, tables: Tables, file_format: str) -> list[Path]:
        """Write whole tables beside the parts, as `parquet` or `csv`."""
        paths = [self.folder / f"{name}.{file_format}" for name in SCHEMA]
        for name, path in zip(SCHEMA, paths, strict=True):
            if file_format == "csv":
                _replace(path, lambda temporary, name=name: tables[name].to_csv(temporary, index=False))
            else:
                _replace(path, lambda temporary, name=name: tables[name].to_parquet(temporary, index=False))
        return paths

    def _study(self) -> dict[str, Any]:
        study: dict[str, Any] = json.loads((self.folder / STUDY).read_text())
        return study

    def _holds(self, study: Mapping[str, Any]) -> bool:
        try:
            found = json.loads((self.folder / STUDY).read_text())
        except (OSError, ValueError):
            return False
        return isinstance(found, dict) and found.get("study_id") == study["study_id"]

    def _is_vacant(self) -> bool:
        """Whether nothing is there but what an interrupted `open` has left."""
        return self.folder.is_dir() and all(path.match(f".{STUDY}.*.tmp") for path in self.folder.iterdir())

    def _path(self, table: str, key: str) -> Path:
        return self.folder / PARTS / table / f"{key}.parquet"

    def _parts(self, table: str) -> list[Path]:
        return sorted(path for path in (self.folder / PARTS / table).glob("[!.]*.parquet") if _is_whole(path))

    def _write_part(self, table: str, key: str, rows: pd.DataFrame) -> None:
        path = self._path(table, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, lambda temporary: rows.to_parquet(temporary, index=False))


def read_exported(folder: Path) -> Tables:
    """The tables as `export` wrote them, from a folder without parts.

    Raises FileNotFoundError, saying what was looked for."""
    tables: Tables = {}
    for name, schema in SCHEMA.items():
        parquet, csv = folder / f"{name}.parquet", folder / f"{name}.csv"
        if parquet.exists():
            tables[name] = frame(name, dict(pd.read_parquet(parquet)))
        elif csv.exists():
            missing = {column: [""] for column, kind in schema.items() if kind == "float64"}  # text may well be "NA"
            loaded = pd.read_csv(csv, dtype=schema, keep_default_na=False, na_values=missing)
            tables[name] = frame(name, dict(loaded))
        else:
            raise FileNotFoundError(f"No results in '{folder}': it needs {PARTS}/ or {parquet.name} or {csv.name}.")
    return tables


def write_table(rows: pd.DataFrame, path_stem: Path, file_format: str) -> Path:
    """Write one table of its own, whole or not at all, as `parquet` or `csv`; raises ValueError if it cannot."""
    path = path_stem.with_name(f"{path_stem.name}.{file_format}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if file_format == "csv":
            _replace(path, lambda temporary: rows.to_csv(temporary, index=False))
        else:
            _replace(path, lambda temporary: rows.to_parquet(temporary, index=False))
    except OSError as error:
        raise ValueError(
            f"The output folder '{path.parent}' must be writable; {error.strerror or error}. Choose another --out."
        ) from None
    return path


def _replace(path: Path, write: Any) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _is_whole(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) < 2 * len(MAGIC):
            return False
        file.seek(-len(MAGIC), os.SEEK_END)
        return file.read() == MAGIC


def _concatenate(table: str, paths: Iterable[Path]) -> pd.DataFrame:
    parts = [part for part in map(pd.read_parquet, paths) if len(part)]
    return pd.concat(parts, ignore_index=True).astype(SCHEMA[table]) if parts else empty(table)
