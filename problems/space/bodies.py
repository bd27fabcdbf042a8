"""Corners of triangles that are one by their place, and the bodies that a closed surface bounds: which turn outward.

Files part a corner by normal, texture and material (OBJ) or by triangle (STL): here it is one where its place is. Of
several bodies each must turn so that what it bounds is solid: outward, and inward if it is a cavity of another.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Faces = NDArray[np.int64]
Distances = Callable[[Any, Points], Points]
"""Signed distances of points to a closed surface, such as `meshes.signed_distances`."""

NEAR = 1e-8
"""Share of the longest side below which corners are one, where those of one place alone leave holes."""
TOUCHING = 1e-9
"""Distance, as a share of the longest side, below which a point lies on a surface."""
COMPARED = 2_000_000
"""Edges and triangles that are compared at once."""


class Body(NamedTuple):
    """The triangles `(n,)` of one closed surface by their numbers, the surface alone, and the ends of its box."""

    rows: NDArray[np.intp]
    mesh: Any
    low: Points
    high: Points


def merged(vertices: Points, faces: Faces) -> tuple[Points, Faces, list[str]]:
    """Corners by their place, those that a triangle has, and triangles without such as have two corners in one place.

    `vertices` are `(v, 3)`, and `faces (t, 3)` their numbers. The third are notes on what of it was more than that."""
    vertices = vertices[np.unique(faces)] if faces.size else vertices[:0]
    faces = np.unique(faces, return_inverse=True)[1].reshape(faces.shape)
    found = _by_place(vertices, faces, vertices)
    notes = []
    if faces.size and loose_edges(found[1]):
        extent = np.ptp(vertices, axis=0).max() or 1.0
        near = _by_place(vertices, faces, np.round((vertices - vertices.min(axis=0)) / extent / NEAR))
        if not loose_edges(near[1]):
            notes.append(f"Corners nearer to each other than {NEAR:g} of the longest side were taken for one.")
            found = near
    flat = len(faces) - len(found[1])
    if flat:
        notes.append(f"{flat:,} triangles with two corners in one place, which have no area, were left out.")
    return *found, notes


def _by_place(vertices: Points, faces: Faces, places: Points) -> tuple[Points, Faces]:
    order = np.lexsort(places.T)
    new = np.ones(len(order), bool)
    new[1:] = (places[order[1:]] != places[order[:-1]]).any(axis=1)
    number = np.empty(len(order), np.int64)
    number[order] = np.cumsum(new) - 1
    faces = number[faces]
    a, b, c = faces.T if faces.size else np.empty((3, 0), np.int64)
    return vertices[order[new]], faces[(a != b) & (b != c) & (c != a)]


def loose_edges(faces: Faces) -> int:
    """How many edges do not lie between two triangles."""
    edges = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    # both corners in one number, which is sorted faster than pairs
    _, members = np.unique(edges[:, 0] * (edges.max(initial=0) + 1) + edges[:, 1], return_counts=True)
    return int((members != 2).sum())


def oriented(path: str, mesh: Any, distances: Distances) -> tuple[NDArray[np.bool_], list[str]]:
    """Which triangles of a closed surface of extent 1 are to be turned round, `(faces,)`, and notes.

    Raises ValueError for bodies that cross, and for one within another that turns as that does."""
    labels = import_module("trimesh.graph").connected_component_labels(mesh.face_adjacency, len(mesh.faces))
    corners = np.asarray(mesh.triangles)
    # each triangle and the origin bound a sixth of a determinant
    volumes = np.bincount(labels, np.linalg.det(corners) / 6)
    if len(volumes) == 1:
        turned = np.full(len(labels), volumes[0] < 0)
        return turned, ["Its triangles turned inward, and were turned round."] * bool(turned.any())
    around = _around(path, _bodies(mesh, labels), distances)
    outward = volumes >= 0
    # the outermost around each body, or itself, has none around; whatever lies within is turned with it
    outermost = [min((body, *others), key=lambda one: len(around[one])) for body, others in enumerate(around)]
    turn = ~outward[outermost]
    outward ^= turn
    for body, others in enumerate(around):
        if outward[body] != (len(others) % 2 == 0):
            raise ValueError(
                f"A body within another is a cavity and must turn the other way; in '{path}' the one whose first "
                f"triangle is number {int((labels == body).argmax()) + 1} turns as the one around it does. Turn its "
                "triangles round if it is hollow, and leave it out if not."
            )
    cavities = sum(len(others) % 2 for others in around)
    kinds = f", {cavities:,} of them cavities" if (cavities := sum(len(others) % 2 for others in around)) else ""
    notes = [f"It has {len(volumes):,} bodies that are apart{kinds}."]
    if turn.any():
        notes.append(f"The triangles of {int(turn.sum()):,} of them turned the wrong way, and were turned round.")
    return turn[labels], notes


def _bodies(mesh: Any, labels: NDArray[np.intp]) -> list[Body]:
    surface = import_module("trimesh").Trimesh
    order = np.argsort(labels, kind="stable")
    bodies = []
    for rows in np.split(order, np.cumsum(np.bincount(labels))[:-1]):
        used, faces = np.unique(mesh.faces[rows], return_inverse=True)
        vertices = mesh.vertices[used]
        alone = surface(vertices, faces.reshape(-1, 3), process=False)
        if alone.volume < 0:
            alone.invert()
        bodies.append(Body(rows, alone, vertices.min(axis=0), vertices.max(axis=0)))
    return bodies


def _around(path: str, bodies: list[Body], distances: Distances) -> list[list[int]]:
    """Of each body those that it lies within; raises ValueError where two cross."""
    around: list[list[int]] = [[] for _ in bodies]
    lows, highs = np.array([body.low for body in bodies]), np.array([body.high for body in bodies])
    for number, body in enumerate(bodies):
        near = np.flatnonzero((lows <= body.high).all(axis=1) & (highs >= body.low).all(axis=1))
        for other in near[near != number]:
            corners = _close(body, bodies[other])
            edges = corners[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2, 3)
            # one point tells, where nothing is close; bars of one section that cross have corners outside of each
            # other, and middles of edges within
            points = [body.mesh.vertices[:1], corners.reshape(-1, 3), edges.mean(axis=1), corners.mean(axis=1)]
            within = distances(bodies[other].mesh, np.concatenate(points))
            inside, outside = bool((within < -TOUCHING).any()), bool((within > TOUCHING).any())
            if (inside and outside) or crosses(edges, bodies[other]):
                one, two = (int(part.rows[0]) + 1 for part in (body, bodies[other]))
                raise ValueError(
                    f"The bodies of a solid must not cross each other; in '{path}' those with the triangles number "
                    f"{one} and {two} do. Unite them in the program that made it."
                )
            if inside:
                around[number].append(int(other))
    return around


def _close(body: Body, other: Body) -> Points:
    """The triangles `(n, 3, 3)` of one that may meet the other; each point of that is near one of its corners."""
    corners, surface = np.asarray(body.mesh.triangles), np.asarray(other.mesh.triangles)
    sizes = [np.linalg.norm(each - each.mean(axis=1)[:, None], axis=2).max(axis=1) for each in (corners, surface)]
    way = import_module("scipy.spatial").cKDTree(other.mesh.vertices).query(corners.mean(axis=1))[0]
    # no point of a triangle is further from its nearest corner than its longest way from the middle to one, twice
    return corners[way <= sizes[0] + 2 * sizes[1].max() + TOUCHING]


def crosses(edges: Points, other: Body) -> bool:
    """Whether an edge of `(n, 2, 3)` goes through a triangle, not only touching it (Moeller and Trumbore 1997)."""
    corners = np.asarray(other.mesh.triangles)
    edges = edges[_meets(edges, other)]
    a, u, v = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    step = max(1, COMPARED // max(1, len(corners)))
    return any(_through(edges[start : start + step], a, u, v) for start in range(0, len(edges), step))


def _meets(shapes: Points, body: Body) -> NDArray[np.bool_]:
    """Which of the shapes `(n, corners, 3)` reach into the box of a body."""
    reach: NDArray[np.bool_] = ((shapes.min(axis=1) <= body.high) & (shapes.max(axis=1) >= body.low)).all(axis=1)
    return reach


def _through(edges: Points, a: Points, u: Points, v: Points) -> bool:
    start, along = edges[:, :1], edges[:, 1:] - edges[:, :1]  # (e, 1, 3), against triangles (f, 3)
    p = np.cross(along, v)
    determinant = (p * u).sum(axis=2)
    away = start - a
    q = np.cross(away, u)
    scale = np.where(determinant == 0, np.nan, determinant)  # an edge along the triangle's plane goes through nothing
    s, t = (away * p).sum(axis=2) / scale, (along * q).sum(axis=2) / scale
    w = (q * v).sum(axis=2) / scale
    low, high = TOUCHING, 1 - TOUCHING
    return bool(((s > low) & (t > low) & (s + t < high) & (w > low) & (w < high)).any())
