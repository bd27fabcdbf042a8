"""The method of Nelder and Mead, compiled: scipy's points to the last bit."""

from functools import cache
from typing import Any

import numpy as np

from optimizers.compiled.calls import evaluate
from optimizers.compiled.compilation import FLOAT, VERSION, Core, compile_core, plain
from optimizers.compiled.vectors import copy, fill


@plain
def centre(simplex: Any, order: Any, out: Any) -> None:
    """The mean of all points but the worst, added up from the best on."""
    fill(0.0, out)
    for k in range(len(out)):
        row = simplex[order[k]]
        for i in range(len(out)):
            out[i] += row[i]
    for i in range(len(out)):
        out[i] /= len(out)


@plain
def tried(address: Any, context: Any, mean: Any, worst: Any, reach: Any, point: Any, gradient: Any) -> Any:
    """The loss at `(1 + reach) mean - reach worst`."""
    for i in range(len(point)):
        point[i] = (1 + reach) * mean[i] - reach * worst[i]
    return evaluate(address, context, point, gradient)


@plain
def sort(order: Any, losses: Any, first: Any) -> None:
    """Order the points by their losses, of which those before `first` are in order: by insertion, so ties stay."""
    for k in range(first, len(order)):
        moved, place = order[k], k
        while place > 0 and losses[order[place - 1]] > losses[moved]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = moved


@plain
def is_a_point(simplex: Any, losses: Any, order: Any) -> Any:
    """Whether all points and all losses have become one."""
    if losses[order[0]] != losses[order[-1]]:
        return False
    for k in range(1, len(order)):
        for i in range(simplex.shape[1]):
            if simplex[order[k], i] != simplex[order[0], i]:
                return False
    return True


@plain
def shrink(address: Any, context: Any, simplex: Any, losses: Any, order: Any, point: Any, gradient: Any) -> Any:
    """Draw all points towards the best, by 1 / P of their distance; the last loss."""
    share, best, loss = 1 - 1 / len(point), simplex[order[0]], 0.0
    for k in range(1, len(order)):
        row = simplex[order[k]]
        for i in range(len(point)):
            row[i] = best[i] + share * (row[i] - best[i])
        copy(row, point)
        loss = evaluate(address, context, point, gradient)
        if loss != loss:  # NaN: the run has ended
            break
        losses[order[k]] = loss
    return loss


@plain
def step(
    address: Any, context: Any, simplex: Any, losses: Any, order: Any, point: Any, gradient: Any, room: Any
) -> Any:
    """Replace the worst point, or shrink; whether it was replaced, and the last loss."""
    mean, reflected = room
    dim = len(point)
    worst, row = order[dim], simplex[order[dim]]
    centre(simplex, order, mean)
    loss = tried(address, context, mean, row, 1.0, point, gradient)
    if loss < losses[order[0]]:
        copy(point, reflected)
        # Gao and Han 2012: stretched by 1 + 2 / P
        farther = tried(address, context, mean, row, 1 + 2 / dim, point, gradient)
        copy(point if farther < loss else reflected, row)
        losses[worst] = min(farther, loss)
        return True, farther
    if loss < losses[order[dim - 1]]:
        copy(point, row)
        losses[worst] = loss
        return True, loss
    if loss != loss:
        return True, loss
    # pulled in by 3/4 - 1 / (2 P), outside or inside
    outside, within = loss < losses[worst], 0.75 - 1 / (2 * dim)
    if outside:
        nearer = tried(address, context, mean, row, within, point, gradient)
        better = nearer <= loss
    else:
        for i in range(dim):
            point[i] = (1 - within) * mean[i] + within * row[i]
        nearer = evaluate(address, context, point, gradient)
        better = nearer < losses[worst]
    if better:
        copy(point, row)
        losses[worst] = nearer
        return True, nearer
    if nearer != nearer:
        return True, nearer
    return False, shrink(address, context, simplex, losses, order, point, gradient)


@cache
def simplex_core() -> Core:
    """Setting: the length of the edges of the first simplex. It ends where all points have become one."""
    version = VERSION

    def core(address: Any, context: Any, theta: Any, point: Any, gradient: Any, edge: Any) -> Any:
        _ = version
        dim = len(theta)
        simplex, losses, order = np.empty((dim + 1, dim)), np.empty(dim + 1), np.arange(dim + 1)
        room = (np.empty(dim), np.empty(dim))
        for k in range(dim + 1):
            copy(theta, simplex[k])
            if k > 0:
                simplex[k, k - 1] += edge
            copy(simplex[k], point)
            losses[k] = evaluate(address, context, point, gradient)
            if losses[k] != losses[k]:
                return losses[k]
        sort(order, losses, 1)
        while not is_a_point(simplex, losses, order):
            replaced, last = step(address, context, simplex, losses, order, point, gradient, room)
            if last != last:
                return last
            sort(order, losses, dim if replaced else 1)
        copy(simplex[order[0]], theta)
        return losses[order[0]]

    return compile_core(core, FLOAT)
