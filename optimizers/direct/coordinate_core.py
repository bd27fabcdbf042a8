"""The searches along the coordinates, compiled: points differ from where the search stands in one coordinate."""

from functools import cache
from typing import Any

from optimizers.compiled.calls import evaluate
from optimizers.compiled.compilation import FLOAT, FLOATS, VERSION, WHOLES, Core, compile_core, plain
from optimizers.compiled.vectors import copy


@plain
def beside(address: Any, context: Any, theta: Any, index: Any, step: Any, point: Any, gradient: Any) -> Any:
    """The loss where a coordinate of `theta` has gone a step; `point` is `theta` before and after."""
    point[index] = theta[index] + step
    loss = evaluate(address, context, point, gradient)
    point[index] = theta[index]
    return loss


@plain
def lower(first: Any, second: Any) -> Any:
    """The better of two pairs of loss and step, of equal losses the lesser step."""
    better = second[0] < first[0] or (second[0] == first[0] and second[1] < first[1])
    return second if better else first


@plain
def bottom(address: Any, context: Any, theta: Any, index: Any, width: Any, loss: Any, point: Any, gradient: Any) -> Any:
    """The best loss on the parabola through three points of a coordinate, of those tried, and its step."""
    right = beside(address, context, theta, index, width, point, gradient)
    left = beside(address, context, theta, index, -width, point, gradient)
    best = lower(lower((loss, 0.0), (right, width)), (left, -width))
    # the vertex of the parabola through -w, 0 and w is w (L- - L+) / (2 (L- - 2 L + L+)); not trusted beyond 4 w
    curvature = right - 2 * loss + left
    if curvature > 0:
        step = width * min(max((left - right) / (2 * curvature), -4.0), 4.0)
        found = beside(address, context, theta, index, step, point, gradient)
        best = lower(best, (found, step)) if found == found else (found, step)
    # a loss is NaN once the run has ended, and so are all that come after it
    return (left, 0.0) if left != left else best


@cache
def sweep_core() -> Core:
    """Settings: the coordinates in order, their widths, which are changed, and the loss at the start of the sweep.

    It returns the loss, and whether any coordinate has moved or might still."""
    version = VERSION

    def core(
        address: Any, context: Any, theta: Any, point: Any, gradient: Any, order: Any, widths: Any, loss: Any
    ) -> Any:
        _ = version
        moved = False
        copy(theta, point)
        for place in range(len(order)):
            index = order[place]
            loss, step = bottom(address, context, theta, index, widths[index], loss, point, gradient)
            if loss != loss:
                break
            theta[index] += step
            point[index] = theta[index]
            # a coordinate is done once its width is lost in rounding, not where one parabola has failed
            moved = moved or step != 0 or theta[index] + widths[index] != theta[index]
            widths[index] = 2 * abs(step) if step != 0 else widths[index] / 4
        return loss, moved

    return compile_core(core, WHOLES, FLOATS, FLOAT)


@plain
def explore(address: Any, context: Any, theta: Any, loss: Any, width: Any, point: Any, gradient: Any) -> Any:
    """Move each coordinate of `theta` up or down where that helps; the loss there."""
    copy(theta, point)
    for index in range(len(theta)):
        found = beside(address, context, theta, index, width, point, gradient)
        step = width
        if not found < loss:
            found = beside(address, context, theta, index, -width, point, gradient)
            step = -width
        if found != found:
            return found
        if found < loss:
            theta[index] += step
            point[index] = theta[index]
            loss = found
    return loss


@plain
def is_lost(theta: Any, width: Any) -> Any:
    """Whether a step of this width changes no coordinate."""
    i = 0
    while i < len(theta) and theta[i] + width == theta[i]:
        i += 1
    return i == len(theta)


@cache
def pattern_core() -> Core:
    """Settings: the first step, and its factor where no step helps. It ends where the step is lost in rounding."""
    version = VERSION

    def core(address: Any, context: Any, base: Any, point: Any, gradient: Any, width: Any, shrink: Any) -> Any:
        _ = version
        reached = base.copy()
        copy(base, point)
        loss = evaluate(address, context, point, gradient)
        while loss == loss and not is_lost(base, width):
            copy(base, reached)
            found = explore(address, context, reached, loss, width, point, gradient)
            if found >= loss:
                width *= shrink
            while found < loss:
                # the pattern move: from the point reached, once more by `reached - base`
                for i in range(len(base)):
                    base[i], reached[i] = reached[i], 2 * reached[i] - base[i]
                loss = found
                copy(reached, point)
                found = evaluate(address, context, point, gradient)
                if found == found:
                    found = explore(address, context, reached, found, width, point, gradient)
            if found != found:
                return found
        return loss

    return compile_core(core, FLOAT, FLOAT)
