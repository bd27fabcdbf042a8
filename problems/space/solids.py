"""A field in space, sampled on a cloud of points: three coordinates in, an intensity or several values out.

Points are scattered, so the formula is summed as it stands: wave vectors are those of the lattice reciprocal to the
bounding box (whole cycles per box along each axis), one of each pair k and -k, gathered in shells of |k|. On scattered
points the waves are not orthogonal. From points at random, 1/n of the mean square of everything else leaks to each wave
vector, and N/n of it to a shell of N: an outer shell sees what is still wrong in the inner ones. Therefore shells are
watched only up to a quarter of the cube root of n, where N/n is 2 %, and the generated cloud fills its box evenly, one
point in each cell of a regular grid: a low wave leaks a quarter of that power or less (the tests hold both numbers).
The mean is removed from each value, because it would leak as well.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from problems.base import Problem, Recipe, fixed
from problems.losses.regression import make_loss
from problems.networks.by_name import Sight, coordinate_network
from problems.networks.chunks import chunk_of
from problems.networks.embeddings import make_embedding
from problems.probes.bands import BandProbe, half_lattice, into_bands, scattered_transform
from problems.probes.selection import Selection
from problems.probes.transforms import Lattice, lattice
from problems.readers.cloud_columns import Cloud
from problems.space.clouds import load_cloud, outputs_of
from problems.space.images import octaves
from problems.user_files import check_unchanged, fingerprint, user_path

CLOUD_SEED = 0
BLOBS = 6
TEXTURE = (3, -1, 2)
"""Wave vector of the fine texture, in cycles per box; its length is 3.74."""
BLUNTEST, SHARPEST = 2.5, 8.0
"""Bounds on the largest |k| that is watched, in cycles per box."""


def generated_cloud(cells: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points `(cells^3, 3)` of [-1, 1)^3, one at random in each cell, and intensities: smooth blobs and a texture.

    Always the same: its randomness has a fixed seed."""
    rng = np.random.default_rng(CLOUD_SEED)
    corners = np.stack(np.meshgrid(*[np.arange(cells)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    # one even draw in each cell, then [0, cells) to [-1, 1)
    points = -1 + 2 * (corners + rng.uniform(size=corners.shape)) / cells
    centres, widths = rng.uniform(-0.7, 0.7, (BLOBS, 3)), rng.uniform(0.2, 0.5, BLOBS)
    heights = rng.choice([-1.0, 1.0], BLOBS) * rng.uniform(0.5, 1.5, BLOBS)
    # squared distances of every point to every blob, (n, blobs)
    squares = ((points[:, None] - centres) ** 2).sum(axis=2)
    smooth = np.exp(-squares / (2 * widths**2)) @ heights
    # the box has the length 2, so that k cycles are the phase 2 pi k.x / 2
    return points, smooth + 0.2 * np.sin(np.pi * points @ np.asarray(TEXTURE))


def shell_probe(inputs: NDArray[np.float64], targets: NDArray[np.float64], grid: Lattice | None = None) -> BandProbe:
    """Watches shells of |k| in cycles per box, for `inputs (n, 3)` in [-1, 1]^3; of a grid in cycles per its period.

    They end at a quarter of the cube root of n, four points a wave along each axis, but not below 2.5 or above 8."""
    highest = float(np.clip(len(inputs) ** (1 / 3) / 4, BLUNTEST, SHARPEST))
    half = half_lattice(highest, 3)[1:]
    band = into_bands(half, octaves(highest))
    # a short axis of a grid tells apart fewer waves than the others
    seen = (band >= 0) & (True if grid is None else grid.resolves(half))
    half, band = half[seen], np.unique(band[seen], return_inverse=True)[1]
    inputs = inputs if grid is None else 2 * grid.in_period() - 1
    rule = Selection("octaves of |k|", (f"what lies beyond |k| = {highest:.3g}, four points a wave",))
    # k cycles per box of length 2 are k / 2 per unit
    return BandProbe(targets, half, band, scattered_transform(inputs, half / 2), "shells", rule, halved=True)


@dataclass(frozen=True, kw_only=True)
class Solid(Recipe):
    """Coordinates -> an intensity, or one output for each column that is learned; each axis is scaled to [-1, 1].

    A network of one output ends with as many as the file has columns to learn."""

    network: str = "3-40-40-1"
    budget: int = fixed(12_000)
    points: str = "generated"
    columns: str = ""
    """The three coordinates and what is learned, as the file calls them, such as `x,y,z,r,g,b`."""
    cells: int = 16
    embedding: str = "none"
    digest: str = field(init=False, default="")
    """sha256 of a file of the user's, so that another cloud of the same name is another problem."""

    def __post_init__(self) -> None:
        if self.points != "generated":
            path = user_path(self.points)
            object.__setattr__(self, "digest", fingerprint(path, "A point cloud"))
            outputs = outputs_of(path, self.columns, self.digest)
            stem, dash, last = self.network.rpartition("-")
            if dash and last == "1":
                object.__setattr__(self, "network", f"{stem}-{outputs}")
        elif self.columns:
            raise ValueError(f"--columns are those of a file: name it with --points FILE; got '{self.columns}' alone.")

    def heed(self, asked: Collection[str]) -> None:
        if self.points != "generated" and "cells" in asked:
            raise ValueError(
                f"cells are those of the generated cloud; '{self.points}' has its own points. Leave it out."
            )

    def build(self, rng: np.random.Generator) -> Problem:
        del rng  # the cloud is the same for every seed
        sight = Sight((-1.0,) * 3, (2.0,) * 3, make_embedding(self.embedding))
        points, targets, *_, notes = self._cloud()
        network = coordinate_network(self, targets.shape[1], sight)
        targets = targets - targets.mean(axis=0)
        # before they are scaled, as the digits that a file has tell how far its points are rounded
        grid = None if self.points == "generated" else lattice(points)
        inputs = points if self.points == "generated" else _in_box(points)
        probe = shell_probe(inputs, targets, grid)
        if grid is not None:
            notes = (*notes, f"The points are a grid of {' x '.join(map(str, grid.shape))}, one period of it watched.")
        inputs, targets = sight.of(inputs).astype(network.dtype), targets.astype(network.dtype)
        chunk = chunk_of(network, len(inputs))
        return Problem(inputs, targets, network, make_loss(self.loss), (probe,), chunk=chunk, notes=notes)

    def _cloud(self) -> Cloud:
        if self.points == "generated":
            if not 4 <= self.cells <= 40:
                raise ValueError(f"cells, along each axis of the generated cloud, is from 4 to 40; got {self.cells}.")
            points, values = generated_cloud(self.cells)
            return Cloud(points, values[:, None])
        path = user_path(self.points)
        check_unchanged(self.points, path, "A point cloud", self.digest)
        return load_cloud(path, self.columns)


def _in_box(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points with each axis scaled to [-1, 1]."""
    low, high = points.min(axis=0), points.max(axis=0)
    return -1 + 2 * (points - low) / (high - low)
