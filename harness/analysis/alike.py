"""Frequencies that two machines find alike but for the last digit, as along a principal direction, become one number.

All that asks for a frequency compares numbers exactly: groups of runs, hits beside errors, lines of figures and of
reports. So tables are made alike where they are read and where studies are joined, and nowhere else."""

import numpy as np
import pandas as pd

from harness.tables import Doubles, Tables

CLOSE = 1e-9
"""Of frequencies, relative, that are the same."""
FREQUENCY = "frequency"


def alike(tables: Tables) -> Tables:
    """The tables with one number, the smallest, for frequencies that are the same; themselves where there are none."""
    held = {name: rows for name, rows in tables.items() if FREQUENCY in rows}
    if not held:
        return tables
    found = np.unique(np.concatenate([rows[FREQUENCY].unique() for rows in held.values()]).astype(np.float64))
    found = found[np.isfinite(found)]
    with np.errstate(over="ignore"):
        # of ascending numbers those that lie further from the one before begin a new one
        begins = np.append(True, np.diff(found) > CLOSE * np.abs(found[1:]))
    if begins.all():
        return tables
    smallest = found[np.maximum.accumulate(np.where(begins, np.arange(len(found)), 0))]
    return tables | {
        name: rows.assign(**{FREQUENCY: _replaced(rows[FREQUENCY], found, smallest)}) for name, rows in held.items()
    }


def _replaced(frequency: "pd.Series[float]", found: Doubles, smallest: Doubles) -> Doubles:
    values = frequency.to_numpy(np.float64)
    # NaN, which is about no frequency, stays
    replaced = smallest[np.minimum(np.searchsorted(found, values), len(found) - 1)]
    return np.where(np.isfinite(values), replaced, values)
