"""Losses with their first two derivatives in the outputs, batched over lanes; means over samples."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from problems.base import Array, Loss
from problems.factories import resolve
from problems.losses.cross_entropy import CrossEntropy


def _mean_of_squares(difference: Array) -> Array:
    """As `mean` has it, which takes twice as long on small arrays."""
    sums: Array = np.add.reduce(difference * difference, axis=(1, 2))
    return sums / (difference.shape[1] * difference.shape[2])


@dataclass(frozen=True)
class MSE:
    """Mean over samples and components of the squared difference, as torch.nn.MSELoss."""

    name: str = "mse"

    def value(self, outputs: Array, targets: Array) -> Array:
        return _mean_of_squares(outputs - targets)

    def value_and_cotangent(self, outputs: Array, targets: Array) -> tuple[Array, Array]:
        difference = outputs - targets
        losses = _mean_of_squares(difference)
        # dL/df = 2 (f - y) / (n m)
        difference *= 2.0 / (outputs.shape[1] * outputs.shape[2])
        return losses, difference

    def curvature(self, outputs: Array, direction: Array, targets: Array) -> Array:
        del outputs, targets
        product: Array = direction * (2.0 / (direction.shape[1] * direction.shape[2]))
        return product

    def residual_weights(self, shape: tuple[int, ...]) -> Array:
        # r = (f - y) / sqrt(n m), so that r.r is the mean
        return np.full((1, 1), (shape[0] * shape[1]) ** -0.5)

    def on_tensors(self, outputs: Any, targets: Any) -> Any:
        return (outputs - targets).square().mean(dim=(1, 2))


@dataclass(frozen=True)
class SlopeMSE:
    """Mean squared difference of values plus that of slopes, where both are components: OVER, figure 7.

    Each component has a mean of its own, and the means are added."""

    name: str = "mse+gradient"

    def value(self, outputs: Array, targets: Array) -> Array:
        difference = outputs - targets
        total: Array = (difference * difference).mean(axis=1).sum(axis=1)
        return total

    def value_and_cotangent(self, outputs: Array, targets: Array) -> tuple[Array, Array]:
        difference = outputs - targets
        losses: Array = (difference * difference).mean(axis=1).sum(axis=1)
        difference *= 2.0 / outputs.shape[1]
        return losses, difference

    def curvature(self, outputs: Array, direction: Array, targets: Array) -> Array:
        del outputs, targets
        product: Array = direction * (2.0 / direction.shape[1])
        return product

    def residual_weights(self, shape: tuple[int, ...]) -> Array:
        # r = (f - y) / sqrt(n): a mean over samples, a sum over values and slopes
        return np.full((1, 1), shape[0] ** -0.5)


@dataclass(frozen=True)
class MAE:
    """Mean over samples and components of the absolute difference, as torch.nn.L1Loss; slope 0 where it is 0."""

    name: str = "mae"

    def value(self, outputs: Array, targets: Array) -> Array:
        mean: Array = np.abs(outputs - targets).mean(axis=(1, 2))
        return mean

    def value_and_cotangent(self, outputs: Array, targets: Array) -> tuple[Array, Array]:
        difference = outputs - targets
        losses: Array = np.abs(difference).mean(axis=(1, 2))
        np.sign(difference, out=difference)
        difference *= 1.0 / (outputs.shape[1] * outputs.shape[2])
        return losses, difference

    def curvature(self, outputs: Array, direction: Array, targets: Array) -> Array:
        del outputs, targets
        return np.zeros_like(direction)  # but for the kinks, which a Newton method cannot see

    def on_tensors(self, outputs: Any, targets: Any) -> Any:
        return (outputs - targets).abs().mean(dim=(1, 2))  # torch, too, takes the slope 0 where one is 0


@dataclass(frozen=True)
class L4:
    """Mean over samples and components of the fourth power of the difference."""

    name: str = "l4"

    def value(self, outputs: Array, targets: Array) -> Array:
        square = (outputs - targets) ** 2
        mean: Array = (square * square).mean(axis=(1, 2))
        return mean

    def value_and_cotangent(self, outputs: Array, targets: Array) -> tuple[Array, Array]:
        difference = outputs - targets
        square = difference**2
        losses: Array = (square * square).mean(axis=(1, 2))
        return losses, square * difference * (4.0 / (outputs.shape[1] * outputs.shape[2]))  # 4 (f - y)^3 / (n m)

    def curvature(self, outputs: Array, direction: Array, targets: Array) -> Array:
        # 12 (f - y)^2 / (n m), elementwise: it vanishes with the error, and Newton's equation with it
        product: Array = (outputs - targets) ** 2 * direction * (12.0 / (outputs.shape[1] * outputs.shape[2]))
        return product

    def on_tensors(self, outputs: Any, targets: Any) -> Any:
        return (outputs - targets).square().square().mean(dim=(1, 2))


LOSSES: dict[str, Callable[..., Loss]] = {
    "cross-entropy": CrossEntropy,
    "l4": L4,
    "mae": MAE,
    "mse": MSE,
    "mse+gradient": SlopeMSE,
}


def make_loss(text: str, *, slopes: bool = False) -> Loss:
    """The loss that `text` names, such as `mse`; `slopes` says that outputs and targets carry slopes.

    Raises ValueError for a loss of slopes where there are none."""
    loss = resolve("loss", text, LOSSES)
    if isinstance(loss, SlopeMSE) and not slopes:
        raise ValueError(
            f"The loss '{loss.name}' needs the slope of the target, which this problem does not have. Choose another "
            "loss, or a problem whose target is a smooth formula of one variable, such as sin135."
        )
    return loss
