"""Activations with derivatives in the inputs, there and back: what lies between the products of `CarriedMLP`.

A row belongs to a unit, and holds blocks of n samples: the value, the first derivative in each of d inputs and, where
seconds are carried, the second in each. The formulas are those of `problems.networks.carried`.
"""

from functools import cache
from typing import Any, NamedTuple

from problems.engines.kernels.compilation import VERSION, WHOLE, Kernel, compile_kernel, fast, matrix, scalar, vector
from problems.engines.kernels.elementwise import like


@fast
def activate_block(pair: Any, p: Any, bias: Any, z: Any, a: Any, s: Any) -> None:
    """Values and slopes of pre-activations."""
    for i in range(len(s)):
        a[i], s[i] = pair(z[i] + bias, p)


@fast
def first_block(s: Any, first: Any, out: Any) -> None:
    """`h_k = phi' z_k`."""
    for i in range(len(s)):
        out[i] = s[i] * first[i]


@fast
def second_block(bend: Any, p: Any, a: Any, s: Any, first: Any, second: Any, out: Any) -> None:
    """`h_kk = phi'' z_k^2 + phi' z_kk`."""
    for i in range(len(s)):
        out[i] = bend(a[i], s[i], p) * first[i] * first[i] + s[i] * second[i]


@fast
def back_block(s: Any, d: Any) -> None:
    """A cotangent through `phi'`."""
    for i in range(len(s)):
        d[i] *= s[i]


@fast
def back_first(bend: Any, p: Any, a: Any, s: Any, first: Any, d: Any, below: Any) -> None:
    """`h_k` depends on z by `phi'' z_k`, and on `z_k` by `phi'`."""
    for i in range(len(s)):
        below[i] += bend(a[i], s[i], p) * first[i] * d[i]
        d[i] *= s[i]


@fast
def back_second(parts: Any, p: Any, a: Any, s: Any, first: Any, second: Any, by: Any, d: Any, below: Any) -> None:
    """`h_kk` depends on z by `phi''' z_k^2 + phi'' z_kk`, on `z_k` by `2 phi'' z_k`, and on `z_kk` by `phi'`.

    `d` is its cotangent, `by` that of `h_k`, which has been through `back_first`."""
    bend, third = parts
    two = like(p, 2.0)
    for i in range(len(s)):
        bent = bend(a[i], s[i], p)
        below[i] += (third(a[i], s[i], p) * first[i] * first[i] + bent * second[i]) * d[i]
        by[i] += two * bent * first[i] * d[i]
        d[i] *= s[i]


@fast
def sum_of(row: Any) -> Any:
    """The sum of a row."""
    total = like(row[0], 0.0)
    for i in range(len(row)):
        total += row[i]
    return total


class Carried(NamedTuple):
    """Rows are `(H, (1 + order d) n)`; slopes `s (H, n)` are kept from the way there for the way back."""

    there: Kernel
    """`there(p, d, bias (H,), z, h, s)` makes activations and their derivatives of products."""
    back: Kernel
    """`back(p, d, z, h, s, by, sums (H,))` turns cotangents of `h` into those of `z`, and sums those of the values."""


@cache
def carried(pair: Any, bend: Any, third: Any, kind: Any) -> Carried:
    """The kernels for an activation and a float type; second derivatives are carried where there is its `third`."""
    version, twice = VERSION, third is not None
    after = third if twice else bend

    def there(p: Any, d: Any, bias: Any, z: Any, h: Any, s: Any) -> None:
        _ = version
        n = s.shape[1]
        for j in range(len(z)):
            a, slopes = h[j][:n], s[j]
            activate_block(pair, p, bias[j], z[j], a, slopes)
            for k in range(1, d + 1):
                first = z[j][k * n : (k + 1) * n]
                first_block(slopes, first, h[j][k * n : (k + 1) * n])
                if twice:
                    second, at = z[j][(d + k) * n : (d + k + 1) * n], (d + k) * n
                    second_block(bend, p, a, slopes, first, second, h[j][at : at + n])

    def back(p: Any, d: Any, z: Any, h: Any, s: Any, by: Any, sums: Any) -> None:
        _ = version
        n = s.shape[1]
        for j in range(len(z)):
            a, slopes, below = h[j][:n], s[j], by[j][:n]
            back_block(slopes, below)
            for k in range(1, d + 1):
                first, by_first = z[j][k * n : (k + 1) * n], by[j][k * n : (k + 1) * n]
                back_first(bend, p, a, slopes, first, by_first, below)
                if twice:
                    second, at = z[j][(d + k) * n : (d + k + 1) * n], (d + k) * n
                    back_second((bend, after), p, a, slopes, first, second, by_first, by[j][at : at + n], below)
            sums[j] = sum_of(below)

    one, of, rows = scalar(kind), vector(kind), matrix(kind)
    return Carried(
        compile_kernel(there, one, WHOLE, of, rows, rows, rows),
        compile_kernel(back, one, WHOLE, rows, rows, rows, rows, of),
    )
