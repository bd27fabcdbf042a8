"""Spectral descent: every matrix moves along the nearest orthogonal matrix to its gradient."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Optimizer, Slot, Streams, setting


def orthogonal(gradients: Doubles) -> Doubles:
    """`U V'` of the singular value decompositions `U S V'`, batched over `(..., r, c)`; 0 where a gradient is 0.

    Directions of no gradient have no place in it: U and V are cut to the rank."""
    u, singular, v = np.linalg.svd(gradients, full_matrices=False)
    largest = singular.max(axis=-1, keepdims=True)
    # the threshold of numpy's matrix_rank: smaller singular values are rounding, their vectors anything
    kept = singular > largest * max(gradients.shape[-2:]) * np.finfo(np.float64).eps
    # of all D with spectral norm 1, U V' has the largest inner product with the gradient
    product: Doubles = (u * kept[..., None, :]) @ v
    return product


@dataclass(frozen=True)
class SpectralDescent(Optimizer):
    """W <- W - lr U V' with U S V' the gradient of W; what is no matrix moves along its normalised gradient."""

    family: ClassVar[str] = "layered"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient", "layout"})
    source: ClassVar[str] = "SpecGD of arXiv 2510.22980"
    expected: ClassVar[str] = (
        "arXiv 2510.22980: principal components are learned at equal rates, so no order among them"
    )
    caveat: ClassVar[str] = "every step has the same length, so the loss has a floor that falls with lr alone"
    lanes: ClassVar[bool] = True
    max_dim: ClassVar[int] = 2_000_000  # a decomposition of every matrix in every step
    lr: float = setting(3e-3, "step length: the singular values of a step", above=0.0, tune=(1e-5, 0.1))

    def memory(self, dim: int) -> int:
        return 8 * 5 * dim

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        theta = theta0.copy()
        while True:
            gradient = objective.value_and_grad(theta)[1]
            for slot in objective.layout:
                theta[..., span(slot)] -= self.lr * _direction(gradient[..., span(slot)], slot.shape)


def span(slot: Slot) -> slice:
    """Where the array lies in the flat vector."""
    return slice(slot.offset, slot.offset + prod(slot.shape))


def _direction(gradient: Doubles, shape: tuple[int, ...]) -> Doubles:
    """The step of one array, flat, `(..., size)`."""
    # of one row or column, U V' is what its normalised gradient is
    if len(shape) == 2 and min(shape) > 1:
        return orthogonal(gradient.reshape(*gradient.shape[:-1], *shape)).reshape(gradient.shape)
    size = np.linalg.norm(gradient, axis=-1, keepdims=True)
    return np.divide(gradient, size, out=np.zeros_like(gradient), where=size > 0)
