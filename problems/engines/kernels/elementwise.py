"""Functions for compiled loops: free of branches, so that the compiler turns them into vector instructions.

The exponential is reduced to `exp(z) = 2^n (1 + p)` with `p = exp(r) - 1`, `|r| <= ln(2) / 2`, a polynomial, and tanh
by the same powers to a quotient of two short polynomials. tanh and sigmoid stay within 4 units in the last place.
Sine and cosine are reduced by multiples of pi in three parts (Cody and Waite 1980), which holds their absolute error
within 2 units in the last place of 1 for arguments up to `SINE_REACH`. The tests compare with mpmath.

Every function takes float32 or float64 and stays in it. They are plain Python to `compilation.py`, which hands them to
numba; imported only when a compiled engine is used, because numba takes its time to load.
"""

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

from problems.engines.kernels.compilation import STEPWISE, stepwise

SINE_REACH = {np.dtype(np.float32): 8e3, np.dtype(np.float64): 1e5}
"""Arguments up to which the reduction by pi is accurate."""

# (exp(r) - 1 - r) / r^2 on |r| <= ln(2) / 2, interpolated at Chebyshev points; the tests measure what comes of it
_E = (
    0.500000000000000102,
    0.166666666666666675,
    0.0416666666666241279,
    0.00833333333333006183,
    0.00138888889172137169,
    0.000198412698630536169,
    0.0000248015212959543751,
    2.75572684599970648e-6,
    2.76200884454097482e-7,
    2.51003854955103191e-8,
)
_E_32 = tuple(
    map(np.float32, (0.5, 0.166665769896987757, 0.0416665546172045742, 0.00836317905272257737, 0.00139261835877134945))
)
# tanh(u) / u as (1 + _T[0] u^2 + _T[1] u^4) / (1 + _T[2] u^2 + _T[3] u^4) on |u| <= ln(2) / 4, interpolated likewise
_T = (0.111099370801888468, 0.00105741893506596101, 0.444432704135216027, 0.0158683203153417382)
_T_32 = (np.float32(0.0665870811529750757), np.float32(0.399920168220439102))
_ONE_32 = np.float32(1.0)
_SINE = tuple((-1) ** j / math.factorial(1 + 2 * j) for j in range(12))
_COSINE = tuple((-1) ** j / math.factorial(2 * j) for j in range(12))
_SINE_32, _COSINE_32 = (tuple(map(np.float32, series[:8])) for series in (_SINE, _COSINE))
_PER_LN2_32, _MAGIC_32 = np.float32(1 / math.log(2)), np.float32(1.5 * 2.0**23)
_LN2_HIGH_32, _LN2_LOW_32 = np.float32(0.693359375), np.float32(-2.12194440e-4)
_PER_PI_32, _PI_1_32, _PI_2_32, _PI_3_32 = map(
    np.float32, (1 / math.pi, 3.140625, 9.67502593994140625e-4, 1.50995799097837e-7)
)


@intrinsic
def like(context: Any, z: Any, number: Any) -> Any:
    """The constant `number` in the type of `z`: `z` stays what it is where Python's numbers would widen it."""
    del context

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.cast(builder, arguments[1], signature.args[1], signature.return_type)

    return z(z, number), generate


@intrinsic
def either(context: Any, z: Any, wide: Any, narrow: Any) -> Any:
    """The constant `wide` if `z` is float64, `narrow` if it is float32, in the type of `z`."""
    del context
    chosen = 1 if z == types.float64 else 2

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.cast(builder, arguments[chosen], signature.args[chosen], signature.return_type)

    return z(z, wide, narrow), generate


@intrinsic
def power_of_two(context: Any, shifted: Any) -> Any:
    """2^n from a float in whose lowest bits the whole number n stands."""
    del context
    width, bias, digits = (64, 1023, 52) if shifted == types.float64 else (32, 127, 23)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole = ir.IntType(width)
        biased = builder.add(builder.bitcast(arguments[0], whole), ir.Constant(whole, bias))
        return builder.bitcast(
            builder.shl(biased, ir.Constant(whole, digits)), context.get_value_type(signature.return_type)
        )

    return shifted(shifted), generate


@intrinsic
def alternate(context: Any, shifted: Any, z: Any) -> Any:
    """(-1)^n z, for n as above: its lowest bit is moved onto the sign of z."""
    del context
    width = 64 if shifted == types.float64 else 32

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole = ir.IntType(width)
        sign = builder.shl(builder.bitcast(arguments[0], whole), ir.Constant(whole, width - 1))
        flipped = builder.xor(builder.bitcast(arguments[1], whole), sign)
        return builder.bitcast(flipped, context.get_value_type(signature.return_type))

    return z(shifted, z), generate


def split_exponential(z: Any, lift: Any) -> Any:
    """`(2^(n + lift), p)` with `exp(z) = 2^n (1 + p)`; that power must be a normal number."""
    raise NotImplementedError(z, lift)  # compiled code alone calls it


@overload(split_exponential, jit_options=STEPWISE, strict=False)
def _split_exponential(z: Any, lift: Any) -> Any:
    del lift

    def wide(z: Any, lift: Any) -> Any:
        shifted = z * 1.4426950408889634 + 6755399441055744.0
        n = shifted - 6755399441055744.0
        r = (z - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10  # ln 2 in two parts (Cephes)
        rr = r * r
        even = (((_E[8] * rr + _E[6]) * rr + _E[4]) * rr + _E[2]) * rr + _E[0]
        odd = (((_E[9] * rr + _E[7]) * rr + _E[5]) * rr + _E[3]) * rr + _E[1]
        return power_of_two(shifted + lift), r + rr * (odd * r + even)

    def narrow(z: Any, lift: Any) -> Any:
        shifted = z * _PER_LN2_32 + _MAGIC_32
        n = shifted - _MAGIC_32
        r = (z - n * _LN2_HIGH_32) - n * _LN2_LOW_32
        rr = r * r
        even = (_E_32[4] * rr + _E_32[2]) * rr + _E_32[0]
        odd = _E_32[3] * rr + _E_32[1]
        return power_of_two(shifted + lift), r + rr * (odd * r + even)

    return wide if z == types.float64 else narrow


def sine_and_cosine(z: Any) -> Any:
    """sin z and cos z, from one reduction."""
    raise NotImplementedError(z)


@overload(sine_and_cosine, jit_options=STEPWISE, strict=False)
def _sine_and_cosine(z: Any) -> Any:
    def wide(z: Any) -> Any:
        shifted = z * (1 / math.pi) + 6755399441055744.0
        n = shifted - 6755399441055744.0
        r = ((z - n * 3.14159265160560607910) - n * 1.98418714791870343106e-9) - n * 1.14423774522196636802e-17
        rr, s, c = r * r, _SINE[11], _COSINE[11]
        for j in range(10, -1, -1):
            s, c = s * rr + _SINE[j], c * rr + _COSINE[j]
        return alternate(shifted, r * s), alternate(shifted, c)

    def narrow(z: Any) -> Any:
        shifted = z * _PER_PI_32 + _MAGIC_32
        n = shifted - _MAGIC_32
        r = ((z - n * _PI_1_32) - n * _PI_2_32) - n * _PI_3_32
        rr, s, c = r * r, _SINE_32[7], _COSINE_32[7]
        for j in range(6, -1, -1):
            s, c = s * rr + _SINE_32[j], c * rr + _COSINE_32[j]
        return alternate(shifted, r * s), alternate(shifted, c)

    return wide if z == types.float64 else narrow


@stepwise
def exponential_of_minus(size: Any) -> Any:
    """exp(-size) for `size >= 0`, down to the last subnormal number and then 0."""
    far = size > like(size, 60.0)
    power, p = split_exponential(-min(size, either(size, 746.0, 104.0)), like(size, 64.0) if far else like(size, 0.0))
    return (power * p + power) * (like(size, 2.0**-64) if far else like(size, 1.0))


@stepwise
def sigmoid(z: Any) -> Any:
    """1 / (1 + exp(-z))."""
    e = exponential_of_minus(abs(z))
    y = like(z, 1.0) / (like(z, 1.0) + e)
    return y if z >= like(z, 0.0) else e * y


def tanh_parts(u: Any) -> Any:
    """`(t, q)` with `tanh(u) = t / q`, for `|u| <= ln(2) / 4`."""
    raise NotImplementedError(u)


@overload(tanh_parts, jit_options=STEPWISE, strict=False)
def _tanh_parts(u: Any) -> Any:
    def wide(u: Any) -> Any:
        uu = u * u
        return u * ((uu * _T[1] + _T[0]) * uu + 1.0), (uu * _T[3] + _T[2]) * uu + 1.0

    def narrow(u: Any) -> Any:
        uu = u * u
        return u * (uu * _T_32[0] + _ONE_32), uu * _T_32[1] + _ONE_32

    return wide if u == types.float64 else narrow


@stepwise
def tanh(z: Any) -> Any:
    """tanh; beyond 20 it is 1 to the last digit.

    It is `((2^n - 1) q + (2^n + 1) t) / ((2^n + 1) q + (2^n - 1) t)`, for `z = n ln(2) / 2 + u`, `tanh(u) = t / q`."""
    near = min(max(z, like(z, -20.0)), like(z, 20.0))
    magic = either(z, 6755399441055744.0, _MAGIC_32)
    shifted = near * like(z, 2.8853900817779268) + magic
    t, q = tanh_parts(near - (shifted - magic) * like(z, 0.34657359027997264))
    power = power_of_two(shifted)
    less, more = power - like(z, 1.0), power + like(z, 1.0)
    return (less * q + more * t) / (more * q + less * t)
