"""Initial weights of a fully connected network, drawn slot by slot from one generator.

Some initialisations are more than a law: they also say how the network is made of its parameters, and `wrap` does it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf, prod, sqrt

import numpy as np
from numpy.typing import NDArray

from problems.base import Network, Slot
from problems.networks.combinations import combine, unscaled

Draw = Callable[[np.random.Generator, tuple[int, int], bool], NDArray[np.float64]]


@dataclass(frozen=True)
class Init:
    """`draw(rng, (fan_out, fan_in), is_bias)` gives one layer's weights `(fan_out, fan_in)` or biases `(fan_out,)`."""

    name: str
    draw: Draw
    wrap: Callable[[Network], Network] = lambda network: network
    first: Draw | None = None
    """The same for the first layer, where it has a law of its own."""
    divisor: Callable[[int], float] | None = None
    """Of a fan-in, if the law is U(-1, 1) over it throughout: one call then draws what `draw` would, slot by slot."""

    def theta0(self, rng: np.random.Generator, layout: tuple[Slot, ...]) -> NDArray[np.float64]:
        """Initial flat vector `(P,)`; a bias slot follows the weights whose fans it shares."""
        dim = sum(prod(slot.shape) for slot in layout)
        theta = np.empty(dim) if self.divisor is None else rng.uniform(-1, 1, dim)
        fans = (1, 1)
        for index, slot in enumerate(layout):
            # what a module has beside weights, such as one number alone, is drawn as a bias of its own size
            is_bias, size = len(slot.shape) < 2, prod(slot.shape)
            fans = (size, fans[1]) if is_bias else (slot.shape[0], slot.shape[1])
            own = theta[slot.offset : slot.offset + size]
            if self.divisor is not None:
                own /= self.divisor(fans[1])
                continue
            draw = self.first if self.first is not None and index < 2 else self.draw
            own[:] = draw(rng, fans, is_bias).ravel()
        return theta


def _shape(fans: tuple[int, int], is_bias: bool) -> tuple[int, ...]:
    return fans[:1] if is_bias else fans


def pytorch_uniform() -> Init:
    """U(-1/sqrt(fan_in), 1/sqrt(fan_in)) for weights and biases, the default of torch.nn.Linear."""
    return Init(
        "pytorch-uniform",
        # variance 1 / (3 fan_in); torch spells it kaiming_uniform with a = sqrt 5
        lambda rng, fans, bias: rng.uniform(-1, 1, _shape(fans, bias)) / sqrt(fans[1]),
        divisor=sqrt,
    )


def normal(std: float = 0.1) -> Init:
    """N(0, std^2) for weights and biases."""
    if not 0 < std < inf:
        raise ValueError(f"The init needs a std above 0, as in normal(0.1); got {std:g}.")
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
    return Init(name, law.draw, lambda network: combine(network, (sqrt(0.5), -sqrt(0.5)), unscaled))


def _standard(rng: np.random.Generator, fans: tuple[int, int], is_bias: bool) -> NDArray[np.float64]:
    return rng.standard_normal(_shape(fans, is_bias))


def siren(w0: float = 30.0, first: float | None = None) -> Init:
    """SIREN (Sitzmann et al. 2020): first layer U(+-1 / fan_in), others U(+-sqrt(6 / fan_in) / w0), for `sin(w0)`.

    Biases as torch's, which the authors' code leaves alone. `first` is the w0 of the first layer, if it has its own."""
    first = w0 if first is None else first
    if not (0 < w0 < inf and 0 < first < inf):
        raise ValueError(f"The init siren(w0, first) needs numbers above 0; got {w0:g} and {first:g}.")
    if first == w0:
        return Init(f"siren({w0:g})", partial(_siren_later, w0), first=_siren_first)
    # sin(first (W x + b)) = sin(w0 (first / w0) (W x + b)): the one activation serves both
    scale = _FirstLayer(first / w0)
    return Init(
        f"siren({w0:g},{first:g})",
        partial(_siren_later, w0),
        lambda network: combine(network, (1.0,), scale),
        _siren_first,
    )


def finer(w0: float = 30.0, k: float = 10.0) -> Init:
    """FINER 2024: as `siren(w0)`, but the first layer's biases U(+-k), which choose the frequencies.

    k = 10 is our own choice."""
    if not (0 < w0 < inf and 0 <= k < inf):
        raise ValueError(f"The init finer(w0, k) needs w0 above 0 and k from 0; got {w0:g} and {k:g}.")

    def first(rng: np.random.Generator, fans: tuple[int, int], is_bias: bool) -> NDArray[np.float64]:
        return rng.uniform(-k, k, fans[0]) if is_bias else _siren_first(rng, fans, is_bias)

    return Init(f"finer({w0:g},{k:g})", partial(_siren_later, w0), first=first)


def _siren_first(rng: np.random.Generator, fans: tuple[int, int], is_bias: bool) -> NDArray[np.float64]:
    return rng.uniform(-1, 1, _shape(fans, is_bias)) / (sqrt(fans[1]) if is_bias else fans[1])


def _siren_later(w0: float, rng: np.random.Generator, fans: tuple[int, int], is_bias: bool) -> NDArray[np.float64]:
    return rng.uniform(-1, 1, _shape(fans, is_bias)) * (1 / sqrt(fans[1]) if is_bias else sqrt(6 / fans[1]) / w0)


@dataclass(frozen=True)
class _FirstLayer:
    """Multiplies weights and biases of the first layer; two of one factor are equal, so that lanes may share them."""

    factor: float

    def __call__(self, fan_in: int, is_bias: bool, layer: int, layers: int) -> float:
        del fan_in, is_bias, layers
        return 1.0 if layer else self.factor


def _ntk_scale(fan_in: int, is_bias: bool, layer: int, layers: int) -> float:
    del layer, layers
    return 1.0 if is_bias else fan_in**-0.5


def _mean_field_scale(fan_in: int, is_bias: bool, layer: int, layers: int) -> float:
    return _ntk_scale(fan_in, is_bias, layer, layers) * (fan_in**-0.5 if layer == layers - 1 else 1.0)


INITS: dict[str, Callable[..., Init]] = {
    "antisymmetric": antisymmetric,
    "finer": finer,
    "kaiming": kaiming,
    "mean-field": mean_field,
    "normal": normal,
    "ntk": ntk,
    "pytorch-uniform": pytorch_uniform,
    "siren": siren,
    "xavier": xavier,
}
