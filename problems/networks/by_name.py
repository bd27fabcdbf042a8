"""The network that a user names: widths such as 784-400-200-10, an architecture such as cnn, or a family such as siren.

Torch is loaded only if it is needed: widths on the CPU are the network in numpy.
"""

from importlib import import_module
from math import isqrt
from typing import NamedTuple

import numpy as np

from problems.base import Array, Network, Recipe
from problems.factories import resolve
from problems.nearest import unknown
from problems.networks.combinations import multiscale
from problems.networks.embeddings import Embedding, none
from problems.networks.families import FAMILIES, Spelling, is_named
from problems.networks.mlp import checked_widths, fully_connected
from problems.networks.torch.stages import ARCHITECTURES

NAMES = tuple(ARCHITECTURES)


class Choice(NamedTuple):
    """The settings of a recipe that make a network."""

    network: str
    activation: str
    init: str
    dtype: str
    device: str


class Sight(NamedTuple):
    """What a network sees of variables that lie in a box: `start` and `length`, one number an axis."""

    start: tuple[float, ...]
    length: tuple[float, ...]
    embedding: Embedding = none()

    def of(self, x: Array) -> Array:
        """Features `(n, width)` of `x (n, d)`."""
        return self.embedding.features(x, np.array(self.start), np.array(self.length))


def coordinate_network(recipe: Recipe, outputs: int, sight: Sight) -> Network:
    """The network that a recipe names for a few variables, which are seen through an embedding.

    Raises ValueError, with what was wrong in the name."""
    variables = len(sight.start)
    seen = sight.embedding.width(variables)
    if not is_named(recipe.network):
        # a network is named by its variables, as 2-40-1; an embedding widens what it sees
        widths = (seen, *checked_widths(recipe.network, (variables, outputs))[1:])
        text = "-".join(map(str, widths))
        return fully_connected(text, (seen, outputs), recipe.activation, recipe.init, recipe.dtype)
    spelling = resolve("network", recipe.network, FAMILIES)
    if spelling.zooms:
        return _at_scales(recipe, (seen, outputs), spelling)
    plain = sight.embedding.name == "none"
    # features lie in [-1, 1]
    start, length = (sight.start, sight.length) if plain else ((-1.0,) * seen, (2.0,) * seen)
    make = import_module("problems.networks.torch.coordinates").maker(
        recipe.network, (seen, outputs), recipe.activation, start, length
    )
    return _on_torch(Choice(recipe.network, "own", recipe.init, recipe.dtype, "cpu"), make, (seen,))


def _at_scales(recipe: Recipe, ends: tuple[int, int], spelling: Spelling) -> Network:
    widths = "-".join(map(str, (ends[0], *spelling.hidden, ends[1])))
    inner = fully_connected(widths, ends, recipe.activation, recipe.init, recipe.dtype)
    return multiscale(inner, spelling.zooms, recipe.network)


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
