"""Networks for images: fully connected, two small convolutional ones, and VGG16, as `stages.py` lists them.

Sources: Xu, Zhang, Luo, Xiao, Ma, arXiv 1901.06523, figures 2 and 3 (`cnn`, `cnn-small`, and the full layer of 1,024
behind VGG16); Simonyan and Zisserman, arXiv 1409.1556, table 1, column D (VGG16). The published networks end in a
softmax; here they end in scores, of which the cross-entropy takes it. Convolutions are 3 x 3 and keep the size.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from math import prod
from typing import TypeAlias

import torch
from torch import Tensor, nn

from problems.factories import resolve
from problems.networks.torch.stages import ARCHITECTURES

Shape: TypeAlias = tuple[int, int, int]
"""Channels, height, width."""

ACTIVATIONS: dict[str, Callable[..., nn.Module]] = {
    "gelu": nn.GELU,
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "softplus": nn.Softplus,
    "tanh": nn.Tanh,
}


class Convolutional(nn.Sequential):
    """Images channels last in memory, where a CPU computes: its convolutions and poolings are faster with them."""

    def forward(self, images: Tensor) -> Tensor:
        """Scores `(n, m)` of images `(n, channels, height, width)`."""
        if images.device.type == "cpu":
            images = images.to(memory_format=torch.channels_last)
        for layer in self:  # and not `super().forward`, which torch leaves without types
            images = layer(images)
        return images


def make(architecture: str, shape: Shape, outputs: int, activation: str) -> Callable[[], nn.Module]:
    """What makes the network; raises ValueError for an unknown activation or images that are too small."""
    stages, hidden = ARCHITECTURES[architecture]
    smallest = 2 ** len(stages)
    if min(shape[1:]) < smallest:
        raise ValueError(
            f"The network '{architecture}' halves its images {len(stages)} times, so they have at least {smallest} x "
            f"{smallest} pixels; these have {shape[1]} x {shape[2]}. Take --network cnn, or --problem cifar10."
        )
    resolve("activation of a torch network", activation, ACTIVATIONS)
    return partial(build, shape, stages, (*hidden, outputs), activation)


def widths(sizes: Sequence[int], activation: str) -> Callable[[], nn.Module]:
    """What makes a fully connected network of these widths, input and output among them."""
    resolve("activation of a torch network", activation, ACTIVATIONS)
    return partial(build, (sizes[0], 1, 1), (), tuple(sizes[1:]), activation)


def build(shape: Shape, stages: Sequence[Sequence[int]], layers: Sequence[int], activation: str) -> nn.Module:
    """Stages of convolutions, each ended by pooling, and then full layers, the last without activation."""
    phi: Callable[[], nn.Module] = partial(resolve, "activation of a torch network", activation, ACTIVATIONS)
    modules: list[nn.Module] = []
    channels, *size = shape
    for stage in stages:
        for width in stage:
            modules += [nn.Conv2d(channels, width, 3, padding=1), phi()]
            channels = width
        modules.append(nn.MaxPool2d(2))
        size = [side // 2 for side in size]  # pooling drops an odd last row
    modules.append(nn.Flatten())
    for fan_in, fan_out in pairwise((channels * prod(size), *layers)):
        modules += [nn.Linear(fan_in, fan_out), phi()]
    # scores: no activation after the last layer
    return (Convolutional if stages else nn.Sequential)(*modules[:-1])
