"""Initial weights of a torch module: laws of our own that suit convolutions, or what the module itself draws."""

from collections.abc import Callable, Iterator
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

WEIGHT_NORMS = (("parametrizations.weight.original0", "parametrizations.weight.original1"), ("weight_g", "weight_v"))
"""How torch calls the lengths and the directions of rows."""


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
    for length, rows in _weight_norms(layout):
        own = np.linalg.norm(theta[_place(rows)].reshape(rows.shape[0], -1), axis=1)
        # of another axis than the first, a norm's lengths are drawn like weights
        if own.size == prod(length.shape):
            theta[_place(length)] = own
    kept = _scales(layout)
    if kept:
        own = _own(make, shape, rng)
        for slot in kept:
            theta[_place(slot)] = own[_place(slot)]
    return theta


def _own(make: Callable[[], nn.Module], shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    return flattened(made(make, shape, int(rng.integers(1 << 63))))


def _scales(layout: tuple[Slot, ...]) -> list[Slot]:
    """The slots of layers that have no weights between numbers, unless no layer has: then all are weights."""
    layers = {_layer(slot) for slot in layout if len(slot.shape) > 1}
    return [slot for slot in layout if layers and _layer(slot) not in layers]


def _weight_norms(layout: tuple[Slot, ...]) -> Iterator[tuple[Slot, Slot]]:
    """Lengths and directions of the rows of each layer with a weight norm of torch's, of either kind."""
    slots = {slot.name: slot for slot in layout}
    for name, slot in slots.items():
        for length, rows in WEIGHT_NORMS:
            other = slots.get(name.removesuffix(length) + rows)
            if name.endswith(length) and other is not None:
                yield slot, other


def _place(slot: Slot) -> slice:
    return slice(slot.offset, slot.offset + prod(slot.shape))


def _layer(slot: Slot) -> str:
    return slot.name.rpartition(".")[0]


def _two_dimensional(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A convolution's weights `(out, in, height, width)` as a layer's `(fan_out, fan_in)`."""
    # fan_in = in height width: what one output sums over
    return (shape[0], prod(shape[1:])) if len(shape) > 1 else shape
