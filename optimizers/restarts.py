"""What a descent does when its line search fails: begin again there, as long as that helps.

Line searches give up where rounding hides the slope or the curvature model has gone bad, which need not be a minimum.
A fresh model from the same point costs one evaluation, and tells the two apart.
"""

from collections.abc import Callable
from math import inf
from typing import TypeAlias

from optimizers.base import Doubles

Descend: TypeAlias = Callable[[Doubles], tuple[Doubles, float]]
"""From a start to where the method gave up, and the loss there."""


def descend_repeatedly(descend: Descend, theta0: Doubles) -> None:
    """Begin again where `descend` gave up, until that lowers the loss no more."""
    theta, lowest = theta0, inf
    while True:
        theta, loss = descend(theta)
        if not loss < lowest:  # and not `>=`: NaN has to end it too
            return
        lowest = loss
