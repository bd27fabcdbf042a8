"""The loss of classification: cross-entropy of the softmax, with its first two derivatives in the scores."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from problems.base import Array


@dataclass(frozen=True)
class CrossEntropy:
    """Mean over samples of `-sum_c t_c log softmax(outputs)_c`, as torch.nn.CrossEntropyLoss with probabilities t."""

    name: str = "cross-entropy"

    def predictions(self, outputs: Array) -> Array:
        shares: Array = np.exp(outputs - outputs.max(axis=-1, keepdims=True))  # at most 1: nothing overflows
        shares /= shares.sum(axis=-1, keepdims=True)
        return shares

    def value(self, outputs: Array, targets: Array) -> Array:
        shifted = outputs - outputs.max(axis=-1, keepdims=True)
        shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))  # log softmax(o)_c = o_c - log sum_k exp(o_k)
        losses: Array = -(targets * shifted).sum(axis=-1).mean(axis=-1)
        return losses

    def value_and_cotangent(self, outputs: Array, targets: Array) -> tuple[Array, Array]:
        # dL/do = (p sum_c t_c - t) / n, where the t of a sample need not sum to 1
        cotangent = self.predictions(outputs)
        cotangent *= targets.sum(axis=-1, keepdims=True)
        cotangent -= targets
        cotangent /= outputs.shape[1]
        return self.value(outputs, targets), cotangent

    def curvature(self, outputs: Array, direction: Array, targets: Array) -> Array:
        shares = self.predictions(outputs)
        # (diag(p) - p p') d = p * (d - p.d), times sum_c t_c / n
        product: Array = direction - (shares * direction).sum(axis=-1, keepdims=True)
        product *= shares
        product *= targets.sum(axis=-1, keepdims=True)
        product /= outputs.shape[1]
        return product

    def on_tensors(self, outputs: Any, targets: Any) -> Any:
        return -(targets * outputs.log_softmax(dim=-1)).sum(dim=-1).mean(dim=-1)


def check_shares(targets: Array) -> None:
    """Raise ValueError for `targets (n, m)` of which this loss makes nothing: of one class, or below 0."""
    # the softmax of one score is 1, whatever the network; below 0 there is no least loss
    if targets.shape[-1] < 2 or not targets.min() >= 0:
        raise ValueError(
            "The loss cross-entropy is for targets that are classes or their shares: at least two numbers a sample, "
            f"none below 0; these are {targets.shape[-1]}, the least {targets.min():.3g}. Take mse, or give classes."
        )
