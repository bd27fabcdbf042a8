"""Measuring side by side: the contenders take turns, so that a slow moment of the machine meets them all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter

import numpy as np

Trial = Callable[[], int]
"""Does some work and says how many units of it (evaluations, steps, iterations) it was."""


@dataclass(frozen=True)
class Timed:
    """Seconds per unit in each round."""

    seconds: np.ndarray

    @property
    def median(self) -> float:
        return float(np.median(self.seconds))


def interleaved(contenders: Mapping[str, Trial], rounds: int) -> dict[str, Timed]:
    """Every contender once to warm up, then once a round; the order turns from round to round."""
    for trial in contenders.values():
        trial()
    names = list(contenders)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            start = perf_counter()
            units = contenders[name]()
            taken[name].append((perf_counter() - start) / units)
    return {name: Timed(np.array(seconds)) for name, seconds in taken.items()}


def ratio(theirs: Timed, ours: Timed) -> tuple[float, float, float]:
    """How many times longer they take: median of the rounds, and its lower and upper quartile."""
    quotients = theirs.seconds / ours.seconds
    low, middle, high = np.quantile(quotients, (0.25, 0.5, 0.75))
    return float(middle), float(low), float(high)
