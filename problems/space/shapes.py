"""A solid as a function of space, without any file: inside or outside, or the signed distance to its surface.

The solid is a ring with a ball in its hole, whose distances are known exactly (Quilez's formulas): the signed distance
of a union is the smaller of two, exactly so outside. Points are the periodic grid of [-1, 1)^3, and shells of |k| are
watched as of a cloud. A mesh of one's own comes in by `--mesh` (`meshes.py`), points with values by `--points`.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from problems.base import Problem, Recipe, fixed
from problems.losses.regression import make_loss
from problems.networks.by_name import Sight, coordinate_network
from problems.networks.chunks import chunk_of
from problems.networks.embeddings import make_embedding
from problems.space.meshes import Field, field_of, grid_points
from problems.space.solids import shell_probe
from problems.user_files import check_unchanged, fingerprint, user_path

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
    mesh: str = ""
    """A file of triangles in place of ring and ball."""
    digest: str = dataclasses.field(init=False, default="")
    """sha256 of that file, so that another mesh of the same name is another problem."""

    def __post_init__(self) -> None:
        if self.mesh:
            object.__setattr__(self, "digest", fingerprint(user_path(self.mesh), "A mesh"))

    def build(self, rng: np.random.Generator) -> Problem:
        del rng  # the solid is the same for every seed
        if self.field not in FIELDS or not 6 <= self.cells <= 64:
            raise ValueError(
                f"field is one of {', '.join(FIELDS)}, and cells, along each axis, from 6 to 64; "
                f"got '{self.field}' and {self.cells}."
            )
        sight = Sight((-1.0,) * 3, (2.0,) * 3, make_embedding(self.embedding))
        network = coordinate_network(self, 1, sight)
        points = grid_points(self.cells)
        distance, notes = self._field(points)
        values = distance if self.field == "distance" else np.where(distance < 0, 1.0, -1.0)
        targets = (values - values.mean())[:, None]
        probe = shell_probe(points, targets)
        inputs, targets = sight.of(points).astype(network.dtype), targets.astype(network.dtype)
        chunk = chunk_of(network, len(inputs))
        return Problem(inputs, targets, network, make_loss(self.loss), (probe,), chunk=chunk, notes=notes)

    def _field(self, points: NDArray[np.float64]) -> Field:
        if not self.mesh:
            return Field(signed_distance(points), ())
        path = user_path(self.mesh)
        check_unchanged(self.mesh, path, "A mesh", self.digest)
        return field_of(path, self.cells, self.digest)
