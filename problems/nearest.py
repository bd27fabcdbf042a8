"""Names that nobody knows, and what was probably meant. All of the project says it with these functions."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypeVar

T = TypeVar("T")

BROUGHT = ("optimizer", "problem", "probe", "observer")
OWN = " One of your own comes with its file: --plugin FILE.py, or plugins in the file of a study."


def hint(name: str, choices: Iterable[str]) -> str:
    """` Did you mean 'tanh'?`, or nothing where no choice is near."""
    near = get_close_matches(name, list(choices), 1)
    return f" Did you mean '{near[0]}'?" if near else ""


def unknown(kind: str, name: str, choices: Iterable[str], also: str = "") -> ValueError:
    """The error that names the choices; `also` says what else would do."""
    known = sorted(choices)
    own = OWN if kind in BROUGHT else ""
    return ValueError(f"Unknown {kind} '{name}'.{hint(name, known)} Choose from: {', '.join(known)}{also}.{own}")


def lookup(kind: str, name: str, registry: Mapping[str, T]) -> T:
    """The entry of a registry; raises ValueError with the nearest match and the choices."""
    if name not in registry:
        raise unknown(kind, name, registry)
    return registry[name]
