"""Initial weights of a torch module: laws of our own that suit convolutions, or what the module itself draws."""

from collections.abc import Callable
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from problems.base import Slot
from problems.factories import resolve
from problems.networks.inits import Init, kaiming, normal, pytorch_uniform


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
    text: str, make: Callable[[], nn.Module], layout: tuple[Slot, ...], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Initial parameters `(P,)` by the law that `text` names."""
    law = find_init(text)
    if law is None:
        return _flat(seeded(make, int(rng.integers(1 << 63))))
    return law.theta0(rng, tuple(Slot(name, _two_dimensional(shape), offset) for name, shape, offset in layout))


def seeded(make: Callable[[], nn.Module], seed: int) -> nn.Module:
    """A module made under this seed; torch's global generator is as before."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return make()


def _flat(module: nn.Module) -> NDArray[np.float64]:
    return np.concatenate([parameter.detach().double().numpy().ravel() for parameter in module.parameters()])


def _two_dimensional(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A convolution's weights `(out, in, height, width)` as a layer's `(fan_out, fan_in)`."""
    return (shape[0], prod(shape[1:])) if len(shape) > 1 else shape
