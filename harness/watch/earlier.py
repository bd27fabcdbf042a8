"""The marks of a loop that were made before it was resumed, from a checkpoint, and its tables as those of one run."""

import pandas as pd

from harness.study.ledger.part import unpack
from harness.study.store import Store
from harness.tables import SCHEMA, AnyRows, RunRows, Tables, frame

TABLES = ("runs", "curves", "spectra")
SERIES = ["probe", "component", "frequency"]
OF_BEST = {"curves": ["loss", "test_loss"], "spectra": ["amplitude", "error"]}
"""Columns about the best point so far."""


def earlier(store: Store, run_id: str, cost: float) -> Tables | None:
    """The tables of the run as they lie there, with the marks before this cost; None if there are none."""
    rows = store.ledger.rows([run_id], TABLES)
    if rows is None:
        return None
    found = unpack(rows, TABLES)
    curves, spectra = (found[name][found[name]["cost"] < cost] for name in TABLES[1:])
    return {"runs": found["runs"], "curves": curves, "spectra": spectra} if len(curves) else None


def joined(before: Tables, later: RunRows) -> dict[str, AnyRows]:
    """The later tables behind the earlier ones; the best point so far is that of both."""
    last = before["curves"].iloc[-1]
    run, curves, spectra = (later[name].frame() for name in TABLES)
    seconds = {"seconds": curves["seconds"] + last["seconds"]}
    # what is no number is lower than nothing
    held = set(curves.loc[~(curves["loss"] < last["loss"]), "mark"])
    curves.loc[curves["mark"].isin(held), OF_BEST["curves"]] = last[OF_BEST["curves"]].to_numpy(float)
    at_best = before["spectra"][before["spectra"]["mark"] == last["mark"]]
    known = spectra[SERIES].merge(at_best[SERIES + OF_BEST["spectra"]], on=SERIES, how="left")
    for name in OF_BEST["spectra"]:
        spectra[name] = spectra[name].where(~spectra["mark"].isin(held), known[name].to_numpy(float))
    moved = {"mark": lambda rows: rows["mark"] + int(last["mark"]) + 1}
    curves = pd.concat([before["curves"], curves.assign(**moved, **seconds)], ignore_index=True)
    spectra = pd.concat([before["spectra"], spectra.assign(**moved)], ignore_index=True)
    run["first_loss"] = before["runs"]["first_loss"].iloc[0]
    run["best_loss"] = min(run["best_loss"].iloc[0], last["loss"])
    run["seconds_objective"] += last["seconds"]
    run["seconds_measuring"] += before["runs"]["seconds_measuring"].iloc[0]
    own = {"runs": run, "curves": curves, "spectra": spectra}
    return {**later, **{name: frame(name, {column: own[name][column] for column in SCHEMA[name]}) for name in TABLES}}
