"""The loops of `nonlinear.py`, compiled. Each moves `theta` until its line search gives up, and returns the loss there.

The loss is NaN where the run has ended."""

from functools import cache
from typing import Any

from optimizers.compiled.compilation import FLOAT, VERSION, WHOLE, Core, compile_core
from optimizers.compiled.descent import begin, turn
from optimizers.compiled.line import kept_share, move
from optimizers.compiled.vectors import dot, is_zero


@cache
def polak_ribiere_core() -> Core:
    """Settings c1 and c2 of the line search, and how steeply the next direction must fall."""
    version = VERSION

    def core(address: Any, context: Any, theta: Any, point: Any, gradient: Any, c1: Any, c2: Any, descent: Any) -> Any:
        _ = version
        line, loss, before = begin(address, context, theta, point, gradient, descent)
        while loss == loss and not is_zero(line.gradient):
            moved, reached = move(line, loss, before, (c1, c2))
            if not moved:
                return reached
            before, loss = loss, reached
            turn(kept_share(line.old, line.gradient), line)
        return loss

    return compile_core(core, FLOAT, FLOAT, FLOAT)


@cache
def fletcher_reeves_core() -> Core:
    """Settings c1 and c2 of the line search, and the steps after which the direction is the gradient again."""
    version = VERSION

    def core(address: Any, context: Any, theta: Any, point: Any, gradient: Any, c1: Any, c2: Any, restart: Any) -> Any:
        _ = version
        line, loss, before = begin(address, context, theta, point, gradient, 0.0)
        steps = 0
        while loss == loss and not is_zero(line.gradient):
            moved, reached = move(line, loss, before, (c1, c2))
            if not moved:
                return reached
            before, loss = loss, reached
            if is_zero(line.step):
                return loss
            steps += 1
            again = steps % restart == 0
            kept = 0.0 if again else dot(line.gradient, line.gradient) / dot(line.old, line.old)
            turn(kept, line)
        return loss

    return compile_core(core, FLOAT, FLOAT, WHOLE)
