"""Lion: the sign of an interpolated momentum. Six lines of our own, for which no library needs to be loaded."""

from dataclasses import dataclass
from typing import ClassVar

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting
from optimizers.namespace import copied, library


@dataclass(frozen=True)
class Lion(Optimizer):
    """theta <- theta - lr (sign(beta1 m + (1 - beta1) g) + weight_decay theta); m <- beta2 m + (1 - beta2) g."""

    family: ClassVar[str] = "first-order"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    source: ClassVar[str] = "Chen et al. 2023, arXiv 2302.06675, algorithm 2"
    expected: ClassVar[str] = "no theory known; it sees signs alone, so amplitudes hardly count"
    caveat: ClassVar[str] = "every element moves by lr in every step, so the loss has a floor that falls with lr alone"
    lanes: ClassVar[bool] = True
    any_precision: ClassVar[bool] = True
    tensors: ClassVar[bool] = True
    lr: float = setting(1e-3, "step length of every element", above=0.0, tune=(1e-5, 0.01))
    beta1: float = setting(0.9, "share of the momentum in the sign", at_least=0.0, below=1.0, tune=(0.5, 0.99))
    beta2: float = setting(0.99, "decay of the momentum", at_least=0.0, below=1.0, tune=(0.9, 0.999))
    weight_decay: float = setting(0.0, "decay of the weights", at_least=0.0)

    def memory(self, dim: int) -> int:
        return 8 * 7 * dim

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        xp = library(theta0)
        theta, momentum = copied(theta0), xp.zeros_like(theta0)
        while True:
            gradient = objective.value_and_grad(theta)[1]
            # sign(0) = 0: a parameter that has never had a gradient rests
            direction = xp.sign(self.beta1 * momentum + (1 - self.beta1) * gradient)
            theta -= self.lr * (direction + self.weight_decay * theta)
            momentum = self.beta2 * momentum + (1 - self.beta2) * gradient
