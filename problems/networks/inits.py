"""Initial weights of a fully connected network, drawn slot by slot from one generator.

Some initialisations are more than a law: they also say how the network is made of its parameters, and `wrap` does it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod, sqrt

import numpy as np
from numpy.typing import NDArray

from problems.base import Network, Slot
from problems.networks.combinations import combine

Draw = Callable[[np.random.Generator, tuple[int, int], bool], NDArray[np.float64]]


@dataclass(frozen=True)
class Init:
    """`draw(rng, (fan_out, fan_in), is_bias)` gives one layer's weights `(fan_out, fan_in)` or biases `(fan_out,)`."""

    name: str
    draw: Draw
    wrap: Callable[[Network], Network] = lambda network: network

    def theta0(self, rng: np.random.Generator, layout: tuple[Slot, ...]) -> NDArray[np.float64]:
        """Initial flat vector `(P,)`; a bias slot follows the weights whose fans it shares."""
        theta = np.empty(sum(prod(slot.shape) for slot in layout))
        fans = (1, 1)
        for slot in layout:
            is_bias = len(slot.shape) == 1
            fans = fans if is_bias else (slot.shape[0], slot.shape[1])
            theta[slot.offset : slot.offset + prod(slot.shape)] = self.draw(rng, fans, is_bias).ravel()
        return theta


def _shape(fans: tuple[int, int], is_bias: bool) -> tuple[int, ...]:
    return fans[:1] if is_bias else fans


def pytorch_uniform() -> Init:
    """U(-1/sqrt(fan_in), 1/sqrt(fan_in)) for weights and biases, the default of torch.nn.Linear."""
    return Init(
        "pytorch-uniform",
        # variance 1 / (3 fan_in); torch spells it kaiming_uniform with a = sqrt 5
        lambda rng, fans, bias: rng.uniform(-1, 1, _shape(fans, bias)) / sqrt(fans[1]),
    )


def normal(std: float = 0.1) -> Init:
    """N(0, std^2) for weights and biases."""
    return Init(f"normal({std:g})", lambda rng, fans, bias: std * rng.standard_normal(_shape(fans, bias)))


def xavier() -> Init:
    """Glorot and Bengio 2010, eq. 16: U(+-sqrt(6 / (fan_in + fan_out))), biases zero."""
    return Init(
        "xavier",
        # variance 2 / (fan_in + fan_out): between what keeps activations and what keeps gradients
        lambda rng, fans, bias: np.zeros(fans[0]) if bias else rng.uniform(-1, 1, fans) * sqrt(6 / sum(fans)),
    )


def kaiming() -> Init:
    """He et al. 2015, eq. 10: N(0, 2 / fan_in), biases zero."""
    return Init(
        "kaiming",
        # 2 for the half of the mean square that a ReLU cuts off
        lambda rng, fans, bias: np.zeros(fans[0]) if bias else rng.standard_normal(fans) * sqrt(2 / fans[1]),
    )


def ntk() -> Init:
    """The NTK scaling (Jacot et al. 2018): parameters from N(0, 1), weights divided by sqrt(fan_in) when used."""
    return Init("ntk", _standard, lambda network: combine(network, (1.0,), _ntk_scale))


def mean_field() -> Init:
    """The mean-field scaling (Mei et al. 2018): as ntk, but the last layer's weights are divided by their fan_in N.

    Its biases are divided by sqrt(N), so that one step length, proportional to N, serves all parameters."""
    return Init("mean-field", _standard, lambda network: combine(network, (1.0,), _mean_field_scale))


def antisymmetric(std: float | None = None) -> Init:
    """A network minus its twin, over sqrt 2 (Zhang et al. 2020): it starts at 0; pytorch-uniform, or N(0, std^2)."""
    law = pytorch_uniform() if std is None else normal(std)
    name = "antisymmetric" if std is None else f"antisymmetric({std:g})"
    # f = (g(theta_1) - g(theta_2)) / sqrt 2: with this factor the tangent kernel at the start is that of one g
    return Init(name, law.draw, lambda network: combine(network, (sqrt(0.5), -sqrt(0.5)), _unscaled))


def _standard(rng: np.random.Generator, fans: tuple[int, int], is_bias: bool) -> NDArray[np.float64]:
    return rng.standard_normal(_shape(fans, is_bias))


def _ntk_scale(fan_in: int, is_bias: bool, is_last: bool) -> float:
    del is_last
    return 1.0 if is_bias else fan_in**-0.5


def _mean_field_scale(fan_in: int, is_bias: bool, is_last: bool) -> float:
    return _ntk_scale(fan_in, is_bias, is_last) * (fan_in**-0.5 if is_last else 1.0)


def _unscaled(fan_in: int, is_bias: bool, is_last: bool) -> float:
    del fan_in, is_bias, is_last
    return 1.0


INITS: dict[str, Callable[..., Init]] = {
    "antisymmetric": antisymmetric,
    "kaiming": kaiming,
    "mean-field": mean_field,
    "normal": normal,
    "ntk": ntk,
    "pytorch-uniform": pytorch_uniform,
    "xavier": xavier,
}
