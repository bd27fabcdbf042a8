"""Waves at free frequencies, fitted to samples of one variable by least squares, and what stands out without them.

A single strong wave raises the floor that shuffled targets reach, so that a weaker one lies below it although nothing
else is there. As astronomers do with stars that pulsate, what is found is taken away, and the rest is looked at again.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from problems.base import Array
from problems.probes.fourier import MOST_PEAKS, centred_amplitudes, noise_floor

Standing: TypeAlias = Callable[[Array, NDArray[np.float64], float], NDArray[np.intp]]
"""Of `(n, 1)` values with amplitudes `(K,)`, the indices above a floor that may be waves."""

MOST_FITTED, FEWER = 1 << 15, 1 << 11
"""Samples, evenly chosen, on which frequencies between the multiples are found; and on which others are taken away."""
REACH = 0.75
"""Steps by which a frequency is moved at most; half of one, but that others leak into the multiples beside it."""
DOUBT = (0.4, 1.6)
"""Of a floor that is told from another by the spread of the values, between which it is found by shuffles."""
NOTHING = 1e-2
"""Of the largest amplitude, what the fit may leave, and places that are rounded to half precision."""
FITS, HALVES, PLACES = 30, (1.0, 0.5, 0.25, 0.125), 4
"""Iterations at most, shares of one that are tried, and decimals of a step that are kept."""


class Peaks(NamedTuple):
    """Of `cycles (K,)`, at equal steps from 0, the indices `found (R,)`, above a `floor` of shuffled targets."""

    cycles: NDArray[np.float64]
    found: NDArray[np.intp]
    floor: float


def once_others_are_gone(
    inputs: Array, targets: Array, peaks: Peaks, standing: Standing, *, orthogonal: bool
) -> NDArray[np.intp]:
    """Indices of further cycles that stand out of component 0 without the `peaks`.

    Waves near the found ones are fitted and taken away; the largest that rises above what the shuffled rest reaches,
    as shuffled targets do the floor, is found as well, if it is `standing` and, unless `orthogonal`, no neighbour of
    another, and so on. Each floor lets chance through in 5 % of the cases, and the first one that nothing rises above
    is the last, so that this is so of all of them together."""
    (cycles, found, floor), (x, y) = peaks, (column[:, 0].astype(np.float64) for column in (inputs, targets))
    x = x - x.mean()
    least = NOTHING * float(centred_amplitudes(inputs, targets[:, :1], cycles[found, None]).max())
    while len(found) < MOST_PEAKS and len(y) > 3 * len(found) + 1:
        rest = _rest(x, y, cycles[found], cycles[1], whole=orthogonal)[:, None]
        amplitudes = centred_amplitudes(inputs, rest, cycles[:, None])[:, 0]
        amplitudes[0] = 0.0
        # sums of many values forget what these were but for their spread: in doubt alone they are shuffled again
        low = floor * float(rest.std() / y.std())
        if DOUBT[0] * low < amplitudes.max() < DOUBT[1] * low:
            low = float(noise_floor(inputs, rest, cycles[:, None])[0])
        risen = standing(rest, amplitudes, max(low, least))
        risen = risen[np.abs(risen[:, None] - found).min(axis=1) >= (1 if orthogonal else 2)]
        if not len(risen):
            break
        found = np.append(found, risen[amplitudes[risen].argmax()])
    return found[len(peaks.found) :]


def _rest(x: Array, y: Array, cycles: NDArray[np.float64], step: float, *, whole: bool) -> Array:
    """What waves near multiples of a step leave of `y (n,)`.

    Where they may be `whole` waves of a grid they stand at the multiples, unless half of the power is left by that:
    others that are not found yet would draw them aside."""
    there, near = (_fitted(x, y, at)[1] for at in (cycles, refined(x[:, None], y[:, None], cycles, step, FEWER)))
    return there if whole and near @ near > 0.5 * (there @ there) else near


def refined(
    inputs: Array, targets: Array, cycles: NDArray[np.float64], step: float, most: int = MOST_FITTED
) -> NDArray[np.float64]:
    """Frequencies within `REACH` steps of `cycles (R,)` at which a constant and waves fit component 0 best together.

    Of one wave it is the top of Lomb and Scargle's periodogram with a floating mean; of several, none is taken for what
    another leaks. Where it would be farther away, as of a trend, which slower waves fit ever better, one stays."""
    rows = np.unique(np.linspace(0, len(inputs) - 1, min(most, len(inputs))).astype(int))
    # in units of the resolution: in no other are derivatives and waves of one size
    x, y = inputs[rows, 0].astype(np.float64) * step, targets[rows, 0].astype(np.float64)
    found = cycles / step
    free = np.full(len(found), len(x) > 3 * len(found) + 1)  # as many numbers as samples fit anything
    while True:
        # what another processor or library makes of the last digits must not be another frequency
        there = np.round(_moved(x - x.mean(), y, found, np.where(free, REACH, 0.0)), PLACES)
        stays = free & (np.abs(there - found) >= REACH - 10.0**-PLACES)
        if not stays.any():
            return np.where(free, there * step, cycles)
        free &= ~stays


def _moved(x: Array, y: Array, cycles: NDArray[np.float64], reach: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gauss and Newton's iteration on frequencies and amplitudes at once, from `cycles`, each within its reach."""
    here = cycles
    jacobian, residual = _fitted(x, y, here)
    free = np.concatenate([np.full(jacobian.shape[1] - len(here), True), reach > 0])
    for _ in range(FITS if np.any(reach) else 0):
        change = np.zeros(len(free))
        change[free] = np.linalg.lstsq(jacobian[:, free], residual)[0]
        for share in HALVES:
            there = np.clip(here + share * change[-len(here) :], cycles - reach, cycles + reach)
            ahead, left = _fitted(x, y, there)
            if left @ left < residual @ residual:
                break
        else:
            break
        here, jacobian, residual = there, ahead, left
    return here


def _fitted(x: Array, y: Array, cycles: Array) -> tuple[Array, Array]:
    """Derivatives of the best fit at these frequencies, in its amplitudes and in them, and what it leaves of `y`."""
    phases = 2 * np.pi * np.outer(x, cycles)
    cosines, sines = np.cos(phases), np.sin(phases)
    design = np.concatenate([np.ones((len(x), 1)), cosines, sines], axis=1)
    amplitudes = np.linalg.lstsq(design, y)[0]
    a, b = amplitudes[1 : 1 + len(cycles)], amplitudes[1 + len(cycles) :]
    slopes = 2 * np.pi * x[:, None] * (b * cosines - a * sines)
    return np.concatenate([design, slopes], axis=1), y - design @ amplitudes
