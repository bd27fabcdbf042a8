"""The pages that begin with what a reader has: their files are made and their commands run, as printed."""

import re
import shlex
from pathlib import Path

import pytest

from harness.cli import main

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# file: (\S+)\n")


@pytest.mark.slow
@pytest.mark.parametrize("page", ["howto-own-data.md", "howto-own-model.md"])
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
            assert main([*words, "--jobs", "1"]) == 0, capsys.readouterr().err
            ran += 1
    assert ran >= 3
    if page == "howto-own-data.md":
        (folder,) = Path("results").glob("image-*")
        said = (folder / "understood.txt").read_text().splitlines()[:4]
        assert [line for line in said if f"\n    {line}\n" not in (DOCS / page).read_text()] == []
