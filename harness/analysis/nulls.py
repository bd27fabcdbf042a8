"""What amplitude alone would give, beside what was found.

The table `nulls` says of artificial learners without any preference (a residual that is a falling multiple of white
noise, or of itself) which C and which spread they show on the same problem. Of several the one is taken that goes
furthest in the direction of what was found. Spreads are compared by loss alone: a null has no cost of its own.
"""

import numpy as np
import pandas as pd

from harness.tables import METHOD, PLACE

SHARED = [*PLACE, "probe", "threshold"]
"""Of these the columns that the nulls have must agree."""
OWN = [*METHOD, *SHARED]


def with_nulls(rows: pd.DataFrame, nulls: pd.DataFrame | None) -> pd.DataFrame:
    """The rows with null_concordance and null_spread, and with null_low and null_high, their own spread by loss."""
    by_loss = rows[rows["matched_by"] == "loss"][[*OWN, "spread_low", "spread_high"]]
    by_loss = by_loss.rename(columns={"spread_low": "null_low", "spread_high": "null_high"})
    rows = rows.merge(by_loss, on=OWN, how="left")
    rows["null_concordance"], rows["null_spread"] = np.nan, np.nan
    if nulls is None or nulls.empty:
        return rows
    # above one half the null that goes highest is the one to beat, else that which goes lowest
    above, known = (rows["concordance"] > 0.5).to_numpy(), rows["concordance"].notna().to_numpy()
    for name in ("concordance", "spread"):
        ends = null_ends(rows, nulls, name)
        rows[f"null_{name}"] = np.where(known, np.where(above, ends["max"], ends["min"]), np.nan)
    return rows


def null_ends(rows: pd.DataFrame, nulls: pd.DataFrame, name: str) -> pd.DataFrame:
    """Of each row `min` and `max` over the nulls of its problem, of `concordance` by its clock or `spread` by loss."""
    shared = [column for column in SHARED if column in nulls.columns]
    on = [*shared, "matched_by"] if name == "concordance" else shared
    source = nulls if name == "concordance" else nulls[nulls["matched_by"] == "loss"]
    ends = source.groupby(on, dropna=False)[name].agg(["min", "max"]).reset_index()
    return rows[on].merge(ends, on=on, how="left")[["min", "max"]].set_axis(rows.index)
