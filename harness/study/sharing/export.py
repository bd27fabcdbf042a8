"""The tables of a study in other forms: one file a table, a database, or the folders of IOHexperimenter."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from harness.study.ledger.whole_tables import write_whole
from harness.study.sharing.ioh import write_ioh
from harness.tables import Tables
from harness.whole_files import replace_file


def export(tables: Tables, form: str, target: Path) -> list[Path]:
    """Write the tables in a form of `FORMS`; the files, or the folder. Raises ValueError."""
    try:
        target.mkdir(parents=True, exist_ok=True)
        return FORMS[form](tables, target)
    except OSError as error:
        raise ValueError(
            f"The folder '{target}' must be writable; {error.strerror or error}. Make it so, or choose another --out."
        ) from None


def _files(form: str, tables: Tables, target: Path) -> list[Path]:
    paths = [target / f"{name}.{form}" for name in tables]
    for rows, path in zip(tables.values(), paths, strict=True):
        replace_file(path, partial(write_whole, rows, form))
    return paths


def _duckdb(tables: Tables, target: Path) -> list[Path]:
    """One database, made beside the old one and put in its place."""
    try:
        import duckdb  # noqa: PLC0415  # an optional library
    except ModuleNotFoundError:
        raise ValueError("This form needs the library duckdb: pip install 'frequency-harness[more]'") from None
    path, temporary = target / "study.duckdb", target / ".study.duckdb.tmp"
    # what a killed export has left would be opened, and added to
    temporary.unlink(missing_ok=True)
    with duckdb.connect(str(temporary)) as database:
        for name, rows in tables.items():
            database.register("rows", rows)
            database.execute(f'CREATE TABLE "{name}" AS SELECT * FROM rows')  # noqa: S608  # names are ours
            database.unregister("rows")
    temporary.replace(path)
    return [path]


FORMS: dict[str, Callable[[Tables, Path], list[Path]]] = {
    "csv": partial(_files, "csv"),
    "parquet": partial(_files, "parquet"),
    "duckdb": _duckdb,
    "ioh": write_ioh,
}
