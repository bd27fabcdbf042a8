"""Losses and gradients of torch modules for several vectors at once, as tensors that stay where they are."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import torch
from torch import Tensor

from problems.networks.torch.module import ModuleNetwork

Slopes: TypeAlias = tuple[Tensor, Tensor]
"""Losses `(B,)` and gradients `(B, P)`."""
LaneLoss: TypeAlias = Callable[[Tensor, int | None], Tensor]
"""Losses `(b,)` of outputs `(b, n, m)`, of one lane or, for None, of all."""


@torch.enable_grad()  # a method's library may have forbidden gradients around its own steps
def differentiate(
    network: ModuleNetwork, flat: Tensor, samples: Tensor, loss: LaneLoss, *, own: bool = False
) -> Slopes:
    """For parameters `flat (B, P)` on samples `(n, ...)`, or where each lane has its `own`, `(B, n, ...)`."""
    if len(flat) > 1 and network.maps:
        leaves = network.leaves(flat)
        losses = loss(torch.func.vmap(network.answer, in_dims=(0, 0 if own else None))(leaves, samples), None)
        return losses.detach(), _slopes(losses, leaves, len(flat))
    parts = []
    for lane, one in enumerate(flat):
        leaves = network.leaves(one)
        losses = loss(network.answer(leaves, samples[lane] if own else samples)[None], lane)
        parts.append((losses.detach(), _slopes(losses, leaves, 1)))
    return joined(parts)


def joined(parts: list[Slopes]) -> Slopes:
    """One lane after the other."""
    if len(parts) == 1:
        return parts[0]
    return torch.cat([losses for losses, _ in parts]), torch.cat([grads for _, grads in parts])


def _slopes(losses: Tensor, leaves: Mapping[str, Tensor], lanes: int) -> Tensor:
    # lanes do not touch each other: the gradient of the sum is that of each
    grads = torch.autograd.grad(losses.sum(), list(leaves.values()), materialize_grads=True)
    return torch.cat([grad.reshape(lanes, -1) for grad in grads], dim=1)
