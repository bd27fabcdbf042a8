"""Differential operators on the jet of one function, `(u, u_1, .., u_d, u_11, .., u_dd)`, with their slopes in it."""

from dataclasses import dataclass

import numpy as np

from problems.base import Array


@dataclass(frozen=True)
class Helmholtz:
    """`sum_k u_kk + kappa^2 u`."""

    kappa: float

    def value(self, jet: Array) -> Array:
        d = len(jet) // 2
        total: Array = jet[1 + d :].sum(axis=0) + self.kappa**2 * jet[0]
        return total

    def slopes(self, jet: Array) -> Array:
        slopes = np.zeros_like(jet)
        slopes[0], slopes[1 + len(jet) // 2 :] = self.kappa**2, 1
        return slopes


@dataclass(frozen=True)
class Burgers:
    """`u_t + speed u u_x - nu u_xx` for variables (x, t): at speed 0 the heat equation, whose diffusivity is nu."""

    nu: float
    speed: float = 1.0

    def value(self, jet: Array) -> Array:
        u, u_x, u_t, u_xx = jet[0], jet[1], jet[2], jet[3]
        residual: Array = u_t + self.speed * u * u_x - self.nu * u_xx
        return residual

    def slopes(self, jet: Array) -> Array:
        slopes = np.zeros_like(jet)
        slopes[0], slopes[1] = self.speed * jet[1], self.speed * jet[0]
        slopes[2], slopes[3] = 1, -self.nu
        return slopes


@dataclass(frozen=True)
class AllenCahn:
    """`u_t - nu u_xx - rate (u - u^3)` for variables (x, t)."""

    nu: float
    rate: float

    def value(self, jet: Array) -> Array:
        u, u_t, u_xx = jet[0], jet[2], jet[3]
        residual: Array = u_t - self.nu * u_xx - self.rate * (u - u**3)
        return residual

    def slopes(self, jet: Array) -> Array:
        slopes = np.zeros_like(jet)
        slopes[0] = -self.rate * (1 - 3 * jet[0] ** 2)
        slopes[2], slopes[3] = 1, -self.nu
        return slopes
