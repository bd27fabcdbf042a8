"""What is watched of a function of one variable: chosen frequencies, or the peaks of its spectrum.

Peaks are looked for at multiples of 1/length, the resolution of the samples; on scattered points each is then moved to
where it fits best. On a periodic grid this is the discrete
Fourier transform, in which no frequency leaks into another, and every one counts. On an open interval the target leaks:
a wave without whole periods has a foot on both sides of its peak, and the feet of several waves have maxima of their
own. There a peak is a local maximum that survives a window: under Hann's, leakage falls off as 1/k^3 and not as 1/k.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems.base import Array
from problems.probes.fitting import MOST_FITTED, Peaks, once_others_are_gone, refined
from problems.probes.fourier import (
    MOST_PEAKS,
    FourierProbe,
    centred_amplitudes,
    find_peaks,
    largest,
    local_maxima,
    noise_floor,
    nudft,
)
from problems.probes.selection import MEAN_SHARE, NAMED, NothingToWatch, Selection, check_varies
from problems.readers.steps import in_equal_steps

NOISELESS = 1e-3
"""Of a formula, frequencies above this share of the largest amplitude are peaks: it has no noise to rise above."""
FEWEST, WORTH_NAMING = 2, 3
"""Frequencies that have an order, and how many are named where fewer are watched."""
SURVIVING = 0.5
"""Share of its amplitude that a peak keeps under the window, at least; one between two multiples even gains."""


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


def tones_probe(
    inputs: Array, targets: Array, frequencies: NDArray[np.float64], unit: float, selection: Selection = NAMED
) -> FourierProbe:
    """Watches just these `frequencies (R,)`, which are `unit` times cycles, of `targets (n, m)`, component 0."""
    waves, component = frequencies[:, None] / unit, np.zeros(len(frequencies), np.int64)  # waves (R, 1)
    return FourierProbe(inputs, targets, waves, frequencies, component, selection=selection)


def waves_probe(
    inputs: Array, targets: Array, frequencies: NDArray[np.float64], unit: float, selection: Selection
) -> FourierProbe:
    """The same and the mean, as k = 0, where it is at least a hundredth of the largest amplitude.

    Raises NothingToWatch if the target is constant."""
    check_varies(targets[:, :1])
    probe = tones_probe(inputs, targets, frequencies, unit, selection)
    if abs(targets[:, 0].mean()) < MEAN_SHARE * probe.target_amplitude.max() or (frequencies == 0).any():
        return probe
    return tones_probe(inputs, targets, np.concatenate([[0.0], frequencies]), unit, selection)


def formula_probe(inputs: Array, targets: Array, line: Line, *, orthogonal: bool) -> FourierProbe:
    """Watches the frequencies of `targets (n, m)`, component 0, above 1e-3 of the largest; on an open interval, peaks.

    Raises NothingToWatch if the target is constant."""
    check_varies(targets[:, :1])
    cycles, amplitudes = _spectrum(inputs, targets, line)
    floor = NOISELESS * float(amplitudes.max())
    found = find_peaks(amplitudes, floor, orthogonal=orthogonal)
    peaks = found if orthogonal else _surviving(inputs, targets, line, (cycles, amplitudes), found)
    if not len(peaks):  # of a slow drift, which no window leaves standing, the largest alone
        peaks = np.array([amplitudes.argmax()])
    what = "frequencies of the formula" if orthogonal else f"peaks of the formula {_windowed(line)}"
    selection, kept = _most(peaks, found, amplitudes, cycles * line.unit, f"{what} above 1e-3 of the largest")
    selection = replace(selection, dropped=(*selection.dropped, *_half(inputs, targets, line, amplitudes[kept].min())))
    return waves_probe(inputs, targets, cycles[kept] * line.unit, line.unit, selection)


def peaks_probe(inputs: Array, targets: Array, line: Line, *, orthogonal: bool, weaker: bool = True) -> FourierProbe:
    """Watches the frequencies of `targets (n, m)`, component 0, centred, that stand above the noise floor.

    The `weaker` ones of them stand above that of what is left without the larger ones. Unless `orthogonal`, they must
    be local maxima that survive a window too. The mean is watched if it stands above the floor. Raises NothingToWatch
    if the target is constant, or nothing stands above."""
    check_varies(targets[:, :1])
    cycles, amplitudes = _spectrum(inputs, targets, line)
    floor = float(noise_floor(inputs, targets[:, :1], cycles[:, None])[0])
    found = find_peaks(amplitudes, floor, orthogonal=orthogonal)

    def standing(values: Array, heights: NDArray[np.float64], low: float) -> NDArray[np.intp]:
        maxima = find_peaks(heights, low, orthogonal=False)
        return maxima if orthogonal else _surviving(inputs, values, line, (cycles, heights), maxima)

    peaks = found if orthogonal else _surviving(inputs, targets, line, (cycles, amplitudes), found)
    if not len(peaks):
        raise NothingToWatch(
            f"No frequency of the target stands above the noise floor, {floor:.3g}, of {len(inputs)} samples: nothing "
            "would be watched. Take more samples, a target with a stronger wave, or name frequencies to watch."
        )
    lost, more = np.setdiff1d(found, peaks), np.zeros(0, np.intp)
    # of very many samples the floor is low as it is
    if weaker and len(inputs) <= MOST_FITTED:
        if not orthogonal:
            # on scattered points it has feet everywhere, of which one in twenty rises above the floor by chance
            peaks = largest(peaks, amplitudes, 1)
        tops = Peaks(cycles, peaks[local_maxima(amplitudes)[peaks]], floor)
        more = once_others_are_gone(inputs, targets, tops, standing, orthogonal=orthogonal)
        peaks = np.union1d(peaks, more)
        found = np.union1d(peaks, lost)
    moves = not orthogonal and not in_equal_steps(inputs[:, 0].astype(np.float64))
    moved = " each then moved by less than a step to where waves at all of them fit best," * moves
    what = "frequencies" if orthogonal else f"peaks {_windowed(line)}{moved}"
    at_first = " at first" if len(more) else ""
    rule = f"{what} of the centred target above what shuffled targets reach, {floor:.3g}{at_first}"
    selection, kept = _most(peaks, found, amplitudes, cycles * line.unit, rule)
    selection = replace(selection, dropped=(*selection.dropped, *_half(inputs, targets, line, floor)))
    found_at = refined(inputs, targets, cycles[kept], 1 / line.length) if moves else cycles[kept]
    frequencies = found_at * line.unit
    if abs(targets[:, 0].mean()) > floor:
        frequencies = np.concatenate([[0.0], frequencies])
    return tones_probe(inputs, targets, frequencies, line.unit, selection)


def _spectrum(inputs: Array, targets: Array, line: Line) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies in cycles, from 0, and the amplitudes of the centred target there, which begin with 0."""
    # below Nyquist: for even n the wave n / 2 has no sine on the grid and stays out
    cycles = np.arange((len(inputs) - 1) // 2 + 1.0) / line.length
    amplitudes = centred_amplitudes(inputs, targets[:, :1], cycles[:, None])[:, 0]
    amplitudes[0] = 0.0  # the target is centred: what is there is rounding
    return cycles, amplitudes


def _windowed(line: Line) -> str:
    return f"in steps of {line.unit / line.length:.4g} that survive a window,"


def _half(inputs: Array, targets: Array, line: Line, floor: float) -> tuple[str, ...]:
    """A note where the target is loud at half of its samples, which is not in the spectrum."""
    half = np.array([[len(inputs) / 2 / line.length]])
    if len(inputs) % 2 or not in_equal_steps(inputs[:, 0].astype(np.float64)):
        return ()
    if centred_amplitudes(inputs, targets[:, :1], half)[0, 0] <= floor:
        return ()
    return (f"k = {half[0, 0] * line.unit:.4g}, two samples a wave, which show no phase of it: take more samples",)


def _surviving(
    inputs: Array,
    targets: Array,
    line: Line,
    spectrum: tuple[NDArray[np.float64], NDArray[np.float64]],
    found: NDArray[np.intp],
) -> NDArray[np.intp]:
    """Those peaks, of the `found` ones of a `spectrum` of cycles and amplitudes, that a window leaves standing."""
    cycles, amplitudes = spectrum
    # Hann's, sin^2(pi v) for v in [0, 1); over its mean, so that a wave keeps its amplitude
    shape = 0.5 + 0.5 * np.cos(2 * np.pi * ((inputs[:, :1] - line.start) / line.length - 0.5))
    window = shape / shape.mean()
    values = targets[:, :1] - (window * targets[:, :1]).mean()  # centred under the window, or the mean would leak
    under = np.abs(nudft(inputs, window * values, cycles[:, None]))[:, 0]
    # maxima and their neighbours: the window broadens a peak, and its top may move by one
    near = np.convolve(local_maxima(under), np.ones(3), "same") > 0
    return found[near[found] & (under[found] >= SURVIVING * amplitudes[found])]


def _most(
    peaks: NDArray[np.intp],
    found: NDArray[np.intp],
    amplitudes: NDArray[np.float64],
    frequencies: NDArray[np.float64],
    rule: str,
) -> tuple[Selection, NDArray[np.intp]]:
    """The largest of the peaks, at most twelve, and what to say of the others and of what was `found` and is none."""
    kept = largest(peaks, amplitudes)
    others, lost = np.setdiff1d(peaks, kept), np.setdiff1d(found, peaks)
    notes = []
    if len(others):
        named = _listed(frequencies[others])
        notes += [f"{len(others)} more of smaller amplitude (k = {named}): the {MOST_PEAKS} largest are watched"]
    # where an order stands on what is watched, feet are of no interest; here somebody looks for a wave in vain
    if len(lost) and (len(kept) < FEWEST or amplitudes[lost].max() > amplitudes[kept].max()):
        named, loud = _listed(frequencies[lost]), largest(found, amplitudes, WORTH_NAMING)
        asked = ",".join(f"{frequency:.4g}" for frequency in frequencies[loud])
        why = "a window does not leave them, as it does not leave the foot of another wave"
        notes += [f"k = {named}: {why}; --watch {asked} watches the loudest"]
    return Selection(rule, tuple(notes)), kept


def _listed(frequencies: NDArray[np.float64]) -> str:
    return ", ".join(f"{one:.4g}" for one in frequencies[:5]) + (", ..." if len(frequencies) > 5 else "")
