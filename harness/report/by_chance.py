"""What samplers of the initial law say of a study: how much of an order is in the map from parameters alone."""

from typing import NamedTuple

import pandas as pd

from harness.analysis.asked.samplers import P_LIMIT, SAMPLERS, against_samplers
from harness.analysis.statistics.verdicts import FEWEST_RUNS
from harness.tables import Tables

BESIDE = ["sampler", "sampler_settings", "probe"]


class Beside(NamedTuple):
    """One sampler and probe: how many methods are which, and a sentence on each."""

    counted: str
    sentences: list[str]


def beside_samplers(tables: Tables) -> list[Beside]:
    """One for each sampler and probe; none for a study without a sampler."""
    if not set(SAMPLERS) & set(tables["runs"]["optimizer"]):
        return []
    rows = against_samplers(tables)
    if rows.empty:
        return []
    telling = [BESIDE[0], *(name for name in BESIDE[1:] if rows[name].nunique() > 1)]
    return [_beside(" ".join(map(str, key)), own) for key, own in rows.groupby(telling, sort=False, dropna=False)]


def _beside(name: str, rows: pd.DataFrame) -> Beside:
    enough = rows["n_pairs"] >= FEWEST_RUNS
    sure = enough & (rows["p_adjusted"] <= P_LIMIT)
    counts = {
        "more low-first than the map alone": sure & (rows["frequency_ratio"] > 1),
        "less low-first": sure & (rows["frequency_ratio"] <= 1),
        "no difference shown": enough & ~sure,
        "too few runs to compare": ~enough,
    }
    told = ", ".join(f"{int(held.sum())} {word}" for word, held in counts.items() if held.any())
    return Beside(f"Beside {name}, of {len(rows)}: {told}.", [str(sentence) for sentence in rows["sentence"]])
