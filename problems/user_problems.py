"""Problems written by the user: a recipe, a function that returns data, or a torch module in place of a network."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

import numpy as np

from problems.base import Problem, Recipe
from problems.line.curves import Curve, Focus, Samples
from problems.probes.line import Line

FORMS = (
    "a problems.base.Recipe; a function without arguments that returns inputs x and targets y; or a class of "
    "torch.nn.Module"
)


@dataclass(frozen=True, kw_only=True)
class Data(Curve):
    """Samples of a function of one variable, as the user's function returns them.

    Equally spaced points are one period; on others the non-uniform transform is watched. Frequencies are in cycles per
    unit of x."""

    make: Callable[[], Any] = field(metadata={"fixed": True})

    def sample(self, rng: np.random.Generator) -> Samples:
        del rng  # the data are the same for every seed
        x, y = (np.asarray(part, np.float64).ravel() for part in self.make())
        if len(x) != len(y) or len(x) < 3 or not (np.isfinite(x).all() and np.isfinite(y).all()):
            raise ValueError(f"Inputs and targets are at least three finite numbers each; got {len(x)} and {len(y)}.")
        order = np.argsort(x)
        x, y = x[order], y[order]
        steps = np.diff(x)
        if not (steps > 0).all():
            raise ValueError("The inputs must all be different.")
        uniform = bool(np.allclose(steps, steps.mean(), rtol=1e-6))
        line = Line(float(x[0]), float(x[-1] - x[0] + (steps.mean() if uniform else 0.0)))
        return Samples(line, x[:, None], y[:, None], Focus(orthogonal=uniform))


@dataclass(frozen=True, kw_only=True)
class ModuleProblem(Recipe):
    """The data, loss and probes of another problem, and a torch module as the network.

    The module takes inputs `(n, d)` and gives outputs `(n, m)`; its weights are drawn by its own law."""

    network: str = "module"
    activation: str = "own"
    init: str = "own"
    make: Callable[[], Any] = field(metadata={"fixed": True})
    like: Recipe = field(metadata={"fixed": True})

    def build(self, rng: np.random.Generator) -> Problem:
        problem = replace(self.like, loss=self.loss, dtype=self.dtype).build(rng)
        networks = import_module("problems.networks.torch.module")
        shape = problem.inputs.shape[1:]
        network = networks.ModuleNetwork(self.network, self.make, shape, self.init, self.dtype)
        return replace(problem, network=network, chunk=None if problem.whole else network.chunk)


def adapt(name: str, foreign: Any, like: Recipe) -> Recipe:
    """A `Recipe` for `foreign`; raises ValueError, naming the forms, if it is none of them."""
    about = (inspect.getdoc(foreign) or f"The problem '{name}'.").partition("\n")[0].rstrip(".")
    if isinstance(foreign, Recipe):
        return foreign
    if isinstance(foreign, type) and issubclass(foreign, Recipe):
        return foreign()
    if isinstance(foreign, type) and _is_module(foreign):
        inherited: dict[str, Any] = {"loss": like.loss, "budget": like.budget, "dtype": like.dtype}
        return ModuleProblem(network=foreign.__name__, make=foreign, like=like, about=about, **inherited)
    if inspect.isfunction(foreign):
        return Data(make=foreign, about=about)
    raise ValueError(f"The problem '{name}' must be {FORMS}; got {foreign!r}.")


def _is_module(foreign: type) -> bool:
    return any(base.__module__ == "torch.nn.modules.module" and base.__name__ == "Module" for base in foreign.__mro__)
