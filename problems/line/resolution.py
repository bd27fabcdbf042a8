"""Which waves of a formula its samples can tell apart, and what they show in place of the others."""

from collections.abc import Sequence
from math import pi

import numpy as np
from numpy.typing import NDArray

from problems.base import Array
from problems.line.exact_waves import SAME, Wave
from problems.probes.fourier import nudft
from problems.probes.line import Line
from problems.probes.selection import Selection, check_varies

RULE = "the waves of the formula, by exact arithmetic"


def watchable(
    waves: Sequence[Wave], inputs: Array, targets: Array, line: Line
) -> tuple[NDArray[np.float64], Selection]:
    """The frequencies `(R,)` to watch, ascending and in the unit of the line, of `waves` on a uniform grid `(n, 1)`.

    A wave beyond half the samples per length is watched where the samples show it (its alias). Of waves closer than
    1 / length the loudest is kept, and a wave is left out where the others leak more than it has itself. Raises
    NothingToWatch where the samples show a constant."""
    notes: list[str] = []
    folded = _fold(waves, len(inputs), line, notes)
    check_varies(
        targets if folded else np.zeros_like(targets)
    )  # all of it may be invisible, as sin(41 x) to 41 samples
    apart = _apart(folded, line, notes)
    loud = _not_drowned(apart, inputs, targets, line, notes)
    frequencies = np.sort([_k(wave.omega, line) for wave in loud])
    return frequencies, Selection(RULE, tuple(notes))


def _k(omega: float, line: Line) -> float:
    """As reported. Omega itself if that is the unit, without a detour that would round it."""
    return omega if line.unit == 2 * pi else omega / (2 * pi) * line.unit


def _fold(waves: Sequence[Wave], samples: int, line: Line, notes: list[str]) -> list[Wave]:
    """`x_j = start + j h` cannot tell omega from `omega - 2 pi m / h`, but for the phase `2 pi m start / h`."""
    h = line.length / samples
    limit = pi / h  # Nyquist: two samples a wave
    folded: list[Wave] = []
    for omega, coefficient in waves:
        shown, c = omega, coefficient
        if omega > limit * (1 + SAME):
            # the nearest multiple of the sampling frequency 2 pi / h, so that |shown| is at most pi / h
            m = round(omega * h / (2 * pi))
            shown, c = omega - 2 * pi * m / h, coefficient * np.exp(2j * pi * m * line.start / h)
            # Re(c e^(-i w x)) = Re(conj(c) e^(i w x))
            shown, c = (shown, c) if shown >= 0 else (-shown, c.conjugate())
            notes.append(
                f"k = {_k(omega, line):.6g} lies beyond what {samples} samples resolve, {_k(limit, line):.6g}: they "
                f"show it as k = {_k(shown, line):.6g}"
            )
        if shown >= limit * (1 - SAME):
            # with two samples a wave its sign turns: of c e^(i w x_j) the part that is real at the start is seen alone
            turned = c * np.exp(1j * shown * line.start)
            if abs(turned.real) <= SAME * abs(c) * (1 + abs(shown * line.start)):
                notes.append(f"k = {_k(omega, line):.6g} is 0 at each of the {samples} samples")
                continue
            c = turned.real * np.exp(-1j * shown * line.start)
        _merge(folded, Wave(shown, c), SAME * limit)
    # what folds onto 0 is part of the mean, and waves that fold onto one another may cancel
    largest = max(abs(coefficient) for _, coefficient in waves)
    return [wave for wave in folded if wave.omega > SAME * limit and abs(wave.coefficient) > SAME * largest]


def _merge(waves: list[Wave], wave: Wave, near: float) -> None:
    for place, other in enumerate(waves):
        if abs(other.omega - wave.omega) <= near:
            waves[place] = Wave(other.omega, other.coefficient + wave.coefficient)
            return
    waves.append(wave)


def _apart(waves: Sequence[Wave], line: Line, notes: list[str]) -> list[Wave]:
    kept: list[Wave] = []
    # waves closer than this come apart by less than one turn over the whole line
    distance = 2 * pi / line.length * (1 - 1e-9)
    # loudest first; twelve decimals, so that of equally loud ones the lower goes first whatever the rounding
    for wave in sorted(waves, key=lambda wave: (-round(abs(wave.coefficient), 12), wave.omega)):
        near = next((other for other in kept if abs(other.omega - wave.omega) < distance), None)
        if near is None:
            kept.append(wave)
        else:
            notes.append(
                f"k = {_k(wave.omega, line):.6g} is closer than {_k(distance, line):.3g} to k = "
                f"{_k(near.omega, line):.6g}: on this interval they are one"
            )
    return kept


def _not_drowned(waves: Sequence[Wave], inputs: Array, targets: Array, line: Line, notes: list[str]) -> list[Wave]:
    """Compare each wave's own coefficient with what the samples have there."""
    omegas = np.array([wave.omega for wave in waves])
    # (q,); alone, the wave 2 Re(c e^(i w x)) has the coefficient c at w, but for what its own -w leaks
    found = nudft(inputs, targets[:, :1] - targets[:, :1].mean(), omegas[:, None] / (2 * pi))[:, 0]
    loud = []
    for wave, there in zip(waves, found, strict=True):
        leaked, own = abs(there - wave.coefficient), abs(wave.coefficient)
        # the loudest stays in any case, or nothing would be watched
        if leaked <= own or wave is waves[0]:
            loud.append(wave)
        else:
            notes.append(
                f"k = {_k(wave.omega, line):.6g}, of amplitude {2 * own:.3g}, is drowned: on this interval the other "
                f"waves leak {2 * leaked:.3g} there"
            )
    return loud
