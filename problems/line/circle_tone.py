"""One tone on the circle, to see how the time to learn a frequency grows with it (BASRI)."""

from dataclasses import dataclass, replace

import numpy as np

from problems.base import Problem, Recipe, fixed
from problems.line.waves import WAVES
from problems.losses.regression import make_loss
from problems.networks.fixed_head import STARTS, FixedHead
from problems.networks.mlp import checked_widths
from problems.probes.line import CIRCLE, tones_probe, uniform_grid


@dataclass(frozen=True, kw_only=True)
class Tone(Recipe):
    """cos(k theta), seen as (cos theta, sin theta) by a two-layer ReLU network of which the first layer is trained.

    Runs that differ in k alone are lanes of one batch. Under gradient descent and in the limit of a wide network, the
    error of frequency k shrinks by 1 - 2 lr lambda_k a step, lambda_k falling as 1/k^2; without a bias lambda_k = 0 for
    odd k from 3, if the samples come in opposite pairs (an even number of them). An error of 0.316 is the published
    stop, a loss of 10 % of the first one; the threshold 0.3 of the tables is the nearest."""

    network: str = "2-512-1"
    activation: str = "relu"
    init: str = "even"
    dtype: str = "float32"
    budget: int = fixed(24_000)
    k: int = 1
    bias: bool = True
    samples: int = 200
    std: float = 1000.0
    """Large, so that no unit turns by a wavelength: to learn k, weights move by about 2.2 k / sqrt(width)."""

    @property
    def lane_group(self) -> "Tone":
        return replace(self, k=1)

    def build(self, rng: np.random.Generator) -> Problem:
        del rng  # the target is the same for every seed
        if self.activation != Tone.activation:
            raise ValueError(
                f"The activation of a tone is '{Tone.activation}', and nothing else; got '{self.activation}'."
            )
        if self.init not in STARTS:
            raise ValueError(f"The init of a tone is one of {', '.join(sorted(STARTS))}; got '{self.init}'.")
        # at samples = 2 k (Nyquist) k and -k are one alias, and no phase can be told
        if self.k < 1 or self.samples <= 2 * self.k:
            raise ValueError(f"k is at least 1, and samples exceed 2 k; got k = {self.k}, samples = {self.samples}.")
        angles = uniform_grid(self.samples, CIRCLE)
        targets = np.cos(self.k * angles)
        # cos(k theta) = (e^(i k theta) + e^(-i k theta)) / 2: what is watched at +k has the amplitude 1/2
        probe = tones_probe(angles, targets, np.array([float(self.k)]), CIRCLE.unit, WAVES)
        network = self._network()
        # (n, 2), points of the unit circle
        inputs = np.concatenate([np.cos(angles), np.sin(angles)], axis=1).astype(network.dtype)
        return Problem(inputs, targets.astype(network.dtype), network, make_loss(self.loss), (probe,))

    def _network(self) -> FixedHead:
        widths = checked_widths(self.network, (2, 1))
        # even, because units start in pairs of opposite heads, so that f = 0
        if len(widths) != 3 or widths[1] % 2:
            raise ValueError(
                f"The network of a tone has one hidden layer of even width, such as 2-512-1; got '{self.network}'."
            )
        if not self.std > 0:
            raise ValueError(f"std must be above 0; got {self.std:g}.")
        if self.dtype not in ("float32", "float64"):
            raise ValueError(f"The dtype of a network is float32 or float64; got '{self.dtype}'.")
        return FixedHead(widths[1], self.bias, self.std, self.init, self.dtype)
