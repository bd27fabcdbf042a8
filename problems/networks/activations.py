"""Activation functions with their first two derivatives, exact, elementwise, for any float dtype."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from math import inf, pi, sqrt

import numpy as np

from problems.base import Array


@dataclass(frozen=True)
class Activation:
    """`value(z)`; `slope(z, a)` and `bend(z, a)` are its first and second derivative, where `a = value(z)`."""

    name: str
    value: Callable[[Array], Array]
    slope: Callable[[Array, Array], Array]
    bend: Callable[[Array, Array], Array]
    third: Callable[[Array, Array], Array] | None = None
    """The third derivative, for equations: of the smooth ones that solve them."""


def _sigmoid(z: Array) -> Array:
    half = z.dtype.type(0.5)
    return half * (np.tanh(half * z) + 1)  # 1 / (1 + exp(-z)) = (1 + tanh(z / 2)) / 2


def tanh() -> Activation:
    """The hyperbolic tangent."""

    def third(z: Array, a: Array) -> Array:
        del z
        square = a * a
        return (1 - square) * (6 * square - 2)

    return Activation("tanh", np.tanh, lambda z, a: 1 - a * a, lambda z, a: -2 * a * (1 - a * a), third)


def relu() -> Activation:
    """max(z, 0), with slope 0 at the kink, as torch has it."""
    return Activation("relu", lambda z: np.maximum(z, 0), lambda z, a: (z > 0).astype(z.dtype), lambda z, a: 0 * z)


def sigmoid() -> Activation:
    """1 / (1 + exp(-z)), by way of tanh, which cannot overflow."""
    return Activation(
        "sigmoid",
        _sigmoid,
        lambda z, a: a * (1 - a),
        lambda z, a: a * (1 - a) * (1 - 2 * a),
        lambda z, a: a * (1 - a) * (1 - 6 * a * (1 - a)),
    )


def softplus() -> Activation:
    """log(1 + exp(z)), which neither overflows nor loses its tail."""

    def slope(z: Array, a: Array) -> Array:
        del a
        return _sigmoid(z)

    def bend(z: Array, a: Array) -> Array:
        s = slope(z, a)
        return s * (1 - s)

    def value(z: Array) -> Array:
        if np.iscomplexobj(z):  # a small step into the complex plane, where the first order says all
            return value(z.real) + 1j * z.imag * _sigmoid(z.real)
        return np.logaddexp(z.dtype.type(0), z)

    return Activation("softplus", value, slope, bend, lambda z, a: bend(z, a) * (1 - 2 * slope(z, a)))


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
        lambda z, a: phi(z) * z * (z * z - 4),
    )


def sin(w0: float = 1.0) -> Activation:
    """sin(w0 z), the plain sine unless w0 is given."""
    if w0 == 1.0:
        return Activation("sin", np.sin, lambda z, a: np.cos(z), lambda z, a: -a, lambda z, a: -np.cos(z))
    if w0 == 0.0:
        raise ValueError("The activation sin(w0) needs a w0 other than 0; got 0.")

    def slope(z: Array, a: Array) -> Array:
        del a
        w = z.dtype.type(w0)
        return w * np.cos(w * z)

    return Activation(
        f"sin({w0:g})",
        lambda z: np.sin(z.dtype.type(w0) * z),
        slope,
        lambda z, a: a * -(w0 * w0),
        lambda z, a: slope(z, a) * -(w0 * w0),
    )


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


def gaussian(s: float = 10.0) -> Activation:
    """exp(-(s z)^2) (Ramasinghe and Lucey 2022); s = 10 in the code of WIRE, 30 in that of FINER."""
    _positive("gaussian(s)", s=s)

    def slope(z: Array, a: Array) -> Array:
        return a * z * z.dtype.type(-2 * s * s)

    def bend(z: Array, a: Array) -> Array:
        u = _bounded(z, s)
        return a * (4 * u * u - 2) * z.dtype.type(s * s)

    def third(z: Array, a: Array) -> Array:
        u = _bounded(z, s)
        return a * u * (12 - 8 * u * u) * z.dtype.type(s**3)

    return Activation(f"gaussian({s:g})", lambda z: np.exp(-(_bounded(z, s) ** 2)), slope, bend, third)


def gabor(w0: float = 20.0, s0: float = 10.0) -> Activation:
    """cos(w0 z) exp(-(s0 z)^2), the real part of WIRE's wavelet (Saragadam et al. 2023); 20 and 10 in FINER's code."""
    _positive("gabor(w0, s0)", w0=w0, s0=s0)

    def parts(z: Array) -> tuple[Array, Array, Array]:
        """u = s0 z, and cosine and sine of w0 z under the bell."""
        u = _bounded(z, s0)
        bell, phase = np.exp(-u * u), u * z.dtype.type(w0 / s0)
        return u, np.cos(phase) * bell, np.sin(phase) * bell

    def slope(z: Array, a: Array) -> Array:
        del a
        u, cosine, sine = parts(z)
        return -(w0 * sine + 2 * s0 * u * cosine)

    def bend(z: Array, a: Array) -> Array:
        del a
        u, cosine, sine = parts(z)
        # (C E)'' = C'' E + 2 C' E' + C E'', with E'' = s0^2 (4 u^2 - 2) E
        return (s0 * s0 * (4 * u * u - 2) - w0 * w0) * cosine + 4 * w0 * s0 * u * sine

    return Activation(f"gabor({w0:g},{s0:g})", lambda z: parts(z)[1], slope, bend)


def finer(w0: float = 30.0) -> Activation:
    """sin(w0 (|z| + 1) z), a sine that quickens with |z| (FINER 2024), with its exact derivative.

    The authors' code holds |z| + 1 constant in the way back, unless it is told otherwise."""
    _positive("finer(w0)", w0=w0)

    def phase(z: Array) -> Array:
        return z.dtype.type(w0) * ((np.abs(z) + 1) * z)

    def speed(z: Array) -> Array:
        return z.dtype.type(w0) * (2 * np.abs(z) + 1)  # d/dz (|z| + 1) z = 2 |z| + 1

    return Activation(
        f"finer({w0:g})",
        lambda z: np.sin(phase(z)),
        lambda z, a: speed(z) * np.cos(phase(z)),
        # at 0 the speed has a kink, where its derivative is taken for 0
        lambda z, a: z.dtype.type(2 * w0) * np.sign(z) * np.cos(phase(z)) - speed(z) ** 2 * a,
    )


def srelu() -> Activation:
    """max(z, 0) max(1 - z, 0), which is 0 outside of (0, 1) (MscaleDNN: Liu, Cai, Xu 2020)."""

    def inside(z: Array) -> Array:
        return ((z > 0) & (z < 1)).astype(z.dtype)

    return Activation(
        "srelu",
        lambda z: np.maximum(z, 0) * np.maximum(1 - z, 0),
        lambda z, a: inside(z) * (1 - 2 * z),
        lambda z, a: -2 * inside(z),
    )


def _bounded(z: Array, s: float) -> Array:
    """s z; beyond 40 a bell of it is 0 in float64 as well, and its powers must not overflow."""
    return np.clip(z * z.dtype.type(s), -40, 40)


def _positive(form: str, **numbers: float) -> None:
    for name, number in numbers.items():
        if not 0.0 < number < inf:
            raise ValueError(f"The activation {form} needs a {name} above 0; got {number:g}.")


ACTIVATIONS: dict[str, Callable[..., Activation]] = {
    "finer": finer,
    "gabor": gabor,
    "gaussian": gaussian,
    "gelu": gelu,
    "relu": relu,
    "ricker": ricker,
    "sigmoid": sigmoid,
    "sin": sin,
    "softplus": softplus,
    "srelu": srelu,
    "tanh": tanh,
}
