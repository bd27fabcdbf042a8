"""A trust region on a Hessian of symmetric rank-one updates, compiled: the points of scipy's trust-ncg with its SR1."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy import copysign, inf, isfinite, sqrt

from optimizers.compiled.calls import evaluate
from optimizers.compiled.compilation import FLOAT, VERSION, Core, compile_core, fast, plain
from optimizers.compiled.vectors import add, copy, differ, dot, fill, is_zero

LARGEST_RADIUS = 1000.0
SKIPPED = 1e-8
"""An update whose denominator is as small as this, in units of the two lengths, is left out."""
ROUNDS = 20
"""Conjugate gradients need P rounds in exact arithmetic; after so many times P rounding decides (scipy's Newton-CG)."""


class Model(NamedTuple):
    """`B (P, P)`, the gradient that it goes with, the step, and room of the conjugate gradients."""

    matrix: Any
    gradient: Any
    step: Any
    residual: Any
    way: Any
    turned: Any
    other: Any


@fast
def multiply(matrix: Any, vector: Any, out: Any) -> None:
    """`out = B vector`, of a symmetric matrix."""
    for i in range(len(out)):
        out[i] = dot(matrix[i], vector)


@fast
def rank_one(matrix: Any, factor: Any, vector: Any) -> None:
    """`B += factor v v'`."""
    for i in range(len(vector)):
        row, share = matrix[i], factor * vector[i]
        for j in range(len(vector)):
            row[j] += share * vector[j]


@plain
def rise(model: Any, step: Any) -> Any:
    """What the model says the loss rises by."""
    multiply(model.matrix, step, model.turned)
    return dot(model.gradient, step) + 0.5 * dot(step, model.turned)


@plain
def to_the_border(step: Any, way: Any, radius: Any) -> Any:
    """Both t with `|step + t way| = radius`, the lower first, without cancellation."""
    a, b, c = dot(way, way), 2 * dot(step, way), dot(step, step) - radius**2
    aux = b + copysign(sqrt(b * b - 4 * a * c), b)
    first, second = -aux / (2 * a), -2 * c / aux
    return min(first, second), max(first, second)


@plain
def steihaug(model: Any, radius: Any) -> Any:
    """Fill the step that minimises the model in the region; whether it ends on the border.

    Nocedal and Wright 2006, algorithm 7.2. A step that rounding keeps from its tolerance becomes NaN."""
    fill(0.0, model.step)
    copy(model.gradient, model.residual)
    for i in range(len(model.way)):
        model.way[i] = -model.residual[i]
    size = sqrt(dot(model.gradient, model.gradient))
    tolerance, square = min(0.5, sqrt(size)) * size, size * size
    for _ in range(ROUNDS * len(model.way)):
        multiply(model.matrix, model.way, model.turned)
        curvature = dot(model.way, model.turned)
        if curvature <= 0:
            near, far = to_the_border(model.step, model.way, radius)
            copy(model.step, model.other)
            add(near, model.way, model.other)
            add(far, model.way, model.step)
            if rise(model, model.other) < rise(model, model.step):
                copy(model.other, model.step)
            return True
        alpha = square / curvature
        copy(model.step, model.other)
        add(alpha, model.way, model.other)
        # `not <`: a step that is no number ends here too
        if not sqrt(dot(model.other, model.other)) < radius:
            add(to_the_border(model.step, model.way, radius)[1], model.way, model.step)
            return True
        copy(model.other, model.step)
        add(alpha, model.turned, model.residual)
        next_square = dot(model.residual, model.residual)
        if sqrt(next_square) < tolerance:
            return False
        beta, square = next_square / square, next_square
        for i in range(len(model.way)):
            model.way[i] = -model.residual[i] + beta * model.way[i]
    fill(np.nan, model.step)
    return False


@plain
def learn(model: Any, step: Any, change: Any, first: Any) -> Any:
    """`B <- B + r r' / r.s` with `r = y - B s`, skipped where r.s is tiny; whether the next is still the first.

    At first, B is `y.y / |y.s|` times unity."""
    if is_zero(step) or is_zero(change):
        return first
    if first:
        curvature, square = abs(dot(change, step)), dot(change, change)
        scale = 1.0 if curvature == 0 or square == 0 else square / curvature
        for i in range(len(step)):
            model.matrix[i, i] = scale
    multiply(model.matrix, step, model.turned)
    differ(change, model.turned, model.other)
    below = dot(step, model.other)
    if abs(below) > SKIPPED * sqrt(dot(step, step)) * sqrt(dot(model.other, model.other)):
        rank_one(model.matrix, 1 / below, model.other)
    return False


@plain
def begin(dim: Any) -> Any:
    """The model before the first step."""
    room = (np.empty(dim), np.empty(dim), np.empty(dim), np.empty(dim), np.empty(dim), np.empty(dim))
    return Model(np.eye(dim), *room)


@plain
def move(model: Any, here: Any, moved: Any, point: Any) -> Any:
    """Fill the point at the end of the step, and the way to it; whether it is a number."""
    for i in range(len(here)):
        point[i] = here[i] + model.step[i]
        moved[i] = point[i] - here[i]
    return isfinite(dot(point, point))


@plain
def resized(radius: Any, ratio: Any, border: Any) -> Any:
    """The radius for the next step, from the decrease in units of the one foretold."""
    if ratio < 0.25:
        return radius * 0.25
    return min(2 * radius, LARGEST_RADIUS) if ratio > 0.75 and border else radius


@cache
def sr1_core() -> Core:
    """Settings: the first radius, and the length of a gradient that counts as zero. `theta` ends as the best point.

    It ends where the model foretells no decrease, or gives no step that is a number."""
    version = VERSION

    def core(address: Any, context: Any, theta: Any, point: Any, gradient: Any, radius: Any, tiny: Any) -> Any:
        _ = version
        dim = len(theta)
        model = begin(dim)
        here, change, moved = theta.copy(), np.empty(dim), np.empty(dim)
        copy(theta, point)
        loss, best, first = evaluate(address, context, point, gradient), inf, True
        copy(gradient, model.gradient)
        while loss == loss:
            if loss < best:
                best = loss
                copy(here, theta)
            if not sqrt(dot(model.gradient, model.gradient)) >= tiny:
                break
            border = steihaug(model, radius)
            foretold = loss + rise(model, model.step)
            if not move(model, here, moved, point):
                break
            reached = evaluate(address, context, point, gradient)
            if reached != reached:  # NaN: the run has ended
                return reached
            if reached < best:
                best = reached
                copy(point, theta)
            differ(gradient, model.gradient, change)
            first = learn(model, moved, change, first)
            if not loss - foretold > 0:
                break
            ratio = (loss - reached) / (loss - foretold)
            radius = resized(radius, ratio, border)
            if ratio > 0.15:
                copy(point, here)
                copy(gradient, model.gradient)
                loss = reached
                continue
            # scipy returns to where it was by asking there again
            copy(here, point)
            loss = evaluate(address, context, point, gradient)
        return loss if loss != loss else best

    return compile_core(core, FLOAT, FLOAT)
