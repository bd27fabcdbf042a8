"""Pictures as functions of the plane: coordinates in, gray or colour out.

A picture of h x w pixels is sampled on the periodic grid of [-1, 1)^2: row i lies at -1 + 2 i / h, column j at
-1 + 2 j / w, and the end is left out, so that the Fourier formula on the training inputs is the fast transform and the
bands share out the squared error without overlap (Parseval). A photograph is not periodic, however: the jump from its
last column to its first is part of the target's spectrum, mostly along the two axes. The network need not learn it by
itself, as it is compared on the same pixels, where the same jump follows from the same values; but it is there in
`target_amplitude`, and a detail at the border counts as one of higher frequency. Windowing would remove the jump and
with it the border from what is watched; `edges=mirror` measures the picture reflected at its edges instead (the cosine
transform), which has no jump and leaves nothing out. The mean is a row of its own, k = 0, and no part of the order.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Problem, Recipe, fixed
from problems.losses.regression import make_loss
from problems.networks.by_name import Sight, coordinate_network
from problems.networks.chunks import chunk_of
from problems.networks.embeddings import make_embedding
from problems.probes.accuracy import PeakNoiseProbe
from problems.probes.bands import BandProbe, GridTransform, grid_waves, into_bands, mean_and_bands
from problems.probes.selection import Selection
from problems.probes.transforms import Complex
from problems.space.pictures import SAMPLES, find_picture, parse_size, read_picture
from problems.user_files import check_unchanged, fingerprint

KEPT = 8
WAVES = Selection("the waves of the formula, those of one length together")
EDGES = ("periodic", "mirror")
START, LENGTH = (-1.0, -1.0), (2.0, 2.0)
"""Of [-1, 1)^2."""


def plane_grid(shape: tuple[int, int]) -> NDArray[np.float64]:
    """Coordinates `(h w, 2)` in [-1, 1)^2, first downward, then to the right, row after row."""
    axes = [-1 + 2 * np.arange(size) / size for size in shape]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)


def octaves(highest: float) -> NDArray[np.float64]:
    """Edges of rings: 0.5, 1.5, 2.5, 4.5, 8.5, ..., and `highest`, so that each ring but the first two is an octave."""
    # edges but the last lie half-way between whole lengths, so that no wave along an axis falls on one
    doubling = 0.5 + 2.0 ** np.arange(1 + max(0, np.ceil(np.log2(max(highest, 1)))))
    return np.concatenate([[0.5], doubling[doubling < highest], [highest]])


@dataclass(frozen=True)
class MirrorTransform(GridTransform):
    """Coefficients of the picture reflected at its lower and right edge, a periodic grid of twice the shape."""

    shape: tuple[int, int]

    def __call__(self, outputs: Array) -> Complex:
        rows, columns = self.shape
        # (h, w, m) to (2 h, 2 w, m), even about the edge between two samples, as in the second cosine transform
        picture = outputs.reshape(rows, columns, -1)
        wide = np.concatenate([picture, picture[:, ::-1]], axis=1)
        whole = np.concatenate([wide, wide[::-1]])
        return GridTransform((2 * rows, 2 * columns))(whole.reshape(4 * rows * columns, -1))

    def powers(self, outputs: Array) -> NDArray[np.float64]:
        from scipy import fft  # noqa: PLC0415  # dear to import, and only grids need it

        # the cosine transform is the reflected one but for a phase, and 0 at the highest wave of each axis
        found = fft.dctn(self._by_component(outputs), axes=(1, 2), norm="forward").reshape(outputs.shape[1], -1)
        return np.asarray(found**2)

    @cached_property
    def once(self) -> NDArray[np.intp]:
        rows, columns = self.shape
        places = np.arange(4 * rows * columns).reshape(2 * rows, 2 * columns)
        return places[:rows, :columns].ravel()

    @cached_property
    def times(self) -> NDArray[np.float64]:
        # k and -k along each axis, but for 0
        down, right = (np.where(np.arange(size) > 0, 2.0, 1.0) for size in self.shape)
        return np.outer(down, right).ravel()


def ring_probe(targets: Array, shape: tuple[int, int], edges: str = "periodic") -> BandProbe:
    """Watches rings of |k| up to the shorter side's limit, in cycles per picture; the corners beyond are left out.

    `targets (n, m)` are the pixels of `shape (h, w)`, row by row. Raises ValueError for other `edges` than `EDGES`."""
    if edges not in EDGES:
        raise ValueError(f"edges is one of {', '.join(EDGES)}; got '{edges}'.")
    mirrored = edges == "mirror"
    # the reflected grid is twice as long: its wave k has k / 2 cycles per picture
    waves = grid_waves((2 * shape[0], 2 * shape[1])) / 2 if mirrored else grid_waves(shape)
    # up to Nyquist's frequency of the shorter side
    band = into_bands(waves, octaves(min(shape) / 2))
    beyond = f"what lies beyond |k| = {min(shape) / 2:g}, the corners of the spectrum"
    return mean_and_bands(
        BandProbe(
            targets,
            waves,
            band,
            MirrorTransform(shape) if mirrored else GridTransform(shape),
            selection=Selection("octaves of |k|", (beyond,)),
        )
    )


@dataclass(frozen=True, kw_only=True)
class Picture(Recipe):
    """A photograph on the periodic grid of [-1, 1)^2, with values in [-1, 1]."""

    network: str = "2-40-40-1"
    budget: int = fixed(12_000)
    components: int = fixed(1)
    image: str = "portrait"
    size: str = "64x64"
    edges: str = "periodic"
    embedding: str = "none"
    levels: str = ""
    """What becomes -1 and 1, such as 0,4095; empty takes the range of the pixels."""
    digest: str = field(init=False, default="")
    """sha256 of a file of the user's, so that another picture of the same name is another problem."""

    def __post_init__(self) -> None:
        if self.image not in SAMPLES:
            object.__setattr__(self, "digest", fingerprint(find_picture(self.image), "An image"))

    def build(self, rng: np.random.Generator) -> Problem:
        del rng  # the picture is the same for every seed
        shape = parse_size(self.size)
        sight = Sight(START, LENGTH, make_embedding(self.embedding))
        network = coordinate_network(self, self.components, sight)
        if self.digest:
            check_unchanged(self.image, find_picture(self.image), "An image", self.digest)
        values, notes = read_picture(self.image, shape, self.components, self.levels)
        targets = values.reshape(-1, self.components)
        if np.ptp(targets, axis=0).min() == 0:
            raise ValueError(f"A picture must not be of one colour alone; '{self.image}' at {self.size} is.")
        probe = ring_probe(targets, shape, self.edges)
        inputs, targets = sight.of(plane_grid(shape)).astype(network.dtype), targets.astype(network.dtype)
        return Problem(
            inputs,
            targets,
            network,
            make_loss(self.loss),
            (probe, PeakNoiseProbe(targets)),
            chunk=chunk_of(network, len(inputs)),
            kept_predictions=KEPT,
            notes=notes,
        )


@dataclass(frozen=True, kw_only=True)
class PlaneWaves(Recipe):
    """sum_j a_j sin(pi k_j.x) on the periodic grid of [-1, 1)^2, with whole wave vectors k_j in cycles per picture."""

    network: str = "2-40-40-1"
    budget: int = fixed(30_000)
    down: tuple[int, ...] = (1, 1, 3)
    right: tuple[int, ...] = (0, 2, 4)
    amplitudes: tuple[float, ...] = (1.0, 1.0, 1.0)
    size: str = "32x32"
    embedding: str = "none"

    def build(self, rng: np.random.Generator) -> Problem:
        del rng  # the target is the same for every seed
        shape = parse_size(self.size)
        vectors = self._vectors(shape)
        sight = Sight(START, LENGTH, make_embedding(self.embedding))
        network = coordinate_network(self, 1, sight)
        inputs = plane_grid(shape)
        # the picture has the length 2, so that k cycles are the phase 2 pi k.x / 2
        targets = np.sin(np.pi * inputs @ vectors.T) @ np.asarray(self.amplitudes, float)[:, None]
        band = _same_length(vectors, shape)
        probe = BandProbe(targets, grid_waves(shape), band, GridTransform(shape), "waves", WAVES)
        inputs, targets = sight.of(inputs).astype(network.dtype), targets.astype(network.dtype)
        return Problem(
            inputs,
            targets,
            network,
            make_loss(self.loss),
            (probe,),
            chunk=chunk_of(network, len(inputs)),
            kept_predictions=KEPT,
        )

    def _vectors(self, shape: tuple[int, int]) -> NDArray[np.float64]:
        if not len(self.down) == len(self.right) == len(self.amplitudes) > 0:
            raise ValueError(
                f"down, right and amplitudes need the same length, at least 1; "
                f"got {len(self.down)}, {len(self.right)} and {len(self.amplitudes)}."
            )
        vectors = np.array([self.down, self.right], float).T
        # k and -k are one wave: the larger of the two tuples stands for both
        distinct = {max((a, b), (-a, -b)) for a, b in vectors}
        if (0.0, 0.0) in distinct or len(distinct) < len(vectors) or 0 in self.amplitudes:
            raise ValueError("Wave vectors must differ from each other and from zero, and no amplitude may be zero.")
        if (2 * np.abs(vectors) >= shape).any():
            raise ValueError(f"A grid of {self.size} resolves wave vectors below half a side; got {vectors.tolist()}.")
        return vectors


def _same_length(vectors: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.intp]:
    """The band of each wave vector of the grid: those of one length among `vectors` (or minus them) are one band."""
    squares = (vectors**2).sum(axis=1)
    _, band_of = np.unique(squares, return_inverse=True)
    band = np.full(shape, -1, np.intp)
    for (down, right), number in zip(vectors.astype(int), band_of, strict=True):
        # in the order of the fast transform the index -k is the wave -k, where a sine has the same amplitude
        band[down, right] = band[-down, -right] = number
    return band.ravel()
