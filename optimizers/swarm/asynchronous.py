"""The swarm of nevergrad: each particle moves as soon as it is scored, and the next knows of it.

Own code, all lanes at once, with the points of the library to the last bit: it spends ten times as long on its objects.
"""

from dataclasses import dataclass
from itertools import count
from typing import ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Streams
from optimizers.lanes import in_lanes
from optimizers.swarm.pso import SwarmMethod

SEEDS = 2**32
WORST = 5e20
"""Losses above are all alike to the library."""


@dataclass(frozen=True)
class PSONevergrad(SwarmMethod):
    """nevergrad's PSO in unbounded space: asynchronous, each particle moves as soon as it is scored."""

    needs: ClassVar[frozenset[Need]] = frozenset({"value"})
    source: ClassVar[str] = "Zambrano-Bigiarini, Clerc, Rojas 2013; the points of nevergrad's ConfPSO"
    lanes: ClassVar[bool] = True

    def memory(self, dim: int) -> int:
        return 8 * dim * (3 * self.particles + 10)

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        objective, start, rngs = in_lanes(objective, theta0, rng)
        # the kind of generator that the library takes
        chances = [np.random.RandomState(int(own.integers(SEEDS))) for own in rngs]
        lanes, dim = start.shape
        points, speeds, bests = np.empty((3, self.particles, lanes, dim))
        lows = np.full((self.particles, lanes), np.inf)
        shared, lowest = np.zeros((lanes, dim)), np.full(lanes, np.inf)
        origin = start / self.spread
        for turn in count():
            one = turn % self.particles
            if turn == 0:
                # the start is suggested to the library, which then draws its speed in another way, and later
                points[0], bests[0] = start, 0.0
            elif turn < self.particles:
                drawn = np.stack([chance.normal(size=2 * dim) for chance in chances])
                points[one], speeds[one] = self.spread * (drawn[:, :dim] + origin), drawn[:, dim:]
            else:
                # v <- w v + c1 r1 (own - x) + c2 r2 (shared - x); x <- x + v, in units of the spread
                drawn = np.array([chance.random_sample(2 * dim) for chance in chances])
                place, speed = (points[one] - start) / self.spread, speeds[one]
                speed *= self.inertia
                speed += self.own * drawn[:, :dim] * (bests[one] - place)
                speed += self.shared * drawn[:, dim:] * (shared - place)
                np.multiply(self.spread, (speed + place) + origin, out=points[one])
            losses = np.minimum(objective.value(points[one]), WORST)
            if turn == 0:
                speeds[0] = np.stack([chance.uniform(-1, 1, dim) for chance in chances])
            place = (points[one] - start) / self.spread
            better = losses < lowest
            np.copyto(shared, place, where=better[:, None])
            np.copyto(lowest, losses, where=better)
            # that of the start is forgotten: the library keeps no best of what it has not asked for
            kept = losses <= lows[one] if turn else np.zeros(lanes, bool)
            np.copyto(bests[one], place, where=kept[:, None])
            np.copyto(lows[one], losses, where=kept)
