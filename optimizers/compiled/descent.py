"""How cores begin: the first evaluation, and the line that a descent goes along."""

from typing import Any

import numpy as np

from optimizers.compiled.calls import evaluate
from optimizers.compiled.compilation import plain
from optimizers.compiled.line import Line
from optimizers.compiled.vectors import copy, dot


@plain
def begin(address: Any, context: Any, theta: Any, point: Any, gradient: Any, descent: Any) -> Any:
    """The line from `theta` along the negative gradient, the loss there, and scipy's guess of the one before.

    The guess makes a first step of about one. The loss is NaN where the run ends at once."""
    copy(theta, point)
    loss = evaluate(address, context, point, gradient)
    dim = len(theta)
    line = Line(
        address,
        context,
        theta,
        point,
        gradient,
        np.empty(dim),
        np.empty(dim),
        np.empty(dim),
        np.empty(3),
        descent,
    )
    turn(0.0, line)
    return line, loss, loss + np.sqrt(dot(gradient, gradient)) / 2


@plain
def turn(kept: Any, line: Any) -> None:
    """The next direction, `kept d - g`."""
    if kept == 0.0:
        # of a direction that nothing has been written to yet, nothing is kept
        for i in range(len(line.direction)):
            line.direction[i] = -line.gradient[i]
        return
    for i in range(len(line.direction)):
        line.direction[i] = kept * line.direction[i] - line.gradient[i]
