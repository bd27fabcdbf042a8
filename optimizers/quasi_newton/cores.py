"""The loops of BFGS and L-BFGS, compiled. Each moves `theta` until it gives up, and returns the loss there.

The loss is NaN where the run has ended."""

from functools import cache
from typing import Any

import numpy as np

from optimizers.compiled.compilation import FLOAT, VERSION, WHOLE, Core, compile_core, fast, plain
from optimizers.compiled.descent import begin
from optimizers.compiled.line import along, move
from optimizers.compiled.more_thuente import ENDED, FAILED, more_thuente
from optimizers.compiled.pairs import two_loops
from optimizers.compiled.triangle import identity, row_of
from optimizers.compiled.vectors import add, copy, differ, dot, fill, is_zero

EPSILON = 2.0**-52
LONGEST = 1e10
"""The longest step of L-BFGS-B, in lengths of its direction."""


@fast
def update_and_multiply(matrix: Any, step: Any, w: Any, vector: Any, out: Any) -> None:
    """`H <- H + s w' + w s'`, kept as `triangle.py` does, and `out = H vector`: one pass over H for both."""
    fill(0.0, out)
    for i in range(len(vector)):
        row, s, c, own = row_of(matrix, i), step[i], w[i], vector[i]
        total = 0.0
        for j in range(i):
            entry = row[j] + (s * w[j] + c * step[j])
            row[j] = entry
            total += entry * vector[j]
            out[j] += entry * own
        row[i] += 2 * s * c
        out[i] += total + row[i] * own


@plain
def learn(line: Any, product: Any, change: Any, w: Any) -> None:
    """From one step `s` and change of gradient `y`, with `product = H g` for the new g: `w`, and the next direction.

    BFGS is `H <- H + s w' + w s'` with `rho = 1 / y.s` and `w = (1 + rho y.Hy) rho s / 2 - rho Hy`. As
    `H g = -direction` for the old gradient, `Hy = product + direction`; and `H_new g = H g + s (w.g) + w (s.g)`: one
    product with H a step."""
    differ(line.gradient, line.old, change)
    curvature = dot(change, line.step)
    rho = 1000.0 if curvature == 0 else 1 / curvature  # scipy's choice
    copy(product, w)
    add(1.0, line.direction, w)  # Hy
    share = (1 + rho * dot(change, w)) * rho / 2
    for i in range(len(w)):
        w[i] = share * line.step[i] - rho * w[i]
    along_w, along_step = dot(w, line.gradient), dot(line.step, line.gradient)
    for i in range(len(w)):
        line.direction[i] = -(product[i] + line.step[i] * along_w + w[i] * along_step)


@cache
def bfgs_core() -> Core:
    """Settings c1 and c2 of the line search. It ends where no step along the search direction is long enough."""
    version = VERSION

    def core(address: Any, context: Any, theta: Any, point: Any, gradient: Any, c1: Any, c2: Any) -> Any:
        _ = version
        line, loss, before = begin(address, context, theta, point, gradient, 0.0)
        dim = len(theta)
        matrix, product, change = identity(dim), np.empty(dim), np.empty(dim)
        # the last update waits for the next product with H
        last, w = np.zeros(dim), np.zeros(dim)
        while loss == loss:
            moved, reached = move(line, loss, before, (c1, c2))
            if not moved:
                return reached
            before, loss = loss, reached
            if is_zero(line.step):
                return loss
            update_and_multiply(matrix, last, w, line.gradient, product)
            learn(line, product, change, w)
            copy(line.step, last)
        return loss

    return compile_core(core, FLOAT, FLOAT)


@plain
def go_back(line: Any, loss: Any) -> None:
    """To where the line began."""
    copy(line.old, line.gradient)
    line.at[0], line.at[1] = 0.0, loss


@plain
def search(line: Any, loss: Any, first: Any, most: Any) -> Any:
    """The line search of L-BFGS-B: how it ended, and the loss. Where it has not FAILED the line has moved."""
    copy(line.gradient, line.old)
    slope = dot(line.gradient, line.direction)
    line.at[0], line.at[1], line.at[2] = 0.0, loss, slope
    rules = (1e-3, 0.9, 0.1, 0.0, LONGEST)
    end, found = more_thuente(along, line, (0.0, loss, slope), first, rules, most)
    if end in (FAILED, ENDED):
        return end, line.at[1] if end == ENDED else loss
    for i in range(len(line.theta)):
        line.step[i] = found[0] * line.direction[i]
    copy(line.point, line.theta)
    return end, found[1]


@plain
def remember(line: Any, steps: Any, changes: Any, curvatures: Any, place: Any) -> Any:
    """Keep the pair of a step at its place, if it curves upwards enough; the next scale, `y.s / y.y`, or 0 if not."""
    differ(line.gradient, line.old, changes[place])
    copy(line.step, steps[place])
    curvature = dot(changes[place], line.step)
    if not curvature > EPSILON * -dot(line.old, line.step):
        return 0.0
    curvatures[place] = curvature
    return curvature / dot(changes[place], changes[place])


@cache
def lbfgs_core() -> Core:
    """Settings: pairs remembered, and the most evaluations of a line search.

    As L-BFGS-B without bounds: it forgets its pairs where a line search fails, and ends where one fails without any, or
    where a step lowers the loss no more."""
    version = VERSION

    def core(address: Any, context: Any, theta: Any, point: Any, gradient: Any, history: Any, most: Any) -> Any:
        _ = version
        line, loss, _before = begin(address, context, theta, point, gradient, 0.0)
        dim = len(theta)
        # one more than are used: a pair is written before it is known to be kept
        steps, changes = np.empty((history + 1, dim)), np.empty((history + 1, dim))
        curvatures, newest, count, scale = np.empty(history + 1), 0, 0, 1.0
        first = 1 / np.sqrt(dot(gradient, gradient))
        while loss == loss and not is_zero(line.gradient):
            copy(line.gradient, line.direction)
            two_loops((steps, changes, curvatures), newest, count, scale, line.direction)
            end, reached = search(line, loss, min(first, LONGEST), most)
            if end == ENDED:
                return reached
            if end == FAILED:
                go_back(line, loss)
                if count == 0:
                    return loss
                count, scale = 0, 1.0
                continue
            first = 1.0
            if not reached < loss:
                return reached
            loss = reached
            place = (newest + 1) % (history + 1)
            found = remember(line, steps, changes, curvatures, place)
            if found > 0.0:
                newest, count, scale = place, min(count + 1, history), found
        return loss

    return compile_core(core, WHOLE, WHOLE)
