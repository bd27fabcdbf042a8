"""The loss along a direction, for cores: the strong Wolfe searches of scipy's BFGS and CG, with their points."""

from typing import Any, NamedTuple

from optimizers.compiled.calls import evaluate
from optimizers.compiled.compilation import fast, plain
from optimizers.compiled.more_thuente import ENDED, FOUND, more_thuente
from optimizers.compiled.vectors import copy, dot
from optimizers.compiled.zoom import expand


class Line(NamedTuple):
    """Arrays `(P,)` of a descent, which its parts share; `at` is the length of the last evaluation, its loss and slope.

    `gradient` is that of the last evaluation, `old` and `theta` belong to the point that the line begins at, and `step`
    is the way from there. `descent` is how steeply the next direction of `steepens` must fall; 0 for no condition."""

    address: Any
    context: Any
    theta: Any
    point: Any
    gradient: Any
    direction: Any
    old: Any
    step: Any
    at: Any
    descent: Any


@plain
def along(line: Any, length: Any) -> Any:
    """Loss and slope at a length, which the last evaluation may have been at; NaN once the run has ended."""
    if length != line.at[0]:
        for i in range(len(line.theta)):
            line.point[i] = line.theta[i] + length * line.direction[i]
        line.at[0] = length
        line.at[1] = evaluate(line.address, line.context, line.point, line.gradient)
        line.at[2] = dot(line.gradient, line.direction)
    return line.at[1], line.at[2]


@fast
def kept_share(old: Any, gradient: Any) -> Any:
    """Polak and Ribiere's share of the old direction, `max(0, (g - g_old).g / g_old.g_old)`."""
    above, below = 0.0, 0.0
    for i in range(len(old)):
        above += (gradient[i] - old[i]) * gradient[i]
        below += old[i] * old[i]
    return max(0.0, above / below)


@plain
def acceptable(line: Any, length: Any) -> Any:
    """Whether Polak and Ribiere's next direction d falls from a length, `d.g <= -descent g.g`; False once the run ends.

    The Wolfe conditions alone do not grant that (Gilbert and Nocedal 1992)."""
    if line.descent == 0.0:
        return True
    loss, slope = along(line, length)
    if loss != loss:
        return False
    square = dot(line.gradient, line.gradient)
    return kept_share(line.old, line.gradient) * slope - square <= -line.descent * square


@plain
def first_length(loss: Any, before: Any, slope: Any) -> Any:
    """`min(1, 2.02 (phi(0) - before) / phi'(0))`, as if the last decrease came again."""
    length = min(1.0, 1.01 * 2 * (loss - before) / slope) if slope != 0 else 1.0
    return 1.0 if length < 0 else length


@plain
def move(line: Any, loss: Any, before: Any, rules: Any) -> Any:
    """Take a step that satisfies the strong Wolfe conditions with `rules` c1 and c2: whether there is one; the loss.

    The loss is NaN once the run has ended. `gradient` is that of `theta` before and after."""
    c1, c2 = rules
    copy(line.gradient, line.old)
    slope = dot(line.gradient, line.direction)
    line.at[0], line.at[1], line.at[2] = 0.0, loss, slope
    start, first = (0.0, loss, slope), first_length(loss, before, slope)
    # first the search of More and Thuente 1994; failing that, Nocedal and Wright 2006, algorithms 3.5 and 3.6
    end, found = more_thuente(along, line, start, first, (c1, c2, 1e-14, 1e-100, 1e100), 100)
    if (end != FOUND or not acceptable(line, found[0])) and end != ENDED and line.at[1] == line.at[1]:
        end, found = expand(along, acceptable, line, start, min(first, 1e100), (c1, c2))
    # free where the search ended at its last evaluation
    reached = along(line, found[0])[0] if end == FOUND else line.at[1]
    if end != FOUND or reached != reached:
        return False, reached if reached != reached else loss
    for i in range(len(line.theta)):
        line.step[i] = found[0] * line.direction[i]
        line.theta[i] = line.theta[i] + line.step[i]
    return True, found[1]
