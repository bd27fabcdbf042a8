"""What a problem watches, in words and numbers, to be said before anything is run."""

from dataclasses import dataclass

import numpy as np

from problems.base import Probe, Problem
from problems.probes.gaussian_filter import FilterProbe
from problems.probes.selection import Selective, Targeted

MOST_LISTED = 12
MOST_COMPONENTS = 6


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
    whole: str = "the target"
    """Whose power the share is of: the components of which something is watched."""

    @property
    def sentences(self) -> list[str]:
        """A sentence of what is watched, and one for each thing that is not."""
        listed = [f"{k:.4g}" for k in self.frequencies]
        if len(listed) > MOST_LISTED:
            # the first nine, dots, and the last two
            listed = [*listed[: MOST_LISTED - 3], "...", *listed[-2:]]
        count = f"{len(self.frequencies)} {'frequency' if len(self.frequencies) == 1 else 'frequencies'}"
        mean = f" (0 is {self.zero})" if 0.0 in self.frequencies else ""
        share = "" if np.isnan(self.power_share) else f", with {self.power_share:.1%} of the power of {self.whole}"
        watched = f"Watched: {self.probe}, {count}: {', '.join(listed)}{mean}; {self.rule}{share}."
        return [watched, *(f"Not watched: {reason}." for reason in self.dropped)]


def watched(problem: Problem) -> tuple[Watched, ...]:
    """What the probes of a problem watch, those about frequencies alone."""
    return tuple(_summary(probe) for probe in problem.probes if np.isfinite(probe.frequency).any())


def sentences(problem: Problem) -> list[str]:
    """What is watched and what is not, for a person to read before a run."""
    others = [probe for probe in (*problem.probes, *problem.test_probes) if not np.isfinite(probe.frequency).any()]
    return [line for one in watched(problem) for line in one.sentences] + [f"Watched: {one.name}." for one in others]


def _whole(probe: Probe) -> str:
    """The target, or those of its components of which the probe watches something."""
    seen = np.unique(probe.component)
    components = probe.targets.shape[1] if isinstance(probe, Targeted) and probe.targets.ndim > 1 else 1
    if len(seen) == components:
        return Watched.whole
    if len(seen) > MOST_COMPONENTS:
        return f"{len(seen)} of {components} components of the target"
    return f"component{'s' * (len(seen) > 1)} {', '.join(map(str, seen))} of the target"


def _summary(probe: Probe) -> Watched:
    # a frequency that several components share is named once
    frequencies = tuple(np.unique(probe.frequency[np.isfinite(probe.frequency)]).tolist())
    if isinstance(probe, Selective):
        why = probe.selection
        return Watched(probe.name, frequencies, why.rule, probe.power_share, why.dropped, whole=_whole(probe))
    zero = "the low part" if isinstance(probe, FilterProbe) else Watched.zero
    return Watched(probe.name, frequencies, "as the probe says", float("nan"), (), zero)
