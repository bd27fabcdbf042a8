"""The inner loops of a network with one hidden layer: one unit's row of samples, which fits the first-level cache.

The flat parameters `w` of H units, d inputs and m outputs lie as in `MLP.layout`: weights `(H, d)`, biases `(H,)`,
output weights `(m, H)`, output biases `(m,)`. Inputs `x (d, n)`; a row holds the samples from `start` on. `pair` is an
activation of `compiled.py` with its number `p`.
"""

from typing import Any

from problems.engines.kernels.compilation import fast, plain
from problems.engines.kernels.elementwise import like


@plain
def load(theta: Any, limit: Any, w: Any) -> Any:
    """Round the parameters to the network's precision; whether all are numbers of size below `limit`."""
    fits = True
    for i in range(len(theta)):
        w[i] = theta[i]
        fits &= abs(theta[i]) < limit
    return fits


@fast
def fill_row(number: Any, out: Any) -> None:
    """`out = number`; written out, because numba takes long to compile an assignment to a slice."""
    for i in range(len(out)):
        out[i] = number


@fast
def copy_row(row: Any, out: Any) -> None:
    """`out = row`."""
    for i in range(len(out)):
        out[i] = row[i]


@fast
def add_row(weight: Any, row: Any, out: Any) -> None:
    """`out += weight * row`, as far as the row reaches."""
    for i in range(len(row)):
        out[i] += weight * row[i]


@fast
def dot_rows(first: Any, second: Any) -> Any:
    """The scalar product, as far as the second reaches."""
    total = like(first[0], 0.0)
    for i in range(len(second)):
        total += first[i] * second[i]
    return total


@fast
def start_row(bias: Any, target: Any, out: Any) -> None:
    """`out = bias - target`, so that adding the units leaves the residual."""
    for i in range(len(target)):
        out[i] = bias - target[i]


@fast
def affine_row(w: Any, j: Any, units: Any, x: Any, start: Any, z: Any) -> None:
    """Pre-activations of unit j."""
    d, stop = len(x), start + len(z)
    weight, bias, first = w[j * d], w[d * units + j], x[0][start:stop]
    for i in range(len(z)):
        z[i] = weight * first[i] + bias
    for k in range(1, d):
        add_row(w[j * d + k], x[k][start:stop], z)


@fast
def value_line(pair: Any, p: Any, w: Any, j: Any, units: Any, x: Any, start: Any, a: Any, s: Any) -> None:
    """Activations of unit j, for one input; `s` is left alone."""
    _ = s
    weight, bias, row = w[j], w[units + j], x[0][start : start + len(a)]
    for i in range(len(a)):
        a[i] = pair(weight * row[i] + bias, p)[0]


@fast
def value_plane(pair: Any, p: Any, w: Any, j: Any, units: Any, x: Any, start: Any, a: Any, s: Any) -> None:
    """Activations of unit j, for several inputs; `s` is left alone."""
    _ = s
    affine_row(w, j, units, x, start, a)
    for i in range(len(a)):
        a[i] = pair(a[i], p)[0]


@fast
def add_value_line(pair: Any, p: Any, w: Any, j: Any, units: Any, x: Any, start: Any, a: Any, s: Any, out: Any) -> None:
    """Activations of unit j, added to the output, for one input and one output; `s` is left alone."""
    _ = s
    weight, bias, outgoing = w[j], w[units + j], w[2 * units + j]
    row, total = x[0][start : start + len(a)], out[0]
    for i in range(len(a)):
        value = pair(weight * row[i] + bias, p)[0]
        a[i] = value
        total[i] += outgoing * value


@fast
def add_value_plane(
    pair: Any, p: Any, w: Any, j: Any, units: Any, x: Any, start: Any, a: Any, s: Any, out: Any
) -> None:
    """The same for several inputs or outputs."""
    value_plane(pair, p, w, j, units, x, start, a, s)
    for c in range(len(out)):
        add_row(w[units * (len(x) + 1 + c) + j], a, out[c])


@fast
def add_pair_line(pair: Any, p: Any, w: Any, j: Any, units: Any, x: Any, start: Any, a: Any, s: Any, out: Any) -> None:
    """Activations and slopes of unit j, the former added to the output, for one input and one output."""
    weight, bias, outgoing = w[j], w[units + j], w[2 * units + j]
    row, total = x[0][start : start + len(a)], out[0]
    for i in range(len(a)):
        value, s[i] = pair(weight * row[i] + bias, p)
        a[i] = value
        total[i] += outgoing * value


@fast
def add_pair_plane(pair: Any, p: Any, w: Any, j: Any, units: Any, x: Any, start: Any, a: Any, s: Any, out: Any) -> None:
    """The same for several inputs or outputs."""
    affine_row(w, j, units, x, start, s)
    for i in range(len(a)):
        a[i], s[i] = pair(s[i], p)
    for c in range(len(out)):
        add_row(w[units * (len(x) + 1 + c) + j], a, out[c])


@fast
def pull_line(slope: Any, w: Any, j: Any, units: Any, x: Any, start: Any, a: Any, s: Any, out: Any, grad: Any) -> None:
    """Add unit j's share to the gradient, for one input and one output; `out` holds the cotangent."""
    weight, row, cotangent = w[2 * units + j], x[0][start : start + len(a)], out[0]
    output, bias, incoming = like(weight, 0.0), like(weight, 0.0), like(weight, 0.0)
    for i in range(len(a)):
        output += cotangent[i] * a[i]
        delta = cotangent[i] * slope(a[i], s[i])
        bias += delta
        incoming += delta * row[i]
    grad[j] += weight * incoming
    grad[units + j] += weight * bias
    grad[2 * units + j] += output


@fast
def pull_plane(slope: Any, w: Any, j: Any, units: Any, x: Any, start: Any, a: Any, s: Any, out: Any, grad: Any) -> None:
    """The same for several inputs or outputs; the rows are overwritten."""
    d, first = len(x), units * (len(x) + 1) + j
    for c in range(len(out)):
        grad[first + c * units] += dot_rows(out[c], a)
    for i in range(len(a)):
        s[i] = slope(a[i], s[i])
    for i in range(len(a)):
        a[i] = w[first] * out[0, i]
    for c in range(1, len(out)):
        add_row(w[first + c * units], out[c], a)
    bias = like(w[0], 0.0)
    for i in range(len(a)):
        s[i] *= a[i]
        bias += s[i]
    grad[d * units + j] += bias
    for k in range(d):
        grad[j * d + k] += dot_rows(s, x[k][start : start + len(a)])


@fast
def sum_squares(out: Any, size: Any) -> Any:
    """The sum of the first `size` squared residuals of each output."""
    total = like(out[0, 0], 0.0)
    for c in range(len(out)):
        row = out[c][:size]
        for i in range(len(row)):
            total += row[i] * row[i]
    return total


@fast
def scale_row(scale: Any, row: Any) -> Any:
    """Multiply a row in place; its sum."""
    total = like(scale, 0.0)
    for i in range(len(row)):
        row[i] *= scale
        total += row[i]
    return total
