"""Runs of one configuration at equal costs, for medians over the same runs everywhere.

Marks of one number may lie at different costs, as of methods that skip marks where a step is dear or of tables that
keep some marks alone; and of runs that ended those that are left would be few, and the slow ones alone where the
others have converged."""

import numpy as np
import pandas as pd

ROW = ["probe", "component", "frequency"]
ENDS = 1e-300, 1e300
"""Errors that have a logarithm; those beyond come back as 0 and infinity."""


def at_equal_costs(spectra: pd.DataFrame) -> pd.DataFrame:
    """Spectra of one configuration, of all runs at every cost that any has a mark at; `mark` numbers the costs.

    Between two marks log error is linear in log cost, as for hits. The last one stands after a run's end, and costs
    begin where all runs have begun."""
    costs = np.unique(spectra["cost"])
    costs = costs[costs >= spectra.groupby("run_id")["cost"].min().max()]
    keys = ["run_id", *(name for name in ROW if name in spectra)]
    linear = [name for name in ("target_amplitude", "amplitude") if name in spectra]
    # a cost of 0 has a place
    at, parts = np.log1p(costs), []
    for key, own in spectra.sort_values("mark").groupby(keys, sort=False):
        known = own.drop_duplicates("cost", keep="last")
        places = np.log1p(known["cost"].to_numpy(float))
        error = np.exp(np.interp(at, places, np.log(known["error"].clip(*ENDS).to_numpy(float))))
        error = np.where(error <= 2 * ENDS[0], 0.0, np.where(error >= ENDS[1] / 2, np.inf, error))
        # at its own marks an error is what was measured, to the last digit
        error[np.isin(costs, known["cost"])] = known.loc[known["cost"] >= costs[0], "error"]
        read = {name: np.interp(at, places, known[name].to_numpy(float)) for name in linear}
        about = dict(zip(keys, key, strict=True))
        parts.append(pd.DataFrame({**about, "mark": np.arange(len(costs)), "cost": costs, **read, "error": error}))
    return pd.concat(parts, ignore_index=True)
