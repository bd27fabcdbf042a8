"""The answer by family: what methods of one kind share, and how far they lie apart."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from harness.analysis.statistics.verdicts import DIRECTIONS, SAYING
from harness.atlas.wording import spread_among, table
from harness.tables import Doubles

LOW, HIGH = DIRECTIONS
HEADS = ("family", "methods", "spread over targets", "C over targets", "pairs that say something", LOW)
PICKS: tuple[Callable[[Doubles], float], ...] = (np.median, np.min, np.max)
MORE = ("beyond amplitude", HIGH, "beyond amplitude", "no order", "mixed")


def families_section(methods: pd.DataFrame, rows: pd.DataFrame) -> Iterator[str]:
    """The section; `methods` has `method`, `family` and `population`, `rows` the standing with `said` and `alone`."""
    yield "## Families"
    yield ""
    yield (
        "Spread and C over targets: the median over the methods of a family, and between what they lie. A pair is a "
        "method on a problem. Pairs of one family are alike, so that a share of them is a description and no test."
    )
    yield ""
    of = methods.set_index("method")["family"]
    rows = rows.assign(family=rows["method"].map(of))
    yield from table(
        (*HEADS, *MORE), [_line(str(family), own, rows) for family, own in methods.groupby("family", sort=False)]
    )


def _line(family: str, own: pd.DataFrame, rows: pd.DataFrame) -> list[str]:
    found = [row for row in own["population"] if row is not None]
    share = np.array([row["concordance"] for row in found], np.float64)
    said = rows[(rows["family"] == family) & rows["said"].isin(SAYING)]
    counts = []
    for name in DIRECTIONS:
        there = said[said["said"] == name]
        counts += [_share(len(there), len(said)), str(int((~there["alone"]).sum()))]
    others = [str(int((said["said"] == name).sum())) for name in ("no order", "mixed")]
    # a mean over targets of which some are bounds is a bound, and so may be what it is the median of
    sizes = [_range([spread_among(pd.DataFrame(found), pick) for pick in PICKS] if found else [])]
    sizes += [_range([f"{pick(share):.2f}" for pick in PICKS] if found else [])]
    return [family, str(len(own)), *sizes, str(len(said)), *counts, *others]


def _range(ends: list[str]) -> str:
    return f"{ends[0]} ({ends[1]} to {ends[2]})" if ends else "-"


def _share(count: int, of: int) -> str:
    return f"{count} ({count / of:.0%})" if of else "0"
