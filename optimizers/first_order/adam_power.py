"""Adam with another exponent of its second moment: from plain momentum (0) to Adam (1/2), and beyond on both sides."""

from dataclasses import dataclass
from typing import ClassVar

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting
from optimizers.namespace import copied, library


@dataclass(frozen=True)
class AdamPower(Optimizer):
    """m, v <- decaying means of g and g^2; theta <- theta - lr m^ / (v^ + eps^2)^power, where ^ takes out the bias."""

    family: ClassVar[str] = "first-order"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    source: ClassVar[str] = "Kingma and Ba 2015, algorithm 1, with the exponent of arXiv 2509.04713"
    expected: ClassVar[str] = (
        "arXiv 2509.04713: adaptive methods favour low frequencies, plain descent hardly any, and negative exponents "
        "raise high ones"
    )
    caveat: ClassVar[str] = "gradients to the power 1 - 2 power set the size of a step, so lr must be tuned for each"
    lanes: ClassVar[bool] = True
    any_precision: ClassVar[bool] = True
    tensors: ClassVar[bool] = True
    lr: float = setting(0.01, "step length", above=0.0, tune=(1e-5, 1.0))
    power: float = setting(0.25, "exponent of the mean square: 0.5 is Adam, 0 momentum", at_least=-1.0, below=1.0)
    beta1: float = setting(0.9, "decay of the mean", at_least=0.0, below=1.0, tune=(0.5, 0.99))
    beta2: float = setting(0.999, "decay of the mean square", at_least=0.0, below=1.0, tune=(0.9, 0.9999))
    eps: float = setting(1e-8, "least root mean square", above=0.0, tune=(1e-10, 1e-4))

    def memory(self, dim: int) -> int:
        return 8 * 6 * dim

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        theta, zeros, step = copied(theta0), library(theta0).zeros_like, 0
        mean, square = zeros(theta0), zeros(theta0)
        while True:
            gradient, step = objective.value_and_grad(theta)[1], step + 1
            mean = self.beta1 * mean + (1 - self.beta1) * gradient
            square = self.beta2 * square + (1 - self.beta2) * gradient**2
            # m^ = m / (1 - beta1^t), v^ likewise, as both means began at 0
            # eps stands under the power: at 1/2 this is sqrt(v^ + eps^2) where Adam has sqrt(v^) + eps
            scale = (square / (1 - self.beta2**step) + self.eps**2) ** self.power
            theta -= self.lr / (1 - self.beta1**step) * mean / scale
