"""A command that is refused leaves a study as it was, and says where the paths of its data hold."""

import json
import os
import shutil
from contextlib import chdir
from pathlib import Path

import pytest

from harness.cli import main
from harness.study.making import compare
from harness.study.store import STUDY, Store

TERMS = ["--optimizers", "gd", "--seeds", "1", "--budget", "20", "--out", "../study"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A study of a relative path, and a folder beside the one where it was begun; not to be changed."""
    folder = tmp_path_factory.mktemp("made")
    first, second = folder / "first", folder / "second"
    first.mkdir()
    second.mkdir()
    (first / "a.csv").write_text("x,y\n" + "".join(f"{i},{(i % 8) ** 2}\n" for i in range(32)))
    with chdir(first):
        assert main(["compare", "--target", "a.csv", *TERMS]) == 0
    return folder


@pytest.fixture
def begun(made, tmp_path, monkeypatch):
    """A copy of that study; we stand in the other folder."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path / "second")
    return tmp_path / "study"


def test_a_refused_comparison_enters_no_run(begun, capsys):
    before = (begun / STUDY).read_text(), (begun / "STUDY.toml").read_text()
    capsys.readouterr()
    assert main(["compare", "--target", "../first/a.csv", *TERMS]) == 2
    said = capsys.readouterr().err
    assert "No such file" in said
    assert "the folder where the study was begun" in said
    assert ((begun / STUDY).read_text(), (begun / "STUDY.toml").read_text()) == before
    assert main(["status", str(begun)]) == 0


def test_from_python_neither(begun):
    before = (begun / STUDY).read_text()
    settings = {"problem": {"target": "../first/a.csv"}}
    with pytest.raises(ValueError, match="where the study was begun"):
        compare("target", ["gd"], 1, budget=20, settings=settings, out=begun)
    assert (begun / STUDY).read_text() == before
    assert len(Store(begun).roll()["runs"]) == 1


@pytest.mark.parametrize("word", ["resume", "verify", "retry"])
@pytest.mark.parametrize("gone", ["data", "folder"])
def test_words_on_a_study_find_its_data_where_it_was_begun_or_say_so(begun, word, gone, capsys):
    here = Path.cwd()
    assert main([word, os.path.relpath(begun)]) == 0
    assert Path.cwd() == here
    assert list(here.iterdir()) == []
    capsys.readouterr()
    first = begun.parent / "first"
    (first / "a.csv").unlink()
    if gone == "folder":
        first.rmdir()
    assert main([word, str(begun)]) == 2
    assert "the folder where the study was begun" in capsys.readouterr().err


def test_where_a_study_was_begun_is_told_by_a_path_that_moves_with_it(begun):
    assert json.loads((begun / STUDY).read_text())["begun"] == "../first"
