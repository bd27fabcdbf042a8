"""Activation functions with their first two derivatives, exact, elementwise, for any float dtype."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from math import pi, sqrt

import numpy as np

from problems.base import Array


@dataclass(frozen=True)
class Activation:
    """`value(z)`; `slope(z, a)` and `bend(z, a)` are its first and second derivative, where `a = value(z)`."""

    name: str
    value: Callable[[Array], Array]
    slope: Callable[[Array, Array], Array]
    bend: Callable[[Array, Array], Array]


def _sigmoid(z: Array) -> Array:
    half = z.dtype.type(0.5)
    return half * (np.tanh(half * z) + 1)  # 1 / (1 + exp(-z)) = (1 + tanh(z / 2)) / 2


def tanh() -> Activation:
    """The hyperbolic tangent."""
    return Activation("tanh", np.tanh, lambda z, a: 1 - a * a, lambda z, a: -2 * a * (1 - a * a))


def relu() -> Activation:
    """max(z, 0), with slope 0 at the kink, as torch has it."""
    return Activation("relu", lambda z: np.maximum(z, 0), lambda z, a: (z > 0).astype(z.dtype), lambda z, a: 0 * z)


def sigmoid() -> Activation:
    """1 / (1 + exp(-z)), by way of tanh, which cannot overflow."""
    return Activation("sigmoid", _sigmoid, lambda z, a: a * (1 - a), lambda z, a: a * (1 - a) * (1 - 2 * a))


def softplus() -> Activation:
    """log(1 + exp(z)), which neither overflows nor loses its tail."""

    def slope(z: Array, a: Array) -> Array:
        del a
        return _sigmoid(z)

    def bend(z: Array, a: Array) -> Array:
        s = slope(z, a)
        return s * (1 - s)

    return Activation("softplus", lambda z: np.logaddexp(z.dtype.type(0), z), slope, bend)


def gelu() -> Activation:
    """z Phi(z) with the normal distribution function Phi, exact by erf (Hendrycks and Gimpel 2016), not by tanh."""
    erf: Callable[[Array], Array] = import_module("scipy.special").erf

    def phi(z: Array) -> Array:
        return np.exp(z * z * z.dtype.type(-0.5)) * z.dtype.type(1 / sqrt(2 * pi))

    def distribution(z: Array) -> Array:
        half = z.dtype.type(0.5)
        return half * (1 + erf(z * z.dtype.type(sqrt(0.5))))

    return Activation(
        "gelu",
        lambda z: z * distribution(z),
        # phi' = -z phi, so (z Phi)' = Phi + z phi and (z Phi)'' = 2 phi - z^2 phi
        lambda z, a: distribution(z) + z * phi(z),
        lambda z, a: phi(z) * (2 - z * z),
    )


def sin(w0: float = 1.0) -> Activation:
    """sin(w0 z), the plain sine unless w0 is given."""
    if w0 == 1.0:
        return Activation("sin", np.sin, lambda z, a: np.cos(z), lambda z, a: -a)
    if w0 == 0.0:
        raise ValueError("The activation sin(w0) needs a w0 other than 0; got 0.")

    def slope(z: Array, a: Array) -> Array:
        del a
        w = z.dtype.type(w0)
        return w * np.cos(w * z)

    return Activation(f"sin({w0:g})", lambda z: np.sin(z.dtype.type(w0) * z), slope, lambda z, a: a * -(w0 * w0))


def ricker(a: float = 0.3) -> Activation:
    """pi^(1/4) / (15 a) (1 - u^2) exp(-u^2 / 2) with u = z / a (OVER, figure 6)."""
    if not a > 0.0:
        raise ValueError(f"The activation ricker(a) needs a width a above 0; got {a:g}.")
    height = pi**0.25 / (15 * a)

    def scaled(z: Array) -> tuple[Array, Array, Array]:
        """u, u^2 and the bell; beyond 40 the bell is 0, and powers of u must not overflow."""
        u = np.clip(z * z.dtype.type(1 / a), -40, 40)  # exp(-40^2 / 2) is 0 in float64 as well
        square = u * u
        return u, square, np.exp(square * z.dtype.type(-0.5)) * z.dtype.type(height)

    def value(z: Array) -> Array:
        _, square, bell = scaled(z)
        return (1 - square) * bell

    def slope(z: Array, out: Array) -> Array:
        del out
        u, square, bell = scaled(z)
        # d/du (1 - u^2) exp(-u^2 / 2) = (u^3 - 3 u) exp(-u^2 / 2), and du/dz = 1 / a
        return u * (square - 3) * bell * z.dtype.type(1 / a)

    def bend(z: Array, out: Array) -> Array:
        del out
        _, square, bell = scaled(z)
        # d/du once more: (-u^4 + 6 u^2 - 3) exp(-u^2 / 2)
        return (square * (6 - square) - 3) * bell * z.dtype.type(1 / a**2)

    return Activation(f"ricker({a:g})", value, slope, bend)


ACTIVATIONS: dict[str, Callable[..., Activation]] = {
    "gelu": gelu,
    "relu": relu,
    "ricker": ricker,
    "sigmoid": sigmoid,
    "sin": sin,
    "softplus": softplus,
    "tanh": tanh,
}
