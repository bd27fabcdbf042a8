"""The losses that torch can differentiate where it computes: the numbers of `problems/losses/`, from tensors."""

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from problems.losses.cross_entropy import CrossEntropy
from problems.losses.regression import L4, MAE, MSE

TorchLoss: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""Losses `(B,)` from outputs `(B, n, m)` and targets `(n, m)` or `(B, n, m)`."""


def mse(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean of squared differences."""
    return (outputs - targets).square().mean(dim=(1, 2))


def mae(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean of absolute differences; torch, too, takes the slope 0 where one is 0."""
    return (outputs - targets).abs().mean(dim=(1, 2))


def l4(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean of fourth powers of differences."""
    return (outputs - targets).square().square().mean(dim=(1, 2))


def cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean over samples of `-sum_c t_c log softmax(outputs)_c`."""
    return -(targets * torch.log_softmax(outputs, dim=-1)).sum(dim=-1).mean(dim=-1)


TORCH_LOSSES: dict[type, TorchLoss] = {CrossEntropy: cross_entropy, L4: l4, MAE: mae, MSE: mse}
