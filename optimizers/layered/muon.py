"""Muon: matrices step along their orthogonalised momentum.

Own code, all lanes at once, with the points of torch, whose bfloat16 it keeps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod, sqrt
from typing import Any, ClassVar

import numpy as np

from optimizers.base import Doubles, Slot, setting
from optimizers.layered.arrays import UNKNOWN, LayeredMethod, Move, arrays

A, B, C = 3.4445, -4.7750, 2.0315
"""Of the polynomial A X + B XX'X + C XX'XX'X (Jordan et al. 2024)."""
ITERATIONS = 5
LEAST_NORM = 1e-7
BETA1, BETA2, EPS = 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class Muon(LayeredMethod):
    """Matrices step along their orthogonalised momentum, everything else by AdamW.

    As published it is for hidden matrices alone: those of the first and the last layer then go to AdamW as well."""

    source: ClassVar[str] = "Jordan et al. 2024; Liu et al. 2025, arXiv 2502.16982; the points of torch.optim.Muon"
    expected: ClassVar[str] = UNKNOWN
    caveat: ClassVar[str] = (
        "torch orthogonalises in bfloat16, so steps have three digits; a matrix with one row or column moves along its "
        "normalised gradient"
    )
    lr: float = setting(0.01, "step length of the matrices", above=0.0, tune=(1e-4, 0.1))
    momentum: float = setting(0.95, "share of the momentum that is kept", at_least=0.0, below=1.0, tune=(0.5, 0.99))
    weight_decay: float = setting(0.0, "decay of the weights", at_least=0.0)
    lr_others: float = setting(3e-3, "step length of AdamW on everything else", above=0.0, tune=(1e-5, 0.1))
    matrices: str = setting(
        "all",
        "which matrices it moves; hidden, of one hidden layer, are none: all goes to AdamW",
        choices=("all", "hidden"),
    )

    def begin(self, theta: Doubles, layout: Sequence[Slot], rngs: Sequence[np.random.Generator]) -> Move:
        del rngs  # deterministic
        chosen = [slot for slot in layout if len(slot.shape) == 2]
        chosen = chosen[1:-1] if self.matrices == "hidden" else chosen
        params = arrays(theta, chosen)
        # W <- W - lr sqrt(max(1, r / c)) U V' for W (r, c)
        lengths = [self.lr * sqrt(max(1.0, slot.shape[0] / slot.shape[1])) for slot in chosen]
        others = _columns(theta.shape[1], chosen)
        places = np.flatnonzero(others)
        momentum, rest, step = np.zeros_like(theta), Adam((len(theta), len(places))), 0

        def move(gradient: Doubles) -> None:
            nonlocal step
            step += 1
            momentum[:] += (1 - self.momentum) * (gradient - momentum)
            updates = arrays(gradient + self.momentum * (momentum - gradient), chosen)  # Nesterov's
            if self.weight_decay:
                theta[:] *= 1 - np.where(others, self.lr_others, self.lr) * self.weight_decay
            theta[:, places] -= self.lr_others * rest.step(gradient.take(places, axis=1), step)
            for param, length, update in zip(params, lengths, orthogonalised(updates), strict=True):
                param[:] -= length * update

        return move


def _columns(dim: int, chosen: Sequence[Slot]) -> Any:
    """Which parameters belong to none of the chosen arrays, `(P,)` of bool."""
    others = np.ones(dim, bool)
    for slot in chosen:
        others[slot.offset : slot.offset + prod(slot.shape)] = False
    return others


class Adam:
    """Decaying means of a gradient and of its square."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._mean, self._square = np.zeros(shape), np.zeros(shape)

    def step(self, gradient: Doubles, count: int) -> Doubles:
        """The step of length 1 after so many gradients, this one among them."""
        self._mean += (1 - BETA1) * (gradient - self._mean)
        self._square += (1 - BETA2) * (gradient * gradient - self._square)
        scale = np.sqrt(self._square) / sqrt(1 - BETA2**count) + EPS
        return self._mean / (1 - BETA1**count) / scale


def orthogonalised(batches: Sequence[Doubles]) -> list[Doubles]:
    """`U V'` of matrices `(B, r, c)`; those that have one shape, or its transpose, together."""
    import torch

    wide = [batch.swapaxes(1, 2) if batch.shape[1] > batch.shape[2] else batch for batch in batches]
    found: list[Doubles] = [np.empty(0)] * len(batches)
    for shape in {batch.shape for batch in wide}:
        alike = [place for place, batch in enumerate(wide) if batch.shape == shape]
        products = _newton_schulz(torch.from_numpy(np.concatenate([wide[place] for place in alike])))
        for place, product in zip(alike, products.reshape(len(alike), -1, *shape[1:]), strict=True):
            tall = batches[place].shape != shape
            found[place] = product.swapaxes(1, 2) if tall else product
    return found


def _newton_schulz(matrices: Any) -> Doubles:
    """Five steps in bfloat16 leave singular values from about 0.5 to 1.5."""
    import torch

    x = matrices.bfloat16()
    x /= torch.linalg.vector_norm(x, dim=(1, 2), keepdim=True).clamp(min=LEAST_NORM)
    for _ in range(ITERATIONS):
        # X <- A X + (B G + C G G) X with G = XX'; products of a batch are rounded as those of one
        gram = torch.bmm(x, x.mT)
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=B, alpha=C), x, beta=A)
    doubled: Doubles = x.double().numpy()
    return doubled
