"""Which code evaluates a problem, and the one function that makes an evaluator.

`harness list engines` prints the rule. Only `make_evaluator` loads numba or torch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from problems.base import Problem
from problems.engines.allocation import keep_freed_memory
from problems.engines.base import CannotServe, Evaluator
from problems.engines.numpy_evaluator import NumpyEvaluator, offered
from problems.engines.obstacles import TOLD_ON_TORCH, beats_numpy, no_kernels, no_tensors, not_carried, not_shallow
from problems.nearest import unknown

AUTO = (
    "the rule: compiled where it serves, numpy elsewhere, and for plain deep networks with fewer than 8192 hidden "
    "activations in all where the processor has AVX-512, with which numpy is faster; torch for torch modules"
)


def never(problem: Problem) -> bool:
    """For evaluators that must be asked for."""
    del problem
    return False


@dataclass(frozen=True)
class Engine:
    """A line of the registry: how an evaluator is asked for, made and chosen, told without loading what it stands on.

    `obstacle` is why it cannot take a problem, as the end of a sentence, or None. `best` is whether `auto` takes it
    where it can; the first such in the registry is taken, and numpy where there is none."""

    name: str
    about: str
    make: Callable[[Problem], Evaluator]
    obstacle: Callable[[Problem], str | None]
    best: Callable[[Problem], bool] = never
    offers: Callable[[Problem], frozenset[str]] = offered


def lazily(module: str, kind: str) -> Callable[[Problem], Evaluator]:
    """The class `kind` of a module that is loaded when the first is made."""

    def make(problem: Problem) -> Evaluator:
        try:
            evaluator: Callable[[Problem], Evaluator] = getattr(import_module(module), kind)
        except ImportError as error:
            raise CannotServe(f"cannot be loaded: {error}") from error
        return evaluator(problem)

    return make


ENGINES = {
    "shallow": Engine(
        "compiled",
        "kernels made by numba on first use, the same numbers to rounding. Serves plain fully connected networks with "
        "any loss: with one hidden layer, at most 16 inputs, 4 outputs and the loss mse in a single pass",
        lazily("problems.engines.shallow_evaluator", "ShallowEvaluator"),
        not_shallow,
        best=lambda problem: True,
    ),
    "carried": Engine(
        "compiled",
        "networks of equations, which carry derivatives in their inputs, in passes between the matrix products",
        lazily("problems.engines.carried_evaluator", "CarriedEvaluator"),
        not_carried,
        best=lambda problem: True,
    ),
    "layered": Engine(
        "compiled",
        "other networks likewise. An error where it does not serve",
        lazily("problems.engines.layered_evaluator", "LayeredEvaluator"),
        no_kernels,
        best=beats_numpy,
    ),
    "torch": Engine(
        "torch",
        "data, losses and gradients as tensors where the module computes. Serves torch modules with the losses "
        + TOLD_ON_TORCH,
        lazily("problems.engines.torch_evaluator", "TorchEvaluator"),
        no_tensors,
        best=lambda problem: True,
    ),
    "numpy": Engine("numpy", "the reference; serves every network and loss", NumpyEvaluator, lambda problem: None),
}
"""Evaluator to its line; those of one name serve different problems."""


def engine_names() -> dict[str, str]:
    """What can be asked for, and what it means."""
    names = {"auto": AUTO}
    for engine in ENGINES.values():
        names[engine.name] = f"{names[engine.name]}; {engine.about}" if engine.name in names else engine.about
    return names


def choose(problem: Problem, name: str = "auto") -> list[Engine]:
    """The lines that may serve, the best first.

    Raises ValueError where an engine is asked for by name and cannot serve, or is unknown."""
    if name == "auto":
        best = [engine for engine in ENGINES.values() if engine.best(problem) and not engine.obstacle(problem)]
        return [*best, ENGINES["numpy"]]
    asked = [engine for engine in ENGINES.values() if engine.name == name]
    if not asked:
        raise unknown("engine", name, engine_names())
    fit = [engine for engine in asked if not engine.obstacle(problem)]
    if not fit:
        raise _refusal(name, asked[-1].obstacle(problem))
    return fit


def make_evaluator(problem: Problem, name: str = "auto") -> Evaluator:
    """The evaluator of that name for a problem; `auto` is the rule, which goes on to the next where one cannot be made.

    Raises ValueError where an engine is asked for by name and cannot serve."""
    reason = None
    keep_freed_memory()
    for engine in choose(problem, name):
        try:
            return engine.make(problem)
        except CannotServe as error:
            reason = error
    raise _refusal(name, reason) from reason


def _refusal(name: str, reason: object) -> ValueError:
    return ValueError(f"The engine '{name}' {reason}. Choose numpy, or auto, which does that by itself.")
