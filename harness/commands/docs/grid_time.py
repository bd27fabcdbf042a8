"""How long a large study will take, extrapolated from the seconds that the kept runs of the Atlas have taken."""

import numpy as np
import pandas as pd

from harness.quantities import duration
from harness.run.spec import RunSpec
from harness.study.foretelling.finished import SECONDS
from optimizers import OPTIMIZERS


def time_sentence(specs: list[RunSpec], runs: pd.DataFrame, budgets: dict[str, float]) -> str:
    """The sentence; `runs` are kept ones, whose budgets are `budgets` by run id.

    A method takes per unit of cost what it takes in the mean over their problems, one that they lack what
    its family does, or else what all do; larger networks are not reckoned with."""
    paid = runs.assign(rate=runs[SECONDS].sum(axis=1) / runs["run_id"].map(budgets))
    paid = paid.assign(family=[OPTIMIZERS[name].family for name in paid["optimizer"]])
    taken = float(runs[SECONDS].to_numpy().sum())
    whole = _foretold([(spec.optimizer, spec.budget) for spec in specs], paid)
    ratios = []
    for problem, own in paid.groupby("problem"):
        asked = list(zip(own["optimizer"], own["run_id"].map(budgets), strict=True))
        ratios.append(_foretold(asked, paid[paid["problem"] != problem]) / float(own[SECONDS].to_numpy().sum()))
    return (
        f"The {len(runs):,} runs of `tables/` have taken {duration(taken)} of one core. At their seconds for each "
        f"unit of cost, by method\nor else by family, they take about {duration(whole)} of one core. "
        "That is rough, and too little "
        "for networks that are larger: each\nof their problems, foretold in this way from the others, gets "
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
