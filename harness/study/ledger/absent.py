"""What a column reads as in a study that was made before the column was: nothing, or what every run had then."""

from collections.abc import Mapping
from typing import Any

import numpy as np

ABSENT = {"str": "", "float64": np.nan}
"""By type, where the type has a value for nothing."""
DECLARED: dict[str, int | bool] = {"lanes": 1, "component": 0, "threads": 1, "at_most": False}
"""By name, in whichever table, for counts and flags: a run was made alone, on one thread, with one output, and was
seen from its beginning. A new column
of whole numbers has its line here if all older runs were alike in it; if they were not, it cannot be made up."""


def stand_in(column: str, kind: str) -> Any:
    """The value for an older study; None where there is none."""
    return ABSENT[kind] if kind in ABSENT else DECLARED.get(column)


def completed(table: str, columns: Mapping[str, Any], schema: Mapping[str, str]) -> dict[str, Any]:
    """The columns with a single value for each that lacks; raises ValueError for those that cannot be made up."""
    lacking = {name: kind for name, kind in schema.items() if name not in columns}
    unknown = [name for name, kind in lacking.items() if stand_in(name, kind) is None]
    if unknown:
        raise ValueError(
            f"Runs of an older version have no column {', '.join(unknown)} in the table '{table}', and it cannot be "
            "made up. Read them with that version, or make them again in a folder of its own."
        )
    return {**columns, **{name: stand_in(name, kind) for name, kind in lacking.items()}}
