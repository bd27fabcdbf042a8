"""Initial weights of a torch module: laws of our own that suit convolutions, or what the module itself draws."""

from collections.abc import Callable
from math import prod

import numpy as np
from numpy.typing import NDArray
from torch import nn

from problems.base import Slot
from problems.factories import resolve
from problems.networks.inits import Init, kaiming, normal, pytorch_uniform
from problems.networks.torch.making import made
from problems.networks.torch.packing import flattened


def own() -> None:
    """What the module itself draws when it is made."""


INITS: dict[str, Callable[..., Init | None]] = {
    "kaiming": kaiming,
    "normal": normal,
    "own": own,
    "pytorch-uniform": pytorch_uniform,
}
"""Laws that hold for convolutions as well: `pytorch-uniform` is what torch gives a layer with weights and biases."""


def find_init(text: str) -> Init | None:
    """The law that `text` names, None for the module's own; raises ValueError with the choices."""
    return resolve("init of a torch network", text, INITS)


def draw(
    text: str,
    make: Callable[[], nn.Module],
    shape: tuple[int, ...],
    layout: tuple[Slot, ...],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Initial parameters `(P,)` by the law that `text` names."""
    law = find_init(text)
    if law is None:
        return flattened(made(make, shape, int(rng.integers(1 << 63))))
    return law.theta0(rng, tuple(Slot(name, _two_dimensional(shape), offset) for name, shape, offset in layout))


def _two_dimensional(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A convolution's weights `(out, in, height, width)` as a layer's `(fan_out, fan_in)`."""
    # fan_in = in height width: what one output sums over
    return (shape[0], prod(shape[1:])) if len(shape) > 1 else shape
