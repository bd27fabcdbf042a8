"""The page that says what stands where: every module of the three packages, with the first line of its docstring."""

import ast
from collections.abc import Iterator
from pathlib import Path

TOPS = ("harness", "optimizers", "problems")
HEADER = "<!-- Made by `python -m harness docs rooms` from the docstrings; change those, not this page. -->"
INTRODUCTION = "What stands where. [Architecture](architecture.md) says why, and which way the arrows point."


def rooms_page(root: Path) -> str:
    """A heading for each folder of code below `root`, with its purpose, and a line for each module."""
    return "\n".join(
        [HEADER, "# Rooms", "", INTRODUCTION, *(line for room in rooms(root) for line in _room(root, room)), ""]
    )


def rooms(root: Path) -> Iterator[Path]:
    """The folders of code, each before those inside it."""
    for top in TOPS:
        yield from sorted(path.parent for path in (root / top).rglob("__init__.py"))


def _room(root: Path, folder: Path) -> list[str]:
    modules = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
    lines = [f"- `{path.stem}`: {_purpose(path)}" for path in modules]
    return [
        "",
        f"## {folder.relative_to(root).as_posix()}/",
        "",
        _purpose(folder / "__init__.py"),
        *([""] if lines else []),
        *lines,
    ]


def _purpose(path: Path) -> str:
    """The first paragraph of the module's docstring, on one line."""
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    return " ".join(docstring.partition("\n\n")[0].split())
