"""A move of a swarm, compiled: a single pass over positions and velocities, in the order in which numpy would round."""

from functools import cache
from typing import Any

from numba import types

from optimizers.compiled.compilation import FLOAT, VERSION, Core, compile_for

PLACES = types.float64[:, :, ::1]
DRAWS = types.float64[:, :, :, ::1]
INDICES = types.int64[:, ::1]


@cache
def move_core() -> Core:
    """`move(positions, velocities, bests, followed, draws, inertia, own, shared)`: S particles `(B, S, P)` of B lanes.

    `v <- w v + c1 r1 (own best - x) + c2 r2 (followed best - x)`, `x <- x + v`, both in place. `followed (B, S)` says
    which particle's best each one follows; `draws (B, 2, S, P)` are r1 and r2, w the inertia, c1 and c2 the pulls."""
    version = VERSION

    def move(
        positions: Any, velocities: Any, bests: Any, followed: Any, draws: Any, inertia: Any, own: Any, shared: Any
    ) -> None:
        _ = version
        lanes, particles, dim = positions.shape
        for lane in range(lanes):
            for one in range(particles):
                place, speed, best = positions[lane, one], velocities[lane, one], bests[lane, one]
                leader, first, second = bests[lane, followed[lane, one]], draws[lane, 0, one], draws[lane, 1, one]
                for i in range(dim):
                    kept = inertia * speed[i] + own * first[i] * (best[i] - place[i])
                    speed[i] = kept + shared * second[i] * (leader[i] - place[i])
                    place[i] += speed[i]

    return compile_for(move, PLACES, PLACES, PLACES, INDICES, DRAWS, FLOAT, FLOAT, FLOAT)
