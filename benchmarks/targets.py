"""What is asked of this project: how many times as long others should take, and how long a study may.

The one place: measured tables are shown against these, whenever they were measured."""

from collections.abc import Mapping

import pandas as pd

FIRST, SECOND = "compare sin135, 8 seeds, first", "compare sin135, 8 seeds, second"
ALL = "compare sin135, all optimizers, 3 seeds"
SECONDS = {FIRST: 15.0, SECOND: 10.0, ALL: 80.0}
"""Of a study as a whole, on two cores."""
RECORDING = {"sin135": 0.03, "mnist-pca": 0.10}
"""The share of a study's time that measuring may take, by problem."""
RATIOS: Mapping[tuple[str, str, str], Mapping[str, float]] = {
    ("loss and gradient", "1-40-1", "float32"): {"torch": 30},
    ("loss and gradient", "1-40-1", "float64"): {"torch": 8},
    ("adam, 30 lanes", "1-40-1", "float32"): {"torch": 40, "jax": 1.5},
    ("adam, 30 lanes", "1-200-50-1", "float32"): {"torch": 2.5, "jax": 1.3},
    ("powell", "1-40-1", "float64"): {"scipy on torch": 20},
    ("powell", "1-200-1", "float64"): {"scipy on torch": 20},
    ("pso, 100 particles", "1-40-1", "float64"): {"pyswarms on torch, each": 20},
    ("bfgs", "1-667-1", "float64"): {"scipy": 160},
}
"""By work, network and precision: how many times as long as ours each rival should take."""
ALLOWED = "seconds allowed"
"""What a study as a whole stands against."""
RECORDED = "of the time"
"""How what measuring stands against ends."""


def asked(rows: pd.DataFrame) -> pd.DataFrame:
    """Measured rows with the `target` of each ratio, NaN for none; of studies theirs is the seconds allowed now."""
    rows = rows.copy()
    allowed = rows["work"].map(SECONDS).where(rows["against"] == ALLOWED)
    rows["seconds_theirs"] = allowed.fillna(rows["seconds_theirs"])
    rows["ratio"] = (allowed / rows["seconds_ours"]).fillna(rows["ratio"])
    rows["target"] = [_target(row) for row in rows.to_dict("records")]
    return rows


def _target(row: Mapping[str, str]) -> float:
    against = row["against"]
    if against == ALLOWED or against.endswith(RECORDED):
        return 1.0
    return RATIOS.get((row["work"], row["network"], row["dtype"]), {}).get(against, float("nan"))
