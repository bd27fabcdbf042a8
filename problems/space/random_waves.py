"""Sums of waves drawn at random, in one to three dimensions: targets as a population, of which one is no more than one.

A statement about a method that rests on one target is a statement about that target. Here the wave vectors, phases and,
if wanted, amplitudes are drawn anew: from the run's own seed, or from the number `target`, so that several runs share
one target and the spread between targets can be told from the spread between starts.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from problems.base import Problem, Recipe
from problems.losses.regression import make_loss
from problems.networks.by_name import Sight, coordinate_network
from problems.networks.embeddings import make_embedding
from problems.probes.fourier import FourierProbe
from problems.probes.selection import Selection

DRAWN = Selection("the waves that were drawn")
SALT = 0x77617665  # "wave" in ASCII, so that target 3 is not the stream of seed 3
OF_THE_SEED = -1
MOST_SAMPLES = 200_000


@dataclass(frozen=True, kw_only=True)
class RandomWaves(Recipe):
    """sum_j a_j sin(k_j.x + phi_j) on the periodic grid of [-pi, pi)^dimension, k_j whole and of different lengths.

    The length of each k_j is drawn evenly among those there are from `lowest` to `highest`, and its direction among the
    vectors of that length; phases are even on the circle; amplitudes log-uniform from `quietest` to 1, so that they
    have nothing to do with the length."""

    random_data = True
    dimension: int = 1
    target: int = OF_THE_SEED
    """Which target, from 0: runs of all seeds share it; -1 for one of each seed's own."""
    waves: int = 3
    lowest: int = 1
    highest: int = 8
    quietest: float = 1.0
    samples: int = 201
    """Along each axis."""
    embedding: str = "none"

    @property
    def lane_group(self) -> "RandomWaves":
        return replace(self, target=OF_THE_SEED)

    def build(self, rng: np.random.Generator) -> Problem:
        self._check()
        if self.target >= 0:
            rng = np.random.default_rng([self.target, SALT])
        vectors = draw_vectors(self, rng)
        phases = rng.uniform(0, 2 * np.pi, self.waves)
        # log a even between log quietest and 0
        amplitudes = np.exp(rng.uniform(np.log(self.quietest), 0.0, self.waves))
        axis = -np.pi + 2 * np.pi * np.arange(self.samples) / self.samples
        # (samples^d, d), the last axis fastest
        inputs = np.stack(np.meshgrid(*[axis] * self.dimension, indexing="ij"), axis=-1).reshape(-1, self.dimension)
        targets = np.sin(inputs @ vectors.T + phases) @ amplitudes[:, None]
        box = (-np.pi,) * self.dimension, (2 * np.pi,) * self.dimension
        sight = Sight(*box, make_embedding(self.embedding))
        network = coordinate_network(self, 1, sight)
        lengths = np.linalg.norm(vectors, axis=1)
        component = np.zeros(self.waves, np.int64)
        # here k is in radians per unit, as in k.x; the probe takes cycles, and reports |k|
        probe = FourierProbe(inputs, targets, vectors / (2 * np.pi), lengths, component, selection=DRAWN)
        seen, learned = sight.of(inputs).astype(network.dtype), targets.astype(network.dtype)
        return Problem(seen, learned, network, make_loss(self.loss), (probe,))

    def _check(self) -> None:
        rules = {
            "dimension must be 1, 2 or 3": self.dimension in (1, 2, 3),
            "target must be a number from 0, or -1 for one of each seed's own": self.target >= OF_THE_SEED,
            "waves must be at least 1": self.waves >= 1,
            "lowest must be at least 1": self.lowest >= 1,
            "highest must be at least lowest": self.highest >= self.lowest,
            "quietest must be above 0 and at most 1": 0 < self.quietest <= 1,
            "samples, along each axis, must exceed twice the highest": self.samples > 2 * self.highest,
            f"samples, along each axis, must give at most {MOST_SAMPLES:,} in all": (
                self.dimension > 3 or self.samples**self.dimension <= MOST_SAMPLES
            ),
        }
        for rule, kept in rules.items():
            if not kept:
                raise ValueError(f"The setting {rule}; got {getattr(self, rule.split()[0].rstrip(','))}.")


def draw_vectors(recipe: RandomWaves, rng: np.random.Generator) -> NDArray[np.float64]:
    """Wave vectors `(waves, d)` of different lengths, ascending; raises ValueError if there are not so many lengths."""
    axis = np.arange(-recipe.highest, recipe.highest + 1)
    lattice = np.stack(np.meshgrid(*[axis] * recipe.dimension, indexing="ij"), axis=-1).reshape(-1, recipe.dimension)
    # squared lengths are whole numbers: vectors of one length are found without rounding
    squares = (lattice**2).sum(axis=1)
    inside = (squares >= recipe.lowest**2) & (squares <= recipe.highest**2)
    there = np.unique(squares[inside])
    if recipe.waves > len(there):
        raise ValueError(
            f"Waves have different lengths, of which there are {len(there)} from {recipe.lowest} to "
            f"{recipe.highest} in {recipe.dimension} dimension(s); got waves = {recipe.waves}."
        )
    chosen = np.sort(rng.choice(there, recipe.waves, replace=False))
    # k and -k are both there; with an even phase they make the same waves
    return np.array([rng.choice(lattice[squares == square]) for square in chosen], float)
