"""Observers as a user types them, `rank,samples(search=50)`, and the tables that they declare."""

import re
from collections.abc import Sequence
from contextlib import suppress

from harness.questions import OBSERVERS
from harness.run.given import agreed
from harness.run.marks.observer import Observer, Types, schema_of
from harness.run.spec import override, settable
from problems.nearest import lookup

ITEM = re.compile(r"\s*([^,()\s]+)\s*(?:\(([^()]*)\))?\s*(?:,|$)")

WRITTEN = re.compile(r"([^,()@]+)\(([^()]*)\)(?:@\w+)?")
"""One observer in the column `observers`."""


def read_observers(asked: str | Sequence[str | Observer]) -> tuple[Observer, ...]:
    """The observers that are asked for, by name with settings in brackets if any, or as they are; each once.

    Raises ValueError for an unknown name or setting, with the choices."""
    given = [asked] if isinstance(asked, str) else asked
    if not isinstance(given, list | tuple) or not all(isinstance(item, str | Observer) for item in given):
        raise ValueError(f"Observers are text, such as 'rank, samples(search=50)', or a list of it; got {asked!r}.")
    found = [one for item in given for one in (_read(item) if isinstance(item, str) else [item])]
    names = [observer.name for observer in found]
    for name in names:
        lookup("observer", name, OBSERVERS)  # also of one given as it is: its tables are read by its name
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"Each observer is named once; got {', '.join(twice)} more than once.")
    return tuple(found)


def _read(text: str) -> list[Observer]:
    observers, place = [], 0
    while place < len(text.rstrip()):
        item = ITEM.match(text, place)
        if item is None:
            raise ValueError(
                f"Observers are written NAME or NAME(SETTING=VALUE,...), with commas between; got '{text}'."
            )
        observers.append(_with_settings(item[1], item[2] or ""))
        place = item.end()
    return observers


def _with_settings(name: str, inside: str) -> Observer:
    observer = lookup("observer", name, OBSERVERS)
    settings = list(settable(observer))
    changes: dict[str, str] = {}
    for place, part in enumerate(part for part in inside.split(",") if part.strip()):
        setting, equals, value = part.partition("=")
        if not equals:
            if place >= len(settings):
                form = ", ".join(settings) or "no settings"
                raise ValueError(f"The observer '{name}' takes {form}; got '{name}({inside})'.")
            setting, value = settings[place], part
        changes = agreed(name, changes, {setting.strip(): value.strip()})
    return override(name, observer, changes)


def observed_schemas() -> dict[str, Types]:
    """All tables that registered observers declare, with their columns."""
    return {table: schema for observer in OBSERVERS.values() for table, schema in schema_of(observer).items()}


def unseen(asked: Sequence[Observer], written: str) -> list[Observer]:
    """Those that have not watched a run, or had other settings; `written` is the run's column `observers`."""
    seen = {item[0] for item in WRITTEN.finditer(written)}
    return [observer for observer in asked if str(observer) not in seen]


def with_earlier(asked: Sequence[Observer], written: str) -> tuple[Observer, ...]:
    """The observers asked for, and those that watched the run before and are known here."""
    names = [observer.name for observer in asked]
    return (*asked, *(observer for observer in _earlier(written) if observer.name not in names))


def joined_text(one: str, other: str) -> str:
    """Both columns in one: all that watched the first run, and those of the second whose names are not among them."""
    names = [item[1] for item in WRITTEN.finditer(one)]
    return ",".join([*([one] if one else []), *(item[0].lstrip(",") for item in _others(names, other))])


def _others(names: Sequence[str], written: str) -> list["re.Match[str]"]:
    return [item for item in WRITTEN.finditer(written) if item[1] not in names]


def _earlier(written: str) -> list[Observer]:
    """The observers in that column; one whose plugin is not loaded, or has changed since, is left out."""
    found = []
    for item in WRITTEN.finditer(written):
        with suppress(ValueError):
            observer = _with_settings(item[1], item[2])
            found += [observer] if str(observer) == item[0] else []
    return found
