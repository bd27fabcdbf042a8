"""Who a watched run is: what the user says of it, and its place in the study."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from math import inf
from os import PathLike
from typing import Any, TypedDict, Unpack

import numpy as np

from harness.plugins.names import check_name
from harness.run.marks.schedule import MARKS
from harness.run.numbers import SEEDS, is_seed, is_whole
from harness.run.spec import canonical, digest, settings_of
from harness.study.roll import VERSION
from harness.watch.arrays import as_numbers, number
from problems.base import Recipe
from problems.nearest import unknown
from problems.probes.named import read_frequencies

UNITS = ("steps", "samples", "passes", "seconds")
"""What cost may be counted in; `passes` are forward passes over the training set, as of the harness's own runs."""

TEXTS: dict[str, type | tuple[type, ...]] = dict.fromkeys(
    ("optimizer", "problem", "loss", "network", "activation", "init", "unit", "direction"), str
)
TEXTS["out"] = (str, PathLike)


class About(TypedDict, total=False):
    """What may be said of a watched run beside its optimizer and seed."""

    problem: str
    loss: str
    settings: Mapping[str, Any]
    network: str
    activation: str
    init: str
    dim: int
    unit: str
    cost: float
    budget: float
    marks: int
    direction: str
    watch: Any
    model: Any
    out: str


@dataclass(frozen=True)
class Terms:
    """The same, checked. `cost` is that of a step, in `unit`; with a `budget`, marks are those of a harness run."""

    optimizer: str
    seed: int
    problem: str = ""
    loss: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    network: str = "own"
    activation: str = "own"
    init: str = "own"
    dim: int = 0
    unit: str = "steps"
    cost: float = 1.0
    budget: float = 0.0
    marks: int = MARKS
    direction: str = "pc1"
    watch: Any = ()
    """Frequencies: a number, a list or an array; then a tuple, ascending."""
    model: Any = None
    out: str = ""

    def __post_init__(self) -> None:
        for name, kind in TEXTS.items():
            check_text(name, getattr(self, name), kind)
        check_name("optimizer", self.optimizer)
        rules = {
            SEEDS: is_seed(self.seed),
            f"unit is one of {', '.join(UNITS)}": self.unit in UNITS,
            "cost of one step must be positive": 0 < number("cost", self.cost) < inf,
            "budget must be at least 0, which is none": 0 <= number("budget", self.budget) < inf,
            "marks must be a whole number of at least 1": is_whole(self.marks) and self.marks >= 1,
            "dim must be a whole number of at least 0": is_whole(self.dim) and self.dim >= 0,
        }
        for rule, kept in rules.items():
            if not kept:
                raise ValueError(f"The {rule}; got {getattr(self, rule.split()[0])!r}.")
        plain: dict[str, Any] = {name: number(name, getattr(self, name)) for name in ("cost", "budget")}
        taken = {"seed": int(self.seed), "settings": _settings(self.settings), "watch": _frequencies(self.watch)}
        for name, value in (plain | taken).items():
            object.__setattr__(self, name, value)


def check_text(name: str, given: Any, kind: type | tuple[type, ...] = str) -> None:
    """Raise ValueError for what is no text, in one line whatever it is."""
    if not isinstance(given, kind):  # a user's mistake is a ValueError
        shown = f"{given!r}" if len(f"{given!r}") < 60 else type(given).__name__
        raise ValueError(f"The {name} is told as text; got {shown}.")  # noqa: TRY004  # a user's mistake


def _settings(given: Any) -> dict[str, Any]:
    """What JSON holds of them: numbers and arrays of any library become Python's."""
    if not isinstance(given, Mapping):  # a user's mistake is a ValueError
        raise ValueError(f"The settings are names with values, such as {{'lr': 0.1}}; got {given!r}.")  # noqa: TRY004  # a user's mistake
    plain = {str(name): value.tolist() if hasattr(value, "tolist") else value for name, value in given.items()}
    for name, value in plain.items():
        try:
            canonical(value)
        except (TypeError, ValueError):
            raise ValueError(
                f"The settings are numbers, words, lists and mappings of them; '{name}' is {type(value).__name__}. "
                "Name it in words."
            ) from None
    return plain


def _frequencies(given: Any) -> tuple[float, ...]:
    """Each once, ascending, of a number, a text such as `1,5`, or a list or array of any library."""
    if not isinstance(given, str):
        # walked here, as a generator has no shape
        listed = list(given) if isinstance(given, Iterator) else given
        numbers = as_numbers("frequencies to watch", listed).reshape(-1)
        given = ",".join(map(repr, numbers.astype(np.float64).tolist()))
    return tuple(read_frequencies(given).tolist()) if given else ()


def terms(optimizer: str, seed: int, **about: Unpack[About]) -> Terms:
    """Raises ValueError for what is unknown or out of range."""
    known = [each.name for each in fields(Terms) if each.name not in ("optimizer", "seed")]
    for name in about:
        if name not in known:
            raise unknown("option of a watch", name, known)
    return Terms(optimizer, seed, **{name: value for name, value in about.items() if value is not None})  # type: ignore[arg-type]  # About has the types


def labels(said: Terms, recipe: Recipe | None, loss: str, fingerprint: str) -> dict[str, Any]:
    """The columns of `runs` that tell configurations apart."""
    own = ("network", "activation", "init", "loss", "dtype")
    if recipe is None:
        described = {"data": fingerprint[:12]}
        problem = said.problem or f"data-{fingerprint[:8]}"
    else:
        described = {name: value for name, value in settings_of(recipe).items() if name not in own}
        problem = said.problem
    if said.watch:
        described["watch"] = ",".join(f"{k:.15g}" for k in said.watch)
    # the unit of the harness's own runs, which have no such setting: a watch in it stands beside them
    if said.unit != "passes":
        described["cost_unit"] = said.unit
    return {
        "problem": problem,
        "optimizer": said.optimizer,
        "settings": canonical(dict(said.settings)),
        "problem_settings": canonical(described),
        "network": said.network,
        "activation": said.activation,
        "init": said.init,
        "loss": loss,
    }


def run_id(named: Mapping[str, Any], said: Terms) -> str:
    """A watch of the same labels, seed and unit is the same run, made again."""
    # the word keeps it apart from runs of the harness, whose ids are digests of other things
    return digest({"watch": 1, **named, "seed": said.seed, "unit": said.unit})


def roll(named: Mapping[str, Any], said: Terms) -> dict[str, Any]:
    """The study of this run alone, which the study in the folder grows by."""
    own = run_id(named, said)
    label = {"problem": named["problem"], "optimizer": said.optimizer, "budget": said.budget}
    return {
        "version": VERSION,
        "study_id": digest([own]),
        "runs": [own],
        "configurations": [0],
        "seeds": [said.seed],
        "labels": [{"id": digest({"watch": 1, **named, "unit": said.unit}), **label}],
    }
