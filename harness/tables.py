"""The tables: their columns, declared once and checked when written. Every row of every table is flat and tidy."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import pandas_dtype

Tables: TypeAlias = dict[str, pd.DataFrame]
Doubles: TypeAlias = NDArray[np.float64]

LABELS = {
    "problem": "str",
    "optimizer": "str",
    "settings": "str",
    "problem_settings": "str",
    "network": "str",
    "activation": "str",
    "init": "str",
    "loss": "str",
}
"""Who a run is, apart from its seed: the columns that tell one configuration from another."""
METHOD = ["optimizer", "settings"]
"""Those of them that are of the method."""
PLACE = [label for label in LABELS if label not in METHOD]
"""The others: the problem, with its network and loss."""


SCHEMA: dict[str, dict[str, str]] = {
    "runs": {
        "run_id": "str",
        **LABELS,
        "dtype": "str",
        "seed": "int64",
        "dim": "int64",
        "n_samples": "int64",
        "budget": "float64",
        "cost_per_gradient": "float64",
        "status": "str",
        "reason": "str",
        "values": "float64",
        "gradients": "float64",
        "hvps": "float64",
        "jacobians": "float64",
        "cost": "float64",
        "seconds_objective": "float64",
        "seconds_optimizer": "float64",
        "seconds_measuring": "float64",
        "lanes": "int64",
        "engine": "str",
        "state_dtype": "str",
        "observers": "str",
        "first_loss": "float64",
        "last_loss": "float64",
        "best_loss": "float64",
        "machine_id": "str",
    },
    "curves": {
        "run_id": "str",
        "mark": "int64",
        "cost": "float64",
        "values": "float64",
        "gradients": "float64",
        "hvps": "float64",
        "jacobians": "float64",
        "seconds": "float64",
        "loss": "float64",
        "loss_last": "float64",
        "test_loss": "float64",
        "test_loss_last": "float64",
    },
    "spectra": {
        "run_id": "str",
        "mark": "int64",
        "cost": "float64",
        "probe": "str",
        "component": "int64",
        "frequency": "float64",
        "target_amplitude": "float64",
        "amplitude": "float64",
        "error": "float64",
        "amplitude_last": "float64",
        "error_last": "float64",
        "predicted_error": "float64",
    },
    "predictions": {
        "run_id": "str",
        "mark": "int64",
        "cost": "float64",
        "sample": "int64",
        "component": "int64",
        "target": "float64",
        "value": "float64",
    },
    "hits": {
        "run_id": "str",
        "problem": "str",
        "optimizer": "str",
        "seed": "int64",
        "probe": "str",
        "component": "int64",
        "frequency": "float64",
        "threshold": "float64",
        "cost": "float64",
        "loss": "float64",
        "seconds": "float64",
        "censored": "bool",
        "at_most": "bool",
        "predicted_cost": "float64",
    },
    "order": {
        **LABELS,
        "probe": "str",
        "threshold": "float64",
        "matched_by": "str",
        "endpoint": "str",
        "incumbent": "str",
        "n_runs": "int64",
        "pairs": "int64",
        "concordance": "float64",
        "low": "float64",
        "high": "float64",
        "kendall_tau": "float64",
        "spread_bound": "str",
        "spread": "float64",
        "spread_low": "float64",
        "spread_high": "float64",
        "exponent": "float64",
        "exponent_low": "float64",
        "exponent_high": "float64",
        "p_value": "float64",
        "p_adjusted": "float64",
        "p_mixed": "float64",
        "null_concordance": "float64",
        "null_spread": "float64",
        "verdict": "str",
    },
    "nulls": {
        **{name: LABELS[name] for name in PLACE},
        "probe": "str",
        "threshold": "float64",
        "matched_by": "str",
        "null": "str",
        "n_runs": "int64",
        "concordance": "float64",
        "low": "float64",
        "high": "float64",
        "spread": "float64",
        "exponent": "float64",
    },
    "machines": {
        "machine_id": "str",
        "python": "str",
        "platform": "str",
        "cpu": "str",
        "cores": "int64",
        "threads": "int64",
        "libraries": "str",
        "git_sha": "str",
        "git_dirty": "bool",
    },
}


TEXT = pd.StringDtype(na_value=np.nan)
"""What pandas calls `str`."""
SAFE: dict[str, tuple[type, ...]] = {"float64": (int, float), "int64": (int,), "bool": (bool, np.bool_), "str": (str,)}
"""Types whose values become that of a column as they are."""


class Rows:
    """A table by columns, in order and in their types: arrays, and lists of text.

    A run that is only written needs no DataFrame, which takes some twenty times as long to make."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, column: str) -> Any:
        return self.columns[column]

    def frame(self) -> pd.DataFrame:
        """The same as a DataFrame."""
        text = {name: pd.array(values, dtype=TEXT) for name, values in self.columns.items() if isinstance(values, list)}
        return pd.DataFrame({**self.columns, **text})


RunRows: TypeAlias = dict[str, Rows]
"""The tables of one run."""
AnyRows: TypeAlias = Rows | pd.DataFrame


def of_runs(tables: Tables, ids: Collection[str]) -> Tables:
    """The tables with the rows of these runs alone, of those that tell of runs."""
    return {name: rows[rows["run_id"].isin(ids)] if "run_id" in rows else rows for name, rows in tables.items()}


def frame(table: str, columns: Mapping[str, Any], schema: Mapping[str, str] | None = None) -> pd.DataFrame:
    """A DataFrame of `table`, as `rows_of` has it."""
    return rows_of(table, columns, schema).frame()


def rows_of(table: str, columns: Mapping[str, Any], schema: Mapping[str, str] | None = None) -> Rows:
    """The rows of `table` with exactly its columns, in order and in their types; scalars are repeated.

    `schema` has the columns of a table that an observer declares. Raises ValueError naming the columns that are missing
    or unknown."""
    schema = SCHEMA[table] if schema is None else schema
    missing, unknown = schema.keys() - columns.keys(), columns.keys() - schema.keys()
    if missing or unknown:
        raise ValueError(f"Table '{table}': missing columns {sorted(missing)}, unknown columns {sorted(unknown)}.")
    lengths = {len(value) for value in columns.values() if np.ndim(value) == 1}
    length = lengths.pop() if lengths else 1
    return Rows({name: _column(columns[name], kind, length) for name, kind in schema.items()})


def empty(table: str, schema: Mapping[str, str] | None = None) -> pd.DataFrame:
    """The table without rows."""
    schema = SCHEMA[table] if schema is None else schema
    return _empty(tuple(schema.items())).copy()


def no_rows(table: str, schema: Mapping[str, str] | None = None) -> Rows:
    """The same as `Rows`."""
    schema = SCHEMA[table] if schema is None else schema
    return rows_of(table, dict.fromkeys(schema, ()), schema)


@cache
def _empty(schema: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    return pd.DataFrame({name: [] for name, _ in schema}).astype(dict(schema))


def _column(values: Any, kind: str, length: int) -> Any:
    """Values in their type. Arrays and single values that have it already go a short way: a run makes some hundred."""
    if np.ndim(values) == 0:
        if isinstance(values, SAFE[kind]):
            return [values] * length if kind == "str" else np.full(length, values, kind)
        values = [values] * length
    elif isinstance(values, (np.ndarray, pd.Series)) and values.dtype == kind:
        return values
    if kind == "str" and all(isinstance(value, str) for value in values):
        return list(values)
    return pd.Series(values).astype(pandas_dtype(kind)) if len(values) else np.empty(0, kind)
