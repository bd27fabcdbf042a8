"""Sums of sine waves on a periodic grid of [-pi, pi): the targets on which the frequency principle is usually shown."""

from dataclasses import dataclass, replace

import numpy as np

from problems.base import Array
from problems.line.curves import Curve, Focus, Samples
from problems.probes.line import CIRCLE, uniform_grid
from problems.probes.selection import Selection

WAVES = Selection("the waves of the formula")


def periodic_grid(samples: int) -> Array:
    """`samples` points of [-pi, pi), endpoint excluded, as `(n, 1)`."""
    return uniform_grid(samples, CIRCLE)


def check_waves(samples: int, omegas: tuple[int, ...], **others: tuple[float, ...]) -> None:
    """Raise ValueError unless `samples` resolve the `omegas` and every other tuple has one number for each of them."""
    if not omegas or any(omega < 1 or omega % 1 for omega in omegas):
        raise ValueError(f"omegas are whole numbers from 1, at least one of them; got {omegas}.")
    for name, values in others.items():
        if len(values) != len(omegas):
            raise ValueError(f"omegas and {name} need the same length; got {len(omegas)} and {len(values)}.")
    # at samples = 2 omega the sine is 0 at every point of the grid
    if samples <= 2 * max(omegas):
        raise ValueError(
            f"samples must exceed twice the largest omega, {2 * max(omegas)}, to resolve it; got {samples}."
        )


def sum_of_sines(samples: int, omegas: tuple[int, ...], amplitudes: tuple[float, ...]) -> Samples:
    """sum_k a_k sin(omega_k x) and its slope on the periodic grid; its waves are watched, however small.

    Raises ValueError for an amplitude of 0, and waves that so few samples do not tell apart."""
    check_waves(samples, omegas, amplitudes=amplitudes)
    if not all(amplitudes):
        raise ValueError(f"Every amplitude must differ from 0, or its wave would not be there; got {amplitudes}.")
    inputs, a, omega = periodic_grid(samples), np.asarray(amplitudes, float)[:, None], np.asarray(omegas)
    phases = inputs * omega  # (n, K)
    focus = Focus(tuple(map(float, sorted(omegas))), selection=WAVES)
    # the slope is sum_k a_k omega_k cos(omega_k x)
    return Samples(CIRCLE, inputs, np.sin(phases) @ a, focus, np.cos(phases) * omega @ a)


@dataclass(frozen=True, kw_only=True)
class Sines(Curve):
    """sum_k a_k sin(omega_k x) on [-pi, pi)."""

    omegas: tuple[int, ...] = (1, 3, 5)
    amplitudes: tuple[float, ...] = (1.0, 1.0, 1.0)
    samples: int = 201

    def sample(self, rng: np.random.Generator) -> Samples:
        del rng  # the target is the same for every seed
        return sum_of_sines(self.samples, self.omegas, self.amplitudes)


@dataclass(frozen=True, kw_only=True)
class Amplitude(Curve):
    """sin x + a sin 4x, to see how loud the high frequency must be to come first."""

    a: float = 1.0
    samples: int = 201

    @property
    def lane_group(self) -> "Amplitude":
        return replace(self, a=1.0)

    def sample(self, rng: np.random.Generator) -> Samples:
        del rng  # the target is the same for every seed
        return sum_of_sines(self.samples, (1, 4), (1.0, self.a))
