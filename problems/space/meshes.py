"""Solids bounded by triangles, from a file: STL, OBJ or PLY with faces; the exact signed distance to their surface.

Files are read by trimesh, an optional library. The distance is to the nearest point of all triangles that a tree of
their centroids cannot exclude. Its sign is that of the angle-weighted pseudonormal there, which is right on edges and
corners too (Baerentzen and Aanaes 2005); the tests compare it with winding numbers.
"""

from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems.space.bodies import Points, loose_edges, merged, oriented

FORMATS = ("stl", "obj", "ply")
MOST_FACES = 500_000
LARGEST = 1e100
"""Coordinates whose cubes are numbers yet."""
LONGEST = 1.8
"""The longest side of the box around a solid, in that of the grid, which is 2."""
PAIRS = 100_000
"""Points and triangles that are compared at once: about 50 MB."""
TIE = 1e-9
"""Relative difference of distances, and of shares of corners, below which they are the same."""


class Field(NamedTuple):
    """Signed distances `(n,)`, negative inside, and what was understood of the mesh."""

    distances: Points
    notes: tuple[str, ...]


@lru_cache(maxsize=4)
def field_of(path: Path, cells: int, digest: str) -> Field:
    """The field of a mesh on the grid of `cells` along each axis of [-1, 1)^3; raises ValueError as `load_mesh`."""
    del digest  # another content is another entry
    mesh, notes = load_mesh(path)
    mesh = _scaled(mesh, LONGEST)
    distances = signed_distances(mesh, grid_points(cells))
    distances.flags.writeable = False  # one array for all runs of a process
    if (distances > 0).all():
        raise ValueError(
            f"A solid must hold at least one point of the grid; '{path}' is too thin for {cells} cells along each "
            "axis. Take more with --set problem.cells=N."
        )
    return Field(distances, notes)


def grid_points(cells: int) -> Points:
    """The periodic grid `(cells^3, 3)` of [-1, 1)^3, the last axis fastest."""
    axis = -1 + 2 * np.arange(cells) / cells
    return np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)


def load_mesh(path: Path) -> tuple[Any, tuple[str, ...]]:
    """A closed surface of triangles that turn outward, as trimesh has it, and what was understood.

    Raises ValueError for another format, a file without triangles, holes, or triangles that turn both ways."""
    if find_spec("trimesh") is None:
        raise ValueError("--mesh needs the library trimesh: pip install 'frequency-harness[more]'")
    content = path.read_bytes()
    kind = "ply" if content.startswith(b"ply") else path.suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise ValueError(f"A mesh is a file of {', '.join(name.upper() for name in FORMATS)}; '{path}' ends otherwise.")
    try:
        # unprocessed: trimesh takes corners for one by an absolute distance, and parts them by normal and texture
        mesh = import_module("trimesh").load_mesh(BytesIO(content), file_type=kind, skip_materials=True, process=False)
    # what its parsers raise where a file is cut off or names corners that it does not have
    except (ValueError, IndexError, KeyError, TypeError, OSError, AttributeError, OverflowError) as error:
        raise ValueError(f"'{path}' cannot be read as {kind.upper()}: {error}.") from None
    return _checked(str(path), np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces, np.int64))


def _checked(path: str, vertices: Points, faces: NDArray[np.int64]) -> tuple[Any, tuple[str, ...]]:
    surface = import_module("trimesh").Trimesh
    if not np.isfinite(vertices).all():
        raise ValueError(f"The corners of a mesh must be finite numbers; '{path}' has others.")
    vertices, faces, merging = merged(vertices, faces)
    if not 4 <= len(faces) <= MOST_FACES:
        hint = " It may be cut off, or of another kind than its name says; points alone are learned by --points."
        hint = "" if len(faces) else hint
        raise ValueError(f"A mesh has from 4 to {MOST_FACES:,} triangles; '{path}' has {len(faces):,}.{hint}")
    sides = np.abs(vertices).max(axis=0), np.ptp(vertices / 2, axis=0)
    if not (np.max(sides[0]) < LARGEST and np.max(sides[1]) > 1 / LARGEST):
        raise ValueError(f"A mesh reaches from 1e-100 to 1e100, and '{path}' does not lie in it; rescale it.")
    loose = loose_edges(faces)
    if loose:
        raise ValueError(
            f"The surface of a solid must be closed, each edge between two triangles; '{path}' has {loose:,} edges "
            "that are not. Close its holes in the program that made it, or give points with distances to --points."
        )
    mesh = surface(vertices, faces, process=False)
    if not mesh.is_winding_consistent:
        raise ValueError(f"The triangles of '{path}' turn both ways; let the program that made it orient them alike.")
    notes = [f"'{path}' has {len(faces):,} triangles and {len(vertices):,} corners, and is closed.", *merging]
    turned, said = oriented(path, _scaled(mesh, 1.0), signed_distances)
    faces = np.where(turned[:, None], faces[:, ::-1], faces)
    box = " x ".join(f"{side:.4g}" for side in np.ptp(vertices, axis=0))
    notes += [
        *said,
        f"Its box, {box}, was moved to the middle and scaled to {LONGEST:g} of the grid's 2 on its longest.",
    ]
    return surface(vertices, faces, process=False), tuple(notes)


def _scaled(mesh: Any, longest: float) -> Any:
    """The mesh in the middle, its longest side so long; trimesh itself skips small movements."""
    vertices = np.asarray(mesh.vertices)
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    vertices = (vertices - (low + high) / 2) * (longest / (high - low).max())
    return import_module("trimesh").Trimesh(vertices, mesh.faces, process=False)


def signed_distances(mesh: Any, points: Points) -> Points:
    """Distance `(n,)` of `points (n, 3)` to a closed surface, negative inside."""
    tree_of = import_module("scipy.spatial").cKDTree
    corners = np.asarray(mesh.triangles)
    centroids = corners.mean(axis=1)
    # no nearest triangle has its centroid further than the nearest corner and its own size
    size = np.linalg.norm(corners - centroids[:, None], axis=2).max()
    reach = tree_of(mesh.vertices).query(points)[0] + size
    tree = tree_of(centroids)
    many = np.cumsum(tree.query_ball_point(points, reach, return_length=True))
    cuts = np.flatnonzero(np.diff(many // PAIRS)) + 1
    blocks = np.split(np.arange(len(points)), cuts)
    return np.concatenate(
        [_of_block(mesh, points[rows], tree.query_ball_point(points[rows], reach[rows])) for rows in blocks]
    )


def _of_block(mesh: Any, points: Points, near: NDArray[np.object_]) -> Points:
    """Distances of `points` to the nearest of the triangles numbered in `near`, a list for each point."""
    geometry = import_module("trimesh.triangles")
    counts = np.array([len(faces) for faces in near])
    of, faces, starts = np.repeat(np.arange(len(points)), counts), np.concatenate(near), np.cumsum(counts) - counts
    corners = np.asarray(mesh.triangles)[faces]
    closest = geometry.closest_point(corners, points[of])
    away = points[of] - closest
    distance = np.linalg.norm(away, axis=1)
    nearest = np.minimum.reduceat(distance, starts)
    tied = distance <= nearest[of] * (1 + TIE)
    shares = geometry.points_to_barycentric(corners[tied], closest[tied])
    # the angle that a triangle takes around its nearest point: all of it inside, half on an edge, its own in a corner
    weight = np.where((shares < TIE).any(axis=1), np.pi, 2 * np.pi)
    corner = (shares > 1 - TIE).any(axis=1)
    angles = mesh.face_angles[faces[tied]]
    weight[corner] = angles[corner, shares[corner].argmax(axis=1)]
    towards = weight * (away[tied] * mesh.face_normals[faces[tied]]).sum(axis=1)
    outside = np.bincount(of[tied], towards, len(points)) >= 0
    return np.where(outside, nearest, -nearest)
