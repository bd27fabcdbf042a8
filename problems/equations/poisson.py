"""The equation `-u'' = g` on (-1, 1) with `u(-1) = u(1) = 0`, solved by a network (`poisson_grid`: by relaxation).

`g(x) = sum_j a_j sin(omega_j x)`. With `p(x) = sum_j a_j sin(omega_j x) / omega_j^2`, which is odd, the solution is
`u(x) = p(x) - x p(1)`: the waves do not vanish at the ends, and the line makes up for it.

The network is trained on the Ritz energy `E(u) = int (u'^2 / 2 - g u) dx + penalty (u(-1)^2 + u(1)^2)` (SHED,
section 4.2), with u' from the network's exact derivative and the trapezoidal rule on the grid. The minimiser of E is
not quite u but `p(x) - c x` with `c = (p'(1) + 2 penalty p(1)) / (1 + 2 penalty)`, which is reached when the penalty is
infinite; the loss is E less its exact minimum, and errors against u have a floor (measured in
`docs/experiments-2d-3d-pde.md`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Problem, Recipe
from problems.networks.mlp import MLP, fully_connected
from problems.networks.tangent import TangentMLP
from problems.probes.selection import Selection
from problems.probes.sines import SineProbe, sine_matrix

Vector = NDArray[np.float64]

WATCHED = 0.04
"""Sine modes are watched whose amplitude is this share of the largest: below it lies the floor of the penalty."""


@dataclass(frozen=True)
class Source:
    """`g(x) = sum_j a_j sin(omega_j x)`, and the solutions that belong to it."""

    omegas: tuple[float, ...]
    amplitudes: tuple[float, ...]

    def __post_init__(self) -> None:
        if not len(self.omegas) == len(self.amplitudes) > 0 or min(self.omegas) <= 0:
            raise ValueError(
                f"omegas are positive and as many as amplitudes, at least one; got {self.omegas}, {self.amplitudes}."
            )

    def g(self, x: Vector) -> Vector:
        """The right-hand side."""
        return np.sin(x[..., None] * self._omegas) @ self._amplitudes

    def p(self, x: Vector) -> Vector:
        """An odd function with `-p'' = g`."""
        return np.sin(x[..., None] * self._omegas) @ (self._amplitudes / self._omegas**2)

    def exact(self, x: Vector) -> Vector:
        """The solution that vanishes at both ends."""
        return self.p(x) - x * self.p(np.ones(()))

    def penalised(self, x: Vector, penalty: float) -> Vector:
        """The minimiser of the Ritz energy: natural boundary conditions `u'(1) + 2 penalty u(1) = 0`."""
        end = np.cos(self._omegas) @ (self._amplitudes / self._omegas)  # p'(1)
        return self.p(x) - x * (end + 2 * penalty * self.p(np.ones(()))) / (1 + 2 * penalty)

    def least_energy(self, penalty: float) -> float:
        """The minimum of the Ritz energy, `-1/2 int g u` at its minimiser."""
        # g u swings at up to twice max(omega), and the rule of n points is exact to rounding soon after n = max(omega)
        x, weights = np.polynomial.legendre.leggauss(64 + 4 * int(max(self.omegas)))
        # E(u) = a(u, u) / 2 - b(u) with a(u, .) = b at the minimum, so E = -b(u) / 2
        return -0.5 * float(weights @ (self.g(x) * self.penalised(x, penalty)))

    @property
    def _omegas(self) -> Vector:
        return np.asarray(self.omegas, float)

    @property
    def _amplitudes(self) -> Vector:
        return np.asarray(self.amplitudes, float)


@dataclass(frozen=True)
class Ritz:
    """The energy less its minimum, a mean over samples of outputs `(u, u')` and targets `(g, quadrature, boundary)`."""

    least: float
    name: str = "ritz"

    def value(self, outputs: Array, targets: Array) -> Array:
        u, slope = outputs[..., 0], outputs[..., 1]
        g, quadrature, boundary = (targets[..., column] for column in range(3))
        energy: Array = (quadrature * (0.5 * slope * slope - g * u) + boundary * u * u).mean(axis=1)
        return energy - self.least

    def value_and_cotangent(self, outputs: Array, targets: Array) -> tuple[Array, Array]:
        u, slope = outputs[..., 0], outputs[..., 1]
        g, quadrature, boundary = (targets[..., column] for column in range(3))
        # in u and in u', `(B, n, 2)`
        by_output = np.stack([2 * boundary * u - quadrature * g, quadrature * slope], axis=-1)
        return self.value(outputs, targets), by_output / outputs.shape[1]

    def curvature(self, outputs: Array, direction: Array, targets: Array) -> Array:
        del outputs  # quadratic
        weights = np.stack([2 * targets[..., 2], targets[..., 1]], axis=-1)
        product: Array = direction * weights / direction.shape[1]
        return product


def watched(solution: Vector) -> SineProbe:
    """Watches the sine modes of `solution (n + 1,)` on (-1, 1) with at least 4 % of the largest amplitude."""
    inner, intervals = solution[1:-1], len(solution) - 1
    amplitudes = np.abs(sine_matrix(intervals, np.arange(1, intervals)) @ inner)
    modes = 1 + np.flatnonzero(amplitudes >= WATCHED * amplitudes.max())
    return SineProbe(inner, modes, 2.0, selection=Selection(f"sine modes of at least {WATCHED:g} of the largest"))


def grid(intervals: int, omegas: tuple[float, ...]) -> Vector:
    """The points `(n + 1,)` of [-1, 1] that cut it into n intervals.

    Raises ValueError unless the fastest wave has four intervals a period."""
    # a period 2 pi / omega holds four intervals of 2 / n as soon as n >= 4 omega / pi
    if intervals < 4 or intervals * np.pi < 4 * max(omegas):
        least = max(4, int(np.ceil(4 * max(omegas) / np.pi)))
        raise ValueError(f"intervals must be at least {least}, four for each period of the source; got {intervals}.")
    return np.linspace(-1, 1, intervals + 1)


@dataclass(frozen=True, kw_only=True)
class Poisson(Recipe):
    """The network's side: Ritz energy on a grid with both ends."""

    network: str = "1-40-40-1"
    loss: str = "ritz"
    omegas: tuple[float, ...] = (1.0, 4.0, 8.0, 24.0)
    amplitudes: tuple[float, ...] = (1.0, 4.0, -8.0, 16.0)
    penalty: float = 10.0
    intervals: int = 200

    def build(self, rng: np.random.Generator) -> Problem:
        del rng  # the source is the same for every seed
        if self.loss != "ritz":
            raise ValueError(f"The loss of this problem is 'ritz', the energy; got '{self.loss}'.")
        if not 0 < self.penalty < np.inf:
            raise ValueError(f"penalty must be a positive number; got {self.penalty}.")
        source = Source(self.omegas, self.amplitudes)
        x = grid(self.intervals, self.omegas)
        mlp = fully_connected(self.network, (1, 1), self.activation, self.init, self.dtype)
        if not isinstance(mlp, MLP):
            raise ValueError(  # noqa: TRY004  # a user's mistake
                f"This problem needs the derivative of a plain network; the init '{self.init}' wraps it."
            )
        quadrature = np.full(len(x), len(x) * 2 / self.intervals)  # times n, for a mean instead of a sum
        quadrature[[0, -1]] /= 2  # the trapezoidal rule
        boundary = np.zeros(len(x))
        boundary[[0, -1]] = len(x) * self.penalty
        targets = np.stack([source.g(x), quadrature, boundary], axis=1).astype(mlp.dtype)
        loss = Ritz(source.least_energy(self.penalty))
        return Problem(x[:, None].astype(mlp.dtype), targets, TangentMLP(mlp), loss, (watched(source.exact(x)),))
