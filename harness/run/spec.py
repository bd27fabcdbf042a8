"""One run, fully specified: everything that its rows depend on, in one value with one identity."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from math import inf, isnan
from numbers import Real
from os import PathLike
from typing import Any, TypeVar

import numpy as np

from harness.run.marks.observer import Observer, Subject
from harness.run.marks.schedule import MARKS
from harness.run.numbers import SEEDS, is_number, is_seed, is_whole
from optimizers import OPTIMIZERS
from optimizers.base import Optimizer
from problems import PROBLEMS
from problems.base import Recipe
from problems.engines.choose import engine_names
from problems.factories import LARGEST
from problems.nearest import lookup
from problems.networks.families import spelled_out
from problems.probes.by_name import PROBES, Factory, name_of, split_calls

SCHEMA_VERSION = 2
MOST_MARKS = 1_000_000

T = TypeVar("T")


@dataclass(frozen=True)
class RunSpec:
    """A problem, a method, a seed, and the terms."""

    problem: str
    recipe: Recipe
    optimizer: str
    method: Optimizer
    seed: int
    budget: float
    cost_per_gradient: float = 3.0
    marks: int = MARKS
    time_limit: float | None = None
    target_loss: float | None = None
    engine: str = "auto"
    probes: str = ""
    """What is watched beside the problem's own, as a user types it: `fourier(1,3),accuracy`."""
    observers: tuple[Observer, ...] = ()
    """What else is written about the run; no part of its identity, as nothing that is observed changes its path."""
    brought: tuple[Factory, ...] = field(default=(), init=False, repr=False)
    """The probes of plugins among `probes`: sent to another process, they bring their file with them."""

    def __post_init__(self) -> None:
        # whoever calls from Python may have given a fraction
        price, limit, target = self.cost_per_gradient, self.time_limit, self.target_loss
        rules = {
            "budget must be a finite number of at least 1": is_number(self.budget) and 1 <= self.budget < inf,
            SEEDS: is_seed(self.seed),
            "cost_per_gradient must be at least 0.01 and finite": is_number(price) and 0.01 <= price < inf,
            f"marks must be a whole number from 1 to {MOST_MARKS:,}": is_whole(self.marks)
            and 1 <= self.marks <= MOST_MARKS,
            "time_limit must be positive": limit is None or (is_number(limit) and limit > 0),
            "target_loss must be a number": target is None or is_number(target),
            "engine must be the name of one": isinstance(self.engine, str),
            "probes must be text, such as 'fourier(1,3)'": isinstance(self.probes, str),
        }
        for rule, kept in rules.items():
            if not kept:
                raise ValueError(f"The {rule}; got {getattr(self, rule.split()[0])!r}.")
        lookup("engine", self.engine, engine_names())
        calls = split_calls(self.probes)
        object.__setattr__(self, "probes", ",".join(calls))
        # by factory, as one probe may be asked for with several numbers
        named = dict.fromkeys(PROBES[name_of(call)] for call in calls)
        object.__setattr__(self, "brought", tuple(make for make in named if origin_of(make)))

    @cached_property
    def run_id(self) -> str:
        """sha256 of the canonical specification, and of the plugin files that method, problem and probes come from."""
        probes = ",".join(map(origin_of, self.brought))
        origins = {
            "optimizer_origin": self.method.origin,
            "problem_origin": self.recipe.origin,
            "probe_origins": probes,
        }
        return digest(
            {
                "schema": SCHEMA_VERSION,
                "problem": self.problem,
                "recipe": settings_of(self.recipe),
                "optimizer": self.optimizer,
                "settings": settings_of(self.method),
                "seed": self.seed,
                "budget": self.budget,
                "cost_per_gradient": self.cost_per_gradient,
                "marks": self.marks,
                "time_limit": self.time_limit,
                "target_loss": self.target_loss,
                "engine": self.engine,
                **({"probes": self.probes} if self.probes else {}),
                # left out where empty: the ids of our own methods know nothing of plugins
                **{kind: origin for kind, origin in origins.items() if origin},
            }
        )

    @property
    def subject(self) -> Subject:
        """What an observer is told of the run."""
        return Subject(self.run_id, self.problem, self.recipe, self.optimizer, self.seed, self.budget)


def origin_of(registered: object) -> str:
    """What identifies the file or package that brought something; empty for our own."""
    return str(getattr(registered, "origin", ""))


def stream(seed: int, axis: str) -> np.random.Generator:
    """The generator of one `axis` of randomness (data, weights, optimizer) of the run with this seed."""
    # a hash that is the same in every process, as Python's own of a text is not
    salt = int.from_bytes(hashlib.sha256(axis.encode()).digest()[:8])
    # numpy's SeedSequence mixes both words: neither axes nor neighbouring seeds share a stream
    return np.random.default_rng([seed, salt])


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces, in which equal numbers are spelled alike."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if not isinstance(value, str | int | float) and isinstance(value, Mapping):  # which takes long to find
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    # 1.0 and 1 are one budget, and must be one run
    return int(value) if isinstance(value, float) and value.is_integer() else value


def digest(value: Any) -> str:
    """sha256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def settings_of(instance: Any) -> dict[str, Any]:
    """The settings of a method or recipe, without the fields that only describe it."""
    assert is_dataclass(instance)
    return {spec.name: getattr(instance, spec.name) for spec in fields(instance) if not spec.metadata.get("fixed")}


def settable(instance: Any) -> dict[str, Any]:
    """Those of them that a user can set; the others, such as the digest of a file, are found."""
    able = {spec.name for spec in fields(instance) if spec.init}
    return {name: value for name, value in settings_of(instance).items() if name in able}


def find_problem(name: str) -> Recipe:
    """The recipe registered under `name`."""
    return lookup("problem", name, PROBLEMS)


def families() -> dict[str, str]:
    """The family of every registered method, for pages of many."""
    return {name: method.family for name, method in OPTIMIZERS.items()}


def find_optimizer(name: str) -> Optimizer:
    """The method registered under `name`."""
    return lookup("optimizer", name, OPTIMIZERS)


def override(owner: str, instance: T, changes: Mapping[str, Any]) -> T:
    """`instance` with other settings; each is read, as text would be, as the type of the present value.

    Raises ValueError for an unknown setting or a value that does not fit."""
    known = settable(instance)
    if isinstance(instance, Recipe):
        changes = spelled_out(changes, instance.network)
    parsed: dict[str, Any] = {}
    for name, value in changes.items():
        lookup(f"setting of {owner}", name, known)
        parsed[name] = _parse(owner, name, value, known[name])
    if isinstance(instance, Recipe) and not instance.origin:  # one of the user's own may take what it likes
        _check_sizes(owner, parsed)
    try:
        found = replace(instance, **parsed)  # type: ignore[type-var]  # settings_of has checked it is a dataclass
        if isinstance(found, Recipe):
            # what is given as it is anyway changes nothing: so a page that spells all of them out can be followed
            found.heed([name for name, value in parsed.items() if value != known[name]])
    except ValueError as error:
        raise ValueError(f"{owner}: {error}") from None
    return found


def _check_sizes(owner: str, parsed: Mapping[str, Any]) -> None:
    for name, value in parsed.items():
        numbers = value if isinstance(value, tuple) else (value,)
        if any(isinstance(one, float) and abs(one) > LARGEST for one in numbers):
            raise ValueError(f"Setting '{owner}.{name}' takes numbers up to {LARGEST:g} in size; got {value}.")


# before int, of which bool is a kind
KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    tuple: "numbers separated by commas",
    str: "text",
    object: "a number",
}


def _parse(owner: str, name: str, value: Any, present: Any) -> Any:
    try:
        return _read(_as_text(value, present), present)
    except (ValueError, OverflowError):
        kind = next(kind for type_, kind in KINDS.items() if isinstance(present, type_))
        raise ValueError(f"Setting '{owner}.{name}' takes {kind}; got '{value}'.") from None


def _as_text(value: Any, present: Any) -> str:
    """A value as a user would type it; raises ValueError for what nobody types there."""
    # one number is no list of numbers; text may be a list of names
    if isinstance(value, list | tuple) and isinstance(present, tuple | str):
        return ",".join(_as_text(item, "") for item in value)
    # None is what an argument of a module may be
    if isinstance(value, str | Real | np.bool_ | PathLike) or (value is None and isinstance(present, str)):
        return str(value)
    raise ValueError(value)


def _read(text: str, present: Any) -> Any:
    if isinstance(present, str):
        return text
    # before int, of which bool is a kind
    if isinstance(present, bool):
        return bool(("false", "true").index(text.lower()))
    if isinstance(present, int):
        return int(text)
    if isinstance(present, tuple):
        # an empty tuple does not say what it is of: numbers
        item = present[0] if present else 0.0
        return tuple(_read(part.strip(), item) for part in text.split(",") if part.strip())
    number = float(text)
    if isnan(number):
        raise ValueError(text)
    return number
