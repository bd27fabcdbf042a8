"""What a signature tells: which arguments a callable of the user's wants, and which of its defaults are settings."""

import functools
import inspect
from collections.abc import Mapping, Sized
from typing import Any

PLAIN = (bool, int, float, str, tuple)
LONG = 60
NOT_SETTINGS = ("jac", "rng", "args", "capturable", "differentiable", "foreach", "fused", "maximize")
"""Parameters that are the harness's to give, or that are about execution or turn a method round, as torch's are."""


def shown(thing: Any) -> str:
    """What it is, within a sentence and without its address: a value itself, a class or function by its name."""
    if thing is None or isinstance(thing, (*PLAIN, list, dict)):
        text = repr(thing)
        if len(text) < LONG:
            return text
        return f"a {type(thing).__name__} of {len(thing)}" if isinstance(thing, Sized) else f"{text[:LONG]}..."
    name = getattr(thing, "__name__", "")
    if not name:
        return f"an object of the class {type(thing).__name__}"
    kind = "class" if isinstance(thing, type) else "function" if callable(thing) else type(thing).__name__
    return f"the {kind} '{name}'"


def parameters(foreign: Any) -> Mapping[str, inspect.Parameter]:
    """Of the signature, without what a partial has bound by place; raises ValueError if there is no signature."""
    try:
        return inspect.signature(foreign).parameters
    except TypeError as error:
        raise ValueError(f"{error}; no signature can be read.") from None


def required(foreign: Any) -> list[str]:
    """Names of the parameters that must be given, in order."""
    return [
        name
        for name, parameter in parameters(foreign).items()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]


def fixed(foreign: Any) -> Mapping[str, Any]:
    """The arguments that a partial has bound by name."""
    return foreign.keywords if isinstance(foreign, functools.partial) else {}


def core(foreign: Any) -> Any:
    """What a partial calls in the end."""
    while isinstance(foreign, functools.partial):
        foreign = foreign.func
    return foreign


def wanted(foreign: Any, offered: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the offered arguments that the signature names and no partial has bound."""
    known, bound = parameters(foreign), fixed(foreign)
    return {name: value for name, value in offered.items() if name in known and name not in bound}


def plain_defaults(foreign: Any) -> dict[str, Any]:
    """Parameters that a user may change: those with a plain default, or bound to a plain value."""
    found = {name: parameter.default for name, parameter in parameters(foreign).items()}
    found |= {name: value for name, value in fixed(foreign).items() if name not in found}  # taken by a ** parameter
    annotations = {name: str(parameter.annotation) for name, parameter in parameters(foreign).items()}
    return {
        name: float(value) if type(value) is int and "float" in annotations.get(name, "") else value
        for name, value in found.items()  # such as `weight_decay: float = 0`
        if isinstance(value, PLAIN) and name not in NOT_SETTINGS
    }


def with_arguments(name: str, foreign: Any, arguments: Mapping[str, Any]) -> Any:
    """`foreign` with these arguments bound; raises ValueError, naming those it has, if it has no such ones."""
    if not arguments:
        return foreign
    known = parameters(foreign)
    takes_any = any(parameter.kind == parameter.VAR_KEYWORD for parameter in known.values())
    unknown = [argument for argument in arguments if argument not in known and not takes_any]
    if unknown:
        raise ValueError(
            f"The optimizer '{name}' has no argument '{unknown[0]}'. It has: {', '.join(known) or 'none'}."
        )
    return functools.partial(foreign, **arguments)


def check_given(name: str, foreign: Any, offered: tuple[str, ...]) -> None:
    """Raise ValueError if an argument is required beside those that the harness offers."""
    missing = [argument for argument in required(foreign) if argument not in offered]
    if missing:
        raise ValueError(
            f"The optimizer '{name}' needs a value for {', '.join(map(repr, missing))} and was given none. Name it in "
            f'the decorator: optimizer("{name}", arguments={{"{missing[0]}": ...}}).'
        )
