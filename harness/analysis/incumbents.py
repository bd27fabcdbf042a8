"""Which point of a run is judged: the best so far, or the last one evaluated; one for all of a comparison."""

import pandas as pd

from harness.tables import Tables

INCUMBENTS = ("best", "last")
BEST = INCUMBENTS[0]
PAIRS = {name: f"{name}_last" for name in ("error", "amplitude", "loss", "test_loss")}
"""Columns of the best point, and those of the last one."""


def check_incumbent(incumbent: str) -> str:
    """The name itself; raises ValueError for another one."""
    if incumbent not in INCUMBENTS:
        raise ValueError(f"The incumbent is {' or '.join(INCUMBENTS)}; got '{incumbent}'.")
    return incumbent


def judged_at(part: pd.DataFrame, incumbent: str) -> pd.DataFrame:
    """`curves` or `spectra` with the columns of this point in the place of the best one's, and the other way round."""
    if check_incumbent(incumbent) == BEST:
        return part
    both = {name: other for name, other in PAIRS.items() if {name, other} <= set(part)}
    return part.assign(**{a: part[b] for name, other in both.items() for a, b in ((name, other), (other, name))})


def declared(tables: Tables) -> str:
    """The point that the table `order` is about; where there is none, no rows, or an older table, the best."""
    order = tables.get("order")
    return BEST if order is None or order.empty else str(order["incumbent"].iat[0]) or BEST


def of_point(tables: Tables) -> str:
    """What a figure says of the point that it shows; empty for the usual one."""
    incumbent = declared(tables)
    return "" if incumbent == BEST else f"at the {incumbent} point of each run"


def of_kept(tables: Tables) -> str:
    """What a figure of kept predictions says where the study judges another point; empty where it is the same."""
    return "" if declared(tables) == BEST else "at the best point so far, where alone predictions are kept"


def as_declared(tables: Tables) -> Tables:
    """The tables of a study with curves and spectra for the point that its `order` is about."""
    return tables | {name: judged_at(tables[name], declared(tables)) for name in ("curves", "spectra")}
