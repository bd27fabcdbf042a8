"""The pages that begin with what a reader has: their files are made and their commands run, as printed."""

import re
import shlex
import textwrap
from pathlib import Path

import pandas as pd
import pytest

from harness import load
from harness.cli import main
from harness.commands.parser import parser_of
from harness.study.file.part import KEYS
from harness.study.file.study_file import read_study

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# file: (\S+)\n")


@pytest.mark.slow
@pytest.mark.parametrize("page", ["howto-own-data.md", "howto-own-model.md", "howto-own-problem.md", "howto-tables.md"])
def test_every_command_of_the_page_ends_well(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    ran = 0
    for language, code in BLOCK.findall((DOCS / page).read_text()):
        if name := NAMED.match(code):
            Path(name[1]).write_text(code)
        elif language == "python":
            exec(compile(code, page, "exec"), {})
        for line in code.splitlines() if language == "sh" else ():
            words = shlex.split(line.removeprefix("python -m harness "))
            here = ["--jobs", "1"] if words[0] == "compare" else []
            assert main([*words, *here]) == 0, capsys.readouterr().err
            ran += 1
    assert ran >= 3
    if page == "howto-own-data.md":
        (folder,) = Path("results").glob("image-*")
        said = (folder / "understood.txt").read_text().splitlines()[:4]
        assert [line for line in said if f"\n    {line}\n" not in (DOCS / page).read_text()] == []


SAID = re.compile(r"^(?: {4})?python -m harness (.*)$", re.MULTILINE)
PAGES = [DOCS.parent / "README.md", DOCS.parent / "atlas" / "README.md", *sorted(DOCS.glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_command_that_a_page_prints_is_understood(page):
    for line in SAID.findall(page.read_text().replace("\\\n", " ")):
        word, *given = shlex.split(line, comments=True)
        parser_of(word).understand(given)


INDENTED = re.compile(r"(?:^    .*\n|^\n(?=    ))+", re.MULTILINE)


@pytest.mark.slow
def test_the_study_of_the_page_is_read_refused_grown_and_merged_as_it_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = [textwrap.dedent(block).strip() for block in INDENTED.findall((DOCS / "howto-studies.md").read_text())]
    (study,) = (block for block in blocks if block.startswith("name = "))
    Path("STUDY.toml").write_text(study)
    assert main(["plan", "STUDY.toml"]) == 2
    line = 1 + next(place for place, text in enumerate(study.splitlines()) if "settings_are" in text)
    assert f"line {line}" in capsys.readouterr().err
    whole = study[: study.index("settings_are")]
    Path("STUDY.toml").write_text(whole)
    assert len(read_study("STUDY.toml").plan.specs) == 600
    # the same, small enough to be made
    small = (
        whole.replace("[30000, 100000]", "30")
        .replace('"0..9"', '"0..1"')
        .replace('["tanh", "relu", "sin(10)"]', '"relu"')
    )
    Path("STUDY.toml").write_text(small.replace("[0.001, 0.003, 0.01]", "0.001"))
    for block in blocks:
        for words in (shlex.split(each, comments=True) for each in block.splitlines() if each.startswith("python -m")):
            if words[3] in ("plan", "sweep") and "--dask" not in words:
                assert main([*words[3:], "--jobs", "1"]) == 0, capsys.readouterr().err
    assert len(load("results/activations").runs) == 2 * 3 * 7
    assert main(["merge", "results/activations", "--out", "results/both"]) == 0
    assert len(load("results/both").runs) == 42
    words = re.findall(r"^\| `(\w+)[ `]", (DOCS / "howto-studies.md").read_text(), re.MULTILINE)
    assert {"status", "resume", "retry", "clean", "compact", "verify", "export", "publish"} <= {*words}
    for word in ("status", "resume", "retry", "clean", "compact", "verify", "publish"):
        assert main([word, "results/activations", *(["--jobs", "1"] if word in ("resume", "retry") else [])]) == 0


@pytest.mark.slow
def test_the_page_of_studies_exports_in_each_form_and_runs_on_a_cluster_as_it_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    page = (DOCS / "howto-studies.md").read_text()
    Path("STUDY.toml").write_text(
        'name = "tried"\nproblems = "control-flat"\noptimizers = "gd"\nbudget = 20\nseeds = 2\n'
    )
    (line,) = re.findall(r"^    python -m harness (sweep STUDY.toml --dask local --jobs 4)", page, re.MULTILINE)
    assert main(line.replace("--jobs 4", "--jobs 1").split()) == 0, capsys.readouterr().err
    assert load("results/tried").runs["status"].tolist() == ["budget", "budget"]
    (forms,) = re.findall(r"^\| `export (\S+) --from DIR` \|", page, re.MULTILINE)
    made = {form: Path(f"out-{form}") for form in forms.split("\\|")}
    assert set(made) == {"csv", "parquet", "duckdb", "ioh"}
    for form, folder in made.items():
        words = ["export", form, "--from", "results/tried", "--out", str(folder)]
        assert main(words) == 0, capsys.readouterr().err
    assert len(pd.read_csv(made["csv"] / "runs.csv")) == len(pd.read_parquet(made["parquet"] / "runs.parquet")) == 2
    assert list(made["duckdb"].rglob("*.duckdb"))
    assert list(made["ioh"].rglob("*.json"))


def test_the_page_of_studies_has_every_key_of_a_part():
    page = (DOCS / "howto-studies.md").read_text()
    listed = {
        key for row in re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", page, re.MULTILINE) for key in re.findall(r"\w+", row)
    }
    assert set(KEYS) <= listed
