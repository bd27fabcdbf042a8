"""Searches by chance: the baseline that every other method has to beat, and two that are a little cleverer."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting
from optimizers.lanes import drawn, in_lanes


@dataclass(frozen=True)
class RandomSearch(Optimizer):
    """Independent samples around the start."""

    family: ClassVar[str] = "stochastic"
    needs: ClassVar[frozenset[Need]] = frozenset({"population"})
    source: ClassVar[str] = "Brooks 1958"
    lanes: ClassVar[bool] = True
    spread: float = setting(0.3, "standard deviation around the start", above=0.0, tune=(0.01, 3.0))
    batch: int = setting(64, "samples a call; of no consequence for the result", at_least=1)

    def memory(self, dim: int) -> int:
        return 8 * dim * 2 * self.batch

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        objective, start, rngs = in_lanes(objective, theta0, rng)
        objective.value(start)
        while True:
            objective.values(start[:, None] + self.spread * drawn(rngs, (self.batch, start.shape[1])))


@dataclass(frozen=True)
class SPSA(Optimizer):
    """A gradient from two evaluations along a random sign vector, with the gains of the author's guideline."""

    family: ClassVar[str] = "stochastic"
    needs: ClassVar[frozenset[Need]] = frozenset({"value", "budget"})
    source: ClassVar[str] = "Spall 1998, IEEE Trans. AES 34:817: a_k = a / (A + k + 1)^0.602, c_k = c / (k + 1)^0.101"
    expected: ClassVar[str] = "gradient descent in expectation, so low-first, under heavy noise"
    lanes: ClassVar[bool] = True
    # on `sin135`, seeds 100 and 101, 6,000 values: 0.5; 0.05 goes astray, 0.01 is slow
    gain: float = setting(0.02, "first step length", above=0.0, tune=(1e-3, 1.0))
    width: float = setting(0.01, "half width of the first difference", above=0.0, tune=(1e-3, 0.3))

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        objective, theta, rngs = in_lanes(objective, theta0, rng)
        objective.value(theta)
        stability = 0.1 * objective.evaluations_left("value") / 2  # a tenth of the steps, as the guideline says
        step = 0
        while True:
            # a_k = gain ((A + 1) / (A + k + 1))^0.602, so that `gain` is a_0; 0.602 and 0.101 fall more slowly than the
            # asymptotically best 1 and 1/6, which serves a finite run better (Spall 1998)
            gain = self.gain * ((stability + 1) / (stability + step + 1)) ** 0.602
            width = self.width / (step + 1) ** 0.101
            # as `rng.choice([-1.0, 1.0], P)` draws, in a third of the time
            signs = 2.0 * np.stack([own.integers(0, 2, theta.shape[1]) for own in rngs]) - 1.0
            rise = objective.value(theta + width * signs) - objective.value(theta - width * signs)
            theta = theta - (gain * rise / (2 * width))[:, None] * signs  # times 1 / signs, which is signs
            step += 1


@dataclass(frozen=True)
class DualAnnealing(Optimizer):
    """Generalised simulated annealing, without its local search, in a box around the start."""

    family: ClassVar[str] = "stochastic"
    needs: ClassVar[frozenset[Need]] = frozenset({"value"})
    source: ClassVar[str] = "Tsallis and Stariolo 1996; Xiang et al. 1997; the points of scipy's dual_annealing"
    # on `sin135`, seeds 100 and 101, 6,000 values: 0.5; with 5 and 5230 it is beaten by random search
    bound: float = setting(1.0, "half width of the box", above=0.0, tune=(0.5, 20.0))
    # those that scipy takes
    temperature: float = setting(100.0, "initial temperature", above=0.01, below=5e4, tune=(1.0, 4e4))

    def memory(self, dim: int) -> int:
        return 8 * 6 * dim

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        assert isinstance(rng, np.random.Generator)
        from optimizers.compiled.calls import Calls
        from optimizers.stochastic.annealing_core import annealing_core

        calls = Calls(objective, len(theta0), slopes=False)
        calls.run(annealing_core(), theta0.astype(np.float64), rng, self.bound, self.temperature)

    def prepare(self) -> None:
        from optimizers.stochastic.annealing_core import annealing_core

        annealing_core()
