"""What a script gives, read once and in each form that Python has for it: names, seeds, settings by owner."""

from collections.abc import Iterable, Mapping
from math import isnan
from typing import Any

import numpy as np

from harness.run.numbers import is_whole
from problems.factories import spelled_once


def plain(value: Any) -> Any:
    """A number of numpy as one of Python, as the study's list in JSON wants it; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def problem_named(problem: Any) -> str:
    """Its name; raises ValueError."""
    if not isinstance(problem, str):
        raise ValueError(  # noqa: TRY004  # a user's mistake is a ValueError
            "A problem is a name, such as 'sin135'; one of your own has the name that @problem has given it; got "
            f"{problem!r}."
        )
    return problem


def names_of(optimizers: Any) -> tuple[str, ...]:
    """Each once, none where nothing was asked for; raises ValueError."""
    if optimizers is None:
        return ()
    several = isinstance(optimizers, Iterable) and not isinstance(optimizers, str)
    named = list(optimizers) if several else [optimizers]
    # an empty list is one that something went wrong with: it asks for no method, and not for the usual ones
    if not named or not all(isinstance(name, str) for name in named):
        raise ValueError(
            "Optimizers are a name or a list of names, such as ['adam', 'bfgs'], left out for the usual ones; one of "
            f"your own has the name that @optimizer has given it; got {named if several else optimizers!r}."
        )
    return tuple(dict.fromkeys(map(str, named)))


def by_owner(what: str, given: Any) -> dict[str, dict[str, Any]]:
    """A copy of what was given for each optimizer or the problem; raises ValueError."""
    tables = {} if given is None else given
    if not isinstance(tables, Mapping) or not all(isinstance(own, Mapping) for own in tables.values()):
        raise ValueError(
            f"`{what}` maps names of optimizers, or 'problem', to their settings, as in {{'adam': {{'lr': ...}}}}; got "
            f"{given!r}."
        )
    return {name: dict(own) for name, own in tables.items()}


def agreed(owner: str, *given: Mapping[str, Any]) -> dict[str, Any]:
    """All these settings of `owner` in one; raises ValueError for one that two of them have, with two values."""
    found: dict[str, Any] = {}
    for name, value in (item for one in given for item in one.items()):
        if _as_said(found.setdefault(name, value)) != _as_said(value):
            raise ValueError(
                f"A setting has one value; got '{owner}.{name}' twice, as {found[name]} and as {value}. Leave one out."
            )
    return found


def _as_said(value: Any) -> float | str:
    """So that 1, 3 in a script is `1,3` on the command line, 0.001 is `1e-3`, and `normal(1.0)` is `normal(1)`."""
    said = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    try:
        number = float(said)
        return said if isnan(number) else number  # NaN is not even itself
    except ValueError:
        return "".join(spelled_once(said).split())


def seeds_of(seeds: Any) -> list[int]:
    """From a number of runs, or of the seeds themselves; raises ValueError."""
    listed = isinstance(seeds, Iterable) and not isinstance(seeds, str)
    given: Any = list(seeds) if listed else seeds
    chosen = given if listed else range(given) if is_whole(given) else []
    if not len(chosen) or not all(map(is_whole, chosen)) or len(set(chosen)) < len(chosen):
        raise ValueError(
            "Seeds must be whole numbers from 0: a number of runs of at least 1, or a list of different seeds; got "
            f"{given!r}."
        )
    return [int(seed) for seed in chosen]
