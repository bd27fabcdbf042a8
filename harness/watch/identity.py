"""Who a watched run is: what the user says of it, and its place in the study."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypedDict, Unpack

from harness.plugins.names import check_name
from harness.run.marks.schedule import MARKS
from harness.run.spec import canonical, digest, settings_of
from harness.study.roll import VERSION
from problems.base import Recipe
from problems.nearest import unknown

UNITS = ("steps", "samples", "passes", "seconds")
"""What cost may be counted in; `passes` are forward passes over the training set, as of the harness's own runs."""


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
    watch: Sequence[float]
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
    watch: Sequence[float] = ()
    model: Any = None
    out: str = ""

    def __post_init__(self) -> None:
        check_name("optimizer", self.optimizer)
        rules = {
            "seed must be a whole number from 0": self.seed >= 0,
            f"unit is one of {', '.join(UNITS)}": self.unit in UNITS,
            "cost of one step must be positive": 0 < self.cost < float("inf"),
            "budget must be at least 0, which is none": 0 <= self.budget < float("inf"),
            "marks must be at least 1": self.marks >= 1,
            "dim must be at least 0": self.dim >= 0,
        }
        for rule, kept in rules.items():
            if not kept:
                raise ValueError(f"The {rule}; got {getattr(self, rule.split()[0])!r}.")


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
