"""Equations whose solutions are known, on grids of points, learned from their residual.

Errors of u are watched by sine modes, in which the solutions are finite sums, or vanish at both ends of the interval.

- `helmholtz`: `u'' + kappa^2 u = f` on (-1, 1) with `u = sum_j a_j sin(omega_j pi x)`, omega whole.
- `helmholtz-2d`: the same in the plane, `u = sum_j a_j sin(p_j pi x) sin(q_j pi y)`; one term with p = 1, q = 4, and
  kappa = 1 is the example of Wang et al. 2021.
- `heat`: `u_t = nu u_xx` on (0, 1), `u = sum_j a_j sin(omega_j pi x) exp(-nu (omega_j pi)^2 t)`.
- `burgers`: `u_t + u u_x = nu u_xx` on (-1, 1) with `u(x, 0) = -sin(pi x)`, by the transformation of Cole and Hopf; in
  Raissi et al. 2019 with nu = 0.01 / pi, whose shock a small grid does not resolve.
- `allen-cahn`: `u_t = nu u_xx + rate (u - u^3) + f` on (-1, 1) with the manufactured solution
  `u = exp(-t) sum_j a_j sin(omega_j pi x)`, omega whole.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from problems.equations.operators import AllenCahn, Burgers, Helmholtz
from problems.equations.residuals import Equation, Vector
from problems.networks.jets import Operator
from problems.probes.selection import Selection
from problems.probes.sines import PlaneSineProbe, SineProbe

TERMS = Selection("the sine modes of the solution")
LOWEST = Selection("the lowest sine modes of the solution")
QUADRATURE = 200
"""Points of Gauss and Hermite's rule for Burgers' solution."""


@dataclass(frozen=True, kw_only=True)
class HelmholtzLine(Equation):
    """On (-1, 1), in which sin(omega pi x) has 2 omega half waves."""

    omegas: tuple[int, ...] = (1, 2, 4)
    amplitudes: tuple[float, ...] = (1.0, 1.0, 1.0)
    kappa: float = 1.0
    intervals: int = 100

    def points(self) -> tuple[Vector, NDArray[np.bool_]]:
        _check_terms(self.intervals, 2, omegas=self.omegas, amplitudes=self.amplitudes)
        x = np.linspace(-1, 1, self.intervals + 1)
        return x[:, None], np.abs(x) == 1

    def solution(self, x: Vector) -> Vector:
        return np.sin(np.pi * x * np.array(self.omegas)) @ np.array(self.amplitudes)

    def source(self, x: Vector) -> Vector:
        omegas = np.array(self.omegas)
        factors = self.kappa**2 - (np.pi * omegas) ** 2
        return np.sin(np.pi * x * omegas) @ (factors * np.array(self.amplitudes))

    def operator(self) -> Operator:
        return Helmholtz(self.kappa)

    def probe(self, x: Vector, edge: NDArray[np.bool_]) -> SineProbe:
        return SineProbe(self.solution(x)[~edge], 2 * np.array(sorted(self.omegas)), 2.0, selection=TERMS)


@dataclass(frozen=True, kw_only=True)
class HelmholtzPlane(Equation):
    """On (-1, 1)^2."""

    network: str = "2-40-40-1"
    across: tuple[int, ...] = (1, 2)
    up: tuple[int, ...] = (1, 3)
    amplitudes: tuple[float, ...] = (1.0, 1.0)
    kappa: float = 1.0
    intervals: int = 20
    """Along each axis."""

    def points(self) -> tuple[Vector, NDArray[np.bool_]]:
        _check_terms(self.intervals, 2, across=self.across, up=self.up, amplitudes=self.amplitudes)
        axis = np.linspace(-1, 1, self.intervals + 1)
        x = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
        return x, (np.abs(x) == 1).any(axis=1)

    def solution(self, x: Vector) -> Vector:
        return self._terms(x) @ np.array(self.amplitudes)

    def source(self, x: Vector) -> Vector:
        factors = self.kappa**2 - np.pi**2 * (np.array(self.across) ** 2 + np.array(self.up) ** 2)
        return self._terms(x) @ (factors * np.array(self.amplitudes))

    def _terms(self, x: Vector) -> Vector:
        return np.sin(np.pi * x[:, :1] * np.array(self.across)) * np.sin(np.pi * x[:, 1:] * np.array(self.up))

    def operator(self) -> Operator:
        return Helmholtz(self.kappa)

    def probe(self, x: Vector, edge: NDArray[np.bool_]) -> PlaneSineProbe:
        modes = sorted(
            ((2 * p, 2 * q) for p, q in zip(self.across, self.up, strict=True)), key=lambda k: k[0] ** 2 + k[1] ** 2
        )
        u = self.solution(x)[~edge].reshape(self.intervals - 1, -1)
        return PlaneSineProbe(u, tuple(modes), (2.0, 2.0), np.flatnonzero(~edge), selection=TERMS)


@dataclass(frozen=True, kw_only=True)
class Heat(Equation):
    """On (0, 1) in space and (0, 1) in time."""

    network: str = "2-40-40-1"
    omegas: tuple[int, ...] = (1, 3, 5)
    amplitudes: tuple[float, ...] = (1.0, 1.0, 1.0)
    nu: float = 0.004
    intervals: int = 30
    steps: int = 12

    def points(self) -> tuple[Vector, NDArray[np.bool_]]:
        _check_terms(self.intervals, 1, omegas=self.omegas, amplitudes=self.amplitudes)
        return _space_and_time(0.0, self.intervals, self.steps, self.nu)

    def beginning(self, x: Vector) -> NDArray[np.bool_]:
        return _beginning(x)

    def solution(self, x: Vector) -> Vector:
        omegas = np.pi * np.array(self.omegas)
        return (np.sin(x[:, :1] * omegas) * np.exp(-self.nu * omegas**2 * x[:, 1:])) @ np.array(self.amplitudes)

    def source(self, x: Vector) -> Vector:
        return np.zeros(len(x))

    def operator(self) -> Operator:
        return Burgers(self.nu, 0.0)

    def probe(self, x: Vector, edge: NDArray[np.bool_]) -> PlaneSineProbe:
        u = self.solution(x)[~edge].reshape(self.intervals - 1, self.steps)
        modes = tuple((omega, 0) for omega in sorted(self.omegas))
        return PlaneSineProbe(u, modes, (1.0, 1.0), np.flatnonzero(~edge), selection=TERMS)


@dataclass(frozen=True, kw_only=True)
class BurgersFront(Equation):
    """On (-1, 1) in space and (0, 1) in time; `modes` of the solution's sine modes are watched, from the lowest on."""

    network: str = "2-40-40-1"
    nu: float = 0.1 / np.pi
    intervals: int = 40
    steps: int = 15
    modes: int = 4

    def points(self) -> tuple[Vector, NDArray[np.bool_]]:
        if not (self.nu > 0 and self.modes >= 1 and self.intervals > 4 * self.modes and self.steps >= 1):
            raise ValueError(
                "nu is above 0, modes and steps at least 1, and intervals above four times the modes; "
                f"got {self.nu:g}, {self.modes}, {self.steps} and {self.intervals}."
            )
        return _space_and_time(-1.0, self.intervals, self.steps, self.nu)

    def beginning(self, x: Vector) -> NDArray[np.bool_]:
        return _beginning(x)

    def solution(self, x: Vector) -> Vector:
        # u = -int sin(pi y) F(y) e^(-z^2) / int F(y) e^(-z^2), y = x - sqrt(4 nu t) z, F = exp(-cos(pi y) / (2 pi nu))
        z, weights = np.polynomial.hermite.hermgauss(QUADRATURE)
        y = x[:, :1] - np.sqrt(4 * self.nu * x[:, 1:]) * z
        exponent = -np.cos(np.pi * y) / (2 * np.pi * self.nu)
        # the largest exponent is taken off, above and below: F alone overflows where nu is small
        density = weights * np.exp(exponent - exponent.max(axis=1, keepdims=True))
        return -(np.sin(np.pi * y) * density).sum(axis=1) / density.sum(axis=1)

    def source(self, x: Vector) -> Vector:
        return np.zeros(len(x))

    def operator(self) -> Operator:
        return Burgers(self.nu)

    def probe(self, x: Vector, edge: NDArray[np.bool_]) -> PlaneSineProbe:
        u = self.solution(x)[~edge].reshape(self.intervals - 1, self.steps)
        # u is odd: of the half waves of (-1, 1) it has the even ones alone
        modes = tuple((2 * k, 0) for k in range(1, self.modes + 1))
        return PlaneSineProbe(u, modes, (2.0, 1.0), np.flatnonzero(~edge), selection=LOWEST)


@dataclass(frozen=True, kw_only=True)
class AllenCahnWaves(Equation):
    """On (-1, 1) in space and (0, 1) in time; the source makes the waves a solution."""

    network: str = "2-40-40-1"
    omegas: tuple[int, ...] = (1, 2, 4)
    amplitudes: tuple[float, ...] = (0.5, 0.5, 0.5)
    nu: float = 1e-4
    rate: float = 5.0
    intervals: int = 30
    steps: int = 12

    def points(self) -> tuple[Vector, NDArray[np.bool_]]:
        _check_terms(self.intervals, 2, omegas=self.omegas, amplitudes=self.amplitudes)
        return _space_and_time(-1.0, self.intervals, self.steps, self.nu)

    def beginning(self, x: Vector) -> NDArray[np.bool_]:
        return _beginning(x)

    def solution(self, x: Vector) -> Vector:
        return np.exp(-x[:, 1]) * (self._waves(x) @ np.array(self.amplitudes))

    def source(self, x: Vector) -> Vector:
        u = self.solution(x)
        # u_t = -u, and each term of u_xx is -(omega pi)^2 times its own
        bent = np.exp(-x[:, 1]) * (self._waves(x) @ ((np.pi * np.array(self.omegas)) ** 2 * np.array(self.amplitudes)))
        return -u + self.nu * bent - self.rate * (u - u**3)

    def _waves(self, x: Vector) -> Vector:
        return np.sin(np.pi * x[:, :1] * np.array(self.omegas))

    def operator(self) -> Operator:
        return AllenCahn(self.nu, self.rate)

    def probe(self, x: Vector, edge: NDArray[np.bool_]) -> PlaneSineProbe:
        u = self.solution(x)[~edge].reshape(self.intervals - 1, self.steps)
        modes = tuple((2 * omega, 0) for omega in sorted(self.omegas))
        return PlaneSineProbe(u, modes, (2.0, 1.0), np.flatnonzero(~edge), selection=TERMS)


def _space_and_time(start: float, intervals: int, steps: int, nu: float) -> tuple[Vector, NDArray[np.bool_]]:
    """Points (x, t), x from `start` to 1 and t from 0 to 1, the last axis fastest; the end of time is no boundary."""
    if steps < 1:
        raise ValueError(f"steps, in time, are at least 1; got {steps}.")
    if nu < 0:
        raise ValueError(f"nu is at least 0, or waves would grow without end; got {nu:g}.")
    axes = np.linspace(start, 1, intervals + 1), np.linspace(0, 1, steps + 1)
    x = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    return x, (x[:, 0] == start) | (x[:, 0] == 1) | (x[:, 1] == 0)


def _beginning(x: Vector) -> NDArray[np.bool_]:
    """The points (x, t) at t = 0, but for the two ends of the interval."""
    ends = x[:, 0].min(), x[:, 0].max()
    return (x[:, 1] == 0) & ~np.isin(x[:, 0], ends)


def _check_terms(intervals: int, halves: int, **terms: tuple[float, ...]) -> None:
    """Raise ValueError unless all terms are as many, waves are whole from 1 and the grid resolves them."""
    if len({len(values) for values in terms.values()}) > 1 or not all(terms.values()):
        sizes = ", ".join(f"{name} {len(values)}" for name, values in terms.items())
        raise ValueError(f"Terms of a solution are as many in each setting, at least one; got {sizes}.")
    waves = [value for name, values in terms.items() if name != "amplitudes" for value in values]
    if min(waves) < 1 or not all(terms["amplitudes"]):
        raise ValueError(f"Waves are whole numbers from 1, and no amplitude is 0; got {terms}.")
    if intervals <= 2 * halves * max(waves):
        raise ValueError(f"intervals must exceed {2 * halves * max(waves):g}, four a period; got {intervals}.")
