"""Running a user's file: its folder can be imported from, and what it imports from there is part of its identity."""

import hashlib
import os
import sys
from collections.abc import Iterable, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from traceback import extract_tb

OWN = ("harness", "optimizers", "problems")
SCRIPT = ("__main__", "__mp_main__")
WHOLE = "A file is taken whole or not at all: mend what this is about, or leave it out."
_folders: list[Path] = []
"""Folders of the files run so far; their modules can still be imported when a method runs."""


def fingerprint(path: Path) -> str:
    """sha256 of the file, in hex; raises ValueError if it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ValueError(f"A plugin is a Python file; '{path}' cannot be read: {error.strerror or error}.") from None


def run_file(path: Path, content: str) -> dict[str, str]:
    """Run it as a module; path and sha256 of each module of its folder that is loaded by it.

    Raises ValueError, saying what is wrong with the file."""
    # a changed file is another module: methods of the old one may still be in use
    name = f"frequency_harness_plugin_{path.stem}_{content[:12]}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"A plugin is a Python file whose name ends in .py; got '{path}'.")
    _enter(path.parent)
    module = module_from_spec(spec)
    # before it runs, as dataclasses look their module up while they are being defined
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except SystemExit as error:
        del sys.modules[name]
        raise ValueError(f"The plugin '{path}' cannot be loaded: it ends the process (sys.exit).") from error
    except Exception as error:
        del sys.modules[name]
        said = str(error).rstrip(".") if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        raise ValueError(f"The plugin '{path}'{_place(error, path)} cannot be loaded: {said}. {WHOLE}") from error
    return siblings_of(path)


def siblings_of(path: Path) -> dict[str, str]:
    """Path and sha256 of each module of its folder that is loaded."""
    return {file: fingerprint(Path(file)) for file in _modules_of([path.parent]).values() if file != str(path)}


def _place(error: Exception, path: Path) -> str:
    """The line of the file, or of one beside it, in which it is raised; of a syntax error, its text says it."""
    frames = [frame for frame in extract_tb(error.__traceback__) if Path(frame.filename).parent == path.parent]
    if not frames:
        return ""
    name = Path(frames[-1].filename).name
    return f", line {frames[-1].lineno}{'' if name == path.name else f' of {name}'},"


def together(content: str, siblings: Mapping[str, str]) -> str:
    """The identity of a file with the modules that it imports from its folder."""
    if not siblings:
        return content
    # by path, so that the order of imports does not count
    return hashlib.sha256("".join([content, *(siblings[path] for path in sorted(siblings))]).encode()).hexdigest()


def forget_siblings(siblings: Mapping[str, str]) -> None:
    """Let these modules be loaded anew."""
    for name, file in _modules().items():
        if file in siblings:
            del sys.modules[name]


def _enter(folder: Path) -> None:
    """Put the folder first on the path; modules of other plugins' folders do not stand in for its own."""
    others = [other for other in _folders if other != folder]
    for name in _modules_of(others):
        del sys.modules[name]
    # last and not away: a method of another file may import only as it runs
    last = list(map(str, others))
    sys.path[:] = [*(path for path in sys.path if path not in last), *last]
    if folder not in _folders:
        _folders.append(folder)
    if str(folder) in sys.path:
        sys.path.remove(str(folder))
    sys.path.insert(0, str(folder))


def _modules_of(folders: Iterable[Path]) -> dict[str, str]:
    """Name and file of each loaded module in the folders, or in a package in them that is no installed one.

    Neither the script of the process nor this project is one, wherever they lie: which of their modules are loaded is
    another matter in each process."""
    inside, installed = tuple(f"{folder}{os.sep}" for folder in folders), f"{os.sep}site-packages{os.sep}"
    return {
        name: file
        for name, file in _modules().items()
        if file.startswith(inside) and installed not in file and name not in SCRIPT and not is_own(file)
    }


def is_own(file: str) -> bool:
    """Whether a file is of this project."""
    loaded = [sys.modules[name].__file__ for name in OWN if name in sys.modules]
    return file.startswith(tuple(f"{Path(str(path)).parent}{os.sep}" for path in loaded))


def _modules() -> dict[str, str]:
    loaded = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items())}
    return {name: str(file) for name, file in loaded.items() if file}
