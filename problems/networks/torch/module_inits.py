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
    """Initial parameters `(P,)` by the law that `text` names.

    The laws are those of weights and biases. Scales, such as a norm's, stay as the module has them: a bias that is 0
    is a scale that hides every weight before it."""
    law = find_init(text)
    if law is None:
        return _own(make, shape, rng)
    theta = law.theta0(rng, tuple(Slot(name, _two_dimensional(shape), offset) for name, shape, offset in layout))
    kept = _scales(layout)
    if kept:
        own = _own(make, shape, rng)
        for _, slot_shape, offset in kept:
            theta[offset : offset + prod(slot_shape)] = own[offset : offset + prod(slot_shape)]
    return theta


def _own(make: Callable[[], nn.Module], shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    return flattened(made(make, shape, int(rng.integers(1 << 63))))


def _scales(layout: tuple[Slot, ...]) -> list[Slot]:
    """The slots of layers that have no weights between numbers, unless no layer has: then all are weights."""
    layers = {_layer(slot) for slot in layout if len(slot.shape) > 1}
    return [slot for slot in layout if layers and _layer(slot) not in layers]


def _layer(slot: Slot) -> str:
    return slot.name.rpartition(".")[0]


def _two_dimensional(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A convolution's weights `(out, in, height, width)` as a layer's `(fan_out, fan_in)`."""
    # fan_in = in height width: what one output sums over
    return (shape[0], prod(shape[1:])) if len(shape) > 1 else shape
