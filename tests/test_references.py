"""Every short citation in code and pages is explained on the page of references, which is made from the BibTeX file."""

import re
from pathlib import Path

import pytest

from harness.commands.docs.references_page import read_bibtex, references_page

ROOT = Path(__file__).parents[1]
BIBTEX = (ROOT / "docs" / "references.bib").read_text()
NAME = r"[A-Z][\w-]+"
CITATION = re.compile(rf"\b({NAME}(?: and {NAME}| et al\.|(?:, {NAME})+)?),? ((?:1[89]|20)\d\d)\b")
TAG = re.compile(r"\((?:[^()]*[ ,;])?(SHED|TRAIN|OVER|MA21|THEORY|LFP|RAH|BASRI|TANCIK)\b")
NO_NAMES = {"Copyright", "In", "Since", "Figure", "Of", "Xiv"}
"""Words that stand before a number of four digits without naming anybody."""


def sources() -> list[Path]:
    own = [path for top in ("harness", "optimizers", "problems") for path in (ROOT / top).rglob("*.py")]
    return own + [
        path for path in (ROOT / "docs").rglob("*.md") if path.name not in ("references.md", "performance.md")
    ]


def citations(text: str) -> set[str]:
    joined = " ".join(text.split())
    named = {f"{names} {year}" for names, year in CITATION.findall(joined) if names not in NO_NAMES}
    return named | set(TAG.findall(joined))


@pytest.fixture(scope="module")
def shorthands() -> set[str]:
    return {entry["shorthand"] for entry in read_bibtex(BIBTEX)}


def test_every_citation_is_explained(shorthands):
    unknown = {
        (str(path.relative_to(ROOT)), cited)
        for path in sources()
        for cited in citations(path.read_text())
        if not any(f" {cited}".endswith(f" {known}") or known.endswith(f" {cited}") for known in shorthands)
    }
    assert unknown == set()


def test_keys_and_shorthands_are_unique():
    entries = read_bibtex(BIBTEX)
    assert len({entry["key"] for entry in entries}) == len({entry["shorthand"] for entry in entries}) == len(entries)
    assert len(entries) == BIBTEX.count("\n@") + BIBTEX.startswith("@")


def test_the_page_is_made_from_the_file():
    assert (ROOT / "docs" / "references.md").read_text() == references_page(BIBTEX)


def test_accents_and_dashes_become_characters():
    people = "{\\'E}t{\\\"u}, J{\\k{e}}d and Else, Some"
    text = f"@article{{a,\n shorthand = {{A 1}}, author = {{{people}}}, title = {{A -- B}}, year = {{1}}\n}}\n"
    assert "J\u0119d Ét\u00fc, Some Else, *A – B*, 1." in references_page(text)


def test_an_entry_without_a_year_is_refused():
    with pytest.raises(ValueError, match="'a' lacks year"):
        read_bibtex("@misc{a,\n shorthand = {A}, title = {B}\n}\n")
