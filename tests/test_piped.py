"""Tables that go into a pipe or a file are wide enough to keep every digit."""

import pytest

from harness import cli
from harness.commands.console import printing


def test_a_run_cuts_no_number_where_no_terminal_says_how_wide_it_is(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    words = ["run", "--problem", "image", "--optimizer", "gd", "--network", "2-4-1", "--budget", "12"]
    assert cli.main([*words, "--out", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "error of psnr" in told
    assert "…" not in told


@pytest.mark.parametrize("columns", ["200", "90"])
def test_columns_says_how_wide(columns: str, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert printing().width == int(columns)
