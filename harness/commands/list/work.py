"""`harness list`: names and one line on each, from the registries, without loading any heavy library."""

import argparse
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec

from harness.run.spec import settings_of
from optimizers import OPTIMIZERS
from optimizers.base import Optimizer
from problems import PROBLEMS
from problems.engines.choose import engine_names
from problems.losses.regression import LOSSES
from problems.networks.activations import ACTIVATIONS
from problems.networks.embeddings import EMBEDDINGS
from problems.networks.families import FAMILIES
from problems.networks.inits import INITS
from problems.probes.by_name import PROBES


def main(arguments: argparse.Namespace) -> int:
    """Print the lists asked for."""
    chosen = [arguments.what] if arguments.what else ["problems", "optimizers"]
    sys.stdout.write("\n".join(f"{name}:\n{_block(LISTS[name]())}" for name in chosen))
    return 0


def _block(rows: Mapping[str, str]) -> str:
    width = max(map(len, rows), default=0)
    return "".join(f"  {name:<{width}}  {about}\n" for name, about in rows.items())


def _problems() -> dict[str, str]:
    return {
        name: f"{recipe.about}; {recipe.network}, {recipe.activation}, budget {recipe.budget:,}"
        for name, recipe in PROBLEMS.items()
    }


def _optimizers() -> dict[str, str]:
    return {
        name: f"{method.family}; " + _installed(method) + ", ".join(f"{s}={v}" for s, v in settings_of(method).items())
        for name, method in OPTIMIZERS.items()
    }


def _installed(method: Optimizer) -> str:
    """A remark on methods whose optional library is missing."""
    # found and not imported: a list must not wait for torch or nevergrad
    if not method.library or find_spec(method.library) is not None:
        return ""
    return f"not installed (pip install 'frequency-harness[more]' brings {method.library}); "


def _figures() -> dict[str, str]:
    # imported here: matplotlib would make every other list wait for it
    films = {"animation": import_module("harness.figures.kept.film").animation}
    drawings = import_module("harness.figures").DRAWINGS
    return _first_lines({**films, **{name: one.figure for name, one in drawings.items()}})


def _observers() -> dict[str, str]:
    return {
        name: f"{(observer.__doc__ or '').partition(chr(10))[0]} "
        + ", ".join(f"{setting}={value}" for setting, value in settings_of(observer).items())
        # imported here, as figures are
        for name, observer in import_module("harness.questions").OBSERVERS.items()
    }


def _first_lines(functions: Mapping[str, Callable[..., object]]) -> dict[str, str]:
    return {name: (function.__doc__ or "").strip().partition("\n")[0] for name, function in functions.items()}


LISTS: dict[str, Callable[[], Mapping[str, str]]] = {
    "problems": _problems,
    "optimizers": _optimizers,
    "figures": _figures,
    "activations": lambda: _first_lines(ACTIVATIONS),
    "inits": lambda: _first_lines(INITS),
    "losses": lambda: _first_lines(LOSSES),
    "embeddings": lambda: _first_lines(EMBEDDINGS),
    "networks": lambda: _first_lines(FAMILIES),
    "engines": engine_names,
    "observers": _observers,
    "probes": lambda: _first_lines(PROBES),
}
