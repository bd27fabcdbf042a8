"""The loop of torch's L-BFGS, compiled, with the strong Wolfe line search that torch has from minFunc.

A trial is a tuple of length, loss and slope. Between two evaluations of a small network torch takes thirty times as
long as the network."""

from functools import cache
from typing import Any

import numpy as np
from numpy import sqrt

from optimizers.compiled.compilation import VERSION, WHOLE, Core, compile_core, plain
from optimizers.compiled.more_thuente import clipped
from optimizers.compiled.pairs import two_loops
from optimizers.compiled.recall import Recall, ask, forget, recalled, same
from optimizers.compiled.vectors import copy, differ, dot, is_zero

C1, C2 = 1e-4, 0.9
LEAST_CURVATURE = 1e-10
"""Of a pair that is remembered: the product of step and change of the gradient."""


@plain
def cubic(x: Any, y: Any, low: Any, high: Any) -> Any:
    """The minimiser of the cubic through two trials, within bounds; their middle where there is none."""
    d1 = x[2] + y[2] - 3 * (x[1] - y[1]) / (x[0] - y[0])
    square = d1 * d1 - x[2] * y[2]
    if not square >= 0:
        return (low + high) / 2.0
    d2 = sqrt(square)
    if x[0] > y[0]:
        x, y = y, x
    return clipped(y[0] - (y[0] - x[0]) * ((y[2] + d2 - d1) / (y[2] - x[2] + 2 * d2)), low, high)


@plain
def widen(recall: Recall, start: Any, first: Any, most: Any) -> Any:
    """Whether a step was found, after how many further trials, and the two ends of the bracket: both are it if so."""
    before, trial = start, ask(recall, first)
    for k in range(most):
        if trial[1] != trial[1]:  # NaN: the run has ended
            return False, most, trial, trial
        if trial[1] > start[1] + C1 * trial[0] * start[2] or (k > 1 and trial[1] >= before[1]):
            return False, k, before, trial
        if abs(trial[2]) <= -C2 * start[2]:
            return True, k, trial, trial
        if trial[2] >= 0:
            return False, k, before, trial
        t = cubic(before, trial, trial[0] + 0.01 * (trial[0] - before[0]), trial[0] * 10)
        before, trial = trial, ask(recall, t)
    return False, most, start, trial


@plain
def held_off(t: Any, a: Any, b: Any, near: Any) -> Any:
    """A length at least a tenth of the bracket from its ends where it comes near them again; whether it is near."""
    left, right = min(a, b), max(a, b)
    margin = 0.1 * (right - left)
    if not min(right - t, t - left) < margin:
        return t, False
    if not (near or t >= right or t <= left):
        return t, True
    return (right - margin if abs(t - right) < abs(t - left) else left + margin), False


@plain
def narrow(recall: Recall, start: Any, a: Any, b: Any, k: Any, most: Any) -> Any:
    """The lower end of a bracket, after trials inside it."""
    low, high, in_order, near = (a, b, True, False) if a[1] <= b[1] else (b, a, False, False)
    while k < most:
        t = cubic(low, high, min(low[0], high[0]), max(low[0], high[0]))
        t, near = held_off(t, low[0], high[0], near)
        trial, k = ask(recall, t), k + 1
        if trial[1] != trial[1]:  # NaN: the run has ended
            return trial
        if trial[1] > start[1] + C1 * t * start[2] or trial[1] >= low[1]:
            high = trial
            # of two ends that are as low the first is taken
            if (not low[1] <= high[1]) if in_order else high[1] <= low[1]:
                low, high, in_order = high, low, not in_order
            continue
        found = abs(trial[2]) <= -C2 * start[2]
        if not found and trial[2] * (high[0] - low[0]) >= 0:
            high = low
        low = trial
        if found:
            break
    return low


@plain
def search(recall: Recall, start: Any, first: Any, most: Any) -> Any:
    """The trial at which a line search ends; its loss is NaN once the run has ended."""
    found, k, a, b = widen(recall, start, first, most)
    return b if found or b[1] != b[1] else narrow(recall, start, a, b, k, most)


@plain
def first_step(slope: Any) -> Any:
    """The length of the first trial of all, along the negative gradient."""
    total = 0.0
    for i in range(len(slope)):
        total += abs(slope[i])
    return min(1.0, 1.0 / total)


@cache
def torch_core() -> Core:
    """Settings: pairs remembered, and the most evaluations of a line search. It ends where a step moves nothing."""
    version = VERSION

    def core(address: Any, context: Any, theta: Any, point: Any, gradient: Any, history: Any, most: Any) -> Any:
        _ = version
        dim = len(theta)
        room = np.empty((7, dim))
        known, losses = np.zeros(2, np.bool_), np.empty(2)
        arrays = (room[0], room[1], known, losses, theta, room[2], room[3], room[4])
        recall, old, before = Recall(address, context, point, gradient, *arrays), room[5], room[6]
        steps, changes = np.empty((history + 1, dim)), np.empty((history + 1, dim))
        curvatures, newest, count, scale, length = np.empty(history + 1), 0, 0, 1.0, 0.0
        loss = recalled(recall, theta)
        while loss == loss:
            copy(theta, before)
            if length != 0.0:
                # one place more than is used: a pair is written before it is known to be kept
                place = (newest + 1) % (history + 1)
                differ(recall.slope, old, changes[place])
                for i in range(dim):
                    steps[place, i] = length * recall.direction[i]
                curvature = dot(changes[place], steps[place])
                if curvature > LEAST_CURVATURE:
                    newest, count, curvatures[place] = place, min(count + 1, history), curvature
                    scale = curvature / dot(changes[place], changes[place])
            copy(recall.slope, old)
            copy(recall.slope, recall.direction)
            two_loops((steps, changes, curvatures), newest, count, scale, recall.direction)
            slope = dot(old, recall.direction)
            if is_zero(old) or slope > 0:
                return loss
            end = search(recall, (0.0, loss, slope), 1.0 if length != 0.0 else first_step(old), most)
            if end[1] != end[1]:
                return end[1]
            length = end[0]
            for i in range(dim):
                theta[i] = theta[i] + length * recall.direction[i]
            forget(recall, theta)
            loss = recalled(recall, theta)
            if same(before, theta):
                break
        return loss

    return compile_core(core, WHOLE, WHOLE)
