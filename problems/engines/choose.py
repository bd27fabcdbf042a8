"""Which code evaluates a problem, and the one function that makes an evaluator.

`harness list engines` prints the rule. Only `make_evaluator` loads numba or torch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, runtime_checkable

import numpy as np

from problems.base import Problem
from problems.engines.base import CannotServe, Evaluator
from problems.engines.numpy_evaluator import NumpyEvaluator, offered
from problems.losses.cross_entropy import CrossEntropy
from problems.losses.regression import L4, MAE, MSE
from problems.nearest import unknown
from problems.networks.mlp import MLP

FEW = 4
"""Inputs and outputs up to which plain loops beat a matrix product."""


MANY = 8192
"""Hidden activations from which on passes between matrix products beat numpy; measured for 1 to 30 lanes."""

ON_TORCH = (CrossEntropy, L4, MAE, MSE)
"""Losses that `torch_losses.py` has as well."""

AUTO = (
    "the rule: compiled where it serves, numpy elsewhere, and for deep networks with fewer than 8192 hidden "
    "activations in all, for which numpy is faster; torch for torch modules"
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


def no_kernels(problem: Problem) -> str | None:
    """Why compiled kernels cannot take a problem."""
    if find_spec("numba") is None:
        return "needs the library numba, which is not installed: pip install numba"
    if not isinstance(problem.network, MLP):
        return "takes plain fully connected networks; this one is scaled, combined, or of another kind"
    if len(problem.network.widths) < 3:
        return "takes networks with a hidden layer; this one has none"
    if problem.chunk is not None and problem.chunk < problem.n_samples:
        return "takes all samples at once; this problem asks for chunks, to bound memory"
    if not (np.isfinite(problem.inputs).all() and np.abs(problem.targets).max(initial=0.0) < 1e12):
        return "takes finite inputs, and targets below 1e12 in size"
    return None


def not_shallow(problem: Problem) -> str | None:
    """Why a single compiled pass cannot take a problem."""
    widths = problem.network.widths if isinstance(problem.network, MLP) else ()
    if len(widths) == 3 and widths[0] <= FEW and widths[2] <= FEW and isinstance(problem.loss, MSE):
        return no_kernels(problem)
    return f"takes one hidden layer, at most {FEW} inputs and outputs, and the loss mse"


@runtime_checkable
class OnTorch(Protocol):
    """A network that torch can differentiate from tensors to tensors, wherever it computes."""

    def respond(self, flat: Any, samples: Any) -> Any:
        """Outputs `(B, n, m)` for parameters `(B, P)` and samples, all tensors."""


def no_tensors(problem: Problem) -> str | None:
    """Why torch cannot take a problem from end to end."""
    if not isinstance(problem.network, OnTorch):
        return "takes torch modules; this network is another, or a combination of some"
    if not isinstance(problem.loss, ON_TORCH):
        return f"takes the losses cross-entropy, l4, mae and mse; got '{problem.loss.name}'"
    return None


def is_large(problem: Problem) -> bool:
    """Whether passes between matrix products beat numpy: small deep networks are better off in numpy's batches."""
    widths = problem.network.widths if isinstance(problem.network, MLP) else ()
    return problem.n_samples * sum(widths[1:-1]) >= MANY


ENGINES = {
    "shallow": Engine(
        "compiled",
        "kernels made by numba on first use, the same numbers to rounding. Serves plain fully connected networks with "
        "any loss: with one hidden layer, at most 4 inputs and outputs and the loss mse in a single pass",
        lazily("problems.engines.shallow_evaluator", "ShallowEvaluator"),
        not_shallow,
        best=lambda problem: True,
    ),
    "layered": Engine(
        "compiled",
        "otherwise in passes between the matrix products. An error where it does not serve",
        lazily("problems.engines.layered_evaluator", "LayeredEvaluator"),
        no_kernels,
        best=is_large,
    ),
    "torch": Engine(
        "torch",
        "data, losses and gradients as tensors where the module computes. Serves torch modules with the losses "
        "cross-entropy, l4, mae and mse",
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
    for engine in choose(problem, name):
        try:
            return engine.make(problem)
        except CannotServe as error:
            reason = error
    raise _refusal(name, reason) from reason


def _refusal(name: str, reason: object) -> ValueError:
    return ValueError(f"The engine '{name}' {reason}. Choose numpy, or auto, which does that by itself.")
