"""The frequencies that the user names, in place of those that a problem would watch by itself."""

from dataclasses import replace
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from problems.base import Probe, Problem
from problems.probes.bands import BandProbe
from problems.probes.fourier import FourierProbe, check_resolved
from problems.probes.selection import Selection
from problems.probes.sines import SineProbe

RULE = Selection("the frequencies that --watch names")
NOTHING = 1e-9
"""Amplitude of the target, as a share of its largest value, below which a relative error would be of rounding."""
WHOLE = 1e-6


def read_frequencies(text: str) -> NDArray[np.float64]:
    """`"1,5"` as numbers, ascending; raises ValueError for another form."""
    try:
        numbers = sorted({float(part) for part in text.split(",")})
    except ValueError:
        numbers = []
    if not numbers or not all(isfinite(k) and k >= 0 for k in numbers):
        raise ValueError(f"Frequencies to watch are numbers from 0, separated by commas, such as 1,5; got '{text}'.")
    return np.array(numbers)


def watch_named(problem: Problem, text: str) -> Problem:
    """The problem with these frequencies in its first probe, in the unit that it states.

    In the plane and in space a frequency k stands for all |k'| from k - 1/2 to k + 1/2. Raises ValueError where the
    target has nothing there, or the first probe is about no frequencies."""
    frequencies, (first, *others) = read_frequencies(text), problem.probes
    probe = _named(first, frequencies)
    # |h_k - f_k| / |f_k| with f_k = 0 but for rounding says nothing
    empty = probe.target_amplitude <= NOTHING * np.abs(problem.targets).max()
    if empty.any():
        missing = ", ".join(f"{k:.6g}" for k in np.unique(probe.frequency[empty]))
        raise ValueError(
            f"The target has nothing at k = {missing}, so that no relative error is defined there. Watch others."
        )
    return replace(problem, probes=(probe, *others))


def _named(probe: Probe, frequencies: NDArray[np.float64]) -> Probe:
    if isinstance(probe, FourierProbe) and probe.waves.shape[1] == 1:
        # the unit is what is reported over cycles, read where neither is 0
        place = int(np.argmax(probe.frequency))
        unit = probe.frequency[place] / probe.waves[place, 0] if probe.frequency[place] else 1.0
        waves = frequencies / unit
        check_resolved(probe.inputs, waves, float(unit))
        components = np.unique(probe.component)
        return replace(
            probe,
            # (R, 1), all frequencies of the first component before those of the second
            waves=np.tile(waves, len(components))[:, None],
            frequency=np.tile(frequencies, len(components)),
            component=components.repeat(len(frequencies)),
            selection=RULE,
        )
    if isinstance(probe, BandProbe):
        return replace(probe, band=_bands(probe, frequencies), selection=RULE)
    if isinstance(probe, SineProbe):
        # omega = pi k / length
        modes = frequencies * probe.length / np.pi
        if np.abs(modes - modes.round()).max() > WHOLE or modes.min() < 1 or modes.max() > len(probe.targets):
            raise ValueError(
                f"Sine modes here are multiples of {np.pi / probe.length:.6g}; got {frequencies.tolist()}."
            )
        return replace(probe, modes=modes.round().astype(np.int64), selection=RULE)
    raise ValueError(f"The probe '{probe.name}' of this problem has its own frequencies; it takes no others.")


def _bands(probe: BandProbe, frequencies: NDArray[np.float64]) -> NDArray[np.intp]:
    lengths = np.linalg.norm(probe.waves, axis=1)
    band = np.full(len(lengths), -1, np.intp)
    for number, k in enumerate(frequencies):
        # frequencies ascend: a wave vector between two of them stays with the lower one
        inside = (lengths == 0) if k == 0 else (np.abs(lengths - k) <= 0.5) & (lengths > 0) & (band < 0)
        if not inside.any():
            raise ValueError(
                f"No wave vector of this problem has a length near {k:g}; the largest is {lengths.max():.4g}."
            )
        band[inside] = number
    return band
