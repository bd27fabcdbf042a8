"""Tables with every odd value that there is, and a machine and a study to keep them with."""

from itertools import cycle, islice

import numpy as np

from harness.study.store import RUN_TABLES
from harness.tables import SCHEMA, frame

STUDY = {"study_id": "s", "runs": ["a", "b", "c", "d"]}


ODD = {
    "str": ["", "NA", "nan", "None", "null", "1e5", "007", "True", ' "a,b"; c ', "two\nlines", "χ²", "-", "#"],
    "int64": [0, -1, 2**63 - 1, -(2**63), 2**53 + 1],
    "float64": [
        0.0,
        -0.0,
        np.nan,
        np.inf,
        -np.inf,
        0.1 + 0.2,
        1 / 3,
        5e-324,
        1.7976931348623157e308,
        1e16,
        123456789.0,
    ],
    "bool": [True, False],
}


def some(table, run_id="a", rows=30):
    """Rows of a table with every odd value there is."""
    columns = {
        name: list(islice(cycle(ODD[kind]), i, i + rows)) for i, (name, kind) in enumerate(SCHEMA[table].items())
    }
    return frame(table, columns | ({"run_id": run_id} if "run_id" in columns else {}))


def tables(run_id):
    return {table: some(table, run_id, 1 if table == "runs" else 30) for table in RUN_TABLES}


MACHINE = some("machines", rows=1).iloc[0].to_dict() | {"machine_id": "m"}
