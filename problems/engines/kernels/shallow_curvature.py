"""The Jacobian and products with the Hessian of a network with one hidden layer, for the mean squared loss.

As `shallow.py` in all that is not said here; a point is done in one pass over the units, or two.
"""

from functools import cache
from typing import Any

from problems.engines.kernels.compilation import (
    FLOAT,
    FLOATS,
    VERSION,
    WHOLE,
    Kernel,
    compile_kernel,
    cube,
    fast,
    matrix,
    scalar,
    vector,
)
from problems.engines.kernels.elementwise import like
from problems.engines.kernels.shallow_rows import add_pair_plane, add_row, dot_rows, fill_row, load, start_row


@fast
def fill_product(scale: Any, first: Any, second: Any, out: Any) -> None:
    """`out = scale * first * second`, as far as `out` reaches."""
    for i in range(len(out)):
        out[i] = scale * first[i] * second[i]


@fast
def fill_multiple(scale: Any, row: Any, out: Any) -> None:
    """`out = scale * row`, as far as `out` reaches."""
    for i in range(len(out)):
        out[i] = scale * row[i]


@fast
def sum_row(row: Any, size: Any) -> Any:
    """The sum of the first `size` numbers."""
    total = like(row[0], 0.0)
    for i in range(size):
        total += row[i]
    return total


@cache
def jacobian_kernel(pair: Any, kind: Any) -> Kernel:
    """`jacobian(theta (P,), x, y, n, p, limit, w, rows (m + 2, N), residuals (m n,), out (P m n,))`; 1 if refused.

    `residuals` are those whose squares sum to the loss, an output after the other, and `out` is the transpose of their
    Jacobian."""
    version = VERSION

    def jacobian(
        theta: Any, x: Any, y: Any, n: Any, p: Any, limit: Any, w: Any, rows: Any, residuals: Any, out: Any
    ) -> Any:
        _ = version
        if not load(theta, limit, w):
            return 1
        m, d, count = y.shape[1], len(x), len(w)
        units, size = (count - m) // (d + 1 + m), m * n
        root = (1.0 / size) ** 0.5
        scale, a, s = like(w[0], root), rows[m], rows[m + 1]
        fill_row(0.0, out[(d + 1) * units * size :])
        for c in range(m):
            start_row(w[count - m + c], y[0][c], rows[c])
            fill_row(root, out[(count - m + c) * size + c * n :][:n])
        for j in range(units):
            add_pair_plane(pair, p, w, j, units, x, 0, a, s, rows[:m])
            for c in range(m):
                place = units * (d + 1 + c) + j
                fill_multiple(scale, a, out[place * size + c * n :][:n])
                bias = out[(d * units + j) * size + c * n :][:n]
                fill_multiple(scale * w[place], s, bias)
                for k in range(d):
                    fill_product(like(w[0], 1.0), bias, x[k], out[(j * d + k) * size + c * n :][:n])
        for c in range(m):
            fill_multiple(scale, rows[c], residuals[c * n :][:n])
        return 0

    return compile_kernel(
        jacobian,
        FLOATS,
        matrix(kind),
        cube(kind),
        WHOLE,
        scalar(kind),
        FLOAT,
        vector(kind),
        matrix(kind),
        FLOATS,
        FLOATS,
    )


@fast
def tangent_row(v: Any, j: Any, units: Any, x: Any, dz: Any) -> None:
    """`dz = V x + v_b`, the change of unit j's argument along the vector."""
    d = len(x)
    fill_row(v[d * units + j], dz)
    for k in range(d):
        add_row(v[j * d + k], x[k], dz)


@fast
def push_unit(w: Any, v: Any, first: Any, units: Any, a: Any, change: Any, df: Any) -> None:
    """Add what the outputs change along the vector by one unit, whose value changes by `change`."""
    for c in range(len(df)):
        add_row(v[first + c * units], a, df[c])
        add_row(w[first + c * units], change, df[c])


@fast
def pull_unit(w: Any, v: Any, first: Any, units: Any, f: Any, df: Any, t: Any, dt: Any) -> None:
    """The pull `t` of the cotangents on one unit, and its change."""
    fill_row(like(w[0], 0.0), t)
    fill_row(like(w[0], 0.0), dt)
    for c in range(len(f)):
        add_row(w[first + c * units], f[c], t)
        add_row(v[first + c * units], f[c], dt)
        add_row(w[first + c * units], df[c], dt)


@fast
def turn_rows(bend: Any, p: Any, a: Any, s: Any, dz: Any, t: Any, dt: Any) -> None:
    """From the pull `t` on a unit and its change, that on its argument: `dt = s dt + bend dz t`."""
    for i in range(len(a)):
        dt[i] = s[i] * dt[i] + bend(a[i], s[i], p) * dz[i] * t[i]


@fast
def start_outputs(w: Any, v: Any, y: Any, f: Any, df: Any) -> None:
    """Residuals and their change along the vector, before any unit."""
    first = len(w) - len(f)
    for c in range(len(f)):
        start_row(w[first + c], y[c], f[c])
        fill_row(v[first + c], df[c])


@fast
def turn_outputs(scale: Any, n: Any, f: Any, df: Any, out: Any) -> None:
    """Residuals to cotangents, none for the padding, whose changes' sums are the product's part of the biases."""
    first = len(out) - len(f)
    for c in range(len(f)):
        fill_multiple(scale, f[c], f[c])
        fill_multiple(scale, df[c], df[c])
        fill_row(like(scale, 0.0), f[c][n:])
        fill_row(like(scale, 0.0), df[c][n:])
        out[first + c] = sum_row(df[c], n)


@cache
def product_kernel(pair: Any, bend: Any, kind: Any) -> Kernel:
    """`product(both (2 P,), x, y, n, p, limit, w (2, P), rows (2 m + 5, N), out (P,))`, 1 if refused.

    `both` is the point and after it the vector that the Hessian is multiplied with (Pearlmutter 1994)."""
    version = VERSION

    def product(both: Any, x: Any, y: Any, n: Any, p: Any, limit: Any, weights: Any, rows: Any, out: Any) -> Any:
        _ = version
        count = weights.shape[1]
        if not (load(both[:count], limit, weights[0]) and load(both[count:], limit, weights[1])):
            return 1
        w, v, m, d = weights[0], weights[1], y.shape[1], len(x)
        units, f, df = (count - m) // (d + 1 + m), rows[:m], rows[m : 2 * m]
        a, s, dz, t, dt = rows[2 * m], rows[2 * m + 1], rows[2 * m + 2], rows[2 * m + 3], rows[2 * m + 4]
        start_outputs(w, v, y[0], f, df)
        for j in range(units):
            tangent_row(v, j, units, x, dz)
            add_pair_plane(pair, p, w, j, units, x, 0, a, s, f)
            fill_product(like(w[0], 1.0), s, dz, dt)
            push_unit(w, v, units * (d + 1) + j, units, a, dt, df)
        turn_outputs(like(w[0], 2 / (n * m)), n, f, df, out)
        for j in range(units):
            first = units * (d + 1) + j
            tangent_row(v, j, units, x, dz)
            add_pair_plane(pair, p, w, j, units, x, 0, a, s, f[:0])
            fill_product(like(w[0], 1.0), s, dz, dt)
            for c in range(m):
                out[first + c * units] = dot_rows(df[c], a) + dot_rows(f[c], dt)
            pull_unit(w, v, first, units, f, df, t, dt)
            turn_rows(bend, p, a, s, dz, t, dt)
            out[d * units + j] = sum_row(dt, len(dt))
            for k in range(d):
                out[j * d + k] = dot_rows(dt, x[k])
        return 0

    return compile_kernel(
        product, FLOATS, matrix(kind), cube(kind), WHOLE, scalar(kind), FLOAT, matrix(kind), matrix(kind), FLOATS
    )
