"""The activations of `activations.py` for compiled loops: the same names and numbers, values and slopes at once."""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from problems.engines.base import CannotServe
from problems.engines.kernels.compilation import stepwise
from problems.engines.kernels.elementwise import (
    SINE_REACH,
    exponential_of_minus,
    like,
    sigmoid,
    sine_and_cosine,
    tanh,
)
from problems.factories import resolve

_RICKER = math.pi**0.25 / 15


@stepwise
def kept_slope(a: Any, s: Any) -> Any:
    """The slope as it was computed with the value."""
    _ = a
    return s


@stepwise
def tanh_slope(a: Any, s: Any) -> Any:
    """The slope of tanh from its value."""
    _ = s
    return like(a, 1.0) - a * a


@stepwise
def sigmoid_slope(a: Any, s: Any) -> Any:
    """The slope of the sigmoid from its value."""
    _ = s
    return a * (like(a, 1.0) - a)


@stepwise
def tanh_bend(a: Any, s: Any, p: Any) -> Any:
    """tanh'' from the value and the slope."""
    _ = p
    return like(a, -2.0) * a * s


@stepwise
def sigmoid_bend(a: Any, s: Any, p: Any) -> Any:
    """The second derivative of the sigmoid."""
    _ = p
    return s * (like(a, 1.0) - like(a, 2.0) * a)


@stepwise
def no_bend(a: Any, s: Any, p: Any) -> Any:
    """Of what is straight between its kinks."""
    _ = s, p
    return like(a, 0.0)


@stepwise
def sin_bend(a: Any, s: Any, p: Any) -> Any:
    """The second derivative of sin(p z)."""
    _ = s
    return -p * p * a


@stepwise
def tanh_third(a: Any, s: Any, p: Any) -> Any:
    """tanh''' from the value and the slope."""
    _ = p
    return like(a, -2.0) * s * (like(a, 1.0) - like(a, 3.0) * a * a)


@stepwise
def sigmoid_third(a: Any, s: Any, p: Any) -> Any:
    """The third derivative of the sigmoid."""
    _ = a, p
    return s * (like(s, 1.0) - like(s, 6.0) * s)


@stepwise
def sin_third(a: Any, s: Any, p: Any) -> Any:
    """The third derivative of sin(p z)."""
    _ = a
    return -p * p * s


class Twin(NamedTuple):
    """`pair(z, p)` is the value and the slope at z, p the activation's number, where it has one.

    `slope(a, s)` is the slope from the value, or the one kept; `bend(a, s, p)` is the second derivative, of activations
    that have it in these terms, and `third` the third. `reach` maps a dtype to the largest |z| allowed."""

    pair: Callable[[Any, Any], Any]
    slope: Callable[[Any, Any], Any] = kept_slope
    parameter: float = 0.0
    reach: Mapping[Any, float] = {}
    bounded: bool = False
    """Whether its values are, so that large parameters do not grow from layer to layer."""
    bend: Callable[[Any, Any, Any], Any] | None = None
    third: Callable[[Any, Any, Any], Any] | None = None


def twin(text: str) -> Twin:
    """The compiled form of the activation that `text` names; raises CannotServe where there is none."""
    if text.partition("(")[0].strip() not in TWINS:
        raise CannotServe(f"has no compiled form of the activation '{text}'")
    return resolve("activation", text, TWINS)


@stepwise
def tanh_pair(z: Any, p: Any) -> Any:
    """tanh z and its slope."""
    _ = p
    a = tanh(z)
    return a, like(z, 1.0) - a * a


@stepwise
def sigmoid_pair(z: Any, p: Any) -> Any:
    """1 / (1 + exp(-z)) and its slope."""
    _ = p
    a = sigmoid(z)
    return a, a * (like(z, 1.0) - a)


@stepwise
def relu_pair(z: Any, p: Any) -> Any:
    """max(z, 0) and its slope, 0 at the kink, as torch has it."""
    _ = p
    zero = like(z, 0.0)
    return max(zero, z), like(z, 1.0) if z > zero else zero


@stepwise
def sin_pair(z: Any, p: Any) -> Any:
    """sin(p z) and its slope."""
    s, c = sine_and_cosine(p * z)
    return s, p * c


@stepwise
def softplus_pair(z: Any, p: Any) -> Any:
    """log(1 + exp(z)) and its slope."""
    _ = p
    e = exponential_of_minus(abs(z))
    y = like(z, 1.0) / (like(z, 1.0) + e)
    return max(z, like(z, 0.0)) + like(z, math.log1p(e)), y if z >= like(z, 0.0) else e * y


@stepwise
def gelu_pair(z: Any, p: Any) -> Any:
    """z Phi(z), with the normal distribution function, and its slope."""
    _ = p
    bell = exponential_of_minus(like(z, 0.5) * z * z) * like(z, 0.3989422804014327)
    distribution = like(z, 0.5) * (like(z, 1.0) + like(z, math.erf(z * like(z, 0.7071067811865476))))
    return z * distribution, distribution + z * bell


@stepwise
def ricker_pair(z: Any, p: Any) -> Any:
    """pi^(1/4) / (15 p) (1 - u^2) exp(-u^2 / 2) with u = z / p, and its slope."""
    u = max(min(z / p, like(z, 40.0)), like(z, -40.0))
    bell = exponential_of_minus(like(z, 0.5) * u * u) * (like(z, _RICKER) / p)
    return (like(z, 1.0) - u * u) * bell, u * (u * u - like(z, 3.0)) * bell / p


@stepwise
def gaussian_pair(z: Any, p: Any) -> Any:
    """exp(-(p z)^2) and its slope."""
    u = p * z
    bell = exponential_of_minus(u * u)
    return bell, like(z, -2.0) * p * u * bell


@stepwise
def gabor_pair(z: Any, p: Any) -> Any:
    """cos(p z) exp(-(p z / 2)^2) and its slope."""
    v = max(min(p * z, like(z, 80.0)), like(z, -80.0))
    s, c = sine_and_cosine(v)
    bell = exponential_of_minus(like(z, 0.25) * v * v)
    return c * bell, -p * (s + like(z, 0.5) * v * c) * bell


@stepwise
def finer_pair(z: Any, p: Any) -> Any:
    """sin(p (|z| + 1) z) and its slope."""
    size = abs(z)
    s, c = sine_and_cosine(p * ((size + like(z, 1.0)) * z))
    return s, p * (like(z, 2.0) * size + like(z, 1.0)) * c


@stepwise
def srelu_pair(z: Any, p: Any) -> Any:
    """max(z, 0) max(1 - z, 0) and its slope, 0 at both kinks."""
    _ = p
    zero, one = like(z, 0.0), like(z, 1.0)
    return max(z, zero) * max(one - z, zero), (one - like(z, 2.0) * z if (z > zero) & (z < one) else zero)


def _gabor(w0: float = 20.0, s0: float = 10.0) -> Twin:
    if w0 != 2 * s0:
        raise CannotServe(f"has no compiled form of gabor(w0, s0) unless w0 is twice s0; got {w0:g} and {s0:g}")
    return Twin(gabor_pair, parameter=w0, bounded=True)


def _finer(w0: float = 30.0) -> Twin:
    # w0 (|z| + 1) |z| stays below the sine's reach
    reach = {kind: math.sqrt(reach / w0 + 0.25) - 0.5 for kind, reach in SINE_REACH.items()}
    return Twin(finer_pair, parameter=w0, bounded=True, reach=reach)


def _sin(w0: float = 1.0) -> Twin:
    return Twin(
        sin_pair,
        parameter=w0,
        bounded=True,
        reach={kind: reach / abs(w0) for kind, reach in SINE_REACH.items()},
        bend=sin_bend,
        third=sin_third,
    )


TWINS: dict[str, Callable[..., Twin]] = {
    "finer": _finer,
    "gabor": _gabor,
    "gaussian": lambda s=10.0: Twin(gaussian_pair, parameter=s, bounded=True),
    "gelu": lambda: Twin(gelu_pair),
    "relu": lambda: Twin(relu_pair, bend=no_bend),
    "ricker": lambda a=0.3: Twin(ricker_pair, parameter=a, bounded=True),
    "sigmoid": lambda: Twin(sigmoid_pair, sigmoid_slope, bounded=True, bend=sigmoid_bend, third=sigmoid_third),
    "sin": _sin,
    "softplus": lambda: Twin(softplus_pair),
    "srelu": lambda: Twin(srelu_pair, bounded=True),
    "tanh": lambda: Twin(tanh_pair, tanh_slope, bounded=True, bend=tanh_bend, third=tanh_third),
}
"""Name to factory, as in `ACTIVATIONS`; an activation that is not among them is evaluated by numpy."""
