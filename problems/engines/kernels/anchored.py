"""The loss of a network with one hidden layer where few coordinates move: Powell's line searches move one at a time.

The activations of an anchor are kept. If the new point differs from it in one unit (or in output biases alone), that
unit's row is made anew and its share in the outputs exchanged; otherwise the anchor moves to the new point, rows of
changed units are made anew, and the outputs are added up from the rows. So the anchor is always as exact as a whole
evaluation, whatever came before, and no error can grow.
"""

from functools import cache
from typing import Any

import numpy as np
from numba import carray

from problems.engines.kernels.compilation import (
    VERSION,
    fast,
    plain,
)
from problems.engines.kernels.elementwise import like
from problems.engines.kernels.entries import (
    ANCHOR,
    DIM,
    INPUTS,
    LIMIT,
    NUMBER,
    OUTPUTS,
    REACH,
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
    add_row,
    copy_row,
    load,
    start_row,
    sum_squares,
    value_line,
    value_plane,
)

CANCELLATION = 64.0
"""A unit that weighs more at the anchor than so many times the largest target is not exchanged: digits would cancel."""


@plain
def sole_unit(theta: Any, anchor: Any, units: Any, d: Any, m: Any) -> Any:
    """The only unit in which `theta` differs from the anchor; `units` for none, -1 for several or without an anchor."""
    if anchor[0] != anchor[0]:  # NaN
        return -1
    sole = units
    for i in range(len(theta) - m):
        if theta[i] != anchor[i]:
            j = i // d if i < d * units else (i - d * units) % units
            if sole not in (units, j):
                return -1
            sole = j
    return sole


@plain
def same_row(w: Any, old: Any, j: Any, units: Any, d: Any) -> Any:
    """Whether unit j has the weights and the bias that it had."""
    same = w[d * units + j] == old[d * units + j]
    for k in range(j * d, (j + 1) * d):
        same &= w[k] == old[k]
    return same


@fast
def exchange(before: Any, old: Any, after: Any, new: Any, shift: Any, out: Any) -> Any:
    """The sum of squares of `out + shift + after * new - before * old`, and the largest number that is taken away."""
    total, largest = like(shift, 0.0), like(shift, 0.0)
    for i in range(len(old)):
        taken = before * old[i]
        r = out[i] + (shift + (after * new[i] - taken))
        total += r * r
        largest = max(largest, abs(taken))
    return total, largest


@fast
def exchange_all(w: Any, old: Any, first: Any, units: Any, row: Any, new: Any, out: Any) -> Any:
    """The same for all outputs, whose weights begin at `first`, as far as `row` reaches."""
    m = len(out)
    loss, largest = like(w[0], 0.0), like(w[0], 0.0)
    for c in range(m):
        weight, bias = first + c * units, len(w) - m + c
        total, taken = exchange(old[weight], row, w[weight], new, w[bias] - old[bias], out[c])
        loss += total
        largest = max(largest, taken, abs(old[bias]))
    return loss, largest


@fast
def add_units(w: Any, y: Any, rows: Any, first: Any, out: Any, n: Any) -> Any:
    """Residuals from the activations `rows (H, N)`; the sum of the first n squares."""
    units, m = len(rows), len(out)
    for c in range(m):
        start_row(w[len(w) - m + c], y[c], out[c])
    for j in range(units):
        for c in range(m):
            add_row(w[first + c * units + j], rows[j], out[c])
    return sum_squares(out, n)


@plain
def value_from_anchor(
    parts: Any, theta: Any, anchor: Any, x: Any, y: Any, n: Any, p: Any, limit: Any, reach: Any, points: Any, rows: Any
) -> Any:
    """The loss of `theta (P,)` on n samples, which fill the rows of `x (d, N)` and `y (1, m, N)` up to their padding.

    -1 for a point that is refused, as by the kernels of `shallow.py`. `anchor (P,)`, `points (2, P)` and
    `rows (m + 1 + H, N)` are kept from call to call, and `anchor[0]` is NaN at first; `reach` is the size of the
    largest target. `parts` are the functions that it is made of."""
    unit_row, pair = parts
    d, m, count = len(x), y.shape[1], len(theta)
    units, w, old = (count - m) // (d + 1 + m), points[0], points[1]
    first, out, new, a = (d + 1) * units, rows[:m], rows[m], rows[m + 1 :]
    if not load(theta, limit, w):
        return -1.0
    j = sole_unit(theta, anchor, units, d, m)
    if j >= 0:
        row = a[min(j, units - 1)][:n]
        if j < units and not same_row(w, old, j, units, d):
            unit_row(pair, p, w, j, units, x, 0, new, new)
            loss, taken = exchange_all(w, old, first + j, units, row, new, out)
        else:
            loss, taken = exchange_all(w, old, first + min(j, units - 1), units, row, row, out)
        if taken <= CANCELLATION * reach:
            return loss / (n * m)
    for j in range(units):
        if anchor[0] != anchor[0] or not same_row(w, old, j, units, d):
            unit_row(pair, p, w, j, units, x, 0, a[j], a[j])
    copy_row(theta, anchor)
    copy_row(w, old)
    return add_units(w, y[0], a, first, out, n) / (n * m)


@cache
def anchored_entry(pair: Any, kind: Any, one_input: bool) -> Any:
    """`value_from_anchor` as a C function, which fills no gradient; `w` and `rows` of its table are kept."""
    unit_row, version = value_line if one_input else value_plane, VERSION
    real = doubles if kind.itemsize == 8 else singles

    def entry(context: Any, theta: Any, gradient: Any) -> Any:
        _ = version, gradient
        table, numbers = table_at(context)
        dim = table[DIM]
        x = real(table[X], (table[INPUTS], table[WIDTH]))
        y = real(table[Y], (1, table[OUTPUTS], table[WIDTH]))
        points, rows = real(table[W], (2, dim)), real(table[ROWS], (table[ROW], table[WIDTH]))
        points[0, 0] = numbers[NUMBER]  # only to round it to the network's precision
        p, anchor = points[0, 0], doubles(table[ANCHOR], (dim,))
        thetas, n, limit, reach = carray(theta, (dim,)), table[SAMPLES], numbers[LIMIT], numbers[REACH]
        loss = value_from_anchor((unit_row, pair), thetas, anchor, x, y, n, p, limit, reach, points, rows)
        # `>=` lets NaN be refused as well
        return loss if loss >= 0.0 else np.nan

    return compile_entry(entry)
