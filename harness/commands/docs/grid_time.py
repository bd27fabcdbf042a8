"""How long a large study has taken, and what is missing of it will, extrapolated from the seconds of the kept runs."""

import numpy as np
import pandas as pd

from harness.quantities import duration
from harness.run.spec import RunSpec
from harness.study.foretelling.finished import SECONDS
from optimizers import OPTIMIZERS


def time_sentence(specs: list[RunSpec], runs: pd.DataFrame, budgets: dict[str, float]) -> str:
    """What the kept `runs` have taken, with `budgets` by run id, and what those of `specs` that are missing will.

    A method takes per unit of cost what it takes in the mean over their problems, one that they lack what
    its family does, or else what all do; larger networks are not reckoned with."""
    paid = runs.assign(rate=runs[SECONDS].sum(axis=1) / runs["run_id"].map(budgets))
    paid = paid.assign(family=[OPTIMIZERS[name].family for name in paid["optimizer"]])
    taken = float(runs[SECONDS].to_numpy().sum())
    said = f"The {len(runs):,} runs of `tables/` have taken {duration(taken)} of one core"
    missing = [(spec.optimizer, spec.budget) for spec in specs if spec.run_id not in budgets]
    if not missing:
        return f"{said}."
    ratios = []
    for problem, own in paid.groupby("problem"):
        asked = list(zip(own["optimizer"], own["run_id"].map(budgets), strict=True))
        ratios.append(_foretold(asked, paid[paid["problem"] != problem]) / float(own[SECONDS].to_numpy().sum()))
    return (
        f"{said}; the {len(missing):,} that\nare missing take about {duration(_foretold(missing, paid))} more, at the "
        "seconds for each unit of cost of their method, or else of\nits family. That is rough, and too little for "
        "networks that are larger: each problem, foretold in this way from\nthe others, gets "
        f"{min(ratios):.2g} to {max(ratios):.2g} times what it took.\n"
        "`python -m harness plan atlas/atlas.toml` measures probes instead."
    )


def _foretold(asked: list[tuple[str, float]], paid: pd.DataFrame) -> float:
    """Seconds of runs of these methods and budgets."""
    rates = paid.groupby(["optimizer", "problem"])["rate"].mean()
    own = rates.groupby("optimizer").mean()
    families = paid.groupby(["family", "problem"])["rate"].mean().groupby("family").mean()
    default = float(np.median(own))
    known = {name: own.get(name, families.get(method.family, default)) for name, method in OPTIMIZERS.items()}
    return sum(float(known.get(name, default)) * budget for name, budget in asked)
