"""The frequencies that the user names, in place of those that a problem watches by itself, and which of them are there.

Where the target has only rounding, no relative error is defined: a row is left out, in a sentence, or refused where the
user has named its frequency and no component has it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Probe, Problem
from problems.probes.bands import BandProbe
from problems.probes.fourier import FourierProbe, check_resolved
from problems.probes.selection import Selection, Targeted
from problems.probes.sines import PlaneSineProbe, SineProbe
from problems.probes.transforms import AGREEMENT

RULE = Selection("the frequencies that --watch names")
WHOLE = 1e-6
UNITS = 4
"""Of rounding, by which values may be off: their own, and that of a few steps on the way to them."""
THINNED = FourierProbe | BandProbe | SineProbe | PlaneSineProbe
"""Probes of which rows can be left out."""


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
    empty = missing(probe, problem.targets)
    if len(empty):
        raise ValueError(
            f"The target has nothing at k = {listed(empty)}, so that no relative error is defined there. Watch others."
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


def rounding(targets: Array) -> float:
    """The amplitude that rounding alone may reach, of the values `targets (n, m)` themselves and of their transform."""
    largest = float(np.abs(targets).max())
    # values that single precision holds exactly have been rounded to it, whatever type they have now
    with np.errstate(over="ignore"):  # beyond single precision, and so not held by it
        single = np.array_equal(targets.astype(np.float32), targets)
    return largest * (AGREEMENT + UNITS * float(np.finfo(np.float32 if single else np.float64).eps))


def absent(probe: Probe, targets: Array) -> NDArray[np.bool_]:
    """Of which rows the target has nothing but rounding, `(R,)`."""
    own = probe.targets if isinstance(probe, Targeted) else targets
    return np.asarray(probe.target_amplitude <= rounding(own))


def missing(probe: Probe, targets: Array) -> NDArray[np.float64]:
    """Frequencies of which no component has more than rounding, or, where no row can be left out, one component."""
    gone = absent(probe, targets)
    there = ~gone if isinstance(probe, THINNED) else np.zeros_like(gone)
    return np.setdiff1d(probe.frequency[gone], probe.frequency[there])


def without_absent(problem: Problem) -> Problem:
    """The problem without what its target does not have; raises ValueError where nothing would be left."""
    return replace(problem, probes=tuple(_without(probe, problem.targets) for probe in problem.probes))


def _without(probe: Probe, targets: Array) -> Probe:
    if not isinstance(probe, THINNED):
        return probe
    kept = ~absent(probe, targets)
    if kept.all():
        return probe
    if not kept.any():
        raise ValueError(
            f"The target has nothing but rounding at k = {listed(probe.frequency)}, and no relative error is defined "
            "there: nothing would be watched. Take another target, or name other frequencies to watch."
        )
    selection = Selection(probe.selection.rule, (*probe.selection.dropped, *_notes(probe, kept)))
    if isinstance(probe, FourierProbe):
        parts = {name: getattr(probe, name)[kept] for name in ("waves", "frequency", "component")}
        return replace(probe, **parts, selection=selection)
    if isinstance(probe, BandProbe):
        return replace(probe, rows=np.flatnonzero(kept), selection=selection)
    if isinstance(probe, SineProbe):
        return replace(probe, modes=probe.modes[kept], selection=selection)
    modes = tuple(mode for mode, one in zip(probe.modes, kept, strict=True) if one)
    return replace(probe, modes=modes, selection=selection)


def _notes(probe: Probe, kept: NDArray[np.bool_]) -> Iterator[str]:
    several = len(np.unique(probe.component)) > 1
    for component in np.unique(probe.component[~kept]):
        gone = listed(probe.frequency[~kept & (probe.component == component)])
        of = f" in component {component}" if several else ""
        yield f"k = {gone}{of}, of which the target has nothing but rounding"


def listed(frequencies: Iterable[float]) -> str:
    """Each once, as they are told."""
    return ", ".join(f"{k:.6g}" for k in np.unique(np.array(list(frequencies))))
