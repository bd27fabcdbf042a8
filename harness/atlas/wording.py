"""How numbers and names stand on the page of the Atlas."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np


def number(value: float) -> str:
    """Two digits, whole from a hundred; a dash for NaN."""
    if not np.isfinite(value):
        return "-" if np.isnan(value) else "∞"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


def listed(names: Iterable[str]) -> str:
    """Names as code, between commas."""
    return ", ".join(f"`{name}`" for name in names) or "none"


def spread_of(row: Mapping[Hashable, Any]) -> str:
    """The spread of a row of a standing, with its interval and what it is a bound of."""
    bound = row.get("spread_bound") or ""
    return f"{bound}{number(row['spread'])} [{number(row['spread_low'])}, {number(row['spread_high'])}]"


def share_of(row: Mapping[Hashable, Any]) -> str:
    """C of a row of a standing, with its interval."""
    # an interval that one run leaves unsaid is a dash
    ends = ", ".join("-" if np.isnan(row[name]) else f"{row[name]:.2f}" for name in ("low", "high"))
    return f"{row['concordance']:.2f} [{ends}]"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table in Markdown, and an empty line."""
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows), ""]
