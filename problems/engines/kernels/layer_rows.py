"""What lies between the matrix products of a deeper network, each in one compiled pass without temporary arrays."""

from functools import cache
from typing import Any, NamedTuple

from problems.engines.kernels.compilation import (
    FLOAT,
    FLOATS,
    VERSION,
    WHOLE,
    Kernel,
    compile_kernel,
    fast,
    matrix,
    scalar,
    vector,
)
from problems.engines.kernels.compiled import kept_slope
from problems.engines.kernels.elementwise import like
from problems.engines.kernels.shallow_rows import add_row, dot_rows, load, scale_row


@fast
def activate_row(pair: Any, p: Any, bias: Any, z: Any, s: Any) -> None:
    """Activations in place of products, and slopes beside them."""
    for i in range(len(z)):
        z[i], s[i] = pair(z[i] + bias, p)


@fast
def value_row(pair: Any, p: Any, bias: Any, z: Any) -> None:
    """Activations in place of products."""
    for i in range(len(z)):
        z[i] = pair(z[i] + bias, p)[0]


@fast
def slope_row(slope: Any, a: Any, s: Any, d: Any) -> Any:
    """Multiply a row by the slopes, in place; its sum."""
    total = like(d[0], 0.0)
    for i in range(len(d)):
        d[i] *= slope(a[i], s[i])
        total += d[i]
    return total


@fast
def product_row(weights: Any, x: Any, z: Any) -> None:
    """One row of `weights . x`, for a few inputs."""
    first, row = weights[0], x[0]
    for i in range(len(z)):
        z[i] = first * row[i]
    for k in range(1, len(x)):
        add_row(weights[k], x[k], z)


@fast
def residual_row(bias: Any, target: Any, samples: Any, out: Any) -> Any:
    """Residuals in place of products, zeros where the padding is; the sum of their squares."""
    total = like(bias, 0.0)
    for i in range(samples):
        out[i] += bias - target[i]
        total += out[i] * out[i]
    for i in range(samples, len(out)):
        out[i] = like(bias, 0.0)
    return total


class Passes(NamedTuple):
    """The kernels between matrix products; arrays are of the network's type but `theta`, which may be float64.

    Where an activation tells its slope from its value, `s` may be `a` itself, and is only read."""

    load: Kernel
    """`load(theta (P,), limit, w (P,))` rounds the parameters; whether all are numbers below `limit`."""
    take: Kernel
    """The same of parameters that are in the network's precision already."""
    activate: Kernel
    """`activate(p, bias (H,), z (H, n), s (H, n))` turns products into activations, and fills in slopes."""
    value: Kernel
    """`value(p, bias, z)` turns products into activations."""
    enter: Kernel
    """`enter(p, w (H, d), bias, x (d, n), z, s)` is the product of a few inputs and `activate`, row by row."""
    residual: Kernel
    """`residual(bias (m,), y (m, n), samples, out (m, n))` turns products into residuals; the sum of their squares."""
    scale: Kernel
    """`scale(factor, out, sums (m,))` multiplies, and sums rows."""
    back: Kernel
    """`back(a (H, n), s (H, n), d (H, n), sums (H,))` multiplies the cotangents `d` by slopes, and sums rows."""
    leave: Kernel
    """`leave(a, s, d, x (d, n), sums, dw (H, d))` is `back` and the product of `d` with a few inputs."""


@cache
def passes(pair: Any, slope: Any, kind: Any) -> Passes:
    """The passes for an activation, its slope from its value or kept, and a float type."""
    return Passes(*_loads(kind), *_passes_there(pair, slope, kind), *_ends(kind), *_passes_back(slope, kind))


def _loads(kind: Any) -> tuple[Kernel, Kernel]:
    version = VERSION

    def load_all(theta: Any, limit: Any, w: Any) -> Any:
        _ = version
        return load(theta, limit, w)

    of = vector(kind)
    return compile_kernel(load_all, FLOATS, FLOAT, of), compile_kernel(load_all, of, FLOAT, of)


def _passes_there(pair: Any, slope: Any, kind: Any) -> tuple[Kernel, Kernel, Kernel]:
    version, keeps = VERSION, slope is kept_slope

    def activate(p: Any, bias: Any, z: Any, s: Any) -> None:
        _ = version
        for j in range(len(z)):
            if keeps:
                activate_row(pair, p, bias[j], z[j], s[j])
            else:
                value_row(pair, p, bias[j], z[j])

    def value(p: Any, bias: Any, z: Any) -> None:
        _ = version
        for j in range(len(z)):
            value_row(pair, p, bias[j], z[j])

    def enter(p: Any, w: Any, bias: Any, x: Any, z: Any, s: Any) -> None:
        _ = version
        for j in range(len(z)):
            product_row(w[j], x, z[j])
            if keeps:
                activate_row(pair, p, bias[j], z[j], s[j])
            else:
                value_row(pair, p, bias[j], z[j])

    one, of, rows = scalar(kind), vector(kind), matrix(kind)
    return (
        compile_kernel(activate, one, of, rows, rows),
        compile_kernel(value, one, of, rows),
        compile_kernel(enter, one, rows, of, rows, rows, rows),
    )


def _ends(kind: Any) -> tuple[Kernel, Kernel]:
    version = VERSION

    def residual(bias: Any, y: Any, samples: Any, out: Any) -> Any:
        _ = version
        total = 0.0
        for c in range(len(out)):
            total += residual_row(bias[c], y[c], samples, out[c])
        return total

    def scale(factor: Any, out: Any, sums: Any) -> None:
        _ = version
        for c in range(len(out)):
            sums[c] = scale_row(factor, out[c])

    one, of, rows = scalar(kind), vector(kind), matrix(kind)
    return compile_kernel(residual, of, rows, WHOLE, rows), compile_kernel(scale, one, rows, of)


def _passes_back(slope: Any, kind: Any) -> tuple[Kernel, Kernel]:
    version = VERSION

    def back(a: Any, s: Any, d: Any, sums: Any) -> None:
        _ = version
        for j in range(len(d)):
            sums[j] = slope_row(slope, a[j], s[j], d[j])

    def leave(a: Any, s: Any, d: Any, x: Any, sums: Any, dw: Any) -> None:
        _ = version
        for j in range(len(d)):
            sums[j] = slope_row(slope, a[j], s[j], d[j])
            for k in range(len(x)):
                dw[j, k] = dot_rows(d[j], x[k])

    of, rows = vector(kind), matrix(kind)
    return compile_kernel(back, rows, rows, rows, of), compile_kernel(leave, rows, rows, rows, rows, of, rows)
