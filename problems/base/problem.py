"""A problem is data: what is learned, by which network, under which loss, and what is watched meanwhile.

Nothing here computes a loss. An evaluator does, made from a problem by `problems.engines.choose.make_evaluator`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from problems.base.losses import Array, LinkedLoss, Loss
from problems.base.networks import Network
from problems.base.probes import Probe


@dataclass(frozen=True, eq=False)
class Problem:
    """Inputs `(n, d)`, targets `(n, m)` (or `(L, n, m)`, one set a lane), a network, a loss and probes."""

    inputs: Array
    targets: Array
    network: Network
    loss: Loss
    probes: tuple[Probe, ...]
    test: tuple[Array, Array] | None = None
    """Inputs and targets that are never trained on, for the loss on them."""
    test_probes: tuple[Probe, ...] = ()
    """What is watched on those samples."""
    chunk: int | None = None
    """At most so many samples at once, to bound memory; the loss is then a mean over samples."""
    whole: bool = False
    """Whether the loss needs all samples at once, so that no minibatch can be offered."""
    kept_predictions: int = 0
    """At how many log-spaced marks the predictions themselves are kept, for pictures; the end comes on top."""
    notes: tuple[str, ...] = ()
    """What was understood of the user's data and network, in sentences that are shown before a run."""

    @property
    def dim(self) -> int:
        """P, the length of the flat vector."""
        return self.network.dim

    @property
    def n_samples(self) -> int:
        """How many training samples there are."""
        return len(self.inputs)

    def lane(self, index: int) -> "Problem":
        """The problem as one lane sees it."""
        # (L, n, m) has one set of targets a lane
        return self if self.targets.ndim == 2 else replace(self, targets=self.targets[index])

    def readout(self, outputs: Array) -> Array:
        """Outputs `(B, n, m)` as the probes see them."""
        return outputs if self._link is None else self._link.predictions(outputs)

    @cached_property
    def _link(self) -> LinkedLoss | None:
        # kept, as asking a protocol takes longer than a small network
        return self.loss if isinstance(self.loss, LinkedLoss) else None


def stack(problems: Sequence[Problem]) -> Problem:
    """One problem whose lane `b` is `problems[b]`: same inputs, network and loss, targets of their own."""
    first = problems[0]
    if all(other is first for other in problems):
        return first
    # the lane comes first: (L, n, m)
    return replace(first, targets=np.stack([problem.targets for problem in problems]))


def stackable(problems: Sequence[Problem]) -> bool:
    """Whether `stack` may join them: they differ in targets (of one shape) and probes alone."""
    first = problems[0]
    return all(
        # identity first: comparing arrays element by element is slow
        other is first
        or (
            np.array_equal(other.inputs, first.inputs)
            and other.targets.shape == first.targets.shape
            and (other.network, other.loss) == (first.network, first.loss)
        )
        for other in problems
    )
