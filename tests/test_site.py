"""The site is built without a warning, and says what the registries say."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.commands import names
from harness.figures import FIGURES
from problems import PROBLEMS

pytest.importorskip("mkdocs", reason="the site needs mkdocs-material and mkdocstrings, of the extra 'dev'")
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def hooks():
    spec = importlib.util.spec_from_file_location("site_hooks", ROOT / "docs" / "site" / "hooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_everything_that_can_be_named_has_its_place(hooks):
    made = hooks.pages()
    assert all(f"| `{name}` |" in made["registries.md"] for name in PROBLEMS)
    assert all(f"\n### {word}\n" in made["words.md"] for word in names())
    assert all(f"\n## {name}\n" in made["gallery.md"] for name in FIGURES)


def test_pictures_of_the_gallery_are_there(hooks):
    assert set(hooks.DRAWN) <= set(FIGURES)
    assert all((ROOT / "docs" / "figures" / name).is_file() for name in hooks.DRAWN.values())


def test_links_that_leave_the_docs_lead_to_the_site(hooks):
    text = "[a](../results/reference/x/runs.csv) [b](../README.md) [c](../results/reference/x) [d](watched.md)"
    assert hooks.within(text) == "[a](results/reference/x/runs.csv) [b](index.md) c [d](watched.md)"
    assert hooks.rooted("![p](docs/figures/a.png) [t](docs/b.md)") == "![p](figures/a.png) [t](b.md)"


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_search_finds_a_method(tmp_path):
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(tmp_path)]
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    ended = subprocess.run(words, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    index = json.loads((tmp_path / "search" / "search_index.json").read_text())
    found = {
        entry["location"].partition("#")[0] for entry in index["docs"] if "Powell" in entry["title"] + entry["text"]
    }
    assert {"optimizers/direct.html", "index.html"} <= found
    assert "Run the comparison" in (tmp_path / "python.html").read_text()
    assert not list(tmp_path.rglob("*hooks*"))
    pages = [path.read_text() for path in tmp_path.rglob("*.html")]
    assert [page for page in pages if "fonts.googleapis" in page] == []
