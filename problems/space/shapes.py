"""A solid as a function of space, without any file: inside or outside, or the signed distance to its surface.

The solid is a ring with a ball in its hole, whose distances are known exactly (Quilez's formulas): the signed distance
of a union is the smaller of two, exactly so outside. Points are the periodic grid of [-1, 1)^3, and shells of |k| are
watched as of a cloud. A cloud or a mesh of one's own comes in by `--points` with its values.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from problems.base import Problem, Recipe, fixed
from problems.losses.regression import make_loss
from problems.networks.by_name import Sight, coordinate_network
from problems.networks.chunks import chunk_of
from problems.networks.embeddings import make_embedding
from problems.space.solids import shell_probe

RING, TUBE, BALL = 0.6, 0.2, 0.25
FIELDS = ("distance", "occupancy")


def signed_distance(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance `(n,)` of `points (n, 3)` to the surface, negative inside."""
    from_ring = np.hypot(np.hypot(points[:, 0], points[:, 1]) - RING, points[:, 2]) - TUBE
    from_ball = np.linalg.norm(points, axis=1) - BALL
    return np.minimum(from_ring, from_ball)


@dataclass(frozen=True, kw_only=True)
class Shape(Recipe):
    """Coordinates -> signed distance, or -1 outside and 1 inside."""

    network: str = "3-40-40-1"
    budget: int = fixed(12_000)
    field: str = "distance"
    cells: int = 16
    """Along each axis."""
    embedding: str = "none"

    def build(self, rng: np.random.Generator) -> Problem:
        del rng  # the solid is the same for every seed
        if self.field not in FIELDS or not 6 <= self.cells <= 64:
            raise ValueError(
                f"field is one of {', '.join(FIELDS)}, and cells, along each axis, from 6 to 64; "
                f"got '{self.field}' and {self.cells}."
            )
        sight = Sight((-1.0,) * 3, (2.0,) * 3, make_embedding(self.embedding))
        network = coordinate_network(self, 1, sight)
        axis = -1 + 2 * np.arange(self.cells) / self.cells
        points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
        distance = signed_distance(points)
        values = distance if self.field == "distance" else np.where(distance < 0, 1.0, -1.0)
        targets = (values - values.mean())[:, None]
        probe = shell_probe(points, targets)
        inputs, targets = sight.of(points).astype(network.dtype), targets.astype(network.dtype)
        return Problem(inputs, targets, network, make_loss(self.loss), (probe,), chunk=chunk_of(network, len(inputs)))
