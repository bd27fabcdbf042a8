"""The network that a user names, for images: widths such as 784-400-200-10, or an architecture such as cnn.

Torch is loaded only if it is needed: widths on the CPU are the network in numpy.
"""

from importlib import import_module
from math import isqrt
from typing import NamedTuple

from problems.base import Network
from problems.nearest import unknown
from problems.networks.mlp import checked_widths, fully_connected

NAMES = ("cnn", "cnn-small", "dnn", "vgg16")
"""Of `architectures.ARCHITECTURES`, which is too heavy to load for a list."""


class Choice(NamedTuple):
    """The settings of a recipe that make a network."""

    network: str
    activation: str
    init: str
    dtype: str
    device: str


def image_shape(pixels: int) -> tuple[int, int, int]:
    """Channels, height and width of square images of so many numbers, grey or in three colours.

    Raises ValueError if there are none."""
    for channels in (1, 3):  # nothing is a square and three times one: sqrt 3 is irrational
        side = isqrt(pixels // channels)
        if channels * side * side == pixels:
            return channels, side, side
    raise ValueError(
        f"A convolution takes square images, grey or in three colours; these inputs have {pixels} numbers."
    )


def image_network(choice: Choice, pixels: int, outputs: int) -> Network:
    """The network for images of `pixels` numbers; raises ValueError, with the choices."""
    if choice.network not in NAMES and not choice.network[:1].isdecimal():
        widths = f"; or widths from input to output, such as {pixels}-400-200-{outputs}"
        raise unknown("network", choice.network, NAMES, widths)
    if choice.network in NAMES:
        shape = image_shape(pixels)
        make = import_module("problems.networks.torch.architectures").make(
            choice.network, shape, outputs, choice.activation
        )
        return _on_torch(choice, make, shape)
    if choice.device == "cpu":
        return fully_connected(choice.network, (pixels, outputs), choice.activation, choice.init, choice.dtype)
    sizes = checked_widths(choice.network, (pixels, outputs))
    make = import_module("problems.networks.torch.architectures").widths(sizes, choice.activation)
    return _on_torch(choice, make, (pixels,))


def _on_torch(choice: Choice, make: object, shape: tuple[int, ...]) -> Network:
    module = import_module("problems.networks.torch.module")
    network: Network = module.ModuleNetwork(choice.network, make, shape, choice.init, choice.dtype, choice.device)
    return network
