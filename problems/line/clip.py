"""A sound as a function of time: three tones and a chirp, made here; a clip of one's own is `--target CLIP.wav`."""

from dataclasses import dataclass, replace

import numpy as np

from problems.base import Problem
from problems.line.curves import Curve, Focus, Samples
from problems.line.waves import WAVES
from problems.probes.accuracy import PeakNoiseProbe
from problems.probes.line import Line, uniform_grid


@dataclass(frozen=True, kw_only=True)
class Clip(Curve):
    """sum_j a_j sin(2 pi k_j t) and a chirp from `low` to `high`, t in [0, 1), all in cycles per clip.

    The tones are watched. The chirp lies above them and shares its power with none but by its leakage, which the
    target has as well. PSNR is measured beside them."""

    tones: tuple[int, ...] = (4, 12, 36)
    amplitudes: tuple[float, ...] = (0.4, 0.3, 0.2)
    low: float = 60.0
    high: float = 90.0
    loudness: float = 0.1
    samples: int = 512

    def sample(self, rng: np.random.Generator) -> Samples:
        del rng  # the clip is the same for every seed
        fastest = max(*self.tones, self.low, self.high)
        if len(self.tones) != len(self.amplitudes) or min(self.tones) < 1 or self.samples <= 2 * fastest:
            raise ValueError(
                "tones are whole numbers from 1, as many as amplitudes, and samples exceed twice the highest of all; "
                f"got {self.tones}, {self.amplitudes} and {self.samples}."
            )
        line = Line(0.0, 1.0)
        t = uniform_grid(self.samples, line)
        speeds = 2 * np.pi * np.array(self.tones)
        # the frequency low + (high - low) t, whose integral is the phase
        sweep = 2 * np.pi * (self.low * t + (self.high - self.low) * t * t / 2)
        values = np.sin(t * speeds) @ np.array(self.amplitudes)[:, None] + self.loudness * np.sin(sweep)
        pace = self.loudness * 2 * np.pi * (self.low + (self.high - self.low) * t) * np.cos(sweep)
        slopes = (np.cos(t * speeds) * speeds) @ np.array(self.amplitudes)[:, None] + pace
        return Samples(line, t, values, Focus(tuple(map(float, sorted(self.tones))), selection=WAVES), slopes)

    def build(self, rng: np.random.Generator) -> Problem:
        problem = super().build(rng)
        # of value and slope the value alone is sound
        return replace(problem, probes=(*problem.probes, PeakNoiseProbe(problem.targets[:, :1])))
