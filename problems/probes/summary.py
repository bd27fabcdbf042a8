"""What a problem watches, in words and numbers, to be said before anything is run."""

from dataclasses import dataclass

import numpy as np

from problems.base import Probe, Problem
from problems.probes.gaussian_filter import FilterProbe
from problems.probes.selection import Selective

MOST_LISTED = 12


@dataclass(frozen=True)
class Watched:
    """One probe: its frequencies (without NaN), by which rule, their share of the target's power, what was dropped.

    The share is NaN where the probe is about no power of the target."""

    probe: str
    frequencies: tuple[float, ...]
    rule: str
    power_share: float
    dropped: tuple[str, ...]
    zero: str = "the mean, no part of the order"
    """What its frequency 0 stands for."""

    @property
    def sentences(self) -> list[str]:
        """A sentence of what is watched, and one for each thing that is not."""
        listed = [f"{k:.4g}" for k in self.frequencies]
        if len(listed) > MOST_LISTED:
            # the first nine, dots, and the last two
            listed = [*listed[: MOST_LISTED - 3], "...", *listed[-2:]]
        count = f"{len(self.frequencies)} {'frequency' if len(self.frequencies) == 1 else 'frequencies'}"
        mean = f" (0 is {self.zero})" if 0.0 in self.frequencies else ""
        share = "" if np.isnan(self.power_share) else f", with {self.power_share:.1%} of the target's power"
        watched = f"Watched: {self.probe}, {count}: {', '.join(listed)}{mean}; {self.rule}{share}."
        return [watched, *(f"Not watched: {reason}." for reason in self.dropped)]


def watched(problem: Problem) -> tuple[Watched, ...]:
    """What the probes of a problem watch, those about frequencies alone."""
    return tuple(_summary(probe) for probe in problem.probes if np.isfinite(probe.frequency).any())


def sentences(problem: Problem) -> list[str]:
    """What is watched and what is not, for a person to read before a run."""
    others = [probe for probe in (*problem.probes, *problem.test_probes) if not np.isfinite(probe.frequency).any()]
    return [line for one in watched(problem) for line in one.sentences] + [f"Watched: {one.name}." for one in others]


def _summary(probe: Probe) -> Watched:
    # a frequency that several components share is named once
    frequencies = tuple(np.unique(probe.frequency[np.isfinite(probe.frequency)]).tolist())
    if isinstance(probe, Selective):
        return Watched(probe.name, frequencies, probe.selection.rule, probe.power_share, probe.selection.dropped)
    zero = "the low part" if isinstance(probe, FilterProbe) else Watched.zero
    return Watched(probe.name, frequencies, "as the probe says", float("nan"), (), zero)
