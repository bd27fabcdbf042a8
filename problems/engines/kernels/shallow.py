"""Loss and gradient of a network with one hidden layer and few inputs and outputs, in one compiled pass.

What limits a small network is not its arithmetic but everything around it: calls of a framework, and temporaries that
leave the cache. Here a block of samples is finished before the next begins, and a lane before the next. Each unit's row
is made, activated and added to the output while it is in the first-level cache, and the way back reads it once more
from the second. Imported only when this engine is used: numba takes its time to load.
"""

from functools import cache
from typing import Any

import numpy as np
from numba import carray

from problems.engines.kernels.compilation import (
    FLOAT,
    FLOATS,
    VERSION,
    WHOLE,
    Kernel,
    compile_kernel,
    cube,
    matrix,
    plain,
    scalar,
    vector,
)
from problems.engines.kernels.compiled import kept_slope
from problems.engines.kernels.elementwise import like
from problems.engines.kernels.entries import (
    BLOCK,
    DIM,
    INPUTS,
    LIMIT,
    LOSSES,
    NUMBER,
    OUTPUTS,
    ROW,
    ROWS,
    SAMPLES,
    WIDTH,
    W,
    X,
    Y,
    compile_entry,
    doubles,
    singles,
    table_at,
)
from problems.engines.kernels.shallow_rows import (
    add_pair_line,
    add_pair_plane,
    add_value_line,
    add_value_plane,
    fill_row,
    load,
    pull_line,
    pull_plane,
    scale_row,
    start_row,
    sum_squares,
)


@cache
def value_kernel(pair: Any, kind: Any, line: bool) -> Kernel:
    """`values(thetas (B P,), x (d, N), y (L, m, N), n, p, limit, w (P,), rows (1 + m, block), losses (B,))`.

    L is B or 1, and n the number of samples, which fill the rows up to their padding. Lanes with a parameter that is
    not a number of size below `limit` are refused: their loss is NaN, and their count is returned. `w` and `rows` are
    scratch; so many samples as a row holds are done at once. `line` says that there is one input and one output."""
    add_unit, version = add_value_line if line else add_value_plane, VERSION

    def values(thetas: Any, x: Any, y: Any, n: Any, p: Any, limit: Any, w: Any, rows: Any, losses: Any) -> Any:
        _ = version
        m, count, refused = y.shape[1], len(w), 0
        units, block = (count - m) // (len(x) + 1 + m), rows.shape[1]
        for lane in range(len(losses)):
            if not load(thetas[lane * count : (lane + 1) * count], limit, w):
                losses[lane] = np.nan
                refused += 1
                continue
            loss, target = 0.0, y[lane * len(y) // len(losses)]
            for start in range(0, n, block):
                size = min(block, x.shape[1] - start)
                real = min(size, n - start)
                a, out = rows[m][:size], rows[:m]
                for c in range(m):
                    start_row(w[count - m + c], target[c][start : start + size], out[c])
                for j in range(units):
                    add_unit(pair, p, w, j, units, x, start, a, a, out)
                loss += sum_squares(out, real)
            losses[lane] = loss / (n * m)
        return refused

    return compile_kernel(
        values, FLOATS, matrix(kind), cube(kind), WHOLE, scalar(kind), FLOAT, vector(kind), matrix(kind), FLOATS
    )


@plain
def differentiate(
    parts: Any,
    thetas: Any,
    x: Any,
    y: Any,
    n: Any,
    stride: Any,
    p: Any,
    limit: Any,
    w: Any,
    rows: Any,
    losses: Any,
    grads: Any,
) -> Any:
    """The work of `gradient_kernel`, of which `parts` are the functions, and whether slopes are kept."""
    add_unit, pair, slope, pull, keep = parts
    m, count, refused = y.shape[1], len(w), 0
    units, block = (count - m) // (len(x) + 1 + m), rows.shape[1]
    scale, width = like(w[0], 2 / (n * m)), stride if stride > 0 else x.shape[1]
    fill_row(0.0, grads)
    for lane in range(len(losses)):
        if not load(thetas[lane * count : (lane + 1) * count], limit, w):
            losses[lane] = np.nan
            refused += 1
            continue
        loss, target, grad = 0.0, y[lane * len(y) // len(losses)], grads[lane * count : (lane + 1) * count]
        for start in range(0, n, block):
            first, size = lane * stride + start, min(block, width - start)
            real = min(size, n - start)
            out, a, s = rows[:m], rows[m : m + units], rows[m + units :]
            for c in range(m):
                start_row(w[count - m + c], target[c][first : first + size], out[c])
            for j in range(units):
                add_unit(pair, p, w, j, units, x, first, a[j][:size], s[j if keep else 0][:size], out)
            loss += sum_squares(out, real)
            for c in range(m):
                fill_row(0.0, out[c][real:size])
                grad[count - m + c] += scale_row(scale, out[c][:size])
            for j in range(units):
                pull(slope, w, j, units, x, first, a[j][:size], s[j if keep else 0][:size], out, grad)
        losses[lane] = loss / (n * m)
    return refused


def _parts(slope: Any, line: bool) -> tuple[Any, Any, bool]:
    """How a unit is added and pulled, and whether slopes are kept."""
    keep = slope is kept_slope
    add_unit = (add_pair_line if line else add_pair_plane) if keep else (add_value_line if line else add_value_plane)
    return add_unit, pull_line if line else pull_plane, keep


@cache
def gradient_kernel(pair: Any, slope: Any, kind: Any, line: bool) -> Kernel:
    """`gradients(thetas (B P,), x, y, n, stride, p, limit, w, rows (m + 2 H, block), losses (B,), grads (B P,))`.

    As above, but lane `b` has samples of its own, from `b stride` on, unless `stride` is 0. The gradient of a refused
    lane is 0."""
    version = VERSION
    add_unit, pull, keep = _parts(slope, line)

    def gradients(
        thetas: Any, x: Any, y: Any, n: Any, stride: Any, p: Any, limit: Any, w: Any, rows: Any, losses: Any, grads: Any
    ) -> Any:
        _ = version
        parts = add_unit, pair, slope, pull, keep
        return differentiate(parts, thetas, x, y, n, stride, p, limit, w, rows, losses, grads)

    return compile_kernel(
        gradients,
        FLOATS,
        matrix(kind),
        cube(kind),
        WHOLE,
        WHOLE,
        scalar(kind),
        FLOAT,
        vector(kind),
        matrix(kind),
        FLOATS,
        FLOATS,
    )


@cache
def gradient_entry(pair: Any, slope: Any, kind: Any, line: bool) -> Any:
    """The same for one lane, as a C function; its table has x, y, w, rows, losses, their sizes and both numbers."""
    version = VERSION
    add_unit, pull, keep = _parts(slope, line)
    real = doubles if kind.itemsize == 8 else singles

    def entry(context: Any, theta: Any, gradient: Any) -> Any:
        _ = version
        table, numbers = table_at(context)
        dim = table[DIM]
        x = real(table[X], (table[INPUTS], table[WIDTH]))
        y = real(table[Y], (1, table[OUTPUTS], table[WIDTH]))
        w, rows = real(table[W], (dim,)), real(table[ROWS], (table[ROW], table[BLOCK]))
        w[0] = numbers[NUMBER]  # only to round it to the network's precision
        p, losses = w[0], doubles(table[LOSSES], (1,))
        parts = add_unit, pair, slope, pull, keep
        thetas, grads = carray(theta, (dim,)), carray(gradient, (dim,))
        differentiate(parts, thetas, x, y, table[SAMPLES], 0, p, numbers[LIMIT], w, rows, losses, grads)
        return losses[0]

    return compile_entry(entry)
