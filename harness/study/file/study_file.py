"""`STUDY.toml`: what a study is made of. `docs/howto-studies.md` explains every key."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import plugins
from harness.study.comparison import Plan
from harness.study.file.mistakes import Mistakes
from harness.study.file.part import ELSEWHERE, Part
from harness.study.file.search_terms import SearchTerms
from problems.user_files import user_path


@dataclass(frozen=True)
class Study:
    """A file that was understood: its runs, and how they are to be kept."""

    path: Path
    text: str | None
    """What is kept with the runs; None where it names files beside it, which a copy elsewhere would not find."""
    name: str
    plan: Plan
    plugins: tuple[Path, ...] = ()
    ledger: Path | None = None
    compiled: bool = False
    """Whether compiled code is kept with the study, and not in the user's cache."""
    searched: tuple[tuple[SearchTerms, Plan], ...] = ()
    """The parts whose settings are searched as well, and how."""

    @property
    def folder(self) -> Path:
        """Where the results go unless the user says otherwise."""
        return Path("results") / self.name


def read_study(path: str | Path, only_seeds: str | None = None) -> Study:
    """The study that a file describes, or with `only_seeds` the part of it with these seeds.

    Raises ValueError with everything that is wrong in it."""
    path = user_path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")  # a mark, as Windows writes it, is no part of the text
        content = tomllib.loads(text)
    except OSError as error:
        raise ValueError(f"A study's file is required, such as STUDY.toml; '{path}': {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"'{path}' is not TOML: {error}") from None
    return _Reader(path, text, content).study(only_seeds)


class _Reader:
    """Reads the keys of the whole file, and lets each of its parts be read."""

    def __init__(self, path: Path, text: str, content: Mapping[str, Any]) -> None:
        self.path = path
        self.text = text
        self.content = content
        self.mistakes = Mistakes(path.name, text)

    def study(self, only_seeds: str | None) -> Study:
        """Everything, or every mistake."""
        loaded = self._plugins()
        name, ledger = self._text("name", self._default_name()), self._text("ledger", "")
        self._text("description", "")
        compiled = self.content.get("compiled", False)
        if not isinstance(compiled, bool):
            self.mistakes.add(("compiled",), f"compiled is true or false; got {compiled!r}.")
        if "/" in name or name in ("", ".", ".."):
            self.mistakes.add(("name",), f"The name of a study is that of its folder, without a slash; got '{name}'.")
        read = [part.read(only_seeds) for part in self._parts()]
        # before any problem is built: what follows from a wrong key would hide it in a crowd
        self.mistakes.complain()
        found = [(one.search, made) for one in read for made in one.plans()]
        self.mistakes.complain()
        searched = tuple((search, made) for search, made in found if search is not None)
        # paths in the file are relative to it, so that it reads alike wherever the command is given
        where = self.path.parent / ledger if ledger else None
        plans = [made for _, made in found]
        text = None if self._names_files() else self.text
        return Study(self.path, text, name, _joined(plans), loaded, where, compiled, searched)

    def _names_files(self) -> bool:
        settings = [part.get("settings", "tuned") for part in (self.content, *self.content.get("parts", []))]
        return bool(self.content.get("plugins") or self.content.get("ledger") or set(settings) - {"tuned"})

    def _parts(self) -> list[Part]:
        parts = self.content.get("parts", [{}])
        if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
            self.mistakes.add(("parts",), "Parts are tables headed [[parts]], each with keys of its own.")
            return []
        common = {key: value for key, value in self.content.items() if key not in ELSEWHERE}
        # a file without [[parts]] is its own only part, whose keys stand at the top
        one = "parts" not in self.content
        return [
            Part(self.path, {**common, **part}, self.mistakes, () if one else ("parts", str(index)), frozenset(part))
            for index, part in enumerate(parts)
        ]

    def _default_name(self) -> str:
        # STUDY.toml is what most are called, and tells nothing: then the folder has the name
        return self.path.stem if self.path.stem.lower() != "study" else self.path.resolve().parent.name or "study"

    def _text(self, key: str, default: str) -> str:
        value = self.content.get(key, default)
        if not isinstance(value, str):
            self.mistakes.add((key,), f"{key} is a text; got {value!r}.")
            return default
        return value

    def _plugins(self) -> tuple[Path, ...]:
        listed = self.content.get("plugins", [])
        listed = [listed] if isinstance(listed, str) else listed
        if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
            self.mistakes.add(("plugins",), f"plugins are the path of a file, or a list of paths; got {listed!r}.")
            listed = []
        # before any name is looked up: what they register is found like our own
        plugins.load_installed()
        found, before = [self.path.parent / item for item in listed], len(self.mistakes)
        for file in found:
            with self.mistakes.at("plugins"):
                plugins.load(file)
        if len(self.mistakes) > before:  # what such a file would have brought is unknown, which hides the reason
            self.mistakes.complain()
        return tuple(found)


def _joined(plans: Sequence[Plan]) -> Plan:
    # parts may overlap; equal specs are one run
    specs = dict.fromkeys(spec for one in plans for spec in one.specs)
    left_out = {name: reason for one in plans for name, reason in one.left_out.items()}
    return Plan(tuple(specs), left_out, tuple(dict.fromkeys(said for one in plans for said in one.understood)))
