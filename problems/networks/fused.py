"""Loss and gradient of a fully connected network in one compiled pass, without temporary arrays.

What limits a small network is not its arithmetic but everything around it: framework calls, and temporaries that leave
the cache. Here a lane is finished before the next begins. Each unit's row of samples is made, activated and added to the
output while it is in the first-level cache, and the way back reads it once more. Products between hidden layers, and with
more than a few inputs or outputs, go through BLAS, with bias and activation fused behind them.

Imported only when this engine is chosen: numba takes a second to load.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numba import njit

from problems.networks.compiled import Compiled

Kernel: TypeAlias = Callable[..., None]

FAST = {"fastmath": True, "error_model": "numpy", "nogil": True}
FEW = 4
"""Inputs or outputs up to which plain loops beat a call of BLAS."""


@njit(error_model="numpy")
def is_finite(theta: Any) -> bool:
    """Whether every parameter is finite; compiled apart, because fast arithmetic takes it for granted."""
    for value in theta:
        if not abs(value) < np.inf:
            return False
    return True


@njit(**FAST)
def mix(weights: Any, rows: Any, out: Any) -> None:
    """`out = weights . rows`, for a few rows `(k, n)`."""
    for i in range(len(out)):
        out[i] = weights[0] * rows[0, i]
    for k in range(1, len(rows)):
        add_row(weights[k], rows[k], out)


@njit(**FAST)
def add_row(weight: Any, row: Any, out: Any) -> None:
    """`out += weight * row`."""
    for i in range(len(row)):
        out[i] += weight * row[i]


@njit(**FAST)
def dot_row(first: Any, second: Any) -> Any:
    """The scalar product of two rows."""
    total = first[0] * second[0]
    for i in range(1, len(first)):
        total += first[i] * second[i]
    return total


@njit(**FAST)
def to_residual(out: Any, target: Any) -> Any:
    """Turn outputs `(m, n)` into the cotangent of the mean squared loss, in place; the loss."""
    count = out.dtype.type(out.size)
    loss = out.dtype.type(0)
    for c in range(len(out)):
        for i in range(out.shape[1]):
            r = out[c, i] - target[c, i]
            loss += r * r
            out[c, i] = (r + r) / count
    return loss / count


def forward_kernel(phi: Compiled, kind: Any) -> Kernel:
    """`forward(theta (P,), widths, x (d, n), a (units, n), z (units or widest, n), out (m, n))`, all of type `kind`.

    Fills the activations `a` of all hidden layers, one below the other, and the outputs."""
    value, _, needs_z = phi

    @njit(**FAST)
    def activate(z: Any, bias: Any, a: Any) -> None:
        for i in range(len(z)):
            z[i] += bias
            a[i] = value(z[i])

    @njit(**FAST)
    def line(weight: Any, bias: Any, x: Any, z: Any, a: Any) -> None:
        for i in range(len(x)):
            pre = weight * x[i] + bias
            if needs_z:
                z[i] = pre
            a[i] = value(pre)

    @njit(**FAST)
    def hidden(weight: Any, bias: Any, x: Any, z: Any, a: Any) -> None:
        if len(x) > FEW:
            np.dot(weight, x, z)
        for j in range(len(weight)):
            if len(x) == 1:
                line(weight[j, 0], bias[j], x[0], z[j], a[j])
                continue
            if len(x) <= FEW:
                mix(weight[j], x, z[j])
            activate(z[j], bias[j], a[j])

    @njit(**FAST)
    def forward(theta: Any, widths: Any, x: Any, a: Any, z: Any, out: Any) -> None:
        offset, start = 0, 0
        below = x
        for layer in range(1, len(widths) - 1):
            fan_in, fan_out = widths[layer - 1], widths[layer]
            middle = offset + fan_in * fan_out
            weight, bias = theta[offset:middle].reshape(fan_out, fan_in), theta[middle : middle + fan_out]
            rows = z[start : start + fan_out] if needs_z else z[:fan_out]
            hidden(weight, bias, below, rows, a[start : start + fan_out])
            below = a[start : start + fan_out]
            offset, start = middle + fan_out, start + fan_out
        middle = offset + widths[-2] * widths[-1]
        read_out(theta[offset:middle].reshape(widths[-1], widths[-2]), theta[middle:], below, out)

    return forward


@njit(**FAST)
def read_out(weight: Any, bias: Any, a: Any, out: Any) -> None:
    """The last, linear layer."""
    if len(out) > FEW:
        np.dot(weight, a, out)
        for c in range(len(out)):
            out[c] += bias[c]
        return
    for c in range(len(out)):
        out[c] = bias[c]
        for j in range(len(a)):
            add_row(weight[c, j], a[j], out[c])


def backward_kernel(phi: Compiled, kind: Any) -> Kernel:
    """`backward(theta (P,), widths, x (d, n), a, z, out (m, n), d (2, widest, n), grad (P,))` after `forward`.

    `out` holds the cotangent of the outputs, `d` is scratch."""
    _, slope, needs_z = phi

    @njit(**FAST)
    def through(z: Any, a: Any, d: Any) -> None:
        for j in range(len(d)):
            for i in range(d.shape[1]):
                d[j, i] *= slope(z[j, i] if needs_z else kind(0), a[j, i])

    @njit(**FAST)
    def pull(weight: Any, above: Any, d: Any) -> None:
        if len(above) > FEW:
            np.dot(weight.T, above, d)
            return
        for j in range(len(d)):
            mix(weight[:, j], above, d[j])

    @njit(**FAST)
    def backward(theta: Any, widths: Any, x: Any, a: Any, z: Any, out: Any, d: Any, grad: Any) -> None:
        end, stop = len(theta), len(a)
        above = out
        for layer in range(len(widths) - 1, 0, -1):
            fan_in, fan_out = widths[layer - 1], widths[layer]
            middle = end - fan_out
            offset = middle - fan_in * fan_out
            below = a[stop - fan_in : stop] if layer > 1 else x
            differentiate(above, below, grad[offset:middle].reshape(fan_out, fan_in), grad[middle:end])
            if layer > 1:
                rows = d[layer % 2, :fan_in]
                pull(theta[offset:middle].reshape(fan_out, fan_in), above, rows)
                through(z[stop - fan_in : stop] if needs_z else z, below, rows)
                above = rows
            end, stop = offset, stop - fan_in

    return backward


@njit(**FAST)
def differentiate(above: Any, below: Any, weight: Any, bias: Any) -> None:
    """Gradients of one layer from the cotangent `above` of its output and its input `below`."""
    few = len(above) <= FEW or len(below) <= FEW
    if not few:
        np.dot(above, below.T, weight)
    for j in range(len(above)):
        total = above[j, 0]
        for i in range(1, above.shape[1]):
            total += above[j, i]
        bias[j] = total
        if few:
            for k in range(len(below)):
                weight[j, k] = dot_row(above[j], below[k])


def loss_kernels(phi: Compiled, kind: Any) -> tuple[Kernel, Kernel]:
    """Losses alone, and losses with gradients, of the mean squared loss, lane by lane.

    `values(thetas (B, P), widths, x, y (L, m, n), a, z, out, losses (B,))` with `L` equal to `B` or 1, and
    `gradients(..., out, d, losses, grads (B, P))`. A lane with a parameter that is not finite has no loss."""
    forward, backward = forward_kernel(phi, kind), backward_kernel(phi, kind)

    @njit(**FAST)
    def values(thetas: Any, widths: Any, x: Any, y: Any, a: Any, z: Any, out: Any, losses: Any) -> None:
        for lane in range(len(thetas)):
            if not is_finite(thetas[lane]):
                losses[lane] = np.nan
                continue
            forward(thetas[lane], widths, x, a, z, out)
            losses[lane] = to_residual(out, y[lane if len(y) > 1 else 0])

    @njit(**FAST)
    def gradients(
        thetas: Any, widths: Any, x: Any, y: Any, a: Any, z: Any, out: Any, d: Any, losses: Any, grads: Any
    ) -> None:
        for lane in range(len(thetas)):
            if not is_finite(thetas[lane]):
                losses[lane] = np.nan
                grads[lane] = 0
                continue
            forward(thetas[lane], widths, x, a, z, out)
            losses[lane] = to_residual(out, y[lane if len(y) > 1 else 0])
            backward(thetas[lane], widths, x, a, z, out, d, grads[lane])

    return values, gradients
