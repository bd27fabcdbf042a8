"""What a descent does when its line search fails: begin again there, as long as that helps.

Line searches give up where rounding hides the slope or the curvature model has gone bad, which need not be a minimum.
A fresh model from the same point costs one evaluation, and tells the two apart.
"""

from collections.abc import Callable
from math import inf
from typing import Any, TypeAlias

import numpy as np

from optimizers.base import Doubles, Objective

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


def descend_in_core(
    objective: Objective, theta0: Doubles, core: Callable[..., float], *settings: Any, slopes: bool = True
) -> None:
    """The same for a compiled `core` of `optimizers.compiled`, which moves a vector and returns the loss there."""
    from optimizers.compiled.calls import Calls

    calls = Calls(objective, len(theta0), slopes=slopes)

    def descend(theta: Doubles) -> tuple[Doubles, float]:
        moved = np.array(theta, np.float64)
        return moved, calls.run(core, moved, *settings)

    descend_repeatedly(descend, theta0)
