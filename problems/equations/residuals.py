"""Equations learned from their residual (physics-informed networks: Raissi et al. 2019).

The loss is `mean (N[u] - f)^2` over the points inside plus `penalty` times `mean (u - u_exact)^2` over those on the
boundary. The beginning of time is both: without the equation there, u may leave what it begins with before the next
row of points, to another solution, and no point sees it. `solved.py` has equations whose solutions are known.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from problems.base import Array, Problem, Recipe
from problems.networks.jets import Operator, ResidualMLP
from problems.networks.mlp import MLP, fully_connected
from problems.probes.sines import PlaneSineProbe, SineProbe

Vector: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Residual:
    """Mean of `(outputs[1] - targets[1])^2`; the value of u, component 0, is watched and not learned."""

    name: str = "residual"

    def value(self, outputs: Array, targets: Array) -> Array:
        difference = outputs[..., 1] - targets[..., 1]
        mean: Array = (difference * difference).mean(axis=1)
        return mean

    def value_and_cotangent(self, outputs: Array, targets: Array) -> tuple[Array, Array]:
        cotangent = np.zeros_like(outputs)
        cotangent[..., 1] = (2.0 / outputs.shape[1]) * (outputs[..., 1] - targets[..., 1])
        return self.value(outputs, targets), cotangent

    def curvature(self, outputs: Array, direction: Array, targets: Array) -> Array:
        del outputs, targets
        product = np.zeros_like(direction)
        product[..., 1] = (2.0 / direction.shape[1]) * direction[..., 1]
        return product

    def residual_weights(self, shape: tuple[int, ...]) -> Array:
        # r is the difference over sqrt(n), and 0 for u itself
        return np.array([[0.0, shape[0] ** -0.5]])


@dataclass(frozen=True, kw_only=True)
class Equation(Recipe):
    """What all share: points, residuals and boundary in one sum of squares."""

    network: str = "1-40-40-1"
    loss: str = "residual"
    penalty: float = 10.0

    @abstractmethod
    def points(self) -> tuple[Vector, NDArray[np.bool_]]:
        """Points `(n, d)`, and which of them lie on the boundary."""

    def beginning(self, x: Vector) -> NDArray[np.bool_]:
        """Which `(n,)` of `x (n, d)` lie on the boundary but inside in space, where the equation holds as well."""
        return np.zeros(len(x), np.bool_)

    @abstractmethod
    def solution(self, x: Vector) -> Vector:
        """u `(n,)` at `x (n, d)`."""

    @abstractmethod
    def source(self, x: Vector) -> Vector:
        """f `(n,)` at `x (n, d)`."""

    @abstractmethod
    def operator(self) -> Operator:
        """N."""

    @abstractmethod
    def probe(self, x: Vector, edge: NDArray[np.bool_]) -> SineProbe | PlaneSineProbe:
        """Watches u at `x (n, d)`, of which `edge (n,)` lie on the boundary."""

    def build(self, rng: np.random.Generator) -> Problem:
        del rng  # the points are the same for every seed
        if self.loss != "residual":
            raise ValueError(f"The loss of this problem is 'residual'; got '{self.loss}'.")
        if not 0 < self.penalty < np.inf:
            raise ValueError(f"penalty must be a positive number; got {self.penalty}.")
        points, bounds = self.points()
        x, edge = np.asarray(points), np.asarray(bounds)
        _check_points(x, edge)
        _check_operator(self.operator(), 1 + 2 * x.shape[1])
        _check_values(len(x), solution=self.solution(x), source=self.source(x))
        probe, begins = self.probe(x, edge), self.beginning(x)
        # a point that is both comes twice: the probe knows the first ones alone
        x, edge = np.concatenate([x, x[begins]]), np.concatenate([edge, np.zeros(begins.sum(), np.bool_)])
        mlp = fully_connected(self.network, (x.shape[1], 1), self.activation, self.init, self.dtype)
        if not isinstance(mlp, MLP):
            raise ValueError(  # noqa: TRY004  # a user's mistake
                f"This problem needs the derivatives of a plain network; the init '{self.init}' wraps it."
            )
        # with these factors the mean over all n points is the sum of both means: n / n_inside inside, and so on
        inside = np.where(edge, 0.0, np.sqrt(len(x) / (~edge).sum()))
        outside = np.where(edge, np.sqrt(self.penalty * len(x) / max(edge.sum(), 1)), 0.0)
        u = self.solution(x)
        targets = np.stack([u, inside * self.source(x) + outside * u], axis=1)
        inputs = np.concatenate([x, inside[:, None], outside[:, None]], axis=1)
        network, kind = ResidualMLP(mlp, self.operator()), mlp.dtype
        notes: tuple[str, ...] = ()
        if network.dim >= len(x):
            said = f"The network has {network.dim:,} parameters for {len(x):,} points: its residual may vanish at all"
            notes = (
                f"{said} of them far from the solution. Read the errors of u beside the loss, or take more intervals.",
            )
        return Problem(inputs.astype(kind), targets.astype(kind), network, Residual(), (probe,), notes=notes)


def _check_points(x: Vector, edge: NDArray[np.bool_]) -> None:
    if np.ndim(x) != 2 or np.shape(edge) != (len(x),) or np.asarray(edge).dtype != bool:
        raise ValueError(
            "An equation's points are an array (n, d), and which of them lie on the boundary one of true and false "
            f"(n,); got {np.shape(x)} and {np.shape(edge)} of {np.asarray(edge).dtype}."
        )
    if edge.all():
        raise ValueError(f"An equation has at least one point inside; all {len(x)} lie on the boundary.")


def _check_operator(operator: Operator, rows: int) -> None:
    jet = np.linspace(0.1, 0.9, 6 * rows).reshape(rows, 2, 3)
    form = (
        f"An equation's operator has value(jet), here (2, 3), and its slopes(jet) in it, ({rows}, 2, 3), of a jet "
        f"({rows}, 2, 3): u, its first derivatives and its second ones"
    )
    try:
        found = np.shape(operator.value(jet)), np.shape(operator.slopes(jet))
    except Exception as error:
        raise ValueError(f"{form}; {type(operator).__name__} fails: {type(error).__name__}: {error}.") from error
    if found != ((2, 3), jet.shape):
        raise ValueError(f"{form}; {type(operator).__name__} gives {found[0]} and {found[1]}.")


def _check_values(points: int, **arrays: Vector) -> None:
    for name, values in arrays.items():
        if np.shape(values) != (points,):
            raise ValueError(
                f"An equation's {name} is an array ({points},), a number for each point; got {np.shape(values)}."
            )
