"""The loop of the self-scaled methods of `self_scaled.py`, whose letters it keeps, compiled."""

from functools import cache
from typing import Any

import numpy as np
from numpy import isfinite, sqrt

from optimizers.compiled.compilation import FLOAT, VERSION, WHOLE, Core, compile_core, fast, plain
from optimizers.compiled.descent import begin
from optimizers.compiled.line import move
from optimizers.compiled.triangle import identity, row_of
from optimizers.compiled.vectors import copy, dot, fill, is_zero

TINY = 1e-300
"""Instead of a = 0, where s and Hy are parallel and every theta gives the same update."""
LEAST = 1e-290
"""Products of step and gradient below which nothing is learned: at a minimum they are rounding."""


@plain
def bfgs_weights(b: Any) -> Any:
    """phi and tau of self-scaled BFGS."""
    return 1.0, min(1.0, 1 / b)


@plain
def broyden_weights(b: Any, h: Any, dim: Any) -> Any:
    """Those of self-scaled Broyden: theta as close to (1 - b) / b as a bound on the condition number allows."""
    # a >= 0 by Cauchy and Schwarz: (s.y)^2 <= s.Bs y.Hy
    a = max(b * h - 1, TINY)
    # rho = min(1, h (1 - c)) with c = sqrt(a / (1 + a)); theta lies between (rho - 1) / a and 1 / rho
    rho = max(min(1.0, h * (1 - sqrt(a / (1 + a)))), TINY)  # where a is huge, the root rounds to 1
    theta = max((rho - 1) / a, min(1 / rho, (1 - b) / b))
    # theta multiplies the determinant of B by sigma = 1 + a theta, against BFGS
    # and tau, of which n - 1 directions take part, would undo that at sigma^(-1 / (n - 1))
    # at the bound with a rho that has rounded away it is the difference of two ones
    sigma = 1 + a * theta
    sigma = TINY if sigma == 0 else sigma
    scale = abs(sigma) ** (1 / (1 - dim)) if dim > 1 else 1.0
    smaller = min(1.0, 1 / b)
    tau = min(smaller * scale, sigma) if theta <= 0 else smaller * min(scale, 1 / theta)
    return (1 - theta) / sigma, tau


@fast
def rescale_and_multiply(matrix: Any, parts: Any, factors: Any, vector: Any, out: Any) -> None:
    """`H <- share H + a u u' + b v v' + c s s'`, kept as `triangle.py` does, and `out = H vector`."""
    u, v, s = parts
    share, a, b, c = factors
    fill(0.0, out)
    for i in range(len(vector)):
        row, own_u, own_v, own_s, own = row_of(matrix, i), a * u[i], b * v[i], c * s[i], vector[i]
        total = 0.0
        for j in range(i):
            entry = share * row[j] + (own_u * u[j] + own_v * v[j] + own_s * s[j])
            row[j] = entry
            total += entry * vector[j]
            out[j] += entry * own
        row[i] = share * row[i] + (own_u * u[i] + own_v * v[i] + own_s * s[i])
        out[i] += total + row[i] * own


@plain
def learn(path: Any, product: Any, parts: Any, broyden: Any) -> Any:
    """What the next pass is to do with H for one step: the factors and, in `parts`, the vectors; then `H_new g`.

    `path` is the step, the gradients before and after, and the direction `-H g` before; `product` is H times the
    gradient after, and is overwritten."""
    step, before, gradient, direction = path
    turned, v, kept = parts
    for i in range(len(step)):
        v[i] = gradient[i] - before[i]  # y
        turned[i] = product[i] + direction[i]  # Hy
    slope, curved = dot(v, step), dot(v, turned)
    along = -(sqrt(dot(step, step)) / sqrt(dot(direction, direction))) * dot(step, before)  # s.Bs
    nothing = (1.0, 0.0, 0.0, 0.0)
    if not min(slope, curved, along) > 0:  # rounding: nothing can be learned from this step
        return nothing
    b, h = along / slope, curved / slope
    phi, tau = broyden_weights(b, h, len(step)) if broyden else bfgs_weights(b)
    # the inverses of these would leave the numbers of a float
    if not (min(slope, curved * tau) > LEAST and isfinite(phi * curved / tau)):
        return nothing
    copy(step, kept)
    for i in range(len(step)):
        v[i] = step[i] / slope - turned[i] / curved
    # H_new g by the same three terms, from the product H g that is known: one product with the matrix a step
    of_turned = dot(turned, gradient) / curved
    of_v, of_step = phi * curved * dot(v, gradient), dot(step, gradient) / slope
    for i in range(len(step)):
        product[i] = (product[i] - turned[i] * of_turned + v[i] * of_v) / tau + step[i] * of_step
    return 1 / tau, -1 / (curved * tau), phi * curved / tau, 1 / slope


@cache
def scaled_core() -> Core:
    """Settings: 1 for Broyden's and 0 for BFGS, and c1 and c2 of the line search.

    It ends where no step along the search direction is long enough."""
    version = VERSION

    def core(address: Any, context: Any, theta: Any, point: Any, gradient: Any, kind: Any, c1: Any, c2: Any) -> Any:
        _ = version
        line, loss, before = begin(address, context, theta, point, gradient, 0.0)
        dim = len(theta)
        matrix, product = identity(dim), np.empty(dim)
        parts, factors = (np.zeros(dim), np.zeros(dim), np.zeros(dim)), (1.0, 0.0, 0.0, 0.0)
        while loss == loss:
            moved, reached = move(line, loss, before, (c1, c2))
            if not moved:
                return reached
            before, loss = loss, reached
            if is_zero(line.step):
                return loss
            rescale_and_multiply(matrix, parts, factors, line.gradient, product)
            path = line.step, line.old, line.gradient, line.direction
            factors = learn(path, product, parts, kind == 1)
            for i in range(dim):
                line.direction[i] = -product[i]
        return loss

    return compile_core(core, WHOLE, FLOAT, FLOAT)
