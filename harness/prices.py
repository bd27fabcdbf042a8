"""What an evaluation costs, in forward passes over the training set: the one place, for meters, rules and tables."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

KINDS = {
    "values": frozenset({"value", "population"}),
    "gradients": frozenset({"gradient", "minibatch"}),
    "hvps": frozenset({"hvp"}),
    "jacobians": frozenset({"residuals"}),
}
"""The columns that count evaluations, and the needs of a method that are met by each.

A minibatch counts as its share of a gradient, a Jacobian once for each output component."""


def cost(counts: "Mapping[str, Any] | pd.DataFrame", cost_per_gradient: float) -> Any:
    """Forward passes of counts, which may be columns of a table: a Hessian-vector product is worth two gradients."""
    # V + g (G + 2 H + J), with g the price of a loss and its gradient together
    return counts["values"] + cost_per_gradient * (counts["gradients"] + 2 * counts["hvps"] + counts["jacobians"])


def price(kind: str, cost_per_gradient: float) -> float:
    """Forward passes of one evaluation of a kind."""
    return float(cost({**dict.fromkeys(KINDS, 0.0), kind: 1.0}, cost_per_gradient))
