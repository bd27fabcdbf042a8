"""A root of a symmetric positive matrix times an array, `A^(-p) X` with 0 < p < 1, compiled, without eigenvectors.

Householder's reflections make A tridiagonal, T, and with `sin(p pi) / pi = C` and s = exp(u)

    T^(-p) = C int exp((1 - p) u) (T + s)^-1 du,

of which the trapezoidal rule of step h errs by exp(-2 pi^2 / h) only, as the integrand is analytic for |Im u| < pi.
Below and above the eigenvalues the sums are geometric. So a root costs some eighty tridiagonal systems, all at once in
vectors: for matrices of forty rows a quarter of what LAPACK takes for the eigenvectors.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy import exp, log, pi, sin, sqrt

from optimizers.compiled.compilation import FLOAT, FLOATS, VERSION, WHOLE, Core, compile_for, fast, plain
from optimizers.compiled.vectors import add, copy, dot

STEP = 0.58
"""Of the rule: it errs by 2e-15."""
BELOW, ABOVE = 18.0, 15.0
"""Logarithms of how far the nodes reach beyond the eigenvalues: the first terms of the geometric sums err by 1e-14."""
MOST = 1e150
"""Of eigenvalues: their squares are still numbers."""
ROW, ROWS = 8, 4
"""Numbers of a cache line, or of a vector, and rows that are passed over at once: matrices are padded to multiples."""


@fast
def reflector(row: Any, first: Any, n: Any, vector: Any) -> Any:
    """The vector v, of share t, with `(I - t v v') row = beta e_first` from `first` on, and 0 before; t and beta."""
    square = 0.0
    for i in range(first + 1, n):
        square += row[i] * row[i]
    for i in range(n):
        vector[i] = 0.0
    if first == n:
        return 0.0, 0.0
    alpha = row[first]
    vector[first] = 1.0
    if square == 0.0:
        return 0.0, alpha
    beta = sqrt(alpha * alpha + square)
    beta = -beta if alpha > 0 else beta
    for i in range(first + 1, n):
        vector[i] = row[i] / (alpha - beta)
    return (beta - alpha) / beta, beta


@plain
def four(factor: Any, vector: Any, i: Any) -> Any:
    """Four numbers from place i on, times a factor."""
    return factor * vector[i], factor * vector[i + 1], factor * vector[i + 2], factor * vector[i + 3]


@fast
def pass_over(rows: Any, u: Any, x: Any, shares: Any, w: Any) -> None:
    """Four `rows <- rows - a x' - b u'` and `w <- w + rows' c`, for `shares` a, b and c: one loop, in whole vectors."""
    first, second, third, fourth = rows
    a, b, c = shares
    for j in range(len(w)):
        one = first[j] - (a[0] * x[j] + b[0] * u[j])
        two = second[j] - (a[1] * x[j] + b[1] * u[j])
        three = third[j] - (a[2] * x[j] + b[2] * u[j])
        four = fourth[j] - (a[3] * x[j] + b[3] * u[j])
        first[j], second[j], third[j], fourth[j] = one, two, three, four
        w[j] += (c[0] * one + c[1] * two) + (c[2] * three + c[3] * four)


@fast
def tridiagonal(matrix: Any, vectors: Any, products: Any, shares: Any, d: Any, e: Any) -> None:
    """The diagonals d and e of `T = Q' A Q`, and the reflections that Q is made of; A is overwritten.

    A reflection, `A <- A - v w' - w v'` with `p = t A v` and `w = p - (t / 2) (p.v) v`, waits for the next product, so
    that each takes one pass over A. Rows 0 of `vectors` and `products` stay 0."""
    n, width = len(d), matrix.shape[1]
    for k in range(n):
        u, x, v, w, row = vectors[k], products[k], vectors[k + 1], products[k + 1], matrix[k]
        first, a, b = (k + 1) // ROWS * ROWS, u[k], x[k]
        for j in range(k, n):
            row[j] -= a * x[j] + b * u[j]
        for j in range(width):
            w[j] = 0.0
        d[k], (t, e[k]) = row[k], reflector(row, k + 1, n, v)
        shares[k] = t
        # of the rows before k + 1, which the first four may begin with, v is 0
        for i in range(first, width, ROWS):
            rows = matrix[i, first:], matrix[i + 1, first:], matrix[i + 2, first:], matrix[i + 3, first:]
            shared = four(1.0, u, i), four(1.0, x, i), four(t, v, i)
            pass_over(rows, u[first:], x[first:], shared, w[first:])
        along = 0.0
        for j in range(k + 1, n):
            along += w[j] * v[j]
        for j in range(k + 1, n):
            w[j] -= t / 2 * along * v[j]
        for j in range(k + 1):
            w[j] = 0.0


@fast
def reflect(vector: Any, share: Any, x: Any) -> None:
    """`x <- (I - share v v') x`."""
    add(-share * dot(vector, x), vector, x)


@plain
def nodes(least: Any, most: Any, p: Any) -> Any:
    """The shifts s, of which the first is 0, their weights, and the factors of `x` and `-T x` beside them.

    `least` and `most` enclose the eigenvalues."""
    h, low = STEP, log(least) - BELOW
    count = int((log(most) + ABOVE - low) / h) + 2
    s, weights = np.empty(count), np.empty(count)
    scale = h * sin(p * pi) / pi
    for k in range(1, count):
        s[k] = exp(low + h * (k - 1))
        weights[k] = scale * s[k] ** (1 - p)
    # below the first node (T + s)^-1 is T^-1, above the last 1 / s - T / s^2
    s[0], weights[0] = 0.0, scale * exp((1 - p) * (low - h)) / (1 - exp(-(1 - p) * h))
    beyond = low + h * (count - 1)
    first = scale * exp(-p * beyond) / (1 - exp(-p * h))
    return s, weights, first, scale * exp(-(1 + p) * beyond) / (1 - exp(-(1 + p) * h))


@fast
def eliminate(d: Any, e: Any, s: Any, inverse: Any) -> Any:
    """The inverse pivots `(n, nodes)` of all `T + s`; the least pivot of T itself, which is at `s[0] = 0`."""
    least, square, before = d[0], 0.0, s  # any numbers: the first row has none before it
    for i in range(len(d)):
        own, diagonal = inverse[i], d[i]
        for q in range(len(s)):
            own[q] = 1 / (diagonal + s[q] - square * before[q])
        least, before = min(least, 1 / own[0]), own
        square = e[i] * e[i]
    return least


@fast
def substitute(e: Any, inverse: Any, weights: Any, y: Any, x: Any) -> None:
    """`x <- sum_q weights_q (T + s_q)^-1 x`."""
    n = len(x)
    before, off = weights, 0.0  # any numbers
    for i in range(n):
        own, pivots, right = y[i], inverse[i], x[i]
        for q in range(len(weights)):
            own[q] = (right - off * before[q]) * pivots[q]
        before, off = own, e[i]
    after, off = weights, 0.0
    for i in range(n - 1, -1, -1):
        own, pivots, total = y[i], inverse[i], 0.0
        for q in range(len(weights)):
            own[q] -= off * pivots[q] * after[q]
            total += weights[q] * own[q]
        x[i], after, off = total, own, e[i - 1]


@plain
def largest(d: Any, e: Any) -> Any:
    """A bound of the eigenvalues (Gershgorin)."""
    bound, before = 0.0, 0.0
    for i in range(len(d)):
        total = abs(d[i]) + abs(before) + abs(e[i])
        bound, before = total if not total <= bound else bound, e[i]  # a NaN stays
    return bound


@plain
def turn(reflections: Any, x: Any) -> None:
    """`x <- Q' x`."""
    vectors, shares = reflections
    for k in range(len(x) - 1):
        reflect(vectors[k + 1, k + 1 : len(x)], shares[k], x[k + 1 :])


@plain
def turn_back(reflections: Any, x: Any) -> None:
    """`x <- Q x`."""
    vectors, shares = reflections
    for k in range(len(x) - 2, -1, -1):
        reflect(vectors[k + 1, k + 1 : len(x)], shares[k], x[k + 1 :])


@plain
def add_rest(d: Any, e: Any, factors: Any, x: Any, out: Any) -> None:
    """`out <- (first - second T) x`."""
    first, second = factors
    before, off = 0.0, 0.0
    for i in range(len(x)):
        after = x[i + 1] if i + 1 < len(x) else 0.0
        out[i] = first * x[i] - second * (off * before + d[i] * x[i] + e[i] * after)
        before, off = x[i], e[i]


@plain
def multiply(matrix: Any, room: Any, rows: Any, least: Any, p: Any) -> Any:
    """`rows <- A^(-p) rows` for rows `(before, n, after)`; whether all went well. A is overwritten."""
    vectors, products, shares, d, e = room
    tridiagonal(matrix, vectors, products, shares, d, e)
    most = largest(d, e)
    # NaN is not below either
    if not (most < MOST and least < most):
        return False
    s, weights, first, second = nodes(least, most, p)
    inverse, y = np.empty((len(d), len(s))), np.empty((len(d), len(s)))
    if not eliminate(d, e, s, inverse) > 0:
        return False
    x, rest = np.empty(len(d)), np.empty(len(d))
    for k in range(rows.shape[0]):
        for j in range(rows.shape[2]):
            copy(rows[k, :, j], x)
            turn((vectors, shares), x)
            add_rest(d, e, (first, second), x, rest)
            substitute(e, inverse, weights, y, x)
            add(1.0, rest, x)
            turn_back((vectors, shares), x)
            copy(x, rows[k, :, j])
    return True


@cache
def root_core() -> Core:
    """`rows (B, before, n, after) <- A^(-p) rows` for each lane's `A (B, n, n)`, both given flat.

    `least` is below all eigenvalues, or about so. `well (B,)` becomes 0 where A is not finite, or not positive, as
    rounding may make it: the rows of such a lane are left alone."""
    version = VERSION

    def core(matrices: Any, rows: Any, well: Any, n: Any, after: Any, least: Any, p: Any) -> None:
        _ = version
        width, arrays = (n + ROW - 1) // ROW * ROW, rows.reshape((len(well), -1, n, after))
        squares = matrices.reshape((len(well), n, n))
        matrix, vectors, products = np.zeros((width, width)), np.zeros((n + 1, width)), np.zeros((n + 1, width))
        room = vectors, products, np.empty(n), np.empty(n), np.empty(n)
        for lane in range(len(well)):
            for i in range(n):
                copy(squares[lane, i], matrix[i, :n])
            well[lane] = 1.0 if multiply(matrix, room, arrays[lane], least, p) else 0.0

    return compile_for(core, FLOATS, FLOATS, FLOATS, WHOLE, WHOLE, FLOAT, FLOAT)
