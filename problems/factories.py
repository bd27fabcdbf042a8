"""Names with numbers, as a user types them: `normal(0.1)`, `ricker(0.3)`, `tanh`."""

import re
from collections.abc import Callable, Iterable, Mapping
from inspect import signature
from math import isfinite
from typing import TypeVar

from problems.nearest import unknown

T = TypeVar("T")

LARGEST = 1e12
"""Of a number in brackets, and one over it the least but 0: its cube, as third derivatives have, is one of float32."""
CALLED = ("network", "activation", "init", "loss", "embedding")
"""Settings of a problem that are such names; one of them is one run, however it is written."""
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
        numbers = [_number(part, infinite=infinite) for part in _parts(match[2])]
        # bind, and not a call: a TypeError inside a factory is no mistake of the user's
        bound = signature(factories[name]).bind(*numbers)
    except (TypeError, ValueError):
        form = ", ".join(signature(factories[name]).parameters)
        raise ValueError(f"The {kind} '{name}' is written {name}({form}), all numbers; got '{text}'.") from None
    check_sizes(kind, text, numbers)
    return factories[name](*bound.args)


def spelled_once(text: str) -> str:
    """The one spelling of a name with numbers: `normal(1)` of `normal( 1.0 )`; any other text as it is."""
    match = CALL.fullmatch(text)
    if match is None:
        return text
    try:
        numbers = ",".join(_spelled(float(part)) for part in _parts(match[2]))
    except ValueError:
        return text
    return f"{match[1]}({numbers})" if numbers else match[1]


def _parts(inside: str | None) -> list[str]:
    return [part for part in (inside or "").split(",") if part.strip()]


def _spelled(number: float) -> str:
    if number.is_integer() and abs(number) <= LARGEST:
        return str(int(number))
    mantissa, _, exponent = repr(number).partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def check_sizes(kind: str, text: str, numbers: Iterable[float]) -> None:
    """Raise ValueError for a number of which powers would overflow or vanish; the infinite are left to the factory."""
    if any(number and isfinite(number) and not 1 / LARGEST <= abs(number) <= LARGEST for number in numbers):
        raise ValueError(
            f"Numbers in the brackets of a name are 0, or of a size from {1 / LARGEST:g} to {LARGEST:g}; got the "
            f"{kind} '{text}'."
        )


def _number(text: str, *, infinite: bool) -> float:
    number = float(text)
    # where infinite ones are taken, the factory has rules of its own
    if not (infinite or isfinite(number)):
        raise ValueError(text)
    return number
