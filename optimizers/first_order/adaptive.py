"""More elementwise methods of torch.optim: each is its settings and one line."""

from dataclasses import dataclass
from typing import Any, ClassVar

from optimizers.base import Doubles, setting
from optimizers.first_order.adaptive_steps import (
    adadelta_step,
    adagrad_step,
    adamax_step,
    adamw_step,
    asgd_step,
    nadam_step,
    nesterov_step,
    radam_step,
    rmsprop_step,
    rprop_step,
)
from optimizers.first_order.elementwise import Step
from optimizers.first_order.torch_methods import ADAPTIVE, Lean, TorchMethod


def rate(default: float, low: float = 1e-5, high: float = 0.1) -> Any:
    """The setting `lr`."""
    return setting(default, "step length", above=0.0, tune=(low, high))


@dataclass(frozen=True)
class Nesterov(TorchMethod):
    """Momentum with the gradient taken after the step of the velocity."""

    source: ClassVar[str] = "Nesterov 1983; Sutskever et al. 2013; torch.optim.SGD"
    expected: ClassVar[str] = "low-first, with half the slope of gradient descent's when well tuned, as for momentum"
    buffers: ClassVar[int] = 1
    proportional: ClassVar[bool] = True
    lr: float = rate(0.03, 1e-4, 0.3)
    momentum: float = setting(0.9, "share of the velocity that is kept", above=0.0, below=1.0, tune=(0.5, 0.99))

    def build(self, optim: Lean, params: list[Any]) -> Any:
        # v <- mu v + g; theta <- theta - lr (g + mu v)
        return optim.SGD(params, lr=self.lr, momentum=self.momentum, nesterov=True, foreach=False)

    def own_step(self, theta: Doubles) -> Step:
        return nesterov_step(theta, self.lr, self.momentum)


@dataclass(frozen=True)
class Adagrad(TorchMethod):
    """Each element divided by the root of its summed squares."""

    source: ClassVar[str] = "Duchi, Hazan, Singer 2011; torch.optim.Adagrad"
    expected: ClassVar[str] = ADAPTIVE
    buffers: ClassVar[int] = 1
    lr: float = rate(0.03, 1e-3, 1.0)

    def build(self, optim: Lean, params: list[Any]) -> Any:
        # s <- s + g^2; theta <- theta - lr g / (sqrt(s) + eps): the step length falls for ever
        return optim.Adagrad(params, lr=self.lr, foreach=False)

    def own_step(self, theta: Doubles) -> Step:
        return adagrad_step(theta, self.lr)


@dataclass(frozen=True)
class RMSprop(TorchMethod):
    """Each element divided by its root mean square."""

    source: ClassVar[str] = "Tieleman and Hinton 2012; torch.optim.RMSprop"
    expected: ClassVar[str] = ADAPTIVE
    buffers: ClassVar[int] = 1
    lr: float = rate(1e-3)
    alpha: float = setting(0.99, "decay of the mean square", above=0.0, below=1.0, tune=(0.9, 0.999))

    def build(self, optim: Lean, params: list[Any]) -> Any:
        # v <- alpha v + (1 - alpha) g^2; theta <- theta - lr g / (sqrt(v) + eps)
        return optim.RMSprop(params, lr=self.lr, alpha=self.alpha, foreach=False)

    def own_step(self, theta: Doubles) -> Step:
        return rmsprop_step(theta, self.lr, self.alpha)


@dataclass(frozen=True)
class Adadelta(TorchMethod):
    """Steps scaled by the ratio of two root mean squares, of steps and of gradients."""

    source: ClassVar[str] = "Zeiler 2012, arXiv 1212.5701; torch.optim.Adadelta"
    expected: ClassVar[str] = ADAPTIVE
    buffers: ClassVar[int] = 2
    lr: float = rate(1.0, 0.01, 10.0)
    rho: float = setting(0.9, "decay of both mean squares", above=0.0, below=1.0, tune=(0.8, 0.999))

    def build(self, optim: Lean, params: list[Any]) -> Any:
        # d = g sqrt((u + eps) / (v + eps)), with u and v the decaying means of d^2 and g^2; theta <- theta - lr d
        return optim.Adadelta(params, lr=self.lr, rho=self.rho, foreach=False)

    def own_step(self, theta: Doubles) -> Step:
        return adadelta_step(theta, self.lr, self.rho)


@dataclass(frozen=True)
class AdamW(TorchMethod):
    """Adam with the weight decay outside the adaptive step."""

    source: ClassVar[str] = "Loshchilov and Hutter 2019, arXiv 1711.05101; torch.optim.AdamW"
    expected: ClassVar[str] = ADAPTIVE
    buffers: ClassVar[int] = 2
    lr: float = rate(3e-3)
    weight_decay: float = setting(1e-4, "decay of the weights", at_least=0.0, tune=(1e-6, 1e-1))

    def build(self, optim: Lean, params: list[Any]) -> Any:
        # theta <- (1 - lr weight_decay) theta, and then Adam's step
        return optim.AdamW(params, lr=self.lr, weight_decay=self.weight_decay, foreach=False)

    def own_step(self, theta: Doubles) -> Step:
        return adamw_step(theta, self.lr, self.weight_decay)


@dataclass(frozen=True)
class NAdam(TorchMethod):
    """Adam with Nesterov's momentum."""

    source: ClassVar[str] = "Dozat 2016; torch.optim.NAdam"
    expected: ClassVar[str] = ADAPTIVE
    buffers: ClassVar[int] = 2
    lr: float = rate(3e-3)

    def build(self, optim: Lean, params: list[Any]) -> Any:
        # Adam, but with m^ = mu_(t+1) m / (1 - mu_1 ... mu_(t+1)) + (1 - mu_t) g / (1 - mu_1 ... mu_t),
        # where mu_t = beta1 (1 - 0.96^(0.004 t) / 2)
        return optim.NAdam(params, lr=self.lr, foreach=False)

    def own_step(self, theta: Doubles) -> Step:
        return nadam_step(theta, self.lr)


@dataclass(frozen=True)
class RAdam(TorchMethod):
    """Adam whose early steps are rectified for the variance of the mean square."""

    source: ClassVar[str] = "Liu et al. 2020, arXiv 1908.03265; torch.optim.RAdam"
    expected: ClassVar[str] = ADAPTIVE
    buffers: ClassVar[int] = 2
    lr: float = rate(1e-2)

    def build(self, optim: Lean, params: list[Any]) -> Any:
        # rho_t = rho_inf - 2 t beta2^t / (1 - beta2^t), rho_inf = 2 / (1 - beta2) - 1; plain momentum until rho_t > 5
        return optim.RAdam(params, lr=self.lr, foreach=False)

    def own_step(self, theta: Doubles) -> Step:
        return radam_step(theta, self.lr)


@dataclass(frozen=True)
class Adamax(TorchMethod):
    """Adam with the largest recent gradient in place of the root mean square."""

    source: ClassVar[str] = "Kingma and Ba 2015, algorithm 2; torch.optim.Adamax"
    expected: ClassVar[str] = ADAPTIVE
    buffers: ClassVar[int] = 2
    lr: float = rate(3e-3)

    def build(self, optim: Lean, params: list[Any]) -> Any:
        # u <- max(beta2 u, |g| + eps); theta <- theta - lr m^ / u
        return optim.Adamax(params, lr=self.lr, foreach=False)

    def own_step(self, theta: Doubles) -> Step:
        return adamax_step(theta, self.lr)


@dataclass(frozen=True)
class Rprop(TorchMethod):
    """Step lengths of their own for every element, from the signs of its gradients alone."""

    source: ClassVar[str] = "Riedmiller and Braun 1993; torch.optim.Rprop"
    expected: ClassVar[str] = "no theory known; it sees signs alone, so amplitudes hardly count"
    buffers: ClassVar[int] = 2
    lr: float = rate(1e-3)

    def build(self, optim: Lean, params: list[Any]) -> Any:
        # delta_i, the length of a step: times 1.2 while g_i keeps its sign; where that turns, halved and not taken
        return optim.Rprop(params, lr=self.lr, foreach=False)

    def own_step(self, theta: Doubles) -> Step:
        return rprop_step(theta, self.lr)


@dataclass(frozen=True)
class ASGD(TorchMethod):
    """Gradient descent with falling steps; the average that torch keeps beside it is not what is measured."""

    source: ClassVar[str] = "Polyak and Juditsky 1992; torch.optim.ASGD"
    expected: ClassVar[str] = "low-first, as gradient descent"
    buffers: ClassVar[int] = 1
    tensors: ClassVar[bool] = False  # torch keeps the length of its step on the device, and asks for it at every step
    proportional: ClassVar[bool] = True
    lr: float = rate(0.05, 1e-3, 1.0)

    def build(self, optim: Lean, params: list[Any]) -> Any:
        # eta_t = lr / (1 + 1e-4 lr t)^(3/4), with torch's own small decay: theta <- (1 - 1e-4 eta_t) theta - eta_t g
        return optim.ASGD(params, lr=self.lr, foreach=False)

    def own_step(self, theta: Doubles) -> Step:
        return asgd_step(theta, self.lr)
