"""What is watched of one or several functions of one variable, all at the same places: the peaks of each."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from problems.probes.fourier import FourierProbe
from problems.probes.line import Line, peaks_probe, tones_probe
from problems.probes.selection import NAMED, NothingToWatch, Selection
from problems.readers.steps import in_equal_steps

TOLD = 3
"""Components whose floors, or rules, are told."""


def functions_probe(
    x: NDArray[np.float64], y: NDArray[np.float64], named: Sequence[float] | NDArray[np.float64] = ()
) -> FourierProbe:
    """Watches the peaks of each column of `y (n, m)` at the ascending `x (n, 1)`, in cycles per unit, or those `named`.

    Of columns in which nothing stands above the noise floor nothing is watched; raises NothingToWatch if it does in
    none, unless frequencies are named."""
    steps = np.diff(x[:, 0])
    uniform = in_equal_steps(x[:, 0])
    # n points of a uniform grid are a period of n steps; of scattered ones only the span is known
    extent = float(x[-1, 0] - x[0, 0]) + (float(steps.mean()) if uniform else 0.0)
    line = Line(float(x[0, 0]), extent)
    columns = [y[:, c : c + 1] for c in range(y.shape[1])]
    # nothing need stand above the noise where the user says what is watched
    if len(named):
        parts = {c: tones_probe(x, column, np.asarray(named), line.unit) for c, column in enumerate(columns)}
    else:
        parts = _peaks(x, columns, line, uniform=uniform)
    component = np.repeat(list(parts), [len(part.frequency) for part in parts.values()])
    waves, frequency = (
        np.concatenate([getattr(part, name) for part in parts.values()]) for name in ("waves", "frequency")
    )
    return FourierProbe(x, y, waves, frequency, component, selection=_joined(parts, len(columns)))


def _joined(parts: Mapping[int, FourierProbe], columns: int) -> Selection:
    """Why these, in the words of the components, of which the rules of a few are told."""
    if columns == 1 or all(part.selection == NAMED for part in parts.values()):
        return next(iter(parts.values())).selection
    # each ends in its own floor
    whats, floors = zip(*(part.selection.rule.rpartition(", ")[::2] for part in parts.values()), strict=True)
    if len(set(whats)) == 1:
        rule = f"of each component {whats[0]}, {', '.join(floors[:TOLD])}{' and so on' * (len(floors) > TOLD)}"
    else:
        rules = [f"of component {c} {part.selection.rule}" for c, part in parts.items()]
        more = [f"and so of {len(rules) - TOLD} more"] if len(rules) > TOLD else []
        rule = "; ".join(rules[:TOLD] + more)
    dropped = [f"component {c}: {sentence}" for c, part in parts.items() for sentence in part.selection.dropped]
    dropped += [f"component {c}, in which nothing stands above the noise" for c in range(columns) if c not in parts]
    return Selection(rule, tuple(dropped))


def _peaks(
    x: NDArray[np.float64], columns: Sequence[NDArray[np.float64]], line: Line, *, uniform: bool
) -> dict[int, FourierProbe]:
    """By component, of those that have a peak; raises NothingToWatch if none has."""
    parts: dict[int, FourierProbe] = {}
    refused: dict[int, NothingToWatch] = {}
    for c, column in enumerate(columns):
        try:
            parts[c] = peaks_probe(x, column, line, orthogonal=uniform)
        except NothingToWatch as error:
            refused[c] = error
    if not parts:
        raise refused[0]
    return parts
