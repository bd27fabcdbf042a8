"""What lies between the matrix products of a deeper network, each in one compiled pass without temporary arrays."""

from functools import cache
from typing import Any, NamedTuple

from problems.engines.kernels.compilation import (
    FLOAT,
    FLOATS,
    VERSION,
    Kernel,
    compile_kernel,
    fast,
    matrix,
    scalar,
    vector,
)
from problems.engines.kernels.elementwise import like
from problems.engines.kernels.shallow_rows import load, scale_row


@fast
def activate_row(pair: Any, p: Any, bias: Any, z: Any, a: Any) -> None:
    """Activations from products; the slopes take the products' place."""
    for i in range(len(z)):
        a[i], z[i] = pair(z[i] + bias, p)


@fast
def value_row(pair: Any, p: Any, bias: Any, z: Any) -> None:
    """Activations in place of products."""
    for i in range(len(z)):
        z[i] = pair(z[i] + bias, p)[0]


@fast
def slope_row(s: Any, d: Any) -> Any:
    """Multiply a row by the slopes, in place; its sum."""
    total = like(d[0], 0.0)
    for i in range(len(d)):
        d[i] *= s[i]
        total += d[i]
    return total


@fast
def residual_row(bias: Any, target: Any, out: Any) -> Any:
    """Residuals in place of products; the sum of their squares."""
    total = like(bias, 0.0)
    for i in range(len(out)):
        out[i] += bias - target[i]
        total += out[i] * out[i]
    return total


class Passes(NamedTuple):
    """The kernels between matrix products; arrays are of the network's type but `theta`, float64."""

    load: Kernel
    """`load(theta (P,), limit, w (P,))` rounds the parameters; whether all are numbers below `limit`."""
    activate: Kernel
    """`activate(p, bias (H,), z (H, n), a (H, n))` turns products into slopes, and fills in activations."""
    value: Kernel
    """`value(p, bias, z)` turns products into activations."""
    residual: Kernel
    """`residual(bias (m,), y (m, n), out (m, n))` turns products into residuals; the sum of their squares."""
    scale: Kernel
    """`scale(factor, out, sums (m,))` multiplies, and sums rows."""
    back: Kernel
    """`back(s (H, n), d (H, n), sums (H,))` multiplies the cotangents `d` by slopes, and sums rows."""


@cache
def passes(pair: Any, kind: Any) -> Passes:
    """The passes for an activation and a float type."""
    return Passes(*_passes_there(pair, kind), *_passes_back(kind))


def _passes_there(pair: Any, kind: Any) -> tuple[Kernel, Kernel, Kernel]:
    version = VERSION

    def load_all(theta: Any, limit: Any, w: Any) -> Any:
        _ = version
        return load(theta, limit, w)

    def activate(p: Any, bias: Any, z: Any, a: Any) -> None:
        _ = version
        for j in range(len(z)):
            activate_row(pair, p, bias[j], z[j], a[j])

    def value(p: Any, bias: Any, z: Any) -> None:
        _ = version
        for j in range(len(z)):
            value_row(pair, p, bias[j], z[j])

    one, of, rows = scalar(kind), vector(kind), matrix(kind)
    return (
        compile_kernel(load_all, FLOATS, FLOAT, of),
        compile_kernel(activate, one, of, rows, rows),
        compile_kernel(value, one, of, rows),
    )


def _passes_back(kind: Any) -> tuple[Kernel, Kernel, Kernel]:
    version = VERSION

    def residual(bias: Any, y: Any, out: Any) -> Any:
        _ = version
        total = 0.0
        for c in range(len(out)):
            total += residual_row(bias[c], y[c], out[c])
        return total

    def scale(factor: Any, out: Any, sums: Any) -> None:
        _ = version
        for c in range(len(out)):
            sums[c] = scale_row(factor, out[c])

    def back(s: Any, d: Any, sums: Any) -> None:
        _ = version
        for j in range(len(s)):
            sums[j] = slope_row(s[j], d[j])

    one, of, rows = scalar(kind), vector(kind), matrix(kind)
    return (
        compile_kernel(residual, of, rows, rows),
        compile_kernel(scale, one, rows, of),
        compile_kernel(back, rows, rows, of),
    )
