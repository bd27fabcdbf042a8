"""The same equation on a grid, where gradient descent is Jacobi's iteration: errors vanish from high to low.

The parameters are the inner values of a grid of n intervals, and the loss is the energy of the difference equations
`(2 u_i - u_{i-1} - u_{i+1}) / h^2 = g_i`, divided by the diagonal `2 / h^2` and less its minimum. Its gradient is
`u_i - (u_{i-1} + u_{i+1}) / 2 - h^2 g_i / 2`, so that a step of length 1 is one sweep of Jacobi's iteration, which
multiplies the error of the sine mode k by `cos(k pi / n)` (Saad, Iterative methods for sparse linear systems, 13.2).
The probe compares with the solution of the difference equations, the fixed point of the sweep.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Loss, Problem, Pullback, Recipe, Slot
from problems.equations.poisson import Source, Vector, grid, watched
from problems.factories import resolve
from problems.probes.sines import sine_matrix


@dataclass(frozen=True)
class GridValues:
    """The parameters are the outputs, one for each of `dim` grid points; it cannot be evaluated on a part of them."""

    dim: int
    std: float
    name: str = "grid-values"

    @property
    def layout(self) -> tuple[Slot, ...]:
        return (Slot("values", (self.dim,), 0),)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float64)

    def theta0(self, rng: np.random.Generator) -> Vector:
        return self.std * rng.standard_normal(self.dim)

    def block(self, n_samples: int) -> int:
        """As many as keep the outputs within 8 MiB."""
        return max(1, (1 << 20) // n_samples)

    def forward(self, thetas: Array, inputs: Array) -> Array:
        if len(inputs) != self.dim:
            raise ValueError(f"The difference equations need all {self.dim} points at once, no minibatch of them.")
        return thetas[..., None]

    def vjp(self, thetas: Array, inputs: Array) -> tuple[Array, Pullback]:
        return self.forward(thetas, inputs), lambda cotangent: cotangent[..., 0].astype(np.float64)

    def jacobian(self, theta: Array, inputs: Array) -> Array:
        del inputs  # the points do not move
        return np.eye(len(theta))[:, None, :]  # (n, 1, P)

    def hvp(self, theta: Array, vector: Array, inputs: Array, targets: Array, loss: Loss) -> Array:
        outputs, direction = self.forward(theta[None], inputs), self.forward(vector[None], inputs)
        product: Array = loss.curvature(outputs, direction, targets)[0, :, 0]
        return product


@dataclass(frozen=True)
class GridEnergy:
    """`u.Tu / 4 - b.u` less its minimum, with `T = tridiag(-1, 2, -1)` and targets `b = h^2 g / 2`."""

    least: float
    name: str = "grid-energy"

    def value(self, outputs: Array, targets: Array) -> Array:
        energy: Array = (outputs * (0.5 * _half_differences(outputs) - targets)).sum(axis=(1, 2))
        return energy - self.least

    def value_and_cotangent(self, outputs: Array, targets: Array) -> tuple[Array, Array]:
        return self.value(outputs, targets), _half_differences(outputs) - targets

    def curvature(self, outputs: Array, direction: Array, targets: Array) -> Array:
        del outputs, targets  # quadratic
        return _half_differences(direction)


def _half_differences(values: Array) -> Array:
    """`T v / 2` along axis 1, with zeros beyond both ends."""
    result: Array = values.copy()
    result[:, 1:] -= 0.5 * values[:, :-1]
    result[:, :-1] -= 0.5 * values[:, 1:]
    return result


def normal(std: float) -> float:
    """N(0, std^2)."""
    return std


def solve(load: NDArray[np.float64]) -> Vector:
    """The solution `(n - 1,)` of `T u / 2 = load`, by the sine transform, in which T is diagonal."""
    n = len(load) + 1
    modes = np.arange(1, n)
    transform = sine_matrix(n, modes)  # its own inverse, but for the factor n / 2
    # sin(k pi i / n) is an eigenvector of T / 2, with the eigenvalue 1 - cos(k pi / n)
    result: Vector = n / 2 * transform @ (transform @ load / (1 - np.cos(np.pi * modes / n)))
    return result


@dataclass(frozen=True, kw_only=True)
class PoissonGrid(Recipe):
    """The relaxation's side: no network, and a start near zero."""

    network: str = "grid-values"
    activation: str = "none"
    init: str = "normal(0.01)"
    loss: str = "grid-energy"
    omegas: tuple[float, ...] = (1.0, 4.0, 8.0, 24.0)
    amplitudes: tuple[float, ...] = (1.0, 4.0, -8.0, 16.0)
    intervals: int = 200

    def build(self, rng: np.random.Generator) -> Problem:
        del rng  # the source is the same for every seed
        for name in ("network", "activation", "loss", "dtype"):
            only, got = getattr(PoissonGrid, name), getattr(self, name)
            if got != only:
                raise ValueError(f"The {name} of a grid is '{only}', and nothing else; got '{got}'.")
        std = resolve("init", self.init, {"normal": normal})
        source = Source(self.omegas, self.amplitudes)
        x = grid(self.intervals, self.omegas)
        load = 2 / self.intervals**2 * source.g(x[1:-1])  # h^2 / 2 with h = 2 / n
        solution = solve(load)
        # at the solution T u / 2 = b, and the energy u.Tu / 4 - b.u is -b.u / 2
        network, loss = GridValues(len(load), std), GridEnergy(-0.5 * float(load @ solution))
        probe = watched(np.concatenate([[0.0], solution, [0.0]]))
        return Problem(x[1:-1, None], load[:, None], network, loss, (probe,), whole=True)
