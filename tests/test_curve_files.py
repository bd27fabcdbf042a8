"""Curves in files of every kind that people have: what is read, what is said about it, and what is refused."""

import gzip
import importlib
import re
import struct
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import wavfile

from harness.run.spec import override
from problems import PROBLEMS
from problems.line.points import read_points
from problems.readers.curves import is_file, read_curve

X, Y = [0.0, 0.5, 1.0, 1.5], [1.0, -2.25, 3.0, 4.0]


def save(folder, content, name="curve"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def rows(separator=",", decimal=".", head=""):
    lines = [f"{x}{separator}{y}".replace(".", decimal) for x, y in zip(X, Y, strict=True)]
    return head + "\n".join(lines) + "\n"


READ = {
    "commas": rows(),
    "tabs": rows("\t"),
    "semicolons": rows(";"),
    "bars": rows("|"),
    "blanks": rows("   "),
    "a comma and a blank": rows(", "),
    "decimal commas between semicolons": rows(";", ","),
    "decimal commas between tabs": rows("\t", ","),
    "decimal commas between blanks": rows("  ", ","),
    "quoted decimal commas": "".join(f'"{x}","{y}"\n'.replace(".", ",") for x, y in zip(X, Y, strict=True)),
    "quoted numbers": "".join(f'"{x}";"{y}"\n' for x, y in zip(X, Y, strict=True)),
    "names": rows(head="t,y\n"),
    "quoted names with commas": rows(head='"time, s","voltage, V"\n'),
    "names and units": rows(";", head="t;y\n(s);(V)\n"),
    "comments": rows(head="# made by hand\n% twice\n"),
    "a comment in the middle": rows().replace("1.0,3.0", "# here\n1.0,3.0"),
    "a preamble": rows("\t", head="Instrument: scope\nOperator: me\nt\ty\n"),
    "a line for Excel": rows(";", ",", head="sep=;\nt;y\n"),
    "blank lines": rows().replace("\n", "\n\n"),
    "Windows ends of lines": rows().replace("\n", "\r\n"),
    "old Mac ends of lines": rows().replace("\n", "\r"),
    "exponents": "0e0,1E0\n5.0e-1,-225e-2\n1,3\n+1.5,4\n",
    "a mark of UTF-8": b"\xef\xbb\xbf" + rows(head="t,y\n").encode(),
    "UTF-16": rows("\t", head="t\ty\n").encode("utf-16"),
    "UTF-16 the other way": b"\xfe\xff" + rows("\t").encode("utf-16-be"),
    "UTF-16 without a mark": rows("\t").encode("utf-16-le"),
    "UTF-32": rows().encode("utf-32"),
    "Latin-1": rows(head="t;temp °C\n".replace(";", ",")).encode("latin-1"),
    "gzip": gzip.compress(rows().encode()),
    "another order": "1.5,4\n0,1\n1.0,3\n0.5,-2.25\n",
    "trailing blanks": rows().replace("\n", "  \n"),
}


@pytest.mark.parametrize("kind", READ)
def test_text_is_read_as_it_comes(tmp_path, kind):
    points = read_points(save(tmp_path, READ[kind]))
    assert points.x.tolist() == X
    assert points.y.tolist() == Y
    assert points.notes


@given(
    separator=st.sampled_from(["\t", ";", ",", "|", " "]),
    decimal=st.sampled_from([".", ","]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"]),
    numbers=st.lists(
        st.floats(-1e6, 1e6).filter(lambda y: not 0 < abs(y) < 1e-100), min_size=2, max_size=6, unique=True
    ),
    named=st.booleans(),
)
def test_any_separator_decimal_and_encoding_come_back_as_the_same_numbers(separator, decimal, encoding, numbers, named):
    if separator == "," and decimal == ",":
        decimal = "."
    x = [float(index) + 0.25 for index in range(len(numbers))]
    head = f"zeit{separator}größe\n" if named else ""
    lines = [f"{a!r}{separator}{b!r}".replace(".", decimal) for a, b in zip(x, numbers, strict=True)]
    curve = read_curve("curve", (head + "\n".join(lines)).encode(encoding))
    assert curve.x.tolist() == x
    assert curve.y.tolist() == numbers


WIDE = "i,t,u,v\n0,0.0,1.0,9\n1,0.5,2.0,8\n2,1.0,4.0,7\n"


@pytest.mark.parametrize(
    ("text", "columns", "x", "y"),
    [
        (WIDE, "t,u", [0, 0.5, 1], [1, 2, 4]),
        (WIDE, "2,4", [0, 0.5, 1], [9, 8, 7]),
        (WIDE, "u,t", [1, 2, 4], [0, 0.5, 1]),
        (WIDE, "u", [0, 1, 2], [1, 2, 4]),
        ("d,t,u\nmon,1,2\ntue,3,4\n", "t,u", [1, 3], [2, 4]),
        (",t,u\n0,1,2\n1,3,4\n", "", [1, 3], [2, 4]),
        ("t u\na 1 2\nb 3 4\n", "t,u", [1, 3], [2, 4]),
        ("5\n7\n6\n", "", [0, 1, 2], [5, 7, 6]),
    ],
)
def test_columns_are_chosen_by_name_or_number_and_an_index_is_left_out(tmp_path, text, columns, x, y):
    points = read_points(save(tmp_path, text), columns)
    assert points.x.tolist() == x
    assert points.y.tolist() == y


def test_a_separator_that_is_told_is_taken(tmp_path):
    points = read_points(save(tmp_path, "1:2\n3:4\n"), separator=":")
    assert points.y.tolist() == [2, 4]
    assert read_points(save(tmp_path, "1\t2\n3\t4\n"), separator="tab").y.tolist() == [2, 4]


REFUSED = {
    "four columns": (WIDE, "", r"has 4 columns: i, t, u, v\. Name the two with --columns i,t"),
    "an unknown column": (WIDE, "t,w", r"has no column 'w'\.( Did you mean '.'\?)? It has: i, t, u, v"),
    "a near miss": ("time,voltage\n1,2\n3,4\n", "tme,voltage", "no column 'tme'. Did you mean 'time'"),
    "a column of words": ("d,t\nmon,1\ntue,2\n", "d,t", "'d' of .* does not hold numbers. Those of numbers: t"),
    "three names": (WIDE, "t,u,v", "got 3 names"),
    "a hole": ("1,2\n3,\n5,6\n", "", r"line 2 of .* is '3,'. A line such as '1,2' \(line 1\) is read"),
    "a row too long": ("1,2\n3,4,5\n6,7\n8,9\n", "", "must have 2 column.*line 2 of .* is '3,4,5', which has 3"),
    "a word": ("1,2\n3,four\n5,6\n", "", "line 2 of .* is '3,four'"),
    "nan": ("t,y\n1,2\n3,nan\n", "", "finite number; line 3 of .* is '3,nan'"),
    "a twin": ("1,2\n3,4\n1,5\n", "", "x = 1 twice: line 1 of .* is '1,2', and line 3 of .* is '1,5'"),
    "one row": ("1,2\n", "", "at least two rows of x and y; .* has 1"),
    "nothing": ("", "", "no column of numbers"),
    "prose": ("To be or not to be,\nthat is the question.\n", "", "no column of numbers"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "", "is a picture; learn it with --image"),
    "a sheet": (b"PK\x03\x04 xl/workbook.xml", "", "is an Excel file. Save the sheet as CSV"),
    "HDF5": (b"\x89HDF\r\n", "", "an HDF5 file; save the two columns as .npz or CSV"),
    "broken gzip": (gzip.compress(rows().encode())[:20], "", "cannot be decompressed"),
    "zero bytes": (b"1,2\n3,\x00\n", "", "must be columns of numbers in plain text"),
    "a broken array": (b"\x93NUMPY\x01\x00", "", "must be an array of numbers"),
    "a broken archive": (b"PK\x03\x04 no archive", "", "must be an .npz of arrays"),
    "a broken sound": (b"RIFF\x00\x00\x00\x00WAVEjunk", "", "must be a WAV file that can be read"),
    "a broken table": (b"PAR1 nothing", "", "must be a Parquet file"),
}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('x,y\n0,"1,000"\n1,"2,500"\n2,3\n', "commas, as in '1,000', may stand between thousands"),
        ('x,y\n0.5,"1,000"\n1.5,"2,50"\n', "commas, as in '1,000', stand beside points"),
        ("x;y\n0;1.000\n1;0,5\n2;0,7\n", "commas, as in '0,5', stand beside points"),
        ("x;y\n0;900\n1;1,200\n2;1,501\n", "commas, as in '1,200' beside '900', may stand between thousands"),
        ("0 900\n1 1.200\n2 1.501\n", "points, as in '1.200' beside '900', may stand between thousands"),
    ],
)
def test_a_comma_that_may_stand_between_thousands_is_no_decimal(tmp_path, text, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_points(save(tmp_path, text, "curve.csv"))


@pytest.mark.parametrize(
    ("text", "y"),
    [
        ('x,y\n0,"0,125"\n1,"2,500"\n', [0.125, 2.5]),
        ('x,y\n0,"1,000"\n1,"2,50"\n', [1, 2.5]),
        ("x;y\n0;1,000\n1;2,500\n", [1, 2.5]),
        ("x;y\n0;1,125\n1;2\n", [1.125, 2]),
        ("x;y\n0;0,500\n1;2\n", [0.5, 2]),
    ],
)
def test_a_comma_that_stands_before_decimals_is_one(tmp_path, text, y):
    assert read_points(save(tmp_path, text, "curve.csv")).y.tolist() == y


def test_a_doubled_quotation_mark_in_a_name_is_one(tmp_path):
    curve = save(tmp_path, rows(head='"t ""true"", s","""u"""\n'), "curve.csv")
    assert any("""x is the column 't "true", s', y the column '"u"'.""" in note for note in read_points(curve).notes)


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_curve_is_refused_in_one_sentence(tmp_path, kind):
    content, columns, sentence = REFUSED[kind]
    with pytest.raises(ValueError, match=sentence) as refusal:
        read_points(save(tmp_path, content), columns)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("t,y\n0,1\n#N/A,5\n1,2\n2,3\n", "line 3 of .* is '#N/A,5'", "must be a finite number"),
        ("t,y\n0,1\n#DIV/0!,#DIV/0!\n1,2\n2,3\n", "line 3", "must be a finite number"),
        ("t;y\n#N/A;5\n0;1\n1;2\n2;3\n", "line 2", "must be a finite number"),
        ("1\n2\n#N/A\n3\n", "line 3 of .* is '#N/A'", "must be a finite number"),
        ("1 2\n#REF! 5\n3 4\n", "line 2", "must be a finite number"),
        *((f"0,1\n1,2\n{mark}3,4\n2,3\n", f"line 3 of .* is '{mark}3,4'", "a comment must not") for mark in "#!%"),
        ("0\t1\n1\t2\n// 3\t4\n2\t3\n", "line 3", "a comment must not have the form of a row"),
        ("1\n2\n!5\n3\n", "line 3", "a comment must not have the form of a row"),
    ],
)
def test_a_row_behind_the_mark_of_a_comment_is_not_passed_over(tmp_path, text, line, sentence):
    with pytest.raises(ValueError, match=line) as refusal:
        read_points(save(tmp_path, text))
    assert sentence in str(refusal.value)


def test_a_fault_of_a_spreadsheet_in_a_column_that_is_not_read_does_no_harm_to_its_row(tmp_path):
    assert read_points(save(tmp_path, "a,t,y\n0,1,2\n#N/A,3,4\n1,5,6\n"), "t,y").y.tolist() == [2, 4, 6]


@pytest.mark.parametrize(
    ("text", "x", "said"),
    [
        (pd.DataFrame([[0.5, 3.0], [1.5, 4.0], [2.0, 5.0]]).to_csv(index=False), [0.5, 1.5, 2.0], "not for a row"),
        (pd.DataFrame([[0.5, 3.0], [1.5, 4.0], [2.0, 5.0]]).to_csv(), [0.5, 1.5, 2.0], "not for a row"),
        (pd.DataFrame([[0, 3], [1, 4], [2, 5]]).to_csv(index=False), [0, 1, 2], "not for a row"),
        ("0,1\n0.1,0.9\n0.2,0.7\n0.3,0.5\n", [0, 0.1, 0.2, 0.3], "'0,1', was taken for a row"),
        ("0,1\n1,0.5\n1.5,0.1\n", [0, 1, 1.5], ""),
        ("0,1\n1,3\n2,5\n", [0, 1, 2], "'0,1', was taken for a row"),
        ("0.0,1.0\n0.25,3.0\n", [0, 0.25], ""),
    ],
)
def test_a_first_line_of_numbers_is_a_row_or_the_numbers_of_the_columns_and_that_is_said(tmp_path, text, x, said):
    points = read_points(save(tmp_path, text))
    assert points.x.tolist() == x
    assert said in " ".join(points.notes)
    assert bool(said) == ("taken for" in " ".join(points.notes).replace("x is the column", ""))


def test_a_column_under_a_zero_is_asked_about(tmp_path):
    with pytest.raises(ValueError, match=r"whether the first line of .*, '0', is a number or the name"):
        read_points(save(tmp_path, pd.Series([0.5, 0.25, 1.5]).to_csv(index=False)))


@pytest.mark.parametrize(
    ("head", "names", "said"),
    [
        (
            "Record Length,30\nSample Interval,0.1\ntime,v\n",
            "'time'",
            "2 lines went unread, the first is line 1: 'Record",
        ),
        ("Record Length,30\ntime,v\n(s),(V)\n", "'time'", "Line 3 was taken for units: '(s),(V)'"),
        ("Device, X1\nUser, Bob\ntime,voltage\ns,V\n", "'time'", "2 lines went unread, the first is line 1: 'Device"),
        ("User, Bob\ntime,voltage\n", "'time'", "Above the numbers a line went unread, line 1: 'User, Bob'"),
        ("Scope 7\ntime,voltage\n", "'time'", "Scope 7"),
        ("time,voltage\ns,mV\n", "'time'", "Line 2 was taken for units"),
    ],
)
def test_names_stand_right_above_the_numbers_and_what_is_passed_over_is_said(tmp_path, head, names, said):
    points = read_points(save(tmp_path, rows(head=head)))
    assert points.x.tolist() == X
    notes = " ".join(points.notes)
    assert f"x is the column {names}" in notes
    assert said in notes


def test_a_row_with_a_word_below_the_names_stays_a_fault(tmp_path):
    with pytest.raises(ValueError, match=r"line 2 of .* is 'four,1'"):
        read_points(save(tmp_path, "t,y\nfour,1\n2,3\n3,4\n4,5\n"))


def test_a_separator_of_two_letters_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"--sep is one letter.*got '::'"):
        read_points(save(tmp_path, "1::2\n"), separator="::")


def test_arrays_and_tables_are_read(tmp_path):
    table = np.column_stack([X, Y])
    np.save(tmp_path / "a.npy", table.astype(np.float32))
    np.savez(tmp_path / "b.npz", t=X, y=Y)
    np.savez(tmp_path / "c.npz", table)
    pd.DataFrame({"t": X, "y": Y}).to_parquet(tmp_path / "d.parquet")
    pd.DataFrame({"y": Y}, index=pd.Index(["a", "b", "c", "d"])).to_parquet(tmp_path / "e.parquet")
    np.save(tmp_path / "f.npy", np.array(Y))
    np.save(tmp_path / "g.npy", np.array(list(zip(X, Y, strict=True)), [("t", "f8"), ("y", "f4")]))
    for name in ("a.npy", "b.npz", "c.npz", "d.parquet", "g.npy"):
        points = read_points(str(tmp_path / name))
        assert (points.x.tolist(), points.y.tolist()) == (X, Y), name
    for name in ("e.parquet", "f.npy"):
        points = read_points(str(tmp_path / name))
        assert (points.x.tolist(), points.y.tolist()) == ([0, 1, 2, 3], Y), name
        assert any("x is the number of the row" in note for note in points.notes)


T, U = [0.5, 1.0, 2.5], [7.0, 8.0, 9.0]


@pytest.mark.parametrize(
    ("frame", "x", "said"),
    [
        (pd.DataFrame({"u": U}, index=pd.Index(T)), T, "x is the column '', y the column 'u'"),
        (pd.DataFrame({"u": U}, index=pd.Index(T, name="omega")), T, "x is the column 'omega'"),
        (pd.DataFrame({"u": U}, index=pd.Index(T, name="t")), T, "x is the column 't'"),
        (pd.DataFrame({"u": U, "t": T}), T, "x is the column 't'"),
        (
            pd.DataFrame({"t": T, "u": U}, index=pd.Index([3, 4, 5])),
            T,
            "The first column numbers the rows and was left",
        ),
        (
            pd.DataFrame({"t": T, "u": U}, index=list("abc")),
            T,
            "Its index, which has no name and holds no numbers, was",
        ),
        (pd.DataFrame({"t": T, "u": U}), T, "x is the column 't'"),
    ],
)
def test_an_index_of_pandas_is_the_first_column_of_a_parquet_as_it_is_of_a_csv(tmp_path, frame, x, said):
    frame.to_parquet(tmp_path / "a.parquet")
    frame.to_csv(tmp_path / "a.csv")
    points = read_points(str(tmp_path / "a.parquet"))
    assert (points.x.tolist(), points.y.tolist()) == (x, U)
    assert said in " ".join(points.notes)
    if frame.index.dtype.kind in "if" and len(frame.columns) == 1:
        assert read_points(str(tmp_path / "a.csv")).x.tolist() == x


def test_an_index_that_does_not_number_the_rows_is_not_left_out(tmp_path):
    pd.DataFrame({"t": T, "u": U}, index=[3, 1, 2]).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(ValueError, match=r"has 3 columns: 1 \(no name\), t, u.*--columns 1,t"):
        read_points(str(tmp_path / "a.parquet"))
    assert read_points(str(tmp_path / "a.parquet"), "t,u").y.tolist() == U


@pytest.mark.parametrize(("x", "y"), [("x", "y"), ("t", "u"), ("time", "voltage"), ("X", "Y")])
def test_x_goes_by_its_name_before_its_place(tmp_path, x, y):
    np.savez(tmp_path / "a.npz", **{y: U, x: T})
    (tmp_path / "a.csv").write_text(f"{y},{x}\n" + "".join(f"{u},{t}\n" for t, u in zip(T, U, strict=True)))
    for name in ("a.npz", "a.csv"):
        points = read_points(str(tmp_path / name))
        assert (points.x.tolist(), points.y.tolist()) == (T, U)
        assert f"x is the column '{x}', y the column '{y}'." in points.notes


def test_two_columns_of_one_name_are_told_in_a_parquet(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    importlib.import_module("pyarrow.parquet").write_table(
        pyarrow.table([T, U], names=["a", "a"]), tmp_path / "a.parquet"
    )
    with pytest.raises(ValueError, match="has 2 columns 'a'"):
        read_points(str(tmp_path / "a.parquet"))


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.array([{}, {}]), "must be unpickled|would have to be unpickled"),
        (np.zeros((2, 9)), r"has the shape \(2, 9\). Save its transpose"),
        (np.zeros((2, 3, 4)), r"has the shape \(2, 3, 4\)"),
        (np.array([1, 2j]), "is complex. Save its real and imaginary part"),
        (np.array([1, np.nan, 3]), "row 2 of .* is 'nan', the first of 1"),
        (np.array(["a", "b"]), "no column of numbers"),
        (np.zeros(0), r"the array in .* is empty"),
        (np.zeros((0, 2)), r"the array in .* is empty"),
        (np.zeros(3, [("t", "f8"), ("v", "f8", (2,))]), r"is a column \(n,\); .* has v \(3, 2\)"),
        (np.zeros((3, 2), [("t", "f8"), ("v", "f8")]), r"has t \(3, 2\), v \(3, 2\)"),
        (np.zeros((5, 3)), "has 3 columns: 1, 2, 3"),
    ],
)
def test_arrays_that_are_no_curve_are_refused(tmp_path, array, sentence):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(ValueError, match=sentence):
        read_points(str(tmp_path / "a.npy"))


@pytest.mark.parametrize("kind", ["uint8", "int16", "int32", "float32", "float64"])
def test_sound_of_any_sample_format_is_between_minus_one_and_one(tmp_path, kind):
    wave = 0.5 * np.sin(2 * np.pi * 5 * np.arange(200) / 100)
    if kind == "uint8":
        stored = np.round(wave * 128 + 128).astype(kind)
    elif kind.startswith("int"):
        stored = np.round(wave * -float(np.iinfo(kind).min)).astype(kind)
    else:
        stored = wave.astype(kind)
    wavfile.write(tmp_path / "a.wav", 100, stored)
    points = read_points(str(tmp_path / "a.wav"))
    np.testing.assert_allclose(points.x, np.arange(200) / 100)
    np.testing.assert_allclose(points.y, wave, atol=0.5 / 128 if kind == "uint8" else 2e-5)
    assert any("100 a second" in note for note in points.notes)


def test_sound_of_24_bits_is_read(tmp_path):
    samples = np.array([0, 1 << 22, -(1 << 23), (1 << 23) - 1], "<i4")
    data = b"".join(value.tobytes()[:3] for value in samples)
    head = b"RIFF" + (36 + len(data)).to_bytes(4, "little") + b"WAVEfmt \x10\0\0\0\x01\0\x01\0"
    head += (
        (8).to_bytes(4, "little") + (24).to_bytes(4, "little") + b"\x03\0\x18\0data" + len(data).to_bytes(4, "little")
    )
    points = read_points(save(tmp_path, head + data))
    np.testing.assert_allclose(points.y, [0, 0.5, -1, 1], atol=2e-7)
    assert "1 channel(s) of int24, taken value / 8,388,608." in " ".join(points.notes)


@pytest.mark.parametrize("big", [False, True])
def test_every_cut_of_a_sound_is_a_sentence(tmp_path, big):
    order = ">" if big else "<"
    head = struct.pack(f"{order}4sI8sIHHIIHH", b"RIFX" if big else b"RIFF", 436, b"WAVEfmt ", 16, 1, 1, 100, 200, 2, 16)
    content = head + struct.pack(f"{order}4sI", b"data", 400) + np.arange(200).astype(f"{order}i2").tobytes()
    save(tmp_path, content, "a.wav")
    assert len(read_points(str(tmp_path / "a.wav")).x) == 200
    for length in [*range(12, len(content), 7), len(content) - 1, len(content) - 2]:
        with pytest.raises(ValueError, match=r"a.wav") as refusal:
            read_points(save(tmp_path, content[:length], "a.wav"))
        assert length < 50 or "announces 400 bytes of samples and holds" in str(refusal.value)


def test_a_sound_that_was_written_into_a_pipe_is_read_to_its_end(tmp_path):
    wavfile.write(tmp_path / "a.wav", 100, np.arange(200, dtype=np.int16))
    content = (tmp_path / "a.wav").read_bytes()
    unknown = content[:4] + b"\xff\xff\xff\xff" + content[8:40] + b"\xff\xff\xff\xff" + content[44:]
    assert len(read_points(save(tmp_path, unknown, "a.wav")).x) == 200


def test_what_stands_behind_the_samples_of_a_sound_and_is_no_chunk_is_said(tmp_path):
    wavfile.write(tmp_path / "a.wav", 100, np.arange(200, dtype=np.int16))
    content = (tmp_path / "a.wav").read_bytes()
    chunk = b"LIST" + struct.pack("<I", 4) + b"INFO"
    assert "bytes behind" not in " ".join(read_points(save(tmp_path, content + chunk, "a.wav")).notes)
    short = content[:40] + struct.pack("<I", 100) + content[44:]
    assert "300 bytes behind them" in " ".join(read_points(save(tmp_path, short, "a.wav")).notes)


@pytest.mark.parametrize(
    ("place", "number"), [(22, b"\0\0"), (24, b"\0\0\0\0"), (12, b"data")], ids=["channels", "rate", "no format"]
)
def test_a_sound_with_a_wrong_header_is_a_sentence_of_what_to_do(tmp_path, place, number):
    wavfile.write(tmp_path / "a.wav", 100, np.arange(200, dtype=np.int16))
    content = (tmp_path / "a.wav").read_bytes()
    with pytest.raises(ValueError, match=r"a\.wav") as refusal:
        read_points(save(tmp_path, content[:place] + number + content[place + len(number) :], "a.wav"))
    assert "Error" not in str(refusal.value)
    assert str(refusal.value).endswith("PCM of 16 bits.")


def test_a_sound_without_samples_is_a_sentence(tmp_path):
    wavfile.write(tmp_path / "a.wav", 100, np.zeros(0, np.int16))
    with pytest.raises(ValueError, match=r"A sound has samples; the WAV file .* holds none"):
        read_points(str(tmp_path / "a.wav"))


def test_of_stereo_a_channel_is_chosen(tmp_path):
    wavfile.write(tmp_path / "a.wav", 10, np.array([[0.0, 1], [0.25, 2], [0.5, 3]], np.float32))
    with pytest.raises(ValueError, match=r"seconds, left, right. Name the two with --columns seconds,left"):
        read_points(str(tmp_path / "a.wav"))
    assert read_points(str(tmp_path / "a.wav"), "seconds,right").y.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (np.arange(50) / 50, np.sin(np.arange(50)), "50 samples; x from 0 to 0.98 in equal steps of 0.02"),
        (np.arange(50.0) ** 2, np.sin(np.arange(50)), "in steps of 1 to 97"),
        (1.6e9 + np.arange(50.0), np.sin(np.arange(50)), r"x reaches 1.6e\+09, far from one"),
        (np.arange(50) / 50, 1e-6 * np.sin(np.arange(50)), "y reaches 9.99e-07|y reaches 1e-06"),
        (np.arange(50) / 50, np.clip(2 * np.sin(np.arange(50)), -1, 1), "it may be clipped"),
    ],
)
def test_spacing_scale_and_clipping_are_said(tmp_path, x, y, said):
    np.savez(tmp_path / "a.npz", x=x, y=y)
    notes = " ".join(read_points(str(tmp_path / "a.npz")).notes)
    assert re.search(said, notes), notes


@pytest.mark.parametrize(
    "y",
    [np.sin(np.arange(50)), np.arange(50.0), np.round(2000 * np.sin(2 * np.pi * 5 * np.arange(400) / 80))],
    ids=["a sine", "a line", "a whole number of waves"],
)
def test_what_reaches_its_ends_for_one_sample_at_a_time_is_not_called_clipped(tmp_path, y):
    np.savez(tmp_path / "a.npz", x=np.arange(len(y)) / len(y), y=y)
    assert not any("clipped" in note for note in read_points(str(tmp_path / "a.npz")).notes)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_y_without_squares_is_refused_whatever_x_reaches(tmp_path, scale):
    with pytest.raises(ValueError, match=r"Numbers must .*Rescale them"):
        read_points(save(tmp_path, "".join(f"{x},{scale * x}\n" for x in range(1, 9)), "a.csv"))


def test_arrays_of_another_shape_beside_a_curve_are_said_to_be_left_out(tmp_path):
    np.savez(tmp_path / "a.npz", x=X, y=Y, rate=np.array(8.0), window=np.ones((2, 2)))
    assert "left out: rate, window" in read_points(str(tmp_path / "a.npz")).notes[0]


def test_a_path_that_exists_is_a_file_and_a_formula_is_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").write_text("1 2\n3 4\n")
    assert is_file("x")
    assert is_file("none.tsv")
    assert not is_file("sin(x)/2")
    assert not is_file("0.5*x")
    assert not is_file("")
    assert not is_file(" ")


def test_a_separator_of_what_is_no_text_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.column_stack([X, Y]))
    wavfile.write(tmp_path / "a.wav", 100, np.arange(20, dtype=np.int16))
    for name in ("a.npy", "a.wav"):
        with pytest.raises(
            ValueError, match=r"--sep is about the columns of a text file, and .* is none; leave it out"
        ):
            read_points(str(tmp_path / name), separator=";")


@pytest.mark.parametrize("setting", ["domain", "samples"])
def test_what_a_formula_takes_is_refused_with_a_file_and_changes_nothing_else(tmp_path, setting):
    path, value = save(tmp_path, rows()), {"domain": "0,1", "samples": 5}[setting]
    with pytest.raises(ValueError, match=f"are about a formula; .* Leave out {setting}"):
        override("target", PROBLEMS["target"], {"target": path, setting: value})
    # a preset has its own, which nobody has asked for here
    assert override("steps", PROBLEMS["steps"], {"target": path}).samples == 600
    assert override("target", PROBLEMS["target"], {"target": "sin(x)", setting: value})
    with pytest.raises(ValueError, match="cells are those of the generated cloud"):
        override("solid", PROBLEMS["solid"], {"points": cloud_file(tmp_path), "cells": 5})


def cloud_file(folder):
    numbers = np.random.default_rng(0).uniform(size=(70, 4))
    np.save(folder / "cloud.npy", numbers)
    return str(folder / "cloud.npy")


@pytest.mark.parametrize("y", [1e200, -1e308])
def test_numbers_whose_squares_overflow_are_told_without_a_warning(tmp_path, y):
    with pytest.raises(ValueError, match=r"must lie below 1e\+150, as their squares are summed; .* reaches"):
        read_points(save(tmp_path, f"t,y\n0,1\n1,{y}\n2,3\n"))
    with pytest.raises(ValueError, match=r"must lie below 1e\+150"):
        replace(PROBLEMS["target"], target="1e200*sin(x)").build(np.random.default_rng(0))
