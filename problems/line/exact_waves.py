"""The waves of a formula by exact arithmetic, where it is a finite sum of them.

A formula is followed through its tree. `sin` and `cos` of `b x + c` are two exponentials each; sums, products and whole
powers of such sums are sums again, by `e^(i a x) e^(i b x) = e^(i (a + b) x)`. Frequencies are rational numbers times
powers of pi and e, so `sin(0.1 x) sin(0.2 x)` has the frequency 0.3 and not one beside it, and what cancels is gone.
"""

import ast
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import e, isfinite, pi
from typing import NamedTuple, TypeAlias

import numpy as np

from problems.line.expressions import FUNCTIONS, Expression

Exact: TypeAlias = tuple[tuple[int, int, Fraction], ...]
"""A number as a sum of terms `(p, q, r)`, each `r pi^p e^q`, sorted, none of them zero."""
Series: TypeAlias = dict[Exact, complex]
"""`sum_w c_w e^(i w x)`, by w."""

MOST_TERMS = 512
"""Of a series: a formula with more is not expanded."""
MOST_POWER = 64
SAME = 1e-12
"""Relative distance below which two frequencies, or an amplitude and zero, differ by rounding alone."""


class Wave(NamedTuple):
    """`2 Re(coefficient e^(i omega x))` with omega above 0, or the constant `coefficient` for omega = 0."""

    omega: float
    coefficient: complex


@dataclass(frozen=True)
class Affine:
    """`slope x + offset`."""

    slope: Exact
    offset: Exact


Part: TypeAlias = Affine | Series | None
"""What a part of a formula is; None for what is neither."""


def waves_of(expression: Expression) -> list[Wave] | None:
    """The waves of a formula, by rising omega, or None if it is no finite sum of them (or constant)."""
    part = _follow(expression.body)
    if not isinstance(part, dict):
        return None
    waves: list[Wave] = []
    for omega, coefficient in sorted((number(omega), coefficient) for omega, coefficient in part.items()):
        # the formula is real, so c(-omega) is the conjugate of c(omega): half of the series says all
        if omega < 0:
            continue
        # what went through a function, such as sqrt(2), is exact no more: twins of it meet here
        if waves and omega - waves[-1].omega <= SAME * omega:
            waves[-1] = Wave(waves[-1].omega, waves[-1].coefficient + coefficient)
        else:
            waves.append(Wave(omega, coefficient))
    largest = max((abs(wave.coefficient) for wave in waves), default=0.0)
    kept = [wave for wave in waves if abs(wave.coefficient) > SAME * largest]
    return kept if any(wave.omega for wave in kept) else None


def number(exact: Exact) -> float:
    """The value."""
    return float(sum(float(r) * pi**p * e**q for p, q, r in exact))


def _rational(value: float) -> Exact:
    """A constant as it is written: 0.1 is a tenth."""
    # repr is the shortest decimal that is this float: what was typed, and not the binary value next to it
    return _sorted({(0, 0): Fraction(repr(value))})


def _sorted(terms: dict[tuple[int, int], Fraction]) -> Exact:
    return tuple(sorted((p, q, r) for (p, q), r in terms.items() if r))


def _plus(a: Exact, b: Exact) -> Exact:
    terms: dict[tuple[int, int], Fraction] = defaultdict(Fraction)
    for p, q, r in (*a, *b):
        terms[p, q] += r
    return _sorted(terms)


def _times(a: Exact, b: Exact) -> Exact:
    terms: dict[tuple[int, int], Fraction] = defaultdict(Fraction)
    for (p, q, r), (p2, q2, r2) in product(a, b):
        # r pi^p e^q times r' pi^p' e^q' has the exponents p + p' and q + q'
        terms[p + p2, q + q2] += r * r2
    return _sorted(terms)


def _inverse(a: Exact) -> Exact | None:
    """Exact for a single term, rounded for a sum, None for zero."""
    if len(a) == 1:
        p, q, r = a[0]
        return ((-p, -q, 1 / r),)
    # the inverse of a sum, as of 1 + pi, is no finite sum of such terms
    value = number(a)
    return _rational(1 / value) if value else None


ZERO: Exact = ()
ONE: Exact = ((0, 0, Fraction(1)),)
MINUS: Exact = ((0, 0, Fraction(-1)),)


def _follow(node: ast.expr) -> Part:
    match node:
        case ast.Constant(value=value):
            assert isinstance(value, int | float)
            return Affine(ZERO, _rational(value))
        case ast.Name(id=name):
            return {
                "x": Affine(ONE, ZERO),
                "pi": Affine(ZERO, ((1, 0, Fraction(1)),)),
                "e": Affine(ZERO, ((0, 1, Fraction(1)),)),
            }[name]
        case ast.UnaryOp(op=op, operand=operand):
            inner = _follow(operand)
            return _multiply(Affine(ZERO, MINUS), inner) if isinstance(op, ast.USub) else inner
        case ast.BinOp(left=left, op=op, right=right):
            return _combine(_follow(left), op, _follow(right))
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return _call(name, _follow(argument))
    return None


def _combine(a: Part, op: ast.operator, b: Part) -> Part:
    match op:
        case ast.Add():
            return _add(a, b)
        case ast.Sub():
            return _add(a, _multiply(Affine(ZERO, MINUS), b))
        case ast.Mult():
            return _multiply(a, b)
        case ast.Div():
            inverse = _inverse(b.offset) if isinstance(b, Affine) and not b.slope else None
            return None if inverse is None else _multiply(a, Affine(ZERO, inverse))
        case ast.Pow():
            return _power(a, b)
    return None


def _add(a: Part, b: Part) -> Part:
    if isinstance(a, Affine) and isinstance(b, Affine):
        return Affine(_plus(a.slope, b.slope), _plus(a.offset, b.offset))
    first, second = _series(a), _series(b)
    if first is None or second is None:
        return None
    terms: Series = defaultdict(complex, first)
    for omega, coefficient in second.items():
        terms[omega] += coefficient
    return dict(terms)


def _multiply(a: Part, b: Part) -> Part:
    if isinstance(a, Affine) and isinstance(b, Affine):
        # (s x + o)(s' x + o') is affine only if s or s' is zero; its slope is then s o' + s' o
        if a.slope and b.slope:
            return None
        slope = _plus(_times(a.slope, b.offset), _times(b.slope, a.offset))
        return Affine(slope, _times(a.offset, b.offset))
    first, second = _series(a), _series(b)
    # sums are not bounded by _add, so pairs are counted before they are multiplied out
    if first is None or second is None or len(first) * len(second) > MOST_TERMS**2:
        return None
    terms: Series = defaultdict(complex)
    for (omega, c), (omega2, c2) in product(first.items(), second.items()):
        # e^(i a x) e^(i b x) = e^(i (a + b) x)
        terms[_plus(omega, omega2)] += c * c2
    return dict(terms) if len(terms) <= MOST_TERMS else None


def _power(a: Part, b: Part) -> Part:
    # an exponent that depends on x stands as 0.5: like any that is not whole, it gives no sum of waves
    exponent = number(b.offset) if isinstance(b, Affine) and not b.slope else 0.5
    if isinstance(a, Affine) and not a.slope and isinstance(b, Affine) and not b.slope:
        with np.errstate(all="ignore"):
            value = float(np.float64(number(a.offset)) ** exponent)
        whole = exponent in (0, 1, 2, 3, -1, -2)  # small powers stay exact, as in pi**2
        return _constant(value) if not whole else _repeat(a, int(exponent))
    if a is None or exponent % 1 or not 0 <= exponent <= MOST_POWER:
        return None
    return _repeat(a, int(exponent))


def _repeat(a: Part, exponent: int) -> Part:
    result: Part = Affine(ZERO, ONE)
    for _ in range(abs(exponent)):
        result = _multiply(result, a)
    return result if exponent >= 0 else _combine(Affine(ZERO, ONE), ast.Div(), result)


def _call(name: str, argument: Part) -> Part:
    if not isinstance(argument, Affine):
        return None
    phase = number(argument.offset)
    if not argument.slope:
        with np.errstate(all="ignore"):
            return _constant(float(FUNCTIONS[name].value(np.array([phase]))[0]))
    # cos(b x + c) = (t e^(i b x) + conj(t) e^(-i b x)) / 2 with t = e^(i c); sin the same over 2 i, with a minus
    turn = complex(np.exp(1j * phase))
    against = _times(MINUS, argument.slope)
    if name == "cos":
        return {argument.slope: turn / 2, against: turn.conjugate() / 2}
    if name == "sin":
        return {argument.slope: turn / 2j, against: (turn / 2j).conjugate()}
    return None


def _constant(value: float) -> Part:
    return Affine(ZERO, _rational(value)) if isfinite(value) else None


def _series(part: Part) -> Series | None:
    """A constant is a wave of frequency zero."""
    if isinstance(part, Affine):
        return None if part.slope else {ZERO: complex(number(part.offset))}
    return part
