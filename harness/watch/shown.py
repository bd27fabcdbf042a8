"""A stand-in for a network that is somewhere else: its outputs are whatever was shown last."""

from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from harness.watch.arrays import Numbers
from harness.watch.watched import Data
from problems.base import Array, Slot


@dataclass(eq=False)
class Shown:
    """A network of `dim` parameters, of which only the outputs `(n, m)` are known."""

    dim: int
    name: str = "own"
    dtype: Any = field(default_factory=lambda: np.dtype(np.float64))
    precision: str = ""
    """Of its arithmetic, as its outputs were shown; empty until then."""
    outputs: Array = field(default_factory=lambda: np.empty((0, 0)))

    def show(self, outputs: Array, precision: str) -> None:
        """What it gives from now on."""
        self.outputs, self.precision = outputs, precision

    @property
    def layout(self) -> tuple[Slot, ...]:
        """Unknown."""
        return ()

    def theta0(self, rng: np.random.Generator) -> NoReturn:
        """Unknown too."""
        raise NotImplementedError

    def block(self, n_samples: int) -> int:
        """One at a time."""
        del n_samples
        return 1

    def forward(self, thetas: Array, inputs: Array) -> Array:
        """What was shown."""
        del thetas, inputs
        return self.outputs[None]

    def vjp(self, thetas: Array, inputs: Array) -> NoReturn:
        """Nothing is known of gradients."""
        raise NotImplementedError


def shaped(data: Data, outputs: Numbers) -> Numbers:
    """Predictions `(n, m)` in the order in which the probes know the samples; raises ValueError for another shape."""
    n, m = data.targets.shape
    if outputs.shape not in data.shapes:
        fitting = " or ".join(map(str, data.shapes))
        raise ValueError(
            f"Predictions are for all {n:,} samples, {m} numbers each; got an array of shape {outputs.shape}. Give one "
            f"of shape {fitting}: samples come first, as in the inputs."
        )
    return outputs.reshape(n, m).astype(np.float64)[data.order]


NOWHERE: NDArray[np.float64] = np.zeros((1, 0))
"""In place of parameters."""
