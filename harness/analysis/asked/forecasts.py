"""May the forecast of the tangent kernel be believed? It is held against the kernel of the run itself.

The forecast takes the kernel of the start for that of the whole run. The observer `kernel` says at its marks when
gradient flow would learn each frequency, had the kernel been that of the mark all along. As long as that time stays
within a factor of `TRUST`, up to the first such mark after the predicted hit, the forecast is believed.
"""

import numpy as np
import pandas as pd

from harness.analysis.incumbents import declared
from harness.analysis.order import PRIMARY_THRESHOLD
from harness.tables import LABELS, Tables

TRUST = 1.25
"""Within 20 % below, 25 % above: how near a forecast is called right."""
YES, NO, UNKNOWN = "yes", "no", "unknown"


def forecasts(tables: Tables) -> pd.DataFrame:
    """One row for each predicted hit at the primary threshold, k > 0, with `predicted_trusted`: yes, no or unknown.

    Further columns: run_id, LABELS, seed, probe, component, frequency, predicted_cost, cost, censored, and drift and
    flow_factor of that mark, of those up to the predicted hit and the next, at which the flow's time has moved
    furthest. `unknown` is said where the observer `kernel` did not watch, or its start never learns the frequency.
    Raises ValueError for a study without predictions."""
    hits = tables["hits"]
    hits = hits[np.isclose(hits["threshold"], PRIMARY_THRESHOLD) & (hits["frequency"] > 0)]
    hits = hits[hits["predicted_cost"].notna()]
    if hits.empty:
        raise ValueError(
            "The study holds no predicted hits: there is a forecast for gradient descent of constant step on a squared "
            "loss of at most 1,024 residuals, and a hit where that is foretold within the budget."
        )
    kernel = tables.get("kernel", pd.DataFrame())
    series = ["run_id", "frequency", "component"]
    by_wave = {} if kernel.empty else {key: own.sort_values("mark") for key, own in kernel.groupby(series)}
    predicted = hits["predicted_cost"].to_numpy(np.float64)
    waves = hits[series].itertuples(index=False, name=None)
    judged = [_judged(by_wave.get(wave), float(cost)) for wave, cost in zip(waves, predicted, strict=True)]
    rows = pd.DataFrame(judged, columns=["drift", "flow_factor", "predicted_trusted"], index=hits.index)
    rows = pd.concat([hits[[*series, "probe", "seed", "predicted_cost", "cost", "censored"]], rows], axis=1)
    table = rows.merge(tables["runs"][["run_id", *LABELS]], on="run_id")
    table["incumbent"] = declared(tables)
    return table


def _judged(marks: pd.DataFrame | None, predicted: float) -> tuple[float, float, str]:
    """Drift and factor where the flow's time has moved furthest, and whether that is near enough."""
    if marks is None or "flow_time" not in marks:
        return np.nan, np.nan, UNKNOWN
    # up to the mark that follows the predicted hit: between marks the kernel is not known
    last = int(np.searchsorted(marks["cost"].to_numpy(np.float64), predicted)) + 1
    times, drift = (marks[name].to_numpy(np.float64)[:last] for name in ("flow_time", "drift"))
    factors = times / times[0]
    if not np.isfinite(factors[0]):
        return np.nan, np.nan, UNKNOWN
    # a kernel with which the frequency is never learned is further away than any other
    apart = np.where(np.isfinite(factors) & (factors > 0), np.abs(np.log(np.where(factors > 0, factors, 1.0))), np.inf)
    place = int(apart.argmax())
    trusted = YES if apart[place] <= np.log(TRUST) else NO
    return float(drift[place]), float(factors[place]), trusted
