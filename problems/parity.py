"""Parity on the corners of a cube (SHED 5c): a function of the highest frequency, and few samples of it.

Along the diagonal, `F(k) = mean over x of y(x) exp(-2 pi i k sum(x))`. Over all corners the parity has
`|F(k)| = |sin(2 pi k)|^d`, nothing at low k and all of it at k = 1/4. The few corners that are trained on show low
frequencies that the parity does not have (aliases), and those are learned first: there is no generalisation.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from problems.base import Problem, Recipe
from problems.losses.regression import make_loss
from problems.networks.mlp import fully_connected
from problems.probes.line import tones_probe
from problems.probes.selection import Selection

FREQUENCIES: NDArray[np.float64] = np.arange(6) / 20
"""Cycles along the diagonal; the sum of ten signs spreads by 3.2, so that closer ones could not be told apart."""
MOST_BITS = 16


def corners(bits: int) -> NDArray[np.float64]:
    """All corners of {-1, 1}^bits, `(2^bits, bits)`."""
    return np.array(list(product((-1.0, 1.0), repeat=bits)))


@dataclass(frozen=True, kw_only=True)
class Parity(Recipe):
    """prod_j x_j on some of the corners of {-1, 1}^bits, chosen anew for every seed; tested on the rest."""

    random_data = True
    network: str = "10-500-100-1"
    init: str = "normal(0.05)"
    dtype: str = "float32"
    bits: int = 10
    samples: int = 200

    def build(self, rng: np.random.Generator) -> Problem:
        if not 1 <= self.bits <= MOST_BITS:
            raise ValueError(f"bits must be from 1 to {MOST_BITS}; got {self.bits}.")
        if not 1 <= self.samples < 2**self.bits:
            raise ValueError(
                f"samples must be from 1 to {2**self.bits - 1}, so that some are left to test on; got {self.samples}."
            )
        network = fully_connected(self.network, (self.bits, 1), self.activation, self.init, self.dtype)
        # (2^bits, bits) in random order: the first are trained on, the others tested
        inputs = corners(self.bits)[rng.permutation(2**self.bits)]
        # (2^bits, 1), each 1 or -1
        targets = inputs.prod(axis=1, keepdims=True)
        x, y = inputs.astype(network.dtype), targets.astype(network.dtype)
        test = x[self.samples :], y[self.samples :]
        probe = tones_probe(
            # K = (k, ..., k), so that K.x = k sum(x)
            inputs[: self.samples].sum(axis=1, keepdims=True),
            targets[: self.samples],
            FREQUENCIES,
            1.0,
            Selection("six frequencies along the diagonal"),
        )
        return Problem(x[: self.samples], y[: self.samples], network, make_loss(self.loss), (probe,), test)
