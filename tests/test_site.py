"""The site is built without a warning, and says what the registries say."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from support.browser import chromium, complaints, faults, needs_browser, screen

from harness.commands import names
from harness.commands.docs.named_pages import named_pages
from harness.figures import FIGURES
from harness.questions import OBSERVERS
from problems import PROBLEMS
from problems.losses.regression import LOSSES
from problems.networks.activations import ACTIVATIONS
from problems.networks.embeddings import EMBEDDINGS
from problems.networks.families import FAMILIES
from problems.networks.inits import INITS
from problems.probes.by_name import PROBES

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
    assert all(f"| [`{name}`](problems.md#{name}) |" in made["registries.md"] for name in PROBLEMS)
    assert all(f"\n### {word}\n" in made["words.md"] for word in names())
    assert all(f"\n## {name}\n" in made["gallery.md"] for name in FIGURES)


def test_pictures_of_the_gallery_are_there(hooks):
    assert set(hooks.DRAWN) <= set(FIGURES)
    assert all((ROOT / "docs" / "figures" / name).is_file() for name in hooks.DRAWN.values())


def test_links_that_leave_the_docs_lead_to_the_site(hooks):
    text = "[a](../results/reference/x/runs.csv) [b](../README.md) [c](../results/reference/x) [d](watched.md)"
    assert hooks.within(text) == "[a](results/reference/x/runs.csv) [b](index.md) c [d](watched.md)"
    text = "[a](../atlas/tables-tuned/pairs.csv) [b](../atlas/tables/standing.csv)"
    assert hooks.within(text) == text.replace("../", "")
    assert hooks.rooted("![p](docs/figures/a.png) [t](docs/b.md)") == "![p](figures/a.png) [t](b.md)"


def test_files_that_are_named_as_code_lead_to_their_pages_and_pictures_to_themselves(hooks):
    text = "`docs/theory.md`, `results/README.md`, `docs/optimizers/direct.md`, `docs/a.ipynb`"
    lead = "[`docs/theory.md`](theory.md), [`results/README.md`](tables.md), "
    assert hooks.linked(text, "a.md") == lead + "[`docs/optimizers/direct.md`](optimizers/direct.md), `docs/a.ipynb`"
    assert hooks.linked("`docs/theory.md`", "optimizers/direct.md") == "[`docs/theory.md`](../theory.md)"
    assert hooks.linked("[`docs/theory.md`](x.md)", "a.md") == "[`docs/theory.md`](x.md)"
    assert hooks.zoomed("![a picture](figures/a.png)") == "[![a picture](figures/a.png)](figures/a.png)"


def test_pages_name_pages_from_the_root_so_that_they_lead_there():
    docs = ROOT / "docs"
    named = {page.name: re.findall(r"(?<!\[)`([\w-]+\.md)`", page.read_text()) for page in docs.glob("*.md")}
    assert [(page, name) for page, names in named.items() for name in names if (docs / name).is_file()] == []


@pytest.mark.parametrize(
    ("page", "registry"),
    [
        ("problems", PROBLEMS),
        ("activations", ACTIVATIONS),
        ("inits", INITS),
        ("losses", LOSSES),
        ("embeddings", EMBEDDINGS),
        ("networks", FAMILIES),
        ("probes", PROBES),
        ("observers", OBSERVERS),
    ],
)
def test_every_name_of_a_registry_has_a_section_that_says_how_it_is_said(page, registry):
    text = named_pages()[f"{page}.md"]
    for name in registry:
        section = text[text.index(f"## {name}\n") :].partition("\n## ")[0]
        (said,) = (line for line in section.splitlines() if line.startswith("    "))
        assert name in said


def built(root, folder):
    """How the command of `make docs` ended in a folder with a `mkdocs.yml`."""
    (said,) = re.findall(r"^\t\$\(BIN\)/python (-m mkdocs .*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    words = [sys.executable, *said.split(), "-d", str(folder)]
    without_advert = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(words, cwd=root, env=without_advert, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site, built once; a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    ended = built(ROOT, folder)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return folder


@pytest.mark.parametrize(("text", "code"), [("[a page](index.md)", 0), ("[a page](nowhere.md)", 1)])
def test_a_link_that_leads_nowhere_ends_the_build_of_the_site(text, code, tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(text)
    (tmp_path / "mkdocs.yml").write_text("site_name: a site\nstrict: true\n")
    ended = built(tmp_path, tmp_path / "site")
    assert ended.returncode == code, ended.stderr
    assert ("nowhere.md" in ended.stderr) == bool(code)


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_asks_nothing_of_the_network(site):
    index = json.loads((site / "search" / "search_index.json").read_text())
    found = {
        entry["location"].partition("#")[0] for entry in index["docs"] if "Powell" in entry["title"] + entry["text"]
    }
    assert {"optimizers/direct.html", "index.html"} <= found
    assert "Run the comparison" in (site / "python.html").read_text()
    assert not list(site.rglob("*hooks*"))
    pages = [path.read_text() for path in site.rglob("*.html")]
    assert [page for page in pages if "fonts.googleapis" in page] == []


@contextmanager
def served(folder):
    """The address of a folder on this machine: from a file, scripts may not read the index of the search."""
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


LOOKED_AT = (
    "index.html",
    "tutorial-own-optimizer.html",
    "optimizers/direct.html",
    "gallery.html",
    "atlas.html",
    "claims.html",
    "statistics.html",
    "problems.html",
)
DESK, PHONE = 1280, 390


@pytest.mark.slow
@needs_browser
def test_readers_find_powell_and_no_page_has_a_fault_dark_or_light_on_a_desk_or_a_phone(site):
    with served(site) as address, chromium() as browser:
        screen(browser, DESK)
        browser.get(f"{address}/index.html")
        box = browser.find_element(By.CSS_SELECTOR, "input.md-search__input")
        box.click()
        box.send_keys("Powell")
        found = "return [...document.querySelectorAll('.md-search-result__link')].map((one) => one.href).join()"
        WebDriverWait(browser, 60).until(lambda one: "optimizers/direct.html" in one.execute_script(found))
        for place, page in enumerate(LOOKED_AT):
            width, scheme = (DESK, PHONE)[place % 2], ("light", "dark")[place // 2 % 2]
            screen(browser, width, scheme)
            browser.get(f"{address}/{page}")
            dark = browser.execute_script("return document.body.dataset.mdColorScheme") == "slate"
            assert dark == (scheme == "dark"), page
            assert browser.execute_script("return document.documentElement.scrollWidth") == width, page
            assert faults(browser) == [], page
        assert complaints(browser) == []
