"""Schedule-free Adam: no schedule of step lengths, but an average of the iterates near which gradients are taken."""

from dataclasses import dataclass
from typing import ClassVar

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting
from optimizers.namespace import copied, library


@dataclass(frozen=True)
class ScheduleFreeAdam(Optimizer):
    """y = (1 - beta1) z + beta1 x; z <- z - lr g(y) / sqrt(v^); x <- (1 - 1/t) x + z / t."""

    family: ClassVar[str] = "first-order"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    source: ClassVar[str] = "Defazio et al. 2024, arXiv 2405.15682, algorithm 1, without warm-up"
    expected: ClassVar[str] = "like Adam: the average holds back what oscillates, not what is of high frequency"
    caveat: ClassVar[str] = (
        "losses are those of y, where gradients are taken; x, which the paper returns, lies beside it"
    )
    lanes: ClassVar[bool] = True
    any_precision: ClassVar[bool] = True
    tensors: ClassVar[bool] = True
    lr: float = setting(0.01, "step length", above=0.0, tune=(1e-5, 0.1))
    beta1: float = setting(0.9, "share of the average in the point of the gradient", at_least=0.0, below=1.0)
    beta2: float = setting(0.999, "decay of the mean square", at_least=0.0, below=1.0, tune=(0.9, 0.9999))
    eps: float = setting(1e-8, "added to the root mean square", above=0.0, tune=(1e-10, 1e-4))

    def memory(self, dim: int) -> int:
        return 8 * 7 * dim

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        xp, step = library(theta0), 0
        fast, average, square = copied(theta0), copied(theta0), xp.zeros_like(theta0)
        while True:
            gradient = objective.value_and_grad((1 - self.beta1) * fast + self.beta1 * average)[1]
            step += 1
            square = self.beta2 * square + (1 - self.beta2) * gradient**2
            fast -= self.lr * gradient / (xp.sqrt(square / (1 - self.beta2**step)) + self.eps)
            # the paper's weights go like lr^2, a constant here: x is the plain mean of z_1 to z_t, and forgets theta0
            average += (fast - average) / step
