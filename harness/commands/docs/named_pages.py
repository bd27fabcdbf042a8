"""Pages of everything that can be named beside optimizers, a page a registry and a section a name, for the site."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from inspect import Parameter, getdoc, signature
from typing import Any

from harness.questions import OBSERVERS
from harness.run.spec import settable
from problems import PROBLEMS
from problems.base import Recipe
from problems.losses.regression import LOSSES
from problems.networks.activations import ACTIVATIONS
from problems.networks.embeddings import EMBEDDINGS
from problems.networks.families import FAMILIES
from problems.networks.inits import INITS
from problems.probes.by_name import PROBES


@dataclass(frozen=True)
class Kind:
    """Functions of one registry, and how one of them is said on the command line."""

    title: str
    about: str
    functions: Mapping[str, Callable[..., object]]
    said: str  # with {} for the name and its numbers


KINDS = {
    "activations": Kind(
        "Activations",
        "What stands between the layers of a network, with its exact derivatives.",
        ACTIVATIONS,
        '--activation "{}"',
    ),
    "inits": Kind("Initial weights", "The law that a network's first weights are drawn from.", INITS, '--init "{}"'),
    "losses": Kind("Losses", "What a run makes small.", LOSSES, '--loss "{}"'),
    "embeddings": Kind(
        "Embeddings", "What the network sees in place of its inputs.", EMBEDDINGS, '--set "problem.embedding={}"'
    ),
    "networks": Kind(
        "Networks",
        "Named families; widths such as `1-40-40-1` are networks without a name.",
        FAMILIES,
        '--network "{}"',
    ),
    "probes": Kind(
        "Probes",
        "What is measured at every mark, beside what a problem watches by itself. Numbers follow the name.",
        PROBES,
        '--probe "{}"',
    ),
}
DATA = ("inputs", "targets", "name")
"""Parameters that nobody gives on the command line."""


def named_pages() -> dict[str, str]:
    """File name to content."""
    made = {f"{name}.md": _page(kind) for name, kind in KINDS.items()}
    return made | {"problems.md": _problems(), "observers.md": _observers()}


def _page(kind: Kind) -> str:
    lines = [f"# {kind.title}", "", kind.about, ""]
    for name, function in kind.functions.items():
        lines += [f"## {name}", "", _told(function), ""]
        given = [one for one in signature(function).parameters.values() if one.name not in DATA]
        numbers = [one for one in given if one.kind is not Parameter.VAR_POSITIONAL]
        values = ",".join(f"{one.default:g}" for one in numbers if isinstance(one.default, int | float))
        lines += [f"    {kind.said.format(f'{name}({values})' if values else name)}", ""]
        lines += _table(("number", "default"), ((f"`{one.name}`", _default(one)) for one in numbers))
    return "\n".join(lines)


def _problems() -> str:
    lines = ["# Problems", "", "Data, a network, a loss, and the frequencies to watch: `--problem NAME`.", ""]
    for name, recipe in PROBLEMS.items():
        lines += [f"## {name}", "", f"{plain(recipe.about)}.", "", _told(type(recipe)), ""]
        lines += [f"    python -m harness compare --problem {name}", "", _usual(recipe), ""]
        settings = {key: value for key, value in settable(recipe).items() if key not in settings_of_all()}
        lines += _table(("setting", "default"), ((f"`{key}`", _value(value)) for key, value in settings.items()))
    return "\n".join(lines)


def settings_of_all() -> set[str]:
    """The settings that every problem has, and that have options of their own."""
    return {"network", "activation", "init", "loss", "dtype", "watch"}


def _usual(recipe: Recipe) -> str:
    told = {"network": recipe.network, "activation": recipe.activation, "init": recipe.init, "loss": recipe.loss}
    usual = ", ".join(f"{key} `{value}`" for key, value in told.items() if value)
    return f"Unless told otherwise: {usual}, {recipe.dtype}, a budget of {recipe.budget:,} forward passes."


def _observers() -> str:
    lines = ["# Observers", "", "What else is written about every run, in tables of its own: `--observe NAME`.", ""]
    for name, observer in OBSERVERS.items():
        lines += [f"## {name}", "", _told(type(observer)), "", f"    --observe {name}", ""]
        settings = settable(observer)
        lines += _table(("setting", "default"), ((f"`{key}`", _value(value)) for key, value in settings.items()))
    return "\n".join(lines)


def _table(head: tuple[str, str], rows: Iterator[tuple[str, str]]) -> list[str]:
    body = [f"| {name} | {value} |" for name, value in rows]
    return [f"| {head[0]} | {head[1]} |", "|---|---|", *body, ""] if body else []


def _default(one: Parameter) -> str:
    return "to be given" if one.default is Parameter.empty else _value(one.default)


def _value(value: Any) -> str:
    if isinstance(value, tuple | list):
        return plain(", ".join(map(str, value)))
    return plain(f"{value:g}" if isinstance(value, float) else "" if value is None else str(value))


def _told(thing: object) -> str:
    """A docstring as Markdown: a formula's stars and angles are no markup."""
    return "\n".join(plain(line) for line in (getdoc(thing) or "").splitlines())


def plain(text: str) -> str:
    """Text with what Markdown would read spelled out, apart from code in backticks."""
    parts = text.split("`")
    for place in range(0, len(parts), 2):
        for sign in "*_<|[":
            parts[place] = parts[place].replace(sign, f"\\{sign}" if sign != "<" else "&lt;")
    return "`".join(parts)
