"""One form for one run and for many: a method that is written for `(B, P)` runs alone as a batch of one."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from optimizers.base import Doubles, Objective, Slot, Streams


def in_lanes(
    objective: Objective, theta0: Doubles, rng: Streams
) -> tuple[Objective, Doubles, list[np.random.Generator]]:
    """What `minimize` is given, with the axis of lanes: the objective, a copy of the starts `(B, P)`, the generators.

    A method of lanes begins with it, and needs no second form for a run alone."""
    rngs = [rng] if isinstance(rng, np.random.Generator) else list(rng)
    if theta0.ndim == 2:
        return objective, theta0.copy(), rngs
    return _Alone(objective), theta0[None].copy(), rngs


def drawn(rngs: Sequence[np.random.Generator], shape: tuple[int, ...]) -> Doubles:
    """Standard normal numbers `(B, *shape)`, each lane's from its own generator."""
    if len(rngs) == 1:
        return rngs[0].standard_normal((1, *shape))
    return np.stack([rng.standard_normal(shape) for rng in rngs])


class _Alone:
    """An objective of one vector, as one of a single lane."""

    def __init__(self, objective: Objective) -> None:
        self._objective = objective

    @property
    def dim(self) -> int:
        return self._objective.dim

    @property
    def layout(self) -> tuple[Slot, ...]:
        return self._objective.layout

    @property
    def n_samples(self) -> int:
        return self._objective.n_samples

    def value(self, theta: Doubles) -> Doubles:
        return np.array([self._objective.value(theta[0])])

    def value_and_grad(self, theta: Doubles) -> tuple[Doubles, Doubles]:
        return _first(self._objective.value_and_grad(theta[0]))

    def values(self, thetas: Doubles) -> Doubles:
        return self._objective.values(thetas[0])[None]

    def values_and_grads(self, thetas: Doubles) -> tuple[Doubles, Doubles]:
        return _first(self._objective.values_and_grads(thetas[0]))

    def batch_value_and_grad(self, theta: Doubles, rows: NDArray[np.intp]) -> tuple[Doubles, Doubles]:
        return _first(self._objective.batch_value_and_grad(theta[0], rows[0]))

    def residuals_and_jacobian(self, theta: Doubles) -> tuple[Doubles, Doubles]:
        return _first(self._objective.residuals_and_jacobian(theta[0]))

    def hvp(self, theta: Doubles, vector: Doubles) -> Doubles:
        return self._objective.hvp(theta[0], vector[0])[None]

    def initial(self, rng: np.random.Generator) -> Doubles:
        return self._objective.initial(rng)

    def evaluations_left(self, need: Literal["value", "gradient"]) -> int:
        return self._objective.evaluations_left(need)

    def leave(self, lanes: NDArray[np.bool_]) -> None:
        if lanes[0]:
            self._objective.leave(lanes)


def _first(pair: tuple[Any, Doubles]) -> tuple[Doubles, Doubles]:
    return np.asarray(pair[0])[None], pair[1][None]
