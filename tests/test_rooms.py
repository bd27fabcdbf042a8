"""The house keeps its measures: rooms and modules of a size that a reader can hold, and pages that name them all."""

import ast
import re
import statistics
from pathlib import Path

import pytest

from harness.commands.docs.rooms_page import TOPS, rooms, rooms_page

ROOT = Path(__file__).parents[1]
FOLDERS = list(rooms(ROOT))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MODULES = [path for top in TOPS for path in sorted((ROOT / top).rglob("*.py"))]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
MOST_MODULES, MOST_LINES, MEDIAN = 14, 250, 100


def lines_of(path: Path) -> int:
    return len(path.read_text().splitlines())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_holds_no_more_than_a_reader_can(folder):
    assert len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) <= MOST_MODULES


def test_no_module_is_long():
    assert {str(path.relative_to(ROOT)): lines_of(path) for path in MODULES if lines_of(path) > MOST_LINES} == {}


def test_most_modules_are_a_page():
    assert statistics.median(lines_of(path) for path in MODULES if path.name != "__init__.py") <= MEDIAN


def test_every_module_says_why_it_exists():
    assert [str(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_the_page_of_rooms_is_that_of_the_tree():
    assert (ROOT / "docs" / "rooms.md").read_text() == rooms_page(ROOT)


def test_every_room_stands_in_the_architecture():
    words = [path for path in FOLDERS if path.parent.name == "commands"]  # a word of the command line each
    missing = [f"{path.relative_to(ROOT).as_posix()}/" for path in FOLDERS if path not in words]
    assert [room for room in missing if room not in ARCHITECTURE] == []


def test_the_architecture_names_nothing_that_is_gone():
    named = set(re.findall(r"`((?:harness|optimizers|problems|docs|tests|benchmarks)/[\w/.-]*)`", ARCHITECTURE))
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_no_test_is_imported_by_another():
    # in the text, as the code of other processes stands in strings
    lines = {path.name: re.findall(r"^ *(?:from|import) test_\w+", path.read_text(), re.MULTILINE) for path in TESTS}
    assert {name: found for name, found in lines.items() if found} == {}
