"""Point clouds and samples of any dimension, in the forms in which people have them."""

import gzip

import numpy as np
import pandas as pd
import pytest

from harness.run.spec import override
from problems import PROBLEMS
from problems.own_data import OwnData
from problems.readers.clouds import read_cloud
from problems.readers.samples import read_samples

RNG = np.random.default_rng(0)
POINTS = RNG.uniform(-1, 1, (70, 3)).astype(np.float32)
VALUES = np.linalg.norm(POINTS, axis=1).astype(np.float32) - 0.5
COLOURS = RNG.integers(0, 256, (70, 3)).astype(np.uint8)
GRAY = -1 + 2 * (COLOURS @ np.array([0.299, 0.587, 0.114])) / 255


def ply(form, value="sdf", codes=("float", "float")):
    head = f"ply\nformat {form} 1.0\ncomment made by a test\nelement vertex 70\n"
    head += "".join(f"property float {axis}\n" for axis in "xyz") + f"property {codes[1]} {value}\n"
    head += "element face 1\nproperty list uchar int vertex_indices\nend_header\n"
    if form == "ascii":
        body = "".join(" ".join(map(repr, map(float, row))) + "\n" for row in np.column_stack([POINTS, VALUES]))
        return (head + body + "3 0 1 2\n").encode()
    order = "<" if "little" in form else ">"
    rows = np.column_stack([POINTS, VALUES]).astype(f"{order}f4")
    return head.encode() + rows.tobytes() + b"\3" + np.zeros(3, "<i4").tobytes()


def coloured_ply():
    head = "ply\nformat binary_little_endian 1.0\nelement vertex 70\n"
    head += "".join(f"property float {axis}\n" for axis in "xyz")
    head += "".join(f"property uchar {name}\n" for name in ("red", "green", "blue")) + "end_header\n"
    kind = np.dtype([("p", "<f4", 3), ("c", "u1", 3)])
    rows = np.zeros(70, kind)
    rows["p"], rows["c"] = POINTS, COLOURS
    return head.encode() + rows.tobytes()


def pcd(way, colour=False):
    last = "rgb" if colour else "intensity"
    head = f"# .PCD v0.7\nVERSION 0.7\nFIELDS x y z {last}\nSIZE 4 4 4 4\nTYPE F F F {'U' if colour else 'F'}\n"
    head += f"COUNT 1 1 1 1\nWIDTH 70\nHEIGHT 1\nPOINTS 70\nDATA {way}\n"
    if way == "ascii":
        return (head + text(" ")).encode()
    packed = (COLOURS.astype("<u4") << np.array([16, 8, 0], "<u4")).sum(axis=1).astype("<u4")
    rows = np.zeros(70, [("p", "<f4", 3), ("v", "<u4" if colour else "<f4")])
    rows["p"], rows["v"] = POINTS, packed if colour else VALUES
    return head.encode() + rows.tobytes()


def text(separator, head="", numbers=None):
    rows = np.column_stack([POINTS, VALUES]) if numbers is None else numbers
    return head + "".join(separator.join(map(repr, map(float, row))) + "\n" for row in rows)


FILES = {
    "PLY as text": ply("ascii"),
    "PLY, little end first": ply("binary_little_endian"),
    "PLY, big end first": ply("binary_big_endian"),
    "PLY with a scalar of CloudCompare": ply("ascii", "scalar_Distance"),
    "PCD as text": pcd("ascii"),
    "PCD, binary": pcd("binary"),
    "CSV": text(",").encode(),
    "CSV with names": text(",", "x,y,z,value\n").encode(),
    "CSV with a name of one's own": text(";", "X;Y;Z;temperature\n").encode(),
    "XYZ with a count": text(" ", "70\nmade by a test\n").encode(),
    "XYZ": text("  ").encode(),
}


@pytest.mark.parametrize("way", ["npy", "parquet", "gz"])
def test_a_cloud_is_read_from_files_of_columns_as_a_curve_is(tmp_path, way):
    path, columns = tmp_path / f"cloud.{way}", np.column_stack([POINTS, VALUES])
    if way == "npy":
        np.save(path, columns)
    elif way == "parquet":
        pd.DataFrame(columns, columns=list("xyzv")).to_parquet(path)
    else:
        path.write_bytes(gzip.compress(text(",", "x,y,z,v\n").encode()))
    cloud = read_cloud(str(path), path.read_bytes())
    np.testing.assert_array_equal(cloud.points, POINTS)
    np.testing.assert_array_equal(cloud.values[:, 0], VALUES)


@pytest.mark.parametrize("kind", FILES)
def test_a_cloud_is_read_as_it_comes(kind):
    cloud = read_cloud("cloud", FILES[kind])
    np.testing.assert_allclose(cloud.points, POINTS, rtol=1e-6)
    np.testing.assert_allclose(cloud.values, VALUES[:, None], rtol=1e-6)
    assert cloud.notes


@pytest.mark.parametrize(
    "content",
    [
        coloured_ply(),
        pcd("binary", colour=True),
        text(" ", numbers=np.column_stack([POINTS, COLOURS])).encode(),
        text(",", "x,y,z,r,g,b\n", np.column_stack([POINTS, COLOURS])).encode(),
    ],
    ids=["ply", "pcd", "xyz", "csv"],
)
def test_colours_are_three_outputs_from_their_own_range_and_that_is_said(content):
    cloud = read_cloud("cloud", content)
    np.testing.assert_allclose(cloud.points, POINTS, rtol=1e-6)
    np.testing.assert_allclose(cloud.values, -1 + COLOURS / 127.5, atol=1e-12)
    assert cloud.names == ("red", "green", "blue")
    assert "Colours from 0 to 255 became -1 to 1." in cloud.notes


COLOURED = text(";", "X;Y;Z;nx;temp;r;g;b\n", np.column_stack([POINTS, -VALUES, 50 * VALUES, COLOURS])).encode()


@pytest.mark.parametrize(
    ("columns", "values", "axes"),
    [
        ("", -1 + COLOURS / 127.5, "xyz"),
        ("x,y,z,gray", GRAY[:, None], "xyz"),
        ("x,y,z,b", -1 + COLOURS[:, 2:] / 127.5, "xyz"),
        ("Z,X,Y,temp,NX", np.column_stack([50 * VALUES, -VALUES]), "ZXY"),
        ("1,2,3,5", 50 * VALUES[:, None], "XYZ"),
    ],
)
def test_named_columns_are_what_is_learned(columns, values, axes):
    cloud = read_cloud("cloud", COLOURED, columns)
    np.testing.assert_allclose(cloud.values, values, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(cloud.points, POINTS[:, ["xyz".index(axis) for axis in axes.lower()]])


def test_a_broken_number_in_a_column_that_is_not_asked_for_does_no_harm():
    broken = COLOURED.replace(repr(float(-VALUES[4])).encode(), b"nan")
    assert read_cloud("cloud", broken, "x,y,z,temp").values.shape == (70, 1)
    with pytest.raises(ValueError, match=r"line 6 of 'cloud' is .* \(line 2\) is read"):
        read_cloud("cloud", broken, "x,y,z,nx")


def test_outputs_of_unlike_spread_are_named():
    notes = read_cloud("cloud", COLOURED, "x,y,z,temp,nx").notes
    assert any("'temp' spreads 50 times as far as 'nx'" in note for note in notes)


@pytest.mark.parametrize(
    ("arrays", "names"),
    [
        ({"colors": COLOURS}, ("red", "green", "blue")),
        ({"values": np.column_stack([VALUES, -VALUES])}, ("value1", "value2")),
        ({"values": VALUES, "colors": COLOURS}, ("value",)),
        ({"u": VALUES, "v": 2 * VALUES, "w": 3 * VALUES}, ("u", "v", "w")),
    ],
)
def test_arrays_beside_the_points_are_outputs(tmp_path, arrays, names):
    np.savez(tmp_path / "a.npz", points=POINTS, **arrays)
    assert read_cloud("a.npz", (tmp_path / "a.npz").read_bytes()).names == names


@pytest.mark.parametrize(
    ("head", "columns", "named"),
    [
        ("x,y,z,X,Y,Z\n", "", "'x' and 'X'"),
        ("x,y,z,v,V\n", "", "'v' and 'V'"),
        ("x,y,z,R,G,B,red,green,blue\n", "", "'R' and 'red'"),
        ("x,y,z,R,G,B,red,green,blue\n", "x,y,z,gray", "'R' and 'red'"),
        ("x,y,z,R,G,B,red,green,blue\n", "x,y,z,Red", "'R' and 'red'"),
    ],
)
def test_columns_that_are_alike_but_for_letters_or_a_short_form_are_refused(head, columns, named):
    numbers = np.column_stack([POINTS, RNG.uniform(0, 9, (70, head.count(",") - 2))])
    with pytest.raises(ValueError, match=f"alike but for letters or a short form; 'cloud' has {named}"):
        read_cloud("cloud", text(",", head, numbers).encode(), columns)


def test_of_columns_that_are_alike_those_that_are_named_as_the_file_spells_them_are_taken():
    numbers = np.column_stack([POINTS, 2 * POINTS, VALUES])
    cloud = read_cloud("cloud", text(",", "x,y,z,X,Y,Z,v\n", numbers).encode(), "X,Y,Z,v")
    np.testing.assert_allclose(cloud.points, 2 * POINTS)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"x": POINTS[:, 0], "X": VALUES, "y": POINTS[:, 1], "z": POINTS[:, 2], "v": VALUES}, "'x' and 'X'"),
        ({"points": POINTS, "x": VALUES}, "No two arrays may give a column of one name"),
        ({"points": POINTS, "v": VALUES, "V": VALUES}, "No two arrays"),
        ({"points": POINTS, "colors": COLOURS, "red": VALUES}, "No two arrays"),
    ],
)
def test_arrays_that_would_hide_each_other_are_refused(tmp_path, arrays, sentence):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ValueError, match=sentence):
        read_cloud("a.npz", (tmp_path / "a.npz").read_bytes())


def test_an_index_of_pandas_is_no_output_and_one_that_does_not_count_is_asked_about():
    def indexed(index):
        return text(",", ",x,y,z,v\n", np.column_stack([index, POINTS, VALUES])).encode()

    cloud = read_cloud("cloud", indexed(np.arange(70)))
    assert cloud.names == ("v",)
    assert "The first column numbers the rows and was left out." in cloud.notes
    with pytest.raises(ValueError, match=r"What is learned has a name; 'cloud' has 1 \(no name\), x"):
        read_cloud("cloud", indexed(np.arange(70)[::-1]))


def padded_pcd():
    """As PCL stores PointXYZRGBA in the memory of its own: bytes of padding behind the coordinates and the colour."""
    head = "# .PCD v0.7\nVERSION 0.7\nFIELDS x y z _ rgba _\nSIZE 4 4 4 1 4 1\nTYPE F F F U U U\nCOUNT 1 1 1 4 1 1\n"
    rows = np.zeros(70, [("p", "<f4", 3), ("a", "u1", 4), ("v", "<u4"), ("b", "u1")])
    rows["p"], rows["a"], rows["b"] = POINTS, 7, np.arange(70)
    rows["v"] = (COLOURS.astype("<u4") << np.array([16, 8, 0], "<u4")).sum(axis=1).astype("<u4") | 0x7F000000
    return (head + "WIDTH 70\nHEIGHT 1\nPOINTS 70\nDATA binary\n").encode() + rows.tobytes()


def test_a_packed_colour_with_alpha_is_three_outputs_and_padding_is_none():
    cloud = read_cloud("cloud", padded_pcd())
    assert cloud.names == ("red", "green", "blue")
    np.testing.assert_allclose(cloud.values, -1 + COLOURS / 127.5, atol=1e-12)
    assert any("--columns would take others (alpha)" in note for note in cloud.notes)


def test_a_field_of_several_numbers_takes_as_many_places_in_text():
    head = "# .PCD v0.7\nVERSION 0.7\nFIELDS x y z normal v\nSIZE 4 4 4 4 4\nTYPE F F F F F\nCOUNT 1 1 1 3 1\n"
    body = text(" ", numbers=np.column_stack([POINTS, 2 * POINTS, VALUES]))
    cloud = read_cloud("cloud", (head + "WIDTH 70\nHEIGHT 1\nPOINTS 70\nDATA ascii\n" + body).encode())
    assert cloud.names == ("v",)
    np.testing.assert_allclose(cloud.values[:, 0], VALUES)


def test_a_packed_colour_beside_its_parts_is_refused():
    content = pcd("binary", colour=True).replace(b"FIELDS x y z rgb", b"FIELDS x y red rgb")
    with pytest.raises(ValueError, match="A packed colour has four bytes, and the points no 'red' beside it"):
        read_cloud("cloud", content)


def test_columns_without_names_are_values_from_the_fourth():
    cloud = read_cloud("cloud", text(",", numbers=np.column_stack([POINTS, VALUES, -VALUES])).encode())
    np.testing.assert_allclose(cloud.values, np.column_stack([VALUES, -VALUES]))
    assert "The columns were taken for x, y, z and 2 values." in cloud.notes
    # three numbers that are no colours, as a normal, stay as they are
    cloud = read_cloud("cloud", text(",", numbers=np.column_stack([POINTS, POINTS])).encode())
    np.testing.assert_allclose(cloud.values, POINTS)
    assert "The columns were taken for x, y, z and 3 values." in cloud.notes


def test_columns_of_other_names_are_told_as_they_were_taken():
    numbers = text(",", numbers=np.column_stack([POINTS, VALUES]))
    notes = read_cloud("cloud", f"lon,lat,height,heat\n{numbers}".encode()).notes
    order = "in their order: lon, lat, height, heat (--columns says otherwise)"
    assert f"The columns were taken for x, y, z and a value, {order}." in notes


def test_arrays_of_another_length_are_said_to_be_left_out(tmp_path):
    np.savez(tmp_path / "mine.npz", points=POINTS, values=VALUES, faces=np.arange(12))
    notes = read_cloud("mine.npz", (tmp_path / "mine.npz").read_bytes()).notes
    assert "'mine.npz' was read as the arrays points, values; of another length, and left out: faces." in notes


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ("x,y,z", "three coordinates of a cloud and then what is learned, .* got 'x,y,z'. 'cloud' has: X, Y, Z, nx"),
        ("x,y,z,x", "each once"),
        ("x,y,z,temps", "no column 'temps'. Did you mean 'temp'"),
        ("x,y,z,9", "no column '9'"),
    ],
)
def test_columns_that_are_not_there_are_refused_with_those_that_are(columns, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_cloud("cloud", COLOURED, columns)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (ply("binary_little_endian")[:900], "announces 70 points and holds .*truncated"),
        (b"ply\nformat ascii 1.0\n", "must have the header of a PLY file"),
        (ply("ascii").replace(b"element vertex", b"element edge"), "first element of 'cloud' must be the vertices"),
        (ply("ascii").replace(b"float sdf", b"list uchar sdf"), "must be a number; 'cloud' has 'list uchar sdf'"),
        (pcd("binary_compressed"), "holds its points as binary_compressed; save it as ascii or binary"),
        (ply("ascii").replace(b"vertex 70", b"vertex many"), "must be counted, as 'element vertex 100'; .*'many'"),
        (ply("ascii").replace(repr(float(POINTS[2, 0])).encode(), b"1,5"), "line 14 is '1,5 .*A line such as"),
        (ply("ascii").replace(repr(float(POINTS[2, 0])).encode(), b"inf"), "line 14 of 'cloud' is 'inf"),
        (pcd("ascii").replace(b"FIELDS", b"COLUMNS"), "header of a PCD file has a line FIELDS"),
        (text(",", "x,y,z\n", POINTS).encode(), "--columns x,y,z,NAME .*solid-occupancy or solid-distance"),
        (text(",", "x,y,z\n", POINTS).encode(), "needs a number to learn at each point; 'cloud' has x, y, z"),
        (text(",", numbers=POINTS).encode(), "has 3 column.* which are no x, y, z and a value"),
        (text(",", "x,y,q\n", POINTS).encode(), "has 3 column"),
        (
            text(",", "x,y,z,v\n", np.column_stack([POINTS, 1e300 * VALUES.astype(float)])).encode(),
            r"must lie below 1e\+150",
        ),
        (b"\x89PNG\r\n\x1a\n", "'cloud' is a picture; learn it with --image"),
    ],
)
def test_what_is_no_cloud_is_a_sentence(content, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_cloud("cloud", content)


# samples of any dimension


LABELS = (POINTS[:, 0] > 0).astype(int) + (POINTS[:, 1] > 0)


@pytest.mark.parametrize(
    ("targets", "shape", "classes", "said"),
    [
        (VALUES, (70, 1), False, "float32"),
        (np.column_stack([VALUES, VALUES]), (70, 2), False, "(70, 2)"),
        (LABELS, (70, 3), True, "3 classes (0, 1, 2)"),
        (LABELS + 5, (70, 3), True, "3 classes (5, 6, 7)"),
        (POINTS[:, 0] > 0, (70, 2), True, "2 classes"),
        (np.eye(3)[LABELS], (70, 3), True, "one-hot: 3 classes"),
        (LABELS.astype(float), (70, 1), False, "float64"),
        (VALUES + 1j, (70, 2), False, "real and their imaginary part"),
        (np.arange(70), (70, 1), False, "int64"),
        (np.ma.array(VALUES, mask=False), (70, 1), False, "float32"),
    ],
)
def test_targets_are_numbers_or_classes(targets, shape, classes, said):
    samples = read_samples(POINTS, targets)
    assert samples.targets.shape == shape
    assert samples.classes == classes
    assert said in " ".join(samples.notes)


HOLED = np.where(np.arange(70) == 7, np.nan, VALUES)


@pytest.mark.parametrize(
    ("inputs", "targets", "sentence"),
    [
        (
            POINTS,
            np.ma.array(VALUES, mask=np.arange(70) < 4),
            "targets must be complete; 4 of these numbers are masked",
        ),
        (POINTS, HOLED, r"All targets must be finite numbers; 1 of 70 samples have others, the first is sample 7"),
        (POINTS + 1j, VALUES, "Inputs must be real numbers; these are complex"),
        (POINTS, VALUES[:9], "at least three finite numbers each, one row a sample; got 70 and 9"),
        (POINTS, ["a"] * 70, "targets must be an array of numbers, one row a sample; got type <U1"),
        (POINTS, [[1], [2, 3]], "targets must be an array of numbers"),
        (POINTS, 5, "targets must be an array of numbers"),
    ],
)
def test_what_is_no_sample_is_refused_with_where(inputs, targets, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_samples(inputs, targets)


@pytest.mark.parametrize("d", [1, 2, 3, 6])
@pytest.mark.parametrize("labelled", [False, True])
def test_samples_of_any_dimension_make_a_problem(tmp_path, d, labelled):
    x = np.random.default_rng(d).uniform(-1, 1, (300, d))
    wave = np.sin(3 * np.pi * x[:, 0])
    y = (wave > 0).astype(int) if labelled and d > 1 else np.column_stack([wave, wave**2])
    np.savez(tmp_path / "a.npz", x=x, y=y)
    problem = override("data", PROBLEMS["data"], {"data": str(tmp_path / "a.npz")}).build(np.random.default_rng(0))
    assert problem.network.widths == (d, 40, 40, 2)
    assert problem.loss.name == ("cross-entropy" if labelled and d > 1 else "mse")
    amplitude, error = problem.probes[0].measure(problem.targets.astype(float))
    assert np.isfinite(amplitude).all()
    np.testing.assert_allclose(error, 0, atol=1e-9)
    assert len(problem.probes[0].frequency) >= 2


def test_a_file_of_samples_without_two_arrays_is_a_sentence(tmp_path):
    np.savez(tmp_path / "a.npz", a=POINTS)
    with pytest.raises(ValueError, match=r"such as inputs and targets; x and y; '.*' holds a \(70, 3\)"):
        OwnData(data=str(tmp_path / "a.npz")).build(np.random.default_rng(0))
    with pytest.raises(ValueError, match="Name a file of samples: --data"):
        OwnData().build(np.random.default_rng(0))


PCD = "VERSION 0.7\nFIELDS {}\nSIZE {}\nTYPE {}\nCOUNT 1 1 1 1\nPOINTS {}\nDATA ascii\n0 0 0 1\n1 1 1 2\n"


@pytest.mark.parametrize(
    "said",
    [
        ("x y z i", "4 4 4 4", "F F F F", "two"),
        ("x y z i", "4 4 4 4", "F F F X", "2"),
        ("x y z i", "4 4 4", "F F F F", "2"),
        ("x y z i", "4 4 4 5", "F F F F", "2"),
        ("x y z z", "4 4 4 4", "F F F F", "2"),
    ],
)
def test_a_header_of_pcd_that_contradicts_itself_is_a_sentence(said):
    with pytest.raises(ValueError, match=r"The header of 'a.pcd' must say of each field its own name, one SIZE"):
        read_cloud("a.pcd", PCD.format(*said).encode())


def test_a_name_that_two_columns_have_is_no_name():
    rows = "".join(f"{i},{i + 1},{i + 2},{i + 3},{i + 5}\n" for i in range(9))
    with pytest.raises(ValueError, match="has 2 columns 'v'; take one by its number: 4 or 5"):
        read_cloud("a.csv", ("x,y,z,v,v\n" + rows).encode(), "x,y,z,v")
    assert read_cloud("a.csv", ("x,y,z,v,v\n" + rows).encode(), "x,y,z,5").values[0] == 5
    ply = "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float x\nend_header\n0 0\n"
    with pytest.raises(ValueError, match="has a name of its own; one occurs twice"):
        read_cloud("a.ply", ply.encode())
