"""The tables of the Atlas that are kept beside its study file: exact, small, and enough to make everything of again.

Seconds of hits have four digits there. Two tables are found in the whole study, as they are read off marks that are not
kept: how robust verdicts are, and how methods lie beside samplers.

An Atlas grows by parts: a later study of other problems is kept in a folder of its own in it, with p corrected over
its own configurations, so that no earlier statement changes by what is added. Read, all parts are one."""

import re
import shutil
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from harness.analysis.alike import alike
from harness.analysis.asked.robustness import agreement_of_choices, robustness
from harness.analysis.asked.samplers import SAMPLERS, against_samplers
from harness.analysis.asked.standing import standing
from harness.analysis.thinned import thinned
from harness.run.spec import RunSpec
from harness.study.comparison import load
from harness.study.file.study_file import read_study
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
TIMED = 13
"""Binary digits of a hit's seconds, four decimal ones. All of them, noise of a clock, take a quarter of the room."""
ONE_PAGE = 2**26
"""More bytes, and rows, than a column of a kept table has."""
RUNS = "runs.parquet"
PARTS = "parts"
"""Of an Atlas the folder of what was added."""
PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""A name of a part, which is that of its folder."""


def beside(folder: Path) -> Path:
    """Where the tables of the tuned settings are kept."""
    return folder.with_name(f"{folder.name}-tuned")


def parts(folder: Path) -> list[Path]:
    """The folders of the Atlas: its own and, by name, those of the parts that were added."""
    return [folder, *sorted(path.parent for path in (folder / PARTS).glob(f"*/{RUNS}"))]


def keep(folder: Path, target: Path, part: str | None = None, more: int = 0) -> Tables:
    """Keep what counts of the study in `folder` in `target`, or as a `part` of it; the tables that were kept.

    Of very many runs less is kept; `more` lie elsewhere in the same Atlas. The file of the study is kept beside. Parts
    whose runs it holds, all of them, go. Raises ValueError where there is no study, for a part whose name cannot be a
    folder's, and for runs that another part has among others."""
    try:
        tables = load(folder).tables
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(
            f"The folder of a finished study is required, such as results/atlas-core; got '{folder}'."
        ) from None
    into = target if part is None else _place(target, part)
    others = kept_runs(path for path in parts(target) if path != into)
    replaced = _replaced(tables["runs"], others) if part is None else []
    others = others[~others["part"].isin(replaced)]
    _check_new(tables["runs"], others)
    kept = thinned(tables, len(others) + more) | {
        name: rows for name, rows in with_found(tables).items() if name in FOUND
    }
    kept["hits"] = kept["hits"].assign(seconds=_timed(kept["hits"]["seconds"]))
    with writing_into(into):
        for name, rows in kept.items():
            replace_file(into / f"{name}.parquet", partial(_parquet, rows))
        if (folder / FILE).is_file():
            shutil.copyfile(folder / FILE, into / FILE)
        for path in replaced:
            shutil.rmtree(path)
        whole: Tables = kept_tables(target) if len(others) else tables
        rows = standing(whole)
        replace_file(target / STANDING, lambda file: rows.to_csv(file, index=False, float_format=f"%.{ROUNDED}g"))
    return kept


def _place(target: Path, part: str) -> Path:
    if not PART.fullmatch(part):
        raise ValueError(f"The name of a part is one of letters, digits, - and _, such as heat; got '{part}'.")
    if not (target / RUNS).is_file():
        raise ValueError(f"'{target}' holds no Atlas yet that could have a part: keep this one without --part.")
    return target / PARTS / part


def _replaced(runs: pd.DataFrame, others: pd.DataFrame) -> list[str]:
    """The parts of which every run is among these."""
    held = others["run_id"].isin(runs["run_id"]).groupby(others["part"]).all()
    return [str(path) for path in held[held].index]


def _check_new(runs: pd.DataFrame, others: pd.DataFrame) -> None:
    twice = others[others["run_id"].isin(runs["run_id"])]
    if len(twice):
        problems = ", ".join(dict.fromkeys(twice["problem"]))
        raise ValueError(
            f"{len(twice):,} of {len(runs):,} runs are kept already, in '{twice['part'].iloc[0]}' ({problems}). A run "
            "is kept once: keep a study of the new ones alone, or remove that folder first."
        )


def kept_runs(folders: Iterable[Path]) -> pd.DataFrame:
    """Of all runs that are kept in these folders `run_id`, `problem` and `part`, the folder."""
    found = [
        pd.read_parquet(path / RUNS, columns=["run_id", "problem"]).assign(part=str(path))
        for path in folders
        if (path / RUNS).is_file()
    ]
    return pd.concat([pd.DataFrame(columns=["run_id", "problem", "part"]), *found], ignore_index=True)


def kept_tables(folder: Path = KEPT) -> Tables:
    """The tables of an Atlas with those of all of its parts; raises ValueError where there is none."""
    found = [part_tables(part) for part in parts(folder)]
    names = dict.fromkeys(name for tables in found for name in tables)
    joined = {name: pd.concat([one[name] for one in found if name in one], ignore_index=True) for name in names}
    return alike(joined) | {"machines": joined["machines"].drop_duplicates("machine_id", ignore_index=True)}


def part_tables(part: Path) -> Tables:
    """The tables of one folder; raises ValueError where there are none."""
    try:
        tables = load(part).tables
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(
            f"The tables of an Atlas are required; '{part}' holds none. Run it from the project's folder, or "
            "name one with --atlas DIR."
        ) from None
    paths = {name: part / f"{name}.parquet" for name in FOUND}
    return tables | {name: pd.read_parquet(path) for name, path in paths.items() if path.is_file()}


def kept_specs(folder: Path = KEPT) -> list[RunSpec]:
    """The runs that the files of all parts plan."""
    return [spec for part in parts(folder) for spec in read_study(part / FILE).plan.specs]


def with_found(tables: Tables) -> Tables:
    """The tables with what is found in a whole study, where they do not have it."""
    found = dict(tables)
    if "robustness" not in found:
        found["robustness"] = agreement_of_choices(robustness(tables))
    if "samplers" not in found and set(SAMPLERS) & set(tables["runs"]["optimizer"]):
        found["samplers"] = against_samplers(tables).drop(columns="sentence", errors="ignore")
    return found


def _timed(seconds: pd.Series) -> pd.Series:
    fractions, exponents = np.frexp(seconds)
    return np.ldexp(np.round(np.ldexp(fractions, TIMED)), exponents - TIMED)


def _parquet(rows: pd.DataFrame, file: BinaryIO) -> None:
    table = pa.Table.from_pandas(rows, preserve_index=False)
    doubles = [column.name for column in table.schema if pa.types.is_floating(column.type)]
    repeated = [name for name in table.column_names if name not in doubles and 2 * rows[name].nunique() <= len(rows)]
    # bytes of one place side by side are more alike than numbers are, and so is a column in one page: a fifth smaller
    parquet.write_table(
        table,
        file,
        compression="zstd",
        compression_level=19,
        use_dictionary=repeated,
        use_byte_stream_split=doubles,
        data_page_size=ONE_PAGE,
        max_rows_per_page=ONE_PAGE,
    )
