"""Solids from files of triangles: distances of a ball and a cube in closed form, signs by winding numbers."""

from dataclasses import replace

import numpy as np
import pytest

from harness.cli import main
from problems import PROBLEMS
from problems.space.meshes import field_of, grid_points, load_mesh, signed_distances
from problems.user_files import fingerprint

trimesh = pytest.importorskip("trimesh")


def saved(mesh, path):
    mesh.export(path)
    return path


def of_cube(points, half):
    """Quilez's formula."""
    beyond = np.abs(points) - half
    return np.linalg.norm(np.maximum(beyond, 0), axis=1) + np.minimum(beyond.max(axis=1), 0)


def windings(mesh, points):
    """How often the surface goes round each point: the solid angle over 4 pi (van Oosterom and Strackee 1983)."""
    a, b, c = (mesh.triangles[None, :, corner] - points[:, None] for corner in range(3))
    la, lb, lc = (np.linalg.norm(side, axis=2) for side in (a, b, c))
    volume = (a * np.cross(b, c)).sum(-1)
    below = la * lb * lc + (a * b).sum(-1) * lc + (b * c).sum(-1) * la + (c * a).sum(-1) * lb
    return (2 * np.arctan2(volume, below)).sum(1) / (4 * np.pi)


@pytest.mark.parametrize("ending", ["stl", "obj", "ply"])
def test_distances_of_a_cube_from_any_format_are_those_of_its_formula(tmp_path, ending):
    path = saved(trimesh.creation.box((3, 3, 3)), tmp_path / f"cube.{ending}")
    field = field_of(path, 12, fingerprint(path, "A mesh"))
    # its longest side, 3, became 1.8
    np.testing.assert_allclose(field.distances, of_cube(grid_points(12), 0.9), atol=1e-6 if ending == "stl" else 1e-12)
    assert "12 triangles" in field.notes[0]


def test_distances_of_a_ball_of_triangles_lie_within_their_height_of_it():
    ball = trimesh.creation.icosphere(4, 0.8)
    points = np.random.default_rng(0).uniform(-1, 1, (500, 3))
    found = signed_distances(ball, points) - (np.linalg.norm(points, axis=1) - 0.8)
    # corners are on the sphere, and the middles of triangles as far below as their plane is
    depth = 0.8 - np.linalg.norm(ball.triangles_center, axis=1).min()
    assert found.min() > -1e-12
    assert found.max() < 1.01 * depth < 0.003


@pytest.mark.parametrize(
    "mesh",
    [
        trimesh.creation.torus(0.6, 0.2, 24, 12),
        trimesh.util.concatenate(
            [trimesh.creation.box((0.5, 0.5, 0.5)), trimesh.creation.icosphere(1, 0.2).apply_translation((0.7, 0, 0))]
        ),
        trimesh.creation.extrude_triangulation(
            np.array([[0, 0], [1, 0], [0.1, 0.1], [0, 1]]) - 0.3, [[0, 1, 2], [0, 2, 3]], 0.4
        ),
    ],
    ids=["ring", "two bodies", "a sharp notch"],
)
def test_signs_are_those_of_winding_numbers_and_distances_those_to_many_points(mesh):
    points = np.random.default_rng(1).uniform(-0.9, 0.9, (1500, 3))
    found = signed_distances(mesh, points)
    np.testing.assert_array_equal(found < 0, windings(mesh, points) > 0.5)
    assert (found < 0).any()
    # all corners, and points of each triangle
    shares = np.random.default_rng(2).dirichlet((1, 1, 1), (len(mesh.faces), 200))
    surface = np.concatenate([mesh.vertices, np.einsum("fsc,fcd->fsd", shares, mesh.triangles).reshape(-1, 3)])
    nearest = np.sqrt(((points[:40, None] - surface) ** 2).sum(-1)).min(1)
    assert (np.abs(found[:40]) <= nearest + 1e-12).all()
    np.testing.assert_allclose(np.abs(found[:40]), nearest, atol=0.03)


def test_triangles_that_turn_inward_are_turned_round_and_said_to_be(tmp_path):
    cube = trimesh.creation.box((1, 1, 1))
    cube.invert()
    mesh, notes = load_mesh(saved(cube, tmp_path / "cube.ply"))
    assert mesh.volume == pytest.approx(1)
    assert "turned inward" in notes[1]


def test_a_mesh_is_learned_as_distance_or_occupancy(tmp_path):
    path = saved(trimesh.creation.icosphere(2, 5.0), tmp_path / "ball.obj")
    distance, occupancy = (
        replace(PROBLEMS[name], mesh=str(path), cells=10).build(np.random.default_rng(0))
        for name in ("solid-distance", "solid-occupancy")
    )
    inside = np.linalg.norm(grid_points(10), axis=1) < 0.88
    assert (occupancy.targets[inside, 0] > 0).all()
    assert occupancy.targets.mean() == pytest.approx(0, abs=1e-12)
    assert np.ptp(distance.targets) > 1
    assert "ball.obj" in distance.notes[0]


CUBE = "".join(f"v {x} {y} {z}\n" for x in (0, 1) for y in (0, 1) for z in (0, 1))
SIDES = ((1, 2, 4, 3), (5, 7, 8, 6), (1, 5, 6, 2), (3, 4, 8, 7), (1, 3, 7, 5), (2, 6, 8, 4))
NORMALS = "vn -1 0 0\nvn 1 0 0\nvn 0 -1 0\nvn 0 1 0\nvn 0 0 -1\nvn 0 0 1\n"
TEXTURE = "vt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\n"


@pytest.mark.parametrize("form", ["{v}", "{v}//{side}", "{v}/{corner}", "{v}/{corner}/{side}"])
@pytest.mark.parametrize("materials", [False, True])
def test_corners_that_normals_textures_and_materials_part_are_one(tmp_path, form, materials):
    lines = ["o Cube", CUBE + NORMALS + TEXTURE]
    for side, corners in enumerate(SIDES, 1):
        lines += [f"usemtl {'wood' if side < 4 else 'brass'}"] * materials
        lines += ["f " + " ".join(form.format(v=v, side=side, corner=c) for c, v in enumerate(corners, 1))]
    path = tmp_path / "cube.obj"
    path.write_text("\n".join(lines) + "\n")
    mesh, notes = load_mesh(path)
    assert mesh.volume == pytest.approx(1)
    assert "12 triangles and 8 corners, and is closed" in notes[0]


@pytest.mark.parametrize("edge", [1e-20, 1e-9, 1.0, 1e30])
@pytest.mark.parametrize("ending", ["stl", "obj"])
def test_a_cube_is_closed_and_learned_alike_whatever_its_size(tmp_path, edge, ending):
    cube = trimesh.creation.box((1, 1, 1))
    cube.vertices = (np.asarray(cube.vertices) + 3) * edge
    path = saved(cube, tmp_path / "cube.stl")
    if ending == "obj":
        path = tmp_path / "cube.obj"
        corners = "".join("v {!r} {!r} {!r}\n".format(*corner) for corner in np.asarray(cube.vertices).tolist())
        path.write_text(corners + "".join("f {} {} {}\n".format(*face) for face in cube.faces + 1))
    field = field_of(path, 12, fingerprint(path, "A mesh"))
    np.testing.assert_allclose(field.distances, of_cube(grid_points(12), 0.9), atol=2e-6)


def test_triangles_without_area_and_corners_that_differ_by_rounding_close_the_surface_and_are_said(tmp_path):
    path = tmp_path / "cube.obj"
    triangles = "".join("f {0} {1} {2}\nf {0} {2} {3}\n".format(*side) for side in SIDES)
    path.write_text(CUBE + "v 1e-12 0 0\n" + triangles.replace("f 1 5", "f 9 5", 1) + "f 1 9 5\n")
    mesh, notes = load_mesh(path)
    assert mesh.is_watertight
    assert "Corners nearer to each other than 1e-08" in notes[1]
    assert "1 triangles with two corners in one place" in notes[2]


def cube_at(place, side, *, inward=False):
    cube = trimesh.creation.box((side,) * 3).apply_translation(place)
    if inward:
        cube.invert()
    return cube


BODIES = {
    "apart, one inward": ([((0, 0, 0), 1, False), ((1.5, 0, 0), 0.8, True)], "1 of them turned the wrong way"),
    "apart, a large one inward": ([((0, 0, 0), 1, True), ((1.5, 0, 0), 0.8, False)], "1 of them turned the wrong way"),
    "a cavity": ([((0, 0, 0), 2, False), ((0.1, 0, 0), 1, True)], "2 bodies that are apart, 1 of them cavities"),
    "a cavity inside out": ([((0, 0, 0), 2, True), ((0.1, 0, 0), 1, False)], "2 of them turned the wrong way"),
    "a core in a cavity": ([((0, 0, 0), 2, False), ((0, 0, 0), 1.4, True), ((0, 0, 0), 0.7, False)], "3 bodies"),
}


@pytest.mark.parametrize("kind", BODIES)
def test_of_several_bodies_each_is_solid_and_a_cavity_hollow(tmp_path, kind):
    parts, said = BODIES[kind]
    path = saved(trimesh.util.concatenate([cube_at(*part[:2], inward=part[2]) for part in parts]), tmp_path / "a.ply")
    mesh, notes = load_mesh(path)
    assert any(said in note for note in notes)
    points = np.random.default_rng(3).uniform(-1.2, 2, (2000, 3))
    inside = sum((np.abs(points - place) < side / 2).all(axis=1) for place, side, _ in parts) % 2 == 1
    np.testing.assert_array_equal(signed_distances(mesh, points) < 0, inside)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([cube_at((0, 0, 0), 2), cube_at((0.1, 0, 0), 1)], "is a cavity and must turn the other way"),
        ([cube_at((0, 0, 0), 1), cube_at((0.5, 0.4, 0.3), 1)], "must not cross each other"),
        ([trimesh.creation.box((2, 0.2, 0.2)), trimesh.creation.box((0.3, 2, 0.3))], "must not cross each other"),
        ([trimesh.creation.box((2, 0.2, 0.2)), trimesh.creation.box((0.2, 2, 0.2))], "must not cross each other"),
        (
            [trimesh.creation.box((2, 0.2, 0.2)), trimesh.creation.box((0.1, 2, 2)).apply_translation((0.61, 0.9, 0))],
            "must not cross each other",
        ),
    ],
    ids=["one in the other", "a corner in the other", "bars", "bars of one section", "a bar and a board"],
)
def test_bodies_that_overlap_are_refused(tmp_path, parts, said):
    with pytest.raises(ValueError, match=said):
        load_mesh(saved(trimesh.util.concatenate(parts), tmp_path / "a.ply"))


HOLE = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "a.obj",
            HOLE.replace("f 2 3 4\n", "f 2 3 4\nv 5 5 5\nv 6 5 5\nv 5 6 5\nf 5 6 7\n"),
            "has 3 edges that are not",
        ),
        ("a.obj", HOLE.replace("f 2 3 4", "f 2 4 3"), "turn both ways"),
        ("a.obj", "v 0 0 0\nv 1 0 0\n", "has 0. It may be cut off, or .* points alone are learned by --points"),
        ("a.obj", HOLE.replace("f 2 3 4", "f 2 3 9"), "cannot be read as OBJ"),
        ("a.stl", "nothing of the kind", "has 0"),
        ("a.ply", "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\n", "cannot be read as PLY"),
        ("a.step", "ISO-10303-21;", "is a file of STL, OBJ, PLY"),
    ],
)
def test_what_bounds_no_solid_is_one_sentence(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(ValueError, match=said) as refused:
        load_mesh(path)
    assert str(path) in str(refused.value)


def test_every_cut_of_a_binary_file_is_a_sentence(tmp_path):
    whole = trimesh.creation.box((1, 1, 1)).export(file_type="ply")
    for length in range(0, len(whole), 37):
        path = tmp_path / "cut.ply"
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"cut\.ply"):
            load_mesh(path)


def test_a_solid_too_thin_for_the_grid_is_refused(tmp_path):
    path = saved(trimesh.creation.box((1, 1, 0.001)).apply_translation((0, 0, 3)), tmp_path / "sheet.obj")
    with pytest.raises(ValueError, match="too thin for 7 cells"):
        field_of(path, 7, fingerprint(path, "A mesh"))


def test_a_file_that_is_not_there_and_one_that_changed_are_sentences(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["plan", "--mesh", "gone.stl", "--optimizers", "adam", "--budget", "30"]) == 2
    assert "A mesh must be a file that can be read; 'gone.stl'" in capsys.readouterr().err
    path = saved(trimesh.creation.box((1, 1, 1)), tmp_path / "cube.ply")
    recipe = replace(PROBLEMS["solid-distance"], mesh=str(path))
    saved(trimesh.creation.box((1, 1, 2)), path)
    with pytest.raises(ValueError, match="has changed since the study was planned"):
        recipe.build(np.random.default_rng(0))
