"""Which code evaluates a problem: numpy, the reference, or compiled kernels, which give the same numbers to rounding.

One rule chooses, `choose`, and `harness list engines` prints it. Only `make_engine` loads numba.
"""

from importlib import import_module
from importlib.util import find_spec

import numpy as np

from problems.base import Engine, Problem
from problems.losses.regression import MSE
from problems.networks.mlp import MLP

ENGINES = {
    "auto": "the rule: compiled where it serves, numpy elsewhere, and for deep networks with fewer than 8192 hidden "
    "activations in all, for which numpy is faster",
    "numpy": "the reference; serves every network and loss",
    "compiled": "kernels made by numba on first use, the same numbers to rounding. Serves plain fully connected "
    "networks with any loss: with one hidden layer, at most 4 inputs and outputs and the loss mse in a single pass, "
    "otherwise in passes between the matrix products. An error where it does not serve",
}
"""What can be asked for, and what it means."""

FEW = 4
"""Inputs and outputs up to which plain loops beat a matrix product."""


MANY = 8192
"""Hidden activations from which on passes between matrix products beat numpy; measured for 1 to 30 lanes."""


def choose(problem: Problem, name: str = "auto") -> str:
    """`numpy` or `compiled`, from what is asked for.

    Raises ValueError where compiled kernels are asked for and cannot serve."""
    if name not in ENGINES:
        raise ValueError(f"Unknown engine '{name}'. Choose from: {', '.join(sorted(ENGINES))}.")
    if name == "numpy":
        return name
    obstacle = cannot(problem)
    if name == "compiled" and obstacle:
        raise ValueError(f"The engine 'compiled' {obstacle}. Choose numpy, or auto, which does that by itself.")
    return "numpy" if obstacle or (name == "auto" and not is_faster(problem)) else "compiled"


def make_engine(problem: Problem, name: str = "auto") -> Engine | None:
    """The engine of that choice; None is numpy. It is fit for this network and loss, and holds scratch of its own."""
    if choose(problem, name) == "numpy":
        return None
    module, kind = ("shallow_engine", "ShallowEngine") if is_shallow(problem) else ("layered_engine", "LayeredEngine")
    engine: Engine = getattr(import_module(f"problems.engines.{module}"), kind)(problem.network, problem.loss)
    return engine


def is_shallow(problem: Problem) -> bool:
    """Whether the whole evaluation is one compiled pass."""
    widths = problem.network.widths if isinstance(problem.network, MLP) else ()
    return len(widths) == 3 and widths[0] <= FEW and widths[2] <= FEW and isinstance(problem.loss, MSE)


def is_faster(problem: Problem) -> bool:
    """Whether compiled kernels beat numpy where they serve: small deep networks are better off in numpy's batches."""
    widths = problem.network.widths if isinstance(problem.network, MLP) else ()
    return is_shallow(problem) or problem.n_samples * sum(widths[1:-1]) >= MANY


def cannot(problem: Problem) -> str | None:
    """Why compiled kernels cannot take a problem, as the end of a sentence; None if they can."""
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
