"""Powell's method, compiled: line minimisations by Brent's parabolas in a bracket, scipy's points to the last bit.

A trial is a tuple of length and loss. A loss is NaN once the run has ended, and then every search returns at once."""

from functools import cache
from math import inf
from typing import Any, NamedTuple

import numpy as np
from numpy import isfinite

from optimizers.compiled.calls import evaluate
from optimizers.compiled.compilation import FLOAT, VERSION, Core, compile_core, plain
from optimizers.compiled.vectors import copy, is_zero

GOLD, SHORT = 1.618034, 0.3819660
"""The golden ratio, by which a bracket grows, and the share of a bracket that a golden section takes."""
FARTHEST, TINY, LEAST = 110.0, 1e-21, 1e-11
GROWTHS, SECTIONS = 1000, 500
"""Most steps of one bracketing, and of one minimisation in a bracket."""


class Ray(NamedTuple):
    """A point and a direction, `(P,)` each, and where the loss is asked for."""

    address: Any
    context: Any
    theta: Any
    point: Any
    gradient: Any
    direction: Any


@plain
def at(ray: Any, length: Any) -> Any:
    """The trial of a length."""
    for i in range(len(ray.theta)):
        ray.point[i] = ray.theta[i] + length * ray.direction[i]
    return length, evaluate(ray.address, ray.context, ray.point, ray.gradient)


@plain
def beyond(b: Any, c: Any) -> Any:
    """The length that lies beyond c as far as the golden ratio says."""
    return c[0] + GOLD * (c[0] - b[0])


@plain
def extrapolated(a: Any, b: Any, c: Any) -> Any:
    """The minimiser of the parabola through three trials."""
    first, second = (b[0] - a[0]) * (b[1] - c[1]), (b[0] - c[0]) * (b[1] - a[1])
    curved = second - first
    below = 2.0 * (TINY if abs(curved) < TINY else curved)
    return b[0] - ((b[0] - c[0]) * second - (b[0] - a[0]) * first) / below


@plain
def bracket(ray: Any) -> Any:
    """Three trials in a row, the middle one lowest, and whether they are that."""
    a, b = at(ray, 0.0), at(ray, 1.0)
    if a[1] < b[1]:
        a, b = b, a
    c = at(ray, beyond(a, b))
    for _ in range(GROWTHS):
        if not c[1] < b[1]:
            break
        w, limit = extrapolated(a, b, c), b[0] + FARTHEST * (c[0] - b[0])
        if (w - c[0]) * (b[0] - w) > 0.0:
            d = at(ray, w)
            if d[1] < c[1]:
                a, b = b, d
                break
            if d[1] > b[1]:
                c = d
                break
            d = at(ray, beyond(b, c))
        elif (w - limit) * (limit - c[0]) >= 0.0:
            d = at(ray, limit)
        elif (w - limit) * (c[0] - w) > 0.0:
            d = at(ray, w)
            if d[1] < c[1]:
                b, c = c, d
                d = at(ray, beyond(b, c))
        else:
            d = at(ray, beyond(b, c))
        a, b, c = b, c, d
    lowest = (b[1] < c[1] and b[1] <= a[1]) or (b[1] < a[1] and b[1] <= c[1])
    between = a[0] < b[0] < c[0] or c[0] < b[0] < a[0]
    return a, b, c, lowest and between and isfinite(a[0]) and isfinite(b[0]) and isfinite(c[0])


@plain
def golden(x: Any, low: Any, high: Any) -> Any:
    """The way from x to the farther end, and the step towards it by golden section."""
    way = low - x if x >= 0.5 * (low + high) else high - x
    return SHORT * way, way


@plain
def parabolic(x: Any, w: Any, v: Any, ends: Any, way: Any, step: Any, least: Any) -> Any:
    """The step to the minimiser of the parabola through three trials, or by golden section where that is of no use.

    `way` is the step before the last, and `step` the last; also the `way` of the next time."""
    low, high = ends
    first, second = (x[0] - w[0]) * (x[1] - v[1]), (x[0] - v[0]) * (x[1] - w[1])
    p, q = (x[0] - v[0]) * second - (x[0] - w[0]) * first, 2.0 * (second - first)
    p = -p if q > 0.0 else p
    q = abs(q)
    if not (p > q * (low - x[0]) and p < q * (high - x[0]) and abs(p) < abs(0.5 * q * way)):
        return golden(x[0], low, high)
    found = p * 1.0 / q
    u = x[0] + found
    if (u - low) < 2.0 * least or (high - u) < 2.0 * least:
        found = least if 0.5 * (low + high) - x[0] >= 0 else -least
    return found, step


@plain
def keep(x: Any, w: Any, v: Any, u: Any) -> Any:
    """The three lowest trials, now that u is known and not the lowest."""
    if u[1] <= w[1] or w[0] == x[0]:
        return u, w
    if u[1] <= v[1] or v[0] == x[0] or v[0] == w[0]:
        return w, u
    return w, v


@plain
def brent(ray: Any, a: Any, b: Any, c: Any, tolerance: Any) -> Any:
    """The trial of lowest loss in a bracket (Brent's method)."""
    x, w, v = b, b, b
    low, high = min(a[0], c[0]), max(a[0], c[0])
    way, step = 0.0, 0.0
    for _ in range(SECTIONS):
        least = tolerance * abs(x[0]) + LEAST
        if abs(x[0] - 0.5 * (low + high)) < 2.0 * least - 0.5 * (high - low):
            break
        if abs(way) <= least:
            step, way = golden(x[0], low, high)
        else:
            step, way = parabolic(x, w, v, (low, high), way, step, least)
        smallest = least if step >= 0 else -least
        u = at(ray, x[0] + (smallest if abs(step) < least else step))
        if u[1] != u[1]:  # NaN: the run has ended
            return u
        if u[1] > x[1]:
            low, high = (u[0], high) if u[0] < x[0] else (low, u[0])
            w, v = keep(x, w, v, u)
        else:
            low, high = (x[0], high) if u[0] >= x[0] else (low, x[0])
            x, w, v = u, x, w
    return x


@plain
def minimise(ray: Any, loss: Any, tolerance: Any) -> Any:
    """Move `theta` to the lowest point found along the direction, which becomes the way; the loss there."""
    if is_zero(ray.direction):
        return loss
    a, b, c, valid = bracket(ray)
    if a[1] != a[1] or b[1] != b[1] or c[1] != c[1]:  # NaN: the run has ended
        return a[1] + b[1] + c[1]
    # without a bracket, the lowest of three
    lowest = a if a[1] <= b[1] and a[1] <= c[1] else b if b[1] <= c[1] else c
    found = brent(ray, a, b, c, tolerance) if valid else lowest
    for i in range(len(ray.theta)):
        ray.direction[i] = found[0] * ray.direction[i]
        ray.theta[i] = ray.theta[i] + ray.direction[i]
    return found[1]


@plain
def sweep(ray: Any, directions: Any, loss: Any, tolerance: Any) -> Any:
    """Minimise along each direction; the loss, the largest decrease, and the direction that it was along."""
    largest, best = 0.0, 0
    for i in range(len(directions)):
        before = loss
        copy(directions[i], ray.direction)
        loss = minimise(ray, loss, tolerance)
        if loss != loss:
            break
        if before - loss > largest:
            largest, best = before - loss, i
    return loss, largest, best


@plain
def worth_a_search(start: Any, further: Any, loss: Any, largest: Any) -> Any:
    """Powell's rule: whether the way of a whole sweep is to replace the direction of largest decrease."""
    t = 2.0 * (start + further - 2.0 * loss)
    left = start - loss - largest
    t *= left * left
    gained = start - further
    t -= largest * gained * gained
    return t < 0.0


@cache
def powell_core() -> Core:
    """Setting: the relative width at which a line search ends. It ends where a sweep lowers the loss no more."""
    version = VERSION

    def core(address: Any, context: Any, theta: Any, point: Any, gradient: Any, tolerance: Any) -> Any:
        _ = version
        dim = len(theta)
        ray = Ray(address, context, theta, point, gradient, np.empty(dim))
        directions, before = np.eye(dim), theta.copy()
        copy(theta, point)
        loss, start = evaluate(address, context, point, gradient), inf
        while loss == loss:
            start = loss
            loss, largest, best = sweep(ray, directions, loss, tolerance)
            if loss != loss or 2.0 * (start - loss) <= 1e-20:
                break
            # the loss as far beyond as the sweep has come
            for i in range(dim):
                ray.direction[i] = theta[i] - before[i]
                point[i] = theta[i] + ray.direction[i]
            copy(theta, before)
            further = evaluate(address, context, point, gradient)
            if further != further:
                return further
            if start > further and worth_a_search(start, further, loss, largest):
                loss = minimise(ray, loss, tolerance)
                if not is_zero(ray.direction):
                    copy(directions[dim - 1], directions[best])
                    copy(ray.direction, directions[dim - 1])
        return loss

    return compile_core(core, FLOAT)
