"""Controls: problems whose order for gradient descent is known from mathematics, and the verdicts they get."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from harness.analysis.statistics.verdicts import DIRECTIONS
from harness.atlas.wording import listed, share_of, table
from problems import PROBLEMS
from problems.controls import LinearControl

LOW, HIGH = DIRECTIONS
REFERENCE = "gd"
HEADS = ("control", "known", f"`{REFERENCE}`", "methods", LOW, HIGH, "no order", "mixed", "against what is known")


def known_orders() -> dict[str, str]:
    """Of each control the order in which gradient descent learns: the pace of frequency k is its curvature."""
    found = {}
    for name, recipe in PROBLEMS.items():
        if isinstance(recipe, LinearControl):
            omegas, scales = np.array(recipe.omegas), np.array(recipe.scales)
            # s^2, and s^2 (1 + k^2) where slopes are in the loss
            curvatures = scales**2 * (1 + omegas**2 if recipe.loss != LinearControl.loss else 1)
            steps = np.sign(np.diff(curvatures[np.argsort(omegas)]))
            orders = {-1.0: LOW, 0.0: "no order", 1.0: HIGH}
            if len(set(steps)) == 1:
                found[name] = orders[float(steps[0])]
    return found


def controls_section(rows: pd.DataFrame) -> Iterator[str]:
    """The section, empty for a study without controls; `rows` is their standing with `method` and `said`."""
    if rows.empty:
        return
    yield "## Controls"
    yield ""
    yield (
        "Linear models in which each frequency has a curvature that was set, so that mathematics says in which order "
        "gradient descent learns them. They are left out of the answer and of all counts above. A method that takes "
        "curvature away, or follows no gradient, is not bound to this order; what goes against it is named."
    )
    yield ""
    known = known_orders()
    yield from table(HEADS, [_line(str(block), known[own["problem"].iloc[0]], own) for block, own in _groups(rows)])


def _groups(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for block, own in rows.groupby("block", sort=False):
        yield str(block), own


def _line(block: str, known: str, own: pd.DataFrame) -> list[str]:
    reference = own[own["optimizer"] == REFERENCE]
    said = "-"
    if len(reference):
        row = reference.iloc[0].to_dict()
        said = f"{row['verdict']}, C {share_of(row)}"
    counts = [str(int((own["said"] == name).sum())) for name in (LOW, HIGH, "no order", "mixed")]
    opposite = [name for name in DIRECTIONS if name != known]
    return [block, known, said, str(len(own)), *counts, listed(own[own["said"].isin(opposite)]["method"])]
