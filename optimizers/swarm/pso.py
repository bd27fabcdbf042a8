"""Particle swarms, vectorised and in place.

Defaults were chosen on `sin135` by the loss after 60,000 values, seeds 100 to 105: 0.12, where the usual constants (40
particles, 0.73, 1.5, 1.5) stay at 0.22.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting


@dataclass(frozen=True)
class Swarm:
    """Positions and velocities `(B, S, P)`, and each particle's best place with its loss `(B, S)`."""

    positions: Doubles
    velocities: Doubles
    bests: Doubles
    best_losses: Doubles

    @property
    def leader(self) -> Doubles:
        """The best place that any particle remembers, `(B, 1, P)`."""
        index = self.best_losses.argmin(axis=-1)
        return self.bests[np.arange(len(index)), index][:, None]

    @property
    def neighbours(self) -> Doubles:
        """The best place that each particle, the one before or the one after it remembers, `(B, S, P)`."""
        places = np.arange(self.best_losses.shape[-1])
        # `places - 1` begins with -1, which is the last particle: the ring closes by itself
        trios = np.stack([places - 1, places, np.roll(places, -1)])  # (3, S)
        best = self.best_losses[:, trios].argmin(axis=1)  # (B, S)
        index = np.take_along_axis(trios[None], best[:, None], axis=1)[:, 0]
        return np.take_along_axis(self.bests, index[..., None], axis=-2)

    def remember(self, losses: Doubles) -> None:
        better = losses < self.best_losses
        self.bests[better] = self.positions[better]
        self.best_losses[better] = losses[better]


def first_positions(theta0: Doubles, particles: int, spread: float, rngs: Sequence[np.random.Generator]) -> Doubles:
    """Particles `(B, S, P)` drawn around `theta0 (B, P)` with standard deviation `spread`; particle 0 is `theta0`."""
    lanes, dim = theta0.shape
    positions = np.empty((lanes, particles, dim))
    # each lane draws from its own generator, so that it is the run that it would be alone
    for lane, rng in enumerate(rngs):
        rng.standard_normal(out=positions[lane])
    positions *= spread
    positions += theta0[:, None]
    positions[:, 0] = theta0
    return positions


def attract(swarm: Swarm, towards: Doubles, pull: float, rngs: Sequence[np.random.Generator], room: Doubles) -> None:
    """Add `pull r (towards - positions)` to the velocities, with r uniform in [0, 1) for every element.

    `room (2, B, S, P)` is scratch: fresh arrays of this size cost more than what is computed in them."""
    draw, gap = room
    for lane, rng in enumerate(rngs):
        rng.random(out=draw[lane])
    draw *= pull
    np.subtract(towards, swarm.positions, out=gap)
    draw *= gap
    np.add(swarm.velocities, draw, out=swarm.velocities)


@dataclass(frozen=True)
class SwarmMethod(Optimizer):
    """Settings that our swarm and those of the libraries share."""

    family: ClassVar[str] = "swarm"
    expected: ClassVar[str] = "no closed form; low-first was reported (arXiv 2101.00747)"
    max_dim: ClassVar[int] = 2_000_000
    particles: int = setting(20, "size of the swarm", at_least=2, tune=(10, 300))
    inertia: float = setting(0.6, "share of the velocity that is kept", at_least=0.0, below=1.0, tune=(0.4, 0.95))
    own: float = setting(1.0, "pull of a particle's own best place (c1)", at_least=0.0, tune=(0.3, 2.5))
    shared: float = setting(2.0, "pull of the swarm's best place (c2)", at_least=0.0, tune=(0.3, 2.5))
    spread: float = setting(1.0, "standard deviation of the first positions around theta0", above=0.0, tune=(0.03, 3.0))


@dataclass(frozen=True)
class PSO(SwarmMethod):
    """Particles that are drawn to their own best place and to the swarm's, or that of their two neighbours on a ring.

    Clerc's constriction is the same rule: with phi = own + shared > 4 and chi = 2 / |2 - phi - sqrt(phi^2 - 4 phi)|
    set inertia = chi and multiply both pulls by chi (phi = 4.1: 0.7298 and 1.4962)."""

    needs: ClassVar[frozenset[Need]] = frozenset({"population"})
    source: ClassVar[str] = "Kennedy and Eberhart 1995; inertia of Shi and Eberhart 1998; Clerc and Kennedy 2002"
    lanes: ClassVar[bool] = True
    topology: str = setting("global", "who shares its best place", choices=("global", "ring"))

    def memory(self, dim: int) -> int:
        return 8 * 7 * self.particles * dim

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        rngs = [rng] if isinstance(rng, np.random.Generator) else list(rng)
        positions = first_positions(np.atleast_2d(theta0), self.particles, self.spread, rngs)
        asked = positions if theta0.ndim == 2 else positions[0]

        def losses() -> Doubles:
            return objective.values(asked).reshape(positions.shape[:-1])

        swarm = Swarm(positions, np.zeros_like(positions), positions.copy(), losses())
        room = np.empty((2, *positions.shape))
        # v <- w v + c1 r1 (own best - x) + c2 r2 (shared best - x); x <- x + v
        while True:
            swarm.velocities[...] *= self.inertia
            attract(swarm, swarm.bests, self.own, rngs, room)
            best = swarm.leader if self.topology == "global" else swarm.neighbours
            attract(swarm, best, self.shared, rngs, room)
            positions += swarm.velocities  # in place: `asked` and the swarm look at this array
            swarm.remember(losses())
