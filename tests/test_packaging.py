"""What is installed is what is here: the lists written by hand (packages, pins, requirements) forget nothing."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
OWN = {pattern.removesuffix("*") for pattern in PYPROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
SOURCES = [path for top in sorted(OWN) for path in (ROOT / top).rglob("*.py")]


def canonical(requirement: str) -> str:
    name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements() -> set[str]:
    project = PYPROJECT["project"]
    named = {
        canonical(line)
        for group in (project["dependencies"], *project["optional-dependencies"].values())
        for line in group
    }
    return named - {canonical(project["name"])}  # one group may include another


def imported_names(source: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(source.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in names}


def test_every_folder_with_code_is_a_package_and_so_installed() -> None:
    folders = {path.parent for path in SOURCES}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


def test_every_requirement_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {canonical(line) for line in lines if re.fullmatch(r"[\w.-]+==[\w.]+", line)}
    assert requirements() - pinned == set()


def test_every_imported_library_is_required() -> None:
    imported = set().union(*map(imported_names, SOURCES)) - sys.stdlib_module_names - OWN
    providers = packages_distributions()
    undeclared = {name for name in imported if requirements().isdisjoint(map(canonical, providers.get(name, ())))}
    assert undeclared == set()
