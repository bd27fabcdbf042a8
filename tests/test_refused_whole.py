"""A command that is refused leaves a study as it was, and says where the paths of its data hold."""

import pytest

from harness.cli import main
from harness.study.making import compare
from harness.study.store import STUDY, Store

TERMS = ["--optimizers", "gd", "--seeds", "1", "--budget", "20", "--out", "../study"]


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """A study of a relative path, and a folder beside the one where it was begun, in which we stand."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    (first / "a.csv").write_text("x,y\n" + "".join(f"{i},{(i % 8) ** 2}\n" for i in range(32)))
    monkeypatch.chdir(first)
    assert main(["compare", "--target", "a.csv", *TERMS]) == 0
    monkeypatch.chdir(second)
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


@pytest.mark.parametrize("word", ["resume", "verify"])
def test_words_on_a_study_say_where_its_paths_hold(begun, word, capsys):
    capsys.readouterr()
    assert main([word, str(begun)]) == 2
    assert "the folder where the study was begun" in capsys.readouterr().err
