"""Formulas of one variable as a user types them, read by Python's parser and never by `eval`.

Only arithmetic, the functions below, numbers, pi, e and x are understood; what else there is, is shown and refused.
Values are floats throughout, so a tower of powers overflows at once instead of filling the memory. Slopes are exact, by
forward differentiation, and absent where a formula has steps.
"""

import ast
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from math import e, pi
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float64]

MOST_CHARACTERS = 500
MOST_LEVELS = 50


class Dual(NamedTuple):
    """A value and its derivative in x."""

    value: Vector
    slope: Vector


class Function(NamedTuple):
    """A function and its derivative; None where it has steps, so that its derivative says nothing."""

    value: Callable[[Vector], Vector]
    slope: Callable[[Vector], Vector] | None


CONSTANTS = {"pi": pi, "e": e}
FUNCTIONS = {
    "abs": Function(np.abs, np.sign),  # sign is 0 at 0, the mean of the slopes on both sides
    "arctan": Function(np.arctan, lambda x: 1 / (1 + x * x)),
    "ceil": Function(np.ceil, None),
    "cos": Function(np.cos, lambda x: -np.sin(x)),
    "cosh": Function(np.cosh, np.sinh),
    "exp": Function(np.exp, np.exp),
    "floor": Function(np.floor, None),
    "log": Function(np.log, lambda x: 1 / x),
    "round": Function(np.round, None),
    "sign": Function(np.sign, None),
    "sin": Function(np.sin, np.cos),
    "sinh": Function(np.sinh, np.cosh),
    "sqrt": Function(np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "tan": Function(np.tan, lambda x: 1 / np.cos(x) ** 2),
    "tanh": Function(np.tanh, lambda x: 1 - np.tanh(x) ** 2),
}
OPERATIONS: dict[type[ast.operator], Callable[[Dual, Dual], Dual]] = {
    # dual numbers: (a + a' h)(b + b' h) = a b + (a' b + a b') h, with h^2 = 0
    ast.Add: lambda a, b: Dual(a.value + b.value, a.slope + b.slope),
    ast.Sub: lambda a, b: Dual(a.value - b.value, a.slope - b.slope),
    ast.Mult: lambda a, b: Dual(a.value * b.value, a.slope * b.value + a.value * b.slope),
    ast.Div: lambda a, b: Dual(a.value / b.value, (a.slope - a.value / b.value * b.slope) / b.value),
    ast.Pow: lambda a, b: Dual(a.value**b.value, _slope_of_power(a, b)),
}
SIGNS: dict[type[ast.unaryop], float] = {ast.UAdd: 1.0, ast.USub: -1.0}
GRAMMAR = (
    f"A formula is made of x, numbers, pi, e, + - * / **, brackets and the functions {', '.join(sorted(FUNCTIONS))}"
)


def _slope_of_power(a: Dual, b: Dual) -> Vector:
    """b a^(b-1) a' + a^b ln(a) b', where a part counts only if its derivative is not 0 (the log may not exist)."""
    base = np.where(a.slope == 0, 0.0, b.value * a.value ** (b.value - 1) * a.slope)
    return base + np.where(b.slope == 0, 0.0, a.value**b.value * np.log(a.value) * b.slope)


@dataclass(frozen=True)
class Expression:
    """A formula that `parse` has found to be one."""

    text: str
    body: ast.expr

    @property
    def is_smooth(self) -> bool:
        """Whether its slope says all about it: no function in it has steps."""
        names = {node.id for node in ast.walk(self.body) if isinstance(node, ast.Name)}
        return all(FUNCTIONS[name].slope is not None for name in names & FUNCTIONS.keys())

    def __call__(self, x: Vector) -> tuple[Vector, Vector]:
        """Values and slopes at `x (n,)`; the slope of a function with steps is taken as 0.

        Raises ValueError if a value is not a finite number, naming the first x where."""
        with np.errstate(all="ignore"):
            value, slope = _evaluate(self.body, Dual(x, np.ones_like(x)))
        # a formula without x has come out as (1,)
        value, slope = np.broadcast_to(value, x.shape), np.broadcast_to(slope, x.shape)
        if not np.isfinite(value).all():
            at = int(np.argmin(np.isfinite(value)))  # of truth values the first False
            raise ValueError(
                f"The formula '{self.text}' must be finite everywhere; at x = {x[at]:.6g} it is {value[at]}."
            )
        return value, slope


def parse(text: str) -> Expression:
    """The formula that `text` spells; raises ValueError showing the part that is none."""
    if len(text) > MOST_CHARACTERS:
        raise ValueError(
            f"A formula has at most {MOST_CHARACTERS} characters; got {len(text)}. Give the target as a CSV."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python about a formula that is refused anyway
            body = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, RecursionError, MemoryError, ValueError) as error:
        detail = error.msg if isinstance(error, SyntaxError) else "it is nested too deeply"
        raise ValueError(f"{GRAMMAR}; '{text}' cannot be read: {detail}.") from None
    _check(body, text.strip(), 0)
    return Expression(text.strip(), body)


def constant(text: str) -> float:
    """The number that a formula without x spells, such as `-pi` or `2*pi`; raises ValueError."""
    expression = parse(text)
    if any(isinstance(node, ast.Name) and node.id == "x" for node in ast.walk(expression.body)):
        raise ValueError(f"A number is required, such as 2*pi; got '{text}', which depends on x.")
    # any x would do: the formula has none
    return float(expression(np.zeros(1))[0][0])


def _check(node: ast.expr, text: str, level: int) -> None:
    """Walk the tree and refuse the first part that is no formula."""
    if level > MOST_LEVELS:
        raise ValueError(f"A formula is nested at most {MOST_LEVELS} levels deep; '{text}' is deeper.")
    part = ast.get_source_segment(text, node) or text
    match node:
        case ast.Constant(value=value):
            if not _fits(value):
                raise ValueError(f"{GRAMMAR}; '{part}' is no number that can be used.")
        case ast.Name(id=name):
            if name != "x" and name not in CONSTANTS:
                raise ValueError(f"{GRAMMAR}; got '{part}'.")
        case ast.UnaryOp(op=op, operand=operand) if type(op) in SIGNS:
            _check(operand, text, level + 1)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATIONS:
            _check(left, text, level + 1)
            _check(right, text, level + 1)
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            _check(argument, text, level + 1)
        case _:
            hint = (
                " A power is written with **."
                # to Python x^2 is an exclusive or
                if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor)
                else ""
            )
            raise ValueError(f"{GRAMMAR}, each with one argument; got '{part}'.{hint}")


def _fits(value: object) -> bool:
    """Whether a constant is an ordinary number: truth values and complex ones are not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return bool(np.isfinite(float(value)))
    except OverflowError:  # a whole number of more than 308 digits
        return False


def _evaluate(node: ast.expr, x: Dual) -> Dual:
    match node:
        case ast.Constant(value=value):
            assert isinstance(value, int | float)
            return Dual(np.full(1, float(value)), np.zeros(1))
        case ast.Name(id=name):
            return x if name == "x" else Dual(np.full(1, CONSTANTS[name]), np.zeros(1))
        case ast.UnaryOp(op=op, operand=operand):
            inner, sign = _evaluate(operand, x), SIGNS[type(op)]
            return Dual(sign * inner.value, sign * inner.slope)
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATIONS[type(op)](_evaluate(left, x), _evaluate(right, x))
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            inner, function = _evaluate(argument, x), FUNCTIONS[name]
            # the chain rule, f(u)' = f'(u) u'
            slope = np.zeros(1) if function.slope is None else function.slope(inner.value) * inner.slope
            return Dual(function.value(inner.value), slope)
    raise AssertionError(f"not checked: {ast.dump(node)}")
