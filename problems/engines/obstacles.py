"""What each evaluator cannot take, as the end of a sentence, told without loading what it stands on."""

from functools import cache
from importlib.util import find_spec
from typing import Any, Protocol, runtime_checkable

import numpy as np

from problems.base import Problem, TensorLoss
from problems.losses.regression import LOSSES, MSE
from problems.networks.carried import CarriedMLP
from problems.networks.mlp import MLP

FEW = 4
"""Inputs and outputs of a layer up to which plain loops beat a matrix product."""
FEW_INPUTS = 16
"""Inputs up to which a whole network of one hidden layer in plain loops is no slower than passes between products."""
MANY = 8192
"""Hidden activations from which on passes between matrix products beat numpy, where its tanh is a vector's."""
WIDE = ("X86_V4", "AVX512_SKX")
"""Processors, as numpy calls them, on which it takes 2 ns for a tanh and not 15: with vectors of eight numbers."""

TOLD_ON_TORCH = ", ".join(name for name, loss in sorted(LOSSES.items()) if hasattr(loss, "on_tensors"))


def no_kernels(problem: Problem) -> str | None:
    """Why compiled kernels cannot take a problem."""
    if not isinstance(problem.network, MLP):
        return "takes plain fully connected networks; this one is scaled, combined, or of another kind"
    return _not_whole(problem, problem.network)


def not_carried(problem: Problem) -> str | None:
    """Why compiled passes cannot take a network that carries derivatives in its inputs."""
    if not isinstance(problem.network, CarriedMLP):
        return "takes networks that carry derivatives in their inputs; this one carries none"
    return _not_whole(problem, problem.network.mlp)


def _not_whole(problem: Problem, network: MLP) -> str | None:
    if find_spec("numba") is None:
        return "needs the library numba, which is not installed: pip install numba"
    if len(network.widths) < 3:
        return "takes networks with a hidden layer; this one has none"
    if problem.chunk is not None and problem.chunk < problem.n_samples:
        return "takes all samples at once; this problem asks for chunks, to bound memory"
    # squares of targets have to stay far below 3e38, the largest float32
    if not (np.isfinite(problem.inputs).all() and np.abs(problem.targets).max(initial=0.0) < 1e12):
        return "takes finite inputs, and targets below 1e12 in size"
    return None


def not_shallow(problem: Problem) -> str | None:
    """Why a single compiled pass cannot take a problem."""
    widths = problem.network.widths if isinstance(problem.network, MLP) else ()
    if len(widths) == 3 and widths[0] <= FEW_INPUTS and widths[2] <= FEW and isinstance(problem.loss, MSE):
        return no_kernels(problem)
    return f"takes one hidden layer, at most {FEW_INPUTS} inputs and {FEW} outputs, and the loss mse"


@runtime_checkable
class OnTorch(Protocol):
    """A network that torch can differentiate from tensors to tensors, wherever it computes."""

    def respond(self, flat: Any, samples: Any) -> Any:
        """Outputs `(B, n, m)` for parameters `(B, P)` and samples, all tensors."""


def no_tensors(problem: Problem) -> str | None:
    """Why torch cannot take a problem from end to end."""
    if not isinstance(problem.network, OnTorch):
        return "takes torch modules; this network is another, or a combination of some"
    if not isinstance(problem.loss, TensorLoss):
        return f"takes the losses {TOLD_ON_TORCH}; got '{problem.loss.name}'"
    return None


@cache
def numpy_has_vectors() -> bool:
    """Whether numpy's tanh is fast on this processor."""
    found = np.show_config(mode="dicts") or {}
    return any(name in found.get("SIMD Extensions", {}).get("found", ()) for name in WIDE)


def beats_numpy(problem: Problem) -> bool:
    """Whether passes between matrix products do: small deep networks may be better off in numpy's batches."""
    widths = problem.network.widths if isinstance(problem.network, MLP) else ()
    return not numpy_has_vectors() or problem.n_samples * sum(widths[1:-1]) >= MANY
