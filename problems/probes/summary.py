"""What a problem watches, in words and numbers, to be said before anything is run."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from problems.base import Probe, Problem
from problems.probes.selection import Selective

MOST_NAMED = 16


@dataclass(frozen=True)
class Watched:
    """One probe: its frequencies (without NaN), by which rule, their share of the target's power, what was dropped.

    The share is NaN where the probe is about no power of the target."""

    probe: str
    frequencies: tuple[float, ...]
    rule: str
    power_share: float
    dropped: tuple[str, ...]

    @property
    def sentences(self) -> list[str]:
        """What to print: a line of what is watched, and one for each thing that is not."""
        named = ", ".join(f"{k:.4g}" for k in self.frequencies[:MOST_NAMED])
        more = f", ... {len(self.frequencies)} in all" if len(self.frequencies) > MOST_NAMED else ""
        mean = " (k = 0 is the mean, no part of the order)" if 0.0 in self.frequencies else ""
        share = "" if np.isnan(self.power_share) else f"; {self.power_share:.1%} of the target's power"
        watched = f"watched by {self.probe}: k = {named}{more}{mean}; {self.rule}{share}"
        return [watched, *(f"  not watched: {reason}" for reason in self.dropped)]


def watched(problem: Problem) -> tuple[Watched, ...]:
    """What the probes of a problem watch, those about frequencies alone."""
    return tuple(_summary(probe) for probe in problem.probes if np.isfinite(probe.frequency).any())


def _summary(probe: Probe) -> Watched:
    frequencies = tuple(np.unique(probe.frequency[np.isfinite(probe.frequency)]).tolist())
    if isinstance(probe, Selective):
        return Watched(probe.name, frequencies, probe.selection.rule, probe.power_share, probe.selection.dropped)
    return Watched(probe.name, frequencies, "as the probe says", float("nan"), ())


def sentences(summaries: Sequence[Watched]) -> list[str]:
    """All lines of several probes."""
    return [line for one in summaries for line in one.sentences]
