"""Theory beside measurement: the hits that the tangent kernel of the start foretells for gradient descent."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from harness.analysis.asked.forecasts import TRUST, forecasts
from harness.analysis.asked.standing import block_names, with_blocks
from harness.atlas.wording import number, table
from harness.tables import Tables

HEADS = (
    "problem",
    "method",
    "hits foretold",
    "of them measured",
    "measured / foretold",
    f"within a factor of {TRUST:g}",
)


def theory_section(tables: Tables) -> Iterator[str]:
    """The section, which says so where nothing was foretold."""
    yield "## Theory beside measurement"
    yield ""
    try:
        rows = forecasts(tables)
    except ValueError as error:
        yield f"{error}"
        yield ""
        return
    names = block_names(tables["runs"])
    rows = with_blocks(rows, names)
    # problems as everywhere on the page, of which hits know nothing
    rows = rows.sort_values(["block", "optimizer"], key=_placed([*dict.fromkeys(names.values())]), kind="stable")
    yield (
        "The tangent kernel of the starting weights foretells for gradient descent when each frequency's error "
        "falls to 0.1. Ratios are medians with quartiles over runs and frequencies, in which what was not measured "
        "is later than any cost (∞); of methods that do not step along the gradient nothing is foretold, and "
        "nothing that lies beyond the budget. A forecast fails where the kernel moves before the hit; with Fourier "
        "features it moves by its own size, and hits come sooner (`docs/theory.md`)."
    )
    yield ""
    yield from table(HEADS, [_line(block, method, own) for (block, method), own in _groups(rows)])
    watched = (rows["predicted_trusted"] != "unknown").sum()
    if not watched:
        yield (
            "The kernel was not watched on the way (`--observe kernel`), so which forecasts deserve belief "
            "is not said here."
        )
        yield ""


def _placed(blocks: list[str]) -> Callable[["pd.Series[str]"], "pd.Series[str] | pd.Series[int]"]:
    """The sort key by which blocks stand as in this list."""
    return lambda column: column.map(blocks.index) if column.name == "block" else column


def _groups(rows: pd.DataFrame) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    for key, own in rows.groupby(["block", "optimizer"], sort=False):
        yield (str(key[0]), str(key[1])), own


def _line(block: str, method: str, own: pd.DataFrame) -> list[str]:
    # a hit at the first mark costs 0 and counts as one forward pass; what was not hit is later than any cost
    cost, foretold = (own[name].where(own[name] > 0, 1.0) for name in ("cost", "predicted_cost"))
    ratio = (cost.where(~own["censored"], np.inf) / foretold).to_numpy(np.float64)
    # no mean of two, for infinity has none
    low, middle, high = np.quantile(ratio, [0.25, 0.5, 0.75], method="inverted_cdf")
    shown = f"{number(middle)} [{number(low)}, {number(high)}]"
    near = int((np.abs(np.log(ratio)) <= np.log(TRUST)).sum())
    return [block, f"`{method}`", str(len(own)), str(int((~own["censored"]).sum())), shown, f"{near} of {len(own)}"]
