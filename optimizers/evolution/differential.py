"""Differential evolution in lanes: each member is mixed with a difference of two others.

Own code with the points of scipy's `differential_evolution` to the last bit. scipy asks of each member by itself
whether it is feasible and whether it is taken, which is dearer than a small network.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting
from optimizers.lanes import drawn, in_lanes


@dataclass(frozen=True)
class DifferentialEvolution(Optimizer):
    """A member gives way to the best one plus a difference of two others, coordinates by chance, if that is better."""

    family: ClassVar[str] = "evolution"
    needs: ClassVar[frozenset[Need]] = frozenset({"population"})
    source: ClassVar[str] = "Storn and Price 1997; the points of scipy's differential_evolution (best1bin, deferred)"
    lanes: ClassVar[bool] = True
    caveat: ClassVar[str] = "members stay in a box around the start; one is replaced only by a better one"
    population: int = setting(50, "members", at_least=5, tune=(20, 400))
    spread: float = setting(
        1.0, "standard deviation of the first population around the start", above=0.0, tune=(0.1, 3)
    )
    bound: float = setting(20.0, "half width of the box around the start", above=0.0)
    mutation: float = setting(0.5, "weight of a difference", above=0.0, below=2.0, tune=(0.2, 1.0))
    recombination: float = setting(0.7, "share of coordinates that are mixed", above=0.0, below=1.01, tune=(0.1, 1.0))

    def memory(self, dim: int) -> int:
        return 8 * dim * (6 * self.population + 4)

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        objective, start, rngs = in_lanes(objective, theta0, rng)
        low, high = (start - self.bound)[:, None], (start + self.bound)[:, None]
        centre, width = 0.5 * (low + high), np.abs(low - high)
        points = start[:, None] + self.spread * drawn(rngs, (self.population, start.shape[1]))
        points[:, 0] = start
        # members live in [0, 1]^P; the start is asked as it is, as the way there and back rounds
        members = np.clip((np.clip(points, low, high) - centre) * (1 / width) + 0.5, 0, 1)
        points = centre + (members - 0.5) * width
        points[:, 0] = start
        losses = np.array(objective.values(points))
        _lead(members, losses)
        orders = [np.arange(self.population) for _ in rngs]
        while True:
            each = zip(members, rngs, orders, strict=True)
            trials = np.stack([self._trials(own, source, order) for own, source, order in each])
            found = objective.values(centre + (trials - 0.5) * width)
            better = found <= losses
            np.copyto(members, trials, where=better[:, :, None])
            losses = np.where(better, found, losses)
            _lead(members, losses)
            # where all members are alike, no difference leads anywhere
            objective.leave(losses.std(axis=1) <= 0)

    def _trials(self, members: Doubles, rng: np.random.Generator, order: NDArray[np.intp]) -> Doubles:
        """A trial for each member `(S, P)` of one lane; `order` is shuffled in place, and kept."""
        size, dim = members.shape
        own, ahead, front = np.arange(size), list[int](), order[:3]
        for _ in range(size):
            rng.shuffle(order)
            ahead += front.tolist()
        first = np.array(ahead).reshape(size, 3)
        # the first two of the order that are not the member itself
        one = np.where(first[:, 0] == own, first[:, 1], first[:, 0])
        other = np.where((first[:, :2] == own[:, None]).any(axis=1), first[:, 2], first[:, 1])
        # v = best + mutation (a - b), at one coordinate at least
        forced = rng.integers(dim, size=size)
        mixed = rng.random((size, dim)) < self.recombination
        mixed[own, forced] = True
        trials: Doubles = np.where(mixed, members[0] + self.mutation * (members[one] - members[other]), members)
        outside = (trials > 1) | (trials < 0)
        if outside.any():
            trials[outside] = rng.random(np.count_nonzero(outside))
        return trials


def _lead(members: Doubles, losses: Doubles) -> None:
    """Let the best member of each lane and its first change places."""
    lanes, best = np.arange(len(losses)), losses.argmin(axis=1)
    for array in (members, losses):
        array[lanes, best], array[:, 0] = array[:, 0].copy(), array[lanes, best]
