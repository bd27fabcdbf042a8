"""What is watched of a function of one variable: chosen frequencies, or the peaks of its spectrum.

Frequencies are multiples of 1/length, the resolution of the samples. On a uniform grid of that length, endpoint
excluded, this is the discrete Fourier transform, in which no frequency leaks into another. It is the target that leaks:
a wave without whole periods in the domain has a foot on both sides of its peak. There, and on scattered inputs, only
local maxima are watched. The foot falls off steadily from one multiple to the next, so it has no maxima of its own.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems.base import Array
from problems.probes.fourier import FourierProbe, find_peaks, noise_floor, nudft

SHUFFLE_SEED = 0


class Line(NamedTuple):
    """An interval: where it starts, its length, and the factor from cycles per unit to the frequencies reported."""

    start: float
    length: float
    unit: float = 1.0


CIRCLE = Line(-np.pi, 2 * np.pi, 2 * np.pi)
"""[-pi, pi), with frequencies in omega."""


def uniform_grid(samples: int, line: Line) -> Array:
    """`samples` points of the interval, endpoint excluded, as `(n, 1)`."""
    return line.start + line.length * np.arange(samples)[:, None] / samples


def tones_probe(inputs: Array, targets: Array, frequencies: NDArray[np.float64], unit: float) -> FourierProbe:
    """Watches just these `frequencies (R,)`, which are `unit` times cycles, of `targets (n, m)`, component 0."""
    waves = frequencies[:, None] / unit
    return FourierProbe(inputs, targets, waves, frequencies, np.zeros(len(frequencies), np.int64))


def peaks_probe(inputs: Array, targets: Array, line: Line, *, orthogonal: bool) -> FourierProbe:
    """Watches the frequencies of `targets (n, m)`, component 0, that stand above the noise floor.

    Unless `orthogonal`, they must be local maxima too. Raises ValueError if there are none."""
    cycles = np.arange((len(inputs) - 1) // 2 + 1.0) / line.length
    waves, signal = cycles[:, None], targets[:, :1]
    floor = noise_floor(inputs, signal, waves, np.random.default_rng(SHUFFLE_SEED))
    amplitudes = np.abs(nudft(inputs, signal, waves))[:, 0]
    peaks = find_peaks(amplitudes, float(floor[0]), orthogonal=orthogonal)
    if not len(peaks):
        raise ValueError(
            f"No frequency of the target stands above the noise floor, {floor[0]:.3g}, of {len(inputs)} samples: "
            "nothing would be watched. Take more samples, or a target with a stronger wave."
        )
    return tones_probe(inputs, targets, cycles[peaks] * line.unit, line.unit)
