"""Activation functions for compiled loops: branch-free, so that the compiler turns them into vector instructions.

Each factory compiles `value(z)` for one float type. tanh and sigmoid rest on one exponential, reduced to
`exp(z) - 1 = 2^n p + (2^n - 1)` with `p = exp(r) - 1`, `|r| <= ln(2)/2`, a Taylor polynomial; both stay within 4 units in
the last place of the true value (the tests compare with mpmath). The sine is reduced by multiples of pi in three parts
(Cody and Waite), which holds its absolute error below 1e-15 for arguments up to 1e5.

Imported only when a compiled engine is chosen: numba takes a second to load.
"""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

Scalar: TypeAlias = Callable[[Any], Any]

STEPWISE = {"fastmath": {"contract"}, "error_model": "numpy", "cache": True}
"""Fused multiply-add, but no reordering: `(z + MAGIC) - MAGIC` must round."""


def _reinterpret(source: Any, target: Any, machine_type: Any) -> Any:
    """A compiled function that reads the bits of one type as another."""

    @intrinsic
    def cast(context: Any, value: Any) -> Any:
        del context

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            del context, signature
            return builder.bitcast(arguments[0], machine_type)

        return (target(source), generate) if value == source else None

    return cast


BITS = {
    np.float64: _reinterpret(types.float64, types.int64, ir.IntType(64)),
    np.float32: _reinterpret(types.float32, types.int32, ir.IntType(32)),
}
FLOAT = {
    np.float64: _reinterpret(types.int64, types.float64, ir.DoubleType()),
    np.float32: _reinterpret(types.int32, types.float32, ir.FloatType()),
}
MAGIC = {np.float64: 1.5 * 2.0**52, np.float32: 1.5 * 2.0**23}
"""Adding it rounds to a whole number, which then stands in the lowest bits."""
LN2 = {np.float64: (6.93147180369123816490e-01, 1.90821492927058770002e-10), np.float32: (0.693359375, -2.12194440e-4)}
"""ln 2 in two parts, the first with zeros at its end (Cephes)."""


bits64 = BITS[np.float64]


def split_exponential(kind: Any) -> Scalar:
    """`(2^n, p)` with `exp(z) = 2^n (1 + p)`, for `-708 <= z <= 708` (`-87 <= z <= 88` in float32)."""
    bits, value = BITS[kind], FLOAT[kind]
    whole, shift, bias = (np.int64, 52, 1023) if kind is np.float64 else (np.int32, 23, 127)
    shift, bias = whole(shift), whole(bias)
    per_ln2, magic = kind(1 / math.log(2)), kind(MAGIC[kind])
    high, low = map(kind, LN2[kind])
    polynomial = _expm1_float64() if kind is np.float64 else _expm1_float32()

    @njit(**STEPWISE)
    def split(z: Any) -> Any:
        shifted = z * per_ln2 + magic
        n = shifted - magic
        r = (z - n * high) - n * low
        return value(whole((bits(shifted) + bias) << shift)), polynomial(r)

    return split


def _expm1_float64() -> Scalar:
    c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14 = (1 / math.factorial(k) for k in range(2, 15))

    @njit(**STEPWISE)
    def polynomial(r: Any) -> Any:
        rr = r * r
        q = c12 + r * c13 + rr * c14
        q = q * rr * r + (c9 + r * c10 + rr * c11)
        q = q * rr * r + (c6 + r * c7 + rr * c8)
        q = q * rr * r + (c3 + r * c4 + rr * c5)
        return r + rr * (q * r + c2)

    return polynomial


def _expm1_float32() -> Scalar:
    c2, c3, c4, c5, c6, c7, c8 = (np.float32(1 / math.factorial(k)) for k in range(2, 9))

    @njit(**STEPWISE)
    def polynomial(r: Any) -> Any:
        rr = r * r
        q = (c7 + r * c8) * rr + (c5 + r * c6)
        q = q * rr + (c3 + r * c4)
        return r + rr * (q * r + c2)

    return polynomial


def tanh(kind: Any) -> Scalar:
    """tanh; beyond the limit it is 1 to the last digit."""
    split = split_exponential(kind)
    limit, zero, one, two = kind(20 if kind is np.float64 else 10), kind(0), kind(1), kind(2)

    @njit(**STEPWISE)
    def value(z: Any) -> Any:
        size = abs(z)
        power, p = split(two * (min(limit, size)))
        e = power * p + (power - one)  # exp(2 |z|) - 1
        y = e / (e + two)
        return y if z >= zero else -y

    return value


def sigmoid(kind: Any) -> Scalar:
    """1 / (1 + exp(-z)); below the limit it has left the normal numbers."""
    split = split_exponential(kind)
    limit, one = kind(708 if kind is np.float64 else 87), kind(1)

    @njit(**STEPWISE)
    def value(z: Any) -> Any:
        size = abs(z)
        power, p = split(-(min(limit, size)))
        e = power * p + power  # exp(-|z|)
        y = one / (one + e)
        return y if z >= 0 else e * y

    return value


@njit(**STEPWISE)
def reduce_by_pi(z: Any) -> Any:
    """`(r, s)` with `z = n pi + r`, `|r| <= pi / 2` and `s = (-1)^n`, in float64."""
    shifted = z * (1 / math.pi) + 1.5 * 2.0**52
    n = shifted - 1.5 * 2.0**52
    r = ((z - n * 3.14159265160560607910) - n * 1.98418714791870343106e-9) - n * 1.14423774522196636802e-17
    return r, 1.0 - 2.0 * float(bits64(shifted) & 1)


def _power_series(first: int) -> Scalar:
    """sum over j of (-1)^j rr^j / (first + 2 j)! (times first!), for `rr <= (pi / 2)^2`, to the last digit."""
    coefficients = tuple((-1) ** j / math.factorial(first + 2 * j) for j in range(12))

    @njit(**STEPWISE)
    def series(rr: Any) -> Any:
        total = coefficients[11]
        for j in range(10, -1, -1):
            total = total * rr + coefficients[j]
        return total

    return series


_sine_series, _cosine_series = _power_series(1), _power_series(0)


@njit(**STEPWISE)
def sine(z: Any) -> Any:
    """sin z in float64."""
    r, sign = reduce_by_pi(z)
    return sign * r * _sine_series(r * r)


@njit(**STEPWISE)
def cosine(z: Any) -> Any:
    """cos z in float64."""
    r, sign = reduce_by_pi(z)
    return sign * _cosine_series(r * r)
