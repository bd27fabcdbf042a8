"""`--data FILE --columns inputs:targets`: samples of any dimension from any file of columns."""

import numpy as np
import pandas as pd
import pytest
import torch

from harness.cli import main
from harness.run.spec import override
from harness.watch.arrays import as_numbers
from problems import PROBLEMS
from problems.own_data import load_samples
from problems.readers.samples import read_samples

X = np.random.default_rng(0).uniform(-1, 1, (60, 4))
FRAME = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2], "u": X[:, 0] * X[:, 1], "v": X[:, 2] ** 2})


def written(folder, kind):
    path = folder / f"mine.{kind}"
    if kind == "csv":
        FRAME.to_csv(path, index=False)
    elif kind == "tsv":
        FRAME.to_csv(path, sep="\t", index=False)
    elif kind == "txt":
        FRAME.to_csv(path, sep=";", decimal=",", index=False)
    elif kind == "parquet":
        FRAME.to_parquet(path)
    else:
        np.savez(path, **{name: FRAME[name].to_numpy() for name in FRAME})
    return str(path)


@pytest.mark.parametrize("kind", ["csv", "tsv", "txt", "parquet", "npz"])
@pytest.mark.parametrize(
    ("columns", "inputs", "targets"),
    [
        ("a:u", ["a"], ["u"]),
        ("a,b:u", ["a", "b"], ["u"]),
        (" c , a , b : v , u ", ["c", "a", "b"], ["v", "u"]),
        ("a,b,c,u,v", ["a", "b", "c", "u"], ["v"]),
    ],
)
def test_columns_of_any_file_are_inputs_and_targets(tmp_path, kind, columns, inputs, targets):
    found = load_samples(written(tmp_path, kind), columns)
    np.testing.assert_allclose(found.inputs, FRAME[inputs])
    np.testing.assert_allclose(found.targets, FRAME[targets])
    assert f"inputs are {', '.join(inputs)}, and what is learned is {', '.join(targets)}." in " ".join(found.notes)


def test_columns_without_names_go_by_number(tmp_path):
    np.save(tmp_path / "mine.npy", X)
    found = load_samples(str(tmp_path / "mine.npy"), "1,2,3:4")
    np.testing.assert_array_equal(found.targets, X[:, 3:])


def test_an_array_of_an_npz_is_all_its_columns_and_each_of_them(tmp_path):
    labels = np.arange(60) % 3
    np.savez(tmp_path / "mine.npz", seen=X, kind=labels, time=np.arange(60.0))
    whole = load_samples(str(tmp_path / "mine.npz"), "time,seen:kind")
    np.testing.assert_allclose(whole.inputs[:, 1:], X)
    assert whole.classes
    np.testing.assert_array_equal(whole.targets.argmax(axis=1), labels)
    np.testing.assert_allclose(load_samples(str(tmp_path / "mine.npz"), "seen1,seen2:seen4").targets, X[:, 3:])


def test_whole_numbers_in_text_are_values_and_that_is_said(tmp_path):
    (tmp_path / "mine.csv").write_text("a,b,k\n" + "".join(f"{i / 9:.3f},{i % 7},{i % 3}\n" for i in range(30)))
    found = load_samples(str(tmp_path / "mine.csv"), "a,b:k")
    assert not found.classes
    assert "classes are whole numbers in an .npz" in found.notes[-1]


def test_what_of_a_file_is_left_out_or_taken_for_values_is_said(tmp_path):
    np.savez(tmp_path / "mine.npz", inputs=X, targets=np.arange(60), test_inputs=X, names=np.arange(3))
    first, *others = load_samples(str(tmp_path / "mine.npz")).notes
    assert first.endswith("gave the arrays inputs and targets; its others were left out: test_inputs, names.")
    assert "Targets are whole numbers, 60 different ones: too many for classes, so values." in others


def test_samples_that_contradict_each_other_are_told(tmp_path):
    twice, targets = np.vstack([X, X[7:8], X[3:4]]), np.r_[X[:, 0], X[7, 0], 9.0]
    np.savez(tmp_path / "mine.npz", inputs=twice, targets=targets)
    *_, last = load_samples(str(tmp_path / "mine.npz")).notes
    assert last.startswith(
        "1 of the samples have the inputs of another and not its targets, such as those number 3 and 61"
    )
    np.savez(tmp_path / "mine.npz", inputs=twice[:-1], targets=targets[:-1])
    assert not any("inputs of another" in note for note in load_samples(str(tmp_path / "mine.npz")).notes)
    # zero has two signs, and is one number
    assert "those number 0 and 1 " in read_samples([[0.0, 1], [-0.0, 1], [2, 1]], [0.5, 1.5, 2.5]).notes[-1]


@pytest.mark.parametrize(
    ("kind", "columns", "sentence"),
    [
        ("csv", "", "names inputs and, after a colon, targets, such as a,b:u.*has: a, b, c, u, v"),
        ("csv", "a", "each once; got 'a'"),
        ("csv", "a:", "each once; got 'a:'"),
        ("csv", "a:a", "each once; got 'a:a'"),
        ("csv", "a,bb:u", "has no column 'bb'. Did you mean 'b'"),
        ("npz", "a,bb:u", "Unknown column 'bb'"),
        ("npz", "", "Name others with --columns INPUTS:TARGETS"),
        ("parquet", "a,b:w", "has no column 'w'"),
    ],
)
def test_what_is_not_clear_is_asked_for(tmp_path, kind, columns, sentence):
    with pytest.raises(ValueError, match=sentence):
        load_samples(written(tmp_path, kind), columns)


def test_columns_of_no_file_are_refused():
    with pytest.raises(ValueError, match="name it with --data FILE"):
        override("data", PROBLEMS["data"], {"columns": "a:b"}).build(np.random.default_rng(0))


def test_the_command_takes_them_and_other_columns_are_another_study(tmp_path, capsys):
    path = written(tmp_path, "csv")
    words = ["--budget", "60", "--optimizers", "gd", "--seeds", "1"]
    for columns in ("a,b:u", "a,b,c:u,v"):
        assert main(["plan", "--data", path, "--columns", columns, *words]) == 0, capsys.readouterr().err
        said = capsys.readouterr()
        widths = f"{len(columns.split(':')[0].split(','))}-40-40-{len(columns.split(':')[1].split(','))}"
        assert widths in said.out + said.err


LINE = torch.arange(8) / 8
WAVE = torch.tensor([0.0, 0.5, 1.0, 0.5, 0.0, -0.5, -1.0, -0.5])


@pytest.mark.parametrize(
    "given",
    [
        WAVE.bfloat16(),
        WAVE.half().requires_grad_(),
        WAVE.to(torch.float8_e5m2),
        WAVE.double(),
        WAVE.to_sparse(),
        (WAVE * 2).short(),
        WAVE > 0,
        torch.conj(WAVE.to(torch.complex64)),
    ],
    ids=lambda given: f"{given.dtype} {given.layout}",
)
def test_tensors_of_any_type_are_taken_exactly(given):
    real = given.resolve_conj().real if given.is_complex() else given
    samples = read_samples(LINE, given)
    assert samples.targets[:, 0].tolist() == real.detach().to_dense().double().tolist()
    if not given.is_complex():
        assert read_samples(given, LINE).inputs[:, 0].tolist() == samples.targets[:, 0].tolist()
        assert as_numbers("targets", given).astype(float).tolist() == samples.targets[:, 0].tolist()


@pytest.mark.parametrize("kind", [np.int64, np.uint64])
def test_whole_numbers_that_doubles_lack_are_refused_and_others_taken(tmp_path, kind):
    large = (np.arange(8) + 2**60).astype(kind)
    for given in ((LINE, large), (large, LINE)):
        with pytest.raises(ValueError, match=r"beyond 9,007,199,254,740,992 .* Subtract the first of them"):
            read_samples(*given)
    np.save(tmp_path / "a.npy", np.column_stack([large, large]))
    with pytest.raises(ValueError, match=r"a.npy', column '1', reach 1,152,921,504,606,846,983"):
        load_samples(str(tmp_path / "a.npy"), "1:2")
    last = np.full(8, np.iinfo(kind).max)
    with pytest.raises(ValueError, match=f"{np.iinfo(kind).max:,}"):
        read_samples(LINE, last)
    even = (np.arange(8) + 2**50).astype(kind) * kind(1024)
    assert read_samples(LINE, even).targets[:, 0].tolist() == even.tolist()


def test_an_archive_of_other_things_than_arrays_is_a_sentence(tmp_path):
    torch.save({"x": WAVE}, tmp_path / "a.pt")
    for columns in ("", "x:y"):
        with pytest.raises(ValueError, match=r"a.pt' must be an .npz .* another archive.* Save its arrays with numpy"):
            load_samples(str(tmp_path / "a.pt"), columns)


def test_each_column_must_have_squares_not_the_largest_alone(tmp_path):
    FRAME.assign(u=1e-200 * FRAME["u"]).to_csv(tmp_path / "tiny.csv", index=False)
    for columns in ("a,b:u", "u,b:a"):
        with pytest.raises(ValueError, match=r"must reach 1e-150.*reaches [\d.]+e-201"):
            load_samples(str(tmp_path / "tiny.csv"), columns)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (WAVE.to(torch.complex64), "must be real numbers"),
        (torch.empty(8, device="meta"), "must be an array of numbers; got Tensor: Cannot copy out of meta"),
        (WAVE.numpy().astype(object), "must be .*; got (type )?object"),
    ],
    ids=["complex", "meta", "object"],
)
def test_what_is_no_real_numbers_is_refused_as_inputs_in_a_sentence(given, said):
    for read in (lambda: read_samples(given, LINE), lambda: as_numbers("inputs", given)):
        with pytest.raises(ValueError, match=said):
            read()
