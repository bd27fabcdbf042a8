"""What lies between the matrix products of a deeper network, each in one compiled pass without temporary arrays."""

from functools import cache
from typing import Any

from numba.extending import register_jitable

from problems.networks.compilation import (
    FAST,
    FLOAT,
    FLOATS,
    VERSION,
    WHOLE,
    Kernel,
    compile_kernel,
    matrix,
    scalar,
    vector,
)
from problems.networks.elementwise import like
from problems.networks.shallow_rows import load, scale_row, start_row


@register_jitable(**FAST)
def activate_row(pair: Any, p: Any, bias: Any, z: Any, a: Any) -> None:
    """Activations from products; the slopes take the products' place."""
    for i in range(len(z)):
        a[i], z[i] = pair(z[i] + bias, p)


@register_jitable(**FAST)
def value_row(pair: Any, p: Any, bias: Any, z: Any) -> None:
    """Activations in place of products."""
    for i in range(len(z)):
        z[i] = pair(z[i] + bias, p)[0]


@register_jitable(**FAST)
def slope_row(s: Any, d: Any) -> Any:
    """Multiply a row by the slopes, in place; its sum."""
    total = like(d[0], 0.0)
    for i in range(len(d)):
        d[i] *= s[i]
        total += d[i]
    return total


@register_jitable(**FAST)
def residual_row(bias: Any, target: Any, out: Any) -> Any:
    """Residuals in place of products; the sum of their squares."""
    total = like(bias, 0.0)
    for i in range(len(out)):
        out[i] += bias - target[i]
        total += out[i] * out[i]
    return total


@cache
def layer_kernels(pair: Any, kind: Any) -> tuple[Kernel, Kernel, Kernel]:
    """`activate(p, bias (H,), z (H, n), a (H, n))`, `values(p, bias, z)` and `back(s (H, n), d (H, n), sums (H,))`."""
    version = VERSION

    def activate(p: Any, bias: Any, z: Any, a: Any) -> None:
        for j in range(len(z) + 0 * version):
            activate_row(pair, p, bias[j], z[j], a[j])

    def values(p: Any, bias: Any, z: Any) -> None:
        for j in range(len(z) + 0 * version):
            value_row(pair, p, bias[j], z[j])

    def back(s: Any, d: Any, sums: Any) -> None:
        for j in range(len(s) + 0 * version):
            sums[j] = slope_row(s[j], d[j])

    of, rows = vector(kind), matrix(kind)
    return (
        compile_kernel(activate, scalar(kind), of, rows, rows),
        compile_kernel(values, scalar(kind), of, rows),
        compile_kernel(back, rows, rows, of),
    )
