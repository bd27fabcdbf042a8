"""The pages about the optimizers are those that the registry makes."""

from pathlib import Path

import pytest

from harness.cli import main
from harness.commands.docs.optimizer_pages import pages
from harness.run.spec import settings_of
from optimizers import OPTIMIZERS

FOLDER = Path(__file__).parents[1] / "docs" / "optimizers"


def test_the_committed_pages_are_current():
    committed = {path.name: path.read_text() for path in FOLDER.glob("*.md")}
    assert committed == pages(OPTIMIZERS), "run: python -m harness docs optimizers"


def test_the_command_writes_the_pages(tmp_path):
    assert main(["docs", "optimizers", "--out", str(tmp_path / "new")]) == 0
    assert {path.name: path.read_text() for path in (tmp_path / "new").iterdir()} == pages(OPTIMIZERS)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_has_its_section_with_every_setting(name):
    method = OPTIMIZERS[name]
    page = pages(OPTIMIZERS)[f"{method.family}.md"]
    section = page[page.index(f"## {name}\n") :].partition("\n## ")[0]
    assert method.source in section
    assert f"- expected: {method.expected}" in section
    assert all(f"| `{setting}` |" in section for setting in settings_of(method))
