"""Loss and gradient of a network with one hidden layer and few inputs and outputs, in one compiled pass.

What limits a small network is not its arithmetic but everything around it: framework calls, and temporaries that leave
the cache. Here a lane is finished before the next begins. Each unit's row of samples is made, activated and added to the
output while it is in the first-level cache, and the way back reads it once more.

Imported only when this engine is chosen: numba takes a second to load.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numba import njit

from problems.networks.compiled import Compiled

Kernel: TypeAlias = Callable[..., None]

FAST = {"fastmath": True, "error_model": "numpy", "nogil": True, "cache": True}


@njit(error_model="numpy")
def is_finite(theta: Any) -> bool:
    """Whether every parameter is finite; compiled apart, because fast arithmetic takes it for granted."""
    for value in theta:
        if not abs(value) < np.inf:
            return False
    return True


@njit(**FAST)
def start(theta: Any, units: int, inputs: int, target: Any, out: Any) -> None:
    """`out = bias - target`, so that adding the units leaves the residual."""
    first = units * (inputs + 1 + len(out))
    for c in range(len(out)):
        for i in range(out.shape[1]):
            out[c, i] = theta[first + c] - target[c, i]


@njit(**FAST)
def add_unit(theta: Any, j: int, units: int, inputs: int, row: Any, out: Any) -> None:
    """Add unit j's activations to the outputs."""
    for c in range(len(out)):
        weight = theta[units * (inputs + 1 + c) + j]
        for i in range(len(row)):
            out[c, i] += weight * row[i]


@njit(**FAST)
def mean_square(out: Any) -> Any:
    """The mean of the squared residuals `(m, n)`."""
    total = out.dtype.type(0)
    for c in range(len(out)):
        for i in range(out.shape[1]):
            total += out[c, i] * out[c, i]
    return total / out.dtype.type(out.size)


@njit(**FAST)
def to_cotangent(out: Any, bias_grad: Any) -> None:
    """Turn residuals into the derivative of their mean square, in place, and sum it for the biases."""
    scale = out.dtype.type(2) / out.dtype.type(out.size)
    for c in range(len(out)):
        total = out.dtype.type(0)
        for i in range(out.shape[1]):
            out[c, i] *= scale
            total += out[c, i]
        bias_grad[c] = total


def loss_kernels(phi: Compiled, kind: Any) -> tuple[Kernel, Kernel]:
    """Kernels for losses alone and for losses with gradients; all arrays are of type `kind` but `grads`, float64.

    `values(thetas (B, P), x (d, n), y (L, m, n), a (1, n), z (1, n), out (m, n), losses (B,))`, `L` equal to `B` or 1;
    `gradients(thetas, x, y, a (H, n), z (H or 1, n), out, losses, grads (B, P))`, where `z` has all rows if the slope of
    the activation needs them. A lane with a parameter that is not finite has the loss NaN and a gradient of zeros."""
    needs_z = phi.needs_z
    unit_row, unit_back = _unit_row(phi), _unit_back(phi, kind)

    @njit(**FAST)
    def values(thetas: Any, x: Any, y: Any, a: Any, z: Any, out: Any, losses: Any) -> None:
        units = (thetas.shape[1] - len(out)) // (len(x) + 1 + len(out))
        for lane in range(len(thetas)):
            theta = thetas[lane]
            start(theta, units, len(x), y[lane if len(y) > 1 else 0], out)
            for j in range(units):
                unit_row(theta, j, units, x, a[0], z[0])
                add_unit(theta, j, units, len(x), a[0], out)
            losses[lane] = mean_square(out) if is_finite(theta) else np.nan

    @njit(**FAST)
    def gradients(thetas: Any, x: Any, y: Any, a: Any, z: Any, out: Any, losses: Any, grads: Any) -> None:
        units = len(a)
        for lane in range(len(thetas)):
            theta, grad = thetas[lane], grads[lane]
            start(theta, units, len(x), y[lane if len(y) > 1 else 0], out)
            for j in range(units):
                unit_row(theta, j, units, x, a[j], z[j if needs_z else 0])
                add_unit(theta, j, units, len(x), a[j], out)
            losses[lane] = mean_square(out)
            to_cotangent(out, grad[len(theta) - len(out) :])
            for j in range(units):
                unit_back(theta, j, units, x, a[j], z[j if needs_z else 0], out, grad)
            if not is_finite(theta):
                losses[lane] = np.nan
                grad[:] = 0

    return values, gradients


def _unit_row(phi: Compiled) -> Kernel:
    """Pre-activations and activations of one unit."""
    value, _, needs_z = phi

    @njit(**FAST)
    def row(theta: Any, j: int, units: int, x: Any, a: Any, z: Any) -> None:
        inputs = len(x)
        weight, bias = theta[j * inputs], theta[units * inputs + j]
        if inputs == 1:
            for i in range(len(a)):
                pre = weight * x[0, i] + bias
                if needs_z:
                    z[i] = pre
                a[i] = value(pre)
            return
        for i in range(len(a)):
            z[i] = weight * x[0, i] + bias
        for k in range(1, inputs):
            weight = theta[j * inputs + k]
            for i in range(len(a)):
                z[i] += weight * x[k, i]
        for i in range(len(a)):
            a[i] = value(z[i])

    return row


def _unit_back(phi: Compiled, kind: Any) -> Kernel:
    """Gradients of one unit's weights; its row of activations is overwritten."""
    _, slope, needs_z = phi
    zero = kind(0)

    @njit(**FAST)
    def gather(theta: Any, first: int, units: int, a: Any, z: Any, out: Any, grad: Any) -> Any:
        for c in range(len(out)):
            output = zero
            for i in range(len(a)):
                output += out[c, i] * a[i]
            grad[first + c * units] = output
        for i in range(len(a)):
            z[i] = slope(z[i], a[i])
            a[i] = zero
        for c in range(len(out)):
            weight = theta[first + c * units]
            for i in range(len(a)):
                a[i] += weight * out[c, i]
        for i in range(len(a)):
            a[i] *= z[i]
        return grad[first]

    @njit(**FAST)
    def back(theta: Any, j: int, units: int, x: Any, a: Any, z: Any, out: Any, grad: Any) -> None:
        inputs = len(x)
        first = units * (inputs + 1) + j
        output, bias, incoming = zero, zero, zero
        if len(out) == 1:
            weight = theta[first]
            for i in range(len(a)):
                output += out[0, i] * a[i]
                delta = weight * out[0, i] * slope(z[i] if needs_z else zero, a[i])
                a[i] = delta
                bias += delta
                incoming += delta * x[0, i]
        else:
            output = gather(theta, first, units, a, z, out, grad)
            for i in range(len(a)):
                bias += a[i]
                incoming += a[i] * x[0, i]
        grad[first] = output
        grad[units * inputs + j] = bias
        grad[j * inputs] = incoming
        for k in range(1, inputs):
            incoming = zero
            for i in range(len(a)):
                incoming += a[i] * x[k, i]
            grad[j * inputs + k] = incoming

    return back
