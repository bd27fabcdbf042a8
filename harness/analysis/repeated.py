"""Runs that repeat another one to the last digit: whatever their seeds, they are one path, and one run of a statement.

So it is where nothing is drawn from the seed: a method that begins at a point of its own, a training loop that sets the
seed of its library once, weights from a file. Five copies of one run would agree in everything, and prove nothing."""

import pandas as pd

from harness.analysis.configurations import of_problems
from harness.tables import LABELS, Tables

ENDS = ["last_loss", "best_loss"]


def distinct(runs: pd.DataFrame, hits: pd.DataFrame) -> pd.DataFrame:
    """`runs` without those that end as one of their configuration with a lower seed: both losses, and the latest hit.

    The first loss is that of the start that a run was given, and a method may pass it over. A run without a hit repeats
    none: of such runs nothing is said."""
    # losses tell nearly all apart, so that hits are looked at where they do not
    alike = runs[runs.duplicated([*LABELS, *ENDS], keep=False)]
    if alike.empty:
        return runs
    hit = hits[hits["run_id"].isin(alike["run_id"]) & ~hits["censored"]]
    latest = hit.sort_values("cost").drop_duplicates("run_id", keep="last")[["run_id", "cost", "loss"]]
    latest = latest.rename(columns={"cost": "hit_cost", "loss": "hit_loss"})  # a label of runs is called loss
    told = alike[["run_id", "seed", *LABELS, *ENDS]].merge(latest, on="run_id").sort_values(["seed", "run_id"])
    again = told.loc[told.duplicated([*LABELS, *ENDS, "hit_cost", "hit_loss"]), "run_id"]
    return runs[~runs["run_id"].isin(again)]


def repeats(tables: Tables) -> list[str]:
    """A sentence on each configuration that has such runs; none where every run went a way of its own."""
    runs = tables["runs"]
    kept = set(distinct(runs, tables["hits"])["run_id"])
    if len(kept) == len(runs):
        return []
    counts = [(name, len(own), int(own["run_id"].isin(kept).sum())) for name, own in of_problems(runs)]
    return [
        f"{name}: of {count} runs {count - once} repeat another to the last digit, whatever their seeds, so that they "
        f"count as {once}. Let what is random in them, such as the first weights, come from the seed."
        for name, count, once in counts
        if once < count
    ]
