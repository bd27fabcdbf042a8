"""The contract of a loss, and what some losses are beside: sums of squares, or functions of scores."""

from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating[Any]]
"""Numbers of either precision."""


class Loss(Protocol):
    """A number from outputs `(B, n, m)` and targets `(n, m)`, or `(B, n, m)` where lanes have their own."""

    @property
    def name(self) -> str:
        """What the user calls it."""

    def value(self, outputs: Array, targets: Array) -> Array:
        """Losses `(B,)`."""

    def value_and_cotangent(self, outputs: Array, targets: Array) -> tuple[Array, Array]:
        """Losses `(B,)` and their derivative in the outputs, `(B, n, m)`."""

    def curvature(self, outputs: Array, direction: Array, targets: Array) -> Array:
        """Second derivative in the outputs times `direction`, all `(B, n, m)`."""


@runtime_checkable
class SquaredLoss(Protocol):
    """A loss that is a sum of squared residuals `weight * (outputs - targets)`."""

    def residual_weights(self, shape: tuple[int, ...]) -> Array:
        """Weights that broadcast to outputs of `shape (n, m)`."""


@runtime_checkable
class TensorLoss(Protocol):
    """A loss that torch can differentiate where a module computes; one of arrays alone goes through numpy."""

    def on_tensors(self, outputs: Any, targets: Any) -> Any:
        """The losses `(B,)` of `value` from tensors of torch, by their own methods, so that torch is not loaded."""


@runtime_checkable
class LinkedLoss(Protocol):
    """A loss whose outputs are scores: what the network predicts is a function of them, such as their softmax."""

    def predictions(self, outputs: Array) -> Array:
        """Predictions `(B, n, m)`, fresh, from outputs `(B, n, m)`; they are compared with the targets."""
