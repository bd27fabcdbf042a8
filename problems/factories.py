"""Names with numbers, as a user types them: `normal(0.1)`, `ricker(0.3)`, `tanh`."""

import re
from collections.abc import Callable, Mapping
from inspect import signature
from math import isfinite
from typing import TypeVar

from problems.nearest import unknown

T = TypeVar("T")

CALL = re.compile(r"\s*([a-z][a-z0-9+-]*)\s*(?:\(([^()]*)\))?\s*")


def resolve(kind: str, text: str, factories: Mapping[str, Callable[..., T]], *, infinite: bool = False) -> T:
    """The factory that `text` names, called with the numbers in its brackets.

    They are finite, but where `infinite` ones have a meaning.

    Raises ValueError with the choices if the name is unknown or the numbers do not fit."""
    match = CALL.fullmatch(text)
    name = match[1] if match else text
    if match is None or name not in factories:
        raise unknown(kind, text, factories)
    try:
        numbers = [_number(part, infinite=infinite) for part in (match[2] or "").split(",") if part.strip()]
        # bind, and not a call: a TypeError inside a factory is no mistake of the user's
        bound = signature(factories[name]).bind(*numbers)
    except (TypeError, ValueError):
        form = ", ".join(signature(factories[name]).parameters)
        raise ValueError(f"The {kind} '{name}' is written {name}({form}), all numbers; got '{text}'.") from None
    return factories[name](*bound.args)


def _number(text: str, *, infinite: bool) -> float:
    number = float(text)
    # where infinite ones are taken, the factory has rules of its own
    if not (infinite or isfinite(number)):
        raise ValueError(text)
    return number
