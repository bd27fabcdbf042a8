"""Pairs: a method on a problem with tuned settings beside the same with the registered ones, on the same seeds."""

import json
from collections.abc import Hashable, Iterable
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import pandas as pd

from harness.analysis.asked.standing import KEY, block_names, standing
from harness.analysis.order import PRIMARY_THRESHOLD, order_table
from harness.tables import PLACE, Tables, of_runs

PAIRS = "pairs.csv"
"""All of them, beside the tables of the tuned settings."""
HALVES = ["targets", "n_runs", "end_loss", "spread_bound", "spread", "spread_low", "spread_high"]
HALVES += ["concordance", "low", "high", "p_adjusted", "verdict"]
"""What is said of the registered settings and, with `TUNED` behind the name, of the tuned ones."""
TUNED = "_tuned"
COLUMNS = ["block", "optimizer", "changed"]
COLUMNS += [name + end for name in HALVES for end in ("", TUNED)]


class Tuned(NamedTuple):
    """The pairs, and where the page leads to the list of all of them."""

    pairs: pd.DataFrame
    address: str


def tuned_pairs(tables: Tables, parts: Iterable[Tables]) -> pd.DataFrame:
    """A row for each tuned method and problem, with the columns `COLUMNS`; `parts` are those of the tuned study.

    Of each part both halves are judged over its configurations, seeds and targets alone: p is corrected over equally
    many in both, and no pair changes by what is added. `changed` names the settings that are others."""
    # a block is named as on the rest of the page: by what tells it apart in the whole study
    names = block_names(tables["runs"])
    return pd.concat([_of_part(tables, tuned, names) for tuned in parts], ignore_index=True)


def write_pairs(rows: pd.DataFrame, file: BinaryIO) -> None:
    """The list for people, of six digits."""
    rows.to_csv(file, index=False, float_format="%.6g")


def _of_part(tables: Tables, tuned: Tables, names: dict[tuple[str, ...], str]) -> pd.DataFrame:
    before, after = (_named(half, names) for half in (_only(tables, tuned["runs"]), tuned))
    both = before.merge(after, on=KEY[:2], suffixes=("", TUNED))
    # as many methods as problems have winners: a method that was not tuned on a problem has its registered row alone
    both = both[both["settings"] != both["settings" + TUNED]].reset_index(drop=True)
    return both.assign(changed=[_changed(row) for row in both.to_dict("records")])[COLUMNS]


def _only(tables: Tables, found: pd.DataFrame) -> Tables:
    """The runs of methods, problems and seeds that were tuned, with their order made anew."""
    key = [*PLACE, "optimizer", "seed"]
    wanted, there = (pd.MultiIndex.from_frame(rows[key].astype(str)) for rows in (found, tables["runs"]))
    runs = tables["runs"][there.isin(wanted)]
    own = of_runs(tables, runs["run_id"])
    # a standing reads the primary threshold alone, within which p is corrected
    hits = own["hits"][np.isclose(own["hits"]["threshold"], PRIMARY_THRESHOLD)]
    made = order_table(own["runs"], own["curves"], own["spectra"], hits, own["nulls"])
    return {**own, "order": made}


def _named(half: Tables, names: dict[tuple[str, ...], str]) -> pd.DataFrame:
    """The standing, with names of the whole study."""
    rows = standing(half)
    renamed = {name: names[key] for key, name in block_names(half["runs"]).items()}
    return rows.assign(block=rows["block"].map(renamed))


def _changed(row: dict[Hashable, Any]) -> str:
    before, after = (json.loads(row["settings" + end]) for end in ("", TUNED))
    return ", ".join(f"{name} {_short(after[name])}" for name in after if after[name] != before.get(name))


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
