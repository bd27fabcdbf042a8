"""Targets with many tones: ten of them with random phases (RAH), and five hundred close together (THEORY)."""

from dataclasses import dataclass

import numpy as np

from problems.line.curves import Curve, Focus, Samples
from problems.line.waves import WAVES
from problems.probes.line import CIRCLE, Line, uniform_grid
from problems.probes.selection import Selection

UNIT = Line(0.0, 1.0)
STANDING_OUT = Selection(
    "the six odd frequencies that stand out",
    ("of the 500 waves, a tenth apart, the samples tell apart those of whole k alone",),
)


@dataclass(frozen=True, kw_only=True)
class Tones(Curve):
    """sum_j A_j sin(2 pi k_j x + phi_j) on [0, 1), with phases drawn anew for every seed (RAH, section 4.1)."""

    random_data = True
    network: str = "1-256-256-256-256-256-256-1"
    activation: str = "relu"
    dtype: str = "float32"
    frequencies: tuple[int, ...] = (5, 10, 15, 20, 25, 30, 35, 40, 45, 50)
    quietest: float = 1.0
    """Amplitude of the lowest tone; the highest has 1, and the others lie evenly between."""
    samples: int = 200

    def sample(self, rng: np.random.Generator) -> Samples:
        highest = max(self.frequencies, default=0)
        if min(self.frequencies, default=0) < 1 or self.samples <= 2 * highest:
            raise ValueError(
                "frequencies are whole numbers from 1, and samples exceed twice the highest; "
                f"got {self.frequencies} and {self.samples}."
            )
        if not self.quietest > 0:
            raise ValueError(f"quietest must be above 0; got {self.quietest:g}.")
        inputs = uniform_grid(self.samples, UNIT)
        amplitudes = np.linspace(self.quietest, 1.0, len(self.frequencies))[:, None]
        speeds = 2 * np.pi * np.asarray(self.frequencies)
        # (n, J), 2 pi k_j x_i + phi_j
        phases = inputs * speeds + rng.uniform(0, 2 * np.pi, len(self.frequencies))
        return Samples(
            UNIT,
            inputs,
            np.sin(phases) @ amplitudes,
            Focus(self.frequencies, selection=WAVES),
            # the slope, sum_j A_j 2 pi k_j cos (from left to right: * before @)
            np.cos(phases) * speeds @ amplitudes,
        )


@dataclass(frozen=True, kw_only=True)
class Dense(Curve):
    """sum_j sin(j x / 10) / j for j = 1 .. 500 on [-pi, pi): a spectrum without gaps (THEORY).

    The sum is close to a step at 0, so at whole omegas the odd ones stand out, falling off as 1 / omega; the first six
    are watched. The waves have no whole periods here: that is the published target, and what is watched is the
    discrete transform of its samples."""

    network: str = "1-200-50-1"
    samples: int = 300
    waves: int = 500

    def sample(self, rng: np.random.Generator) -> Samples:
        del rng  # the target is the same for every seed
        # the highest wave that is watched, 11, needs more than 22 samples
        if self.waves < 1 or self.samples < 24:
            raise ValueError(f"waves must be at least 1 and samples at least 24; got {self.waves} and {self.samples}.")
        inputs, j = uniform_grid(self.samples, CIRCLE), np.arange(1, self.waves + 1.0)
        phases = inputs * j / 10
        # in the slope the factor j / 10 of the phase and the 1 / j of the sum leave 1 / 10 for every wave
        targets, slopes = np.sin(phases) @ (1 / j)[:, None], np.cos(phases).sum(axis=1, keepdims=True) / 10
        return Samples(CIRCLE, inputs, targets, Focus((1, 3, 5, 7, 9, 11), selection=STANDING_OUT), slopes)
