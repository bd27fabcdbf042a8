"""Runs of one configuration at equal costs, for medians over the same runs everywhere.

Marks of one number may lie at different costs, as of methods that skip marks where a step is dear; and of runs that
ended those that are left would be few, and the slow ones alone where the others have converged."""

import numpy as np
import pandas as pd

ROUNDING = 1e-9
"""Slack in comparing costs, which are sums of prices."""


def at_equal_costs(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of one configuration, of `run_id`, `mark` and `cost`, of all runs at the costs of the one that went longest.

    Each is that of the run's last mark up to there, also after its end; `mark` numbers the costs. They begin where all
    runs have begun."""
    marks = rows.drop_duplicates(["run_id", "mark"])[["run_id", "mark", "cost"]].sort_values(["run_id", "mark"])
    of_run = dict(iter(marks.groupby("run_id", sort=False)))
    longest = max(of_run.values(), key=lambda own: (own["cost"].iloc[-1], len(own)))
    first = max(own["cost"].iloc[0] for own in of_run.values())
    costs = longest["cost"].unique()
    costs = costs[costs >= first * (1 - ROUNDING)]
    parts = []
    for run, own in of_run.items():
        place = own["cost"].searchsorted(costs * (1 + ROUNDING), side="right") - 1
        read = own["mark"].to_numpy()[place]
        parts.append(pd.DataFrame({"run_id": run, "mark": read, "at": costs, "number": np.arange(len(costs))}))
    found = pd.concat(parts, ignore_index=True).merge(rows.drop(columns="cost"), on=["run_id", "mark"])
    return found.drop(columns="mark").rename(columns={"number": "mark", "at": "cost"})
