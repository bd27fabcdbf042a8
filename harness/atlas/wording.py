"""How numbers and names stand on the page of the Atlas."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from harness.analysis.asked.sizes import is_sized
from harness.quantities import AT_LEAST, AT_MOST, few_digits, held, held_ends
from harness.tables import Doubles


def number(value: float) -> str:
    """Two digits, whole from a hundred; a dash for NaN."""
    if not np.isfinite(value):
        return "-" if np.isnan(value) else "∞"
    return few_digits(value)


def listed(names: Iterable[str]) -> str:
    """Names as code, between commas."""
    return ", ".join(f"`{name}`" for name in names) or "none"


def spread_of(row: Mapping[Hashable, Any]) -> str:
    """The spread of a row of a standing, with its interval and what it is a bound of."""
    bound = row.get("spread_bound") or ""
    low, high = held_ends(row["spread_low"], row["spread_high"], bound)
    interval = "" if np.isnan(low) else f" [{number(low)}, {number(high)}]"  # of few runs there is none
    return f"{bound}{number(held(row['spread'], bound))}{interval}"


def spread_among(rows: pd.DataFrame, pick: Callable[[Doubles], float]) -> str:
    """The median, least or largest spread of some rows, as `pick` finds it, with the sign of what it is a bound of.

    It lies between that of the lower and that of the upper bounds; one of them is told, a dash where both are open."""
    value, bound = rows["spread"].to_numpy(np.float64), rows["spread_bound"].to_numpy(str)
    # of one between 0 and infinity nothing is known
    unknown = ~is_sized(rows).to_numpy()
    low = pick(np.where(unknown | (bound == AT_MOST), 0.0, value))
    high = pick(np.where(unknown | (bound == AT_LEAST), np.inf, value))
    if low == high:
        return number(low)
    if low > 0 and (low == pick(value) or not np.isfinite(high)):
        return f"{AT_LEAST}{number(held(low, AT_LEAST))}"
    return f"{AT_MOST}{number(held(high, AT_MOST))}" if np.isfinite(high) else "-"


def share_of(row: Mapping[Hashable, Any]) -> str:
    """C of a row of a standing, with its interval."""
    # what no pair tells, and an interval that one run leaves unsaid, is a dash
    share, low, high = ("-" if np.isnan(row[name]) else f"{row[name]:.2f}" for name in ("concordance", "low", "high"))
    return f"{share} [{low}, {high}]"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table in Markdown, and an empty line."""
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows), ""]
