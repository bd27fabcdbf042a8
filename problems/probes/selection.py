"""Why just these frequencies are watched: the rule that chose them, and what it left out."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from problems.base import Array

CONSTANT = 1e-12
"""Range of a target, as a share of its largest value, below which it is a constant and the rest is rounding."""
MEAN_SHARE = 0.01
"""The mean of a formula has a row of its own if it is at least this share of the largest amplitude."""


@dataclass(frozen=True)
class Selection:
    """The `rule` in words, and a sentence for each thing `dropped`."""

    rule: str = "the frequencies that the problem names"
    dropped: tuple[str, ...] = ()


NAMED = Selection()


class NothingToWatch(ValueError):
    """A target has no frequency to watch: it is constant, or none stands above the noise floor."""


@runtime_checkable
class Selective(Protocol):
    """A probe that knows why it watches what it does."""

    @property
    def selection(self) -> Selection:
        """The rule, and what it left out."""

    @property
    def power_share(self) -> float:
        """Share of the target's power about its mean that lies in what is watched, from 0 to 1."""


@runtime_checkable
class Targeted(Protocol):
    """A probe that knows what the network is to predict, which of an equation is its solution."""

    @property
    def targets(self) -> Array:
        """`(n, m)`, or `(n,)` of one output."""


def check_varies(targets: Array, largest: float = 0.0) -> None:
    """Raise NothingToWatch if `targets (n, m)` are constant: they have no frequency to learn.

    `largest` is the largest value between the samples, where that is known."""
    # written with `not`, so that a target of NaN is refused as well
    if not np.ptp(targets, axis=0).max() > CONSTANT * max(largest, np.abs(targets).max()):
        raise NothingToWatch(
            f"A target must vary, or there is no frequency to watch; this one is {float(targets.flat[0]) + 0.0:.6g} at "
            f"all {len(targets)} samples. Take another formula, other data, or more samples."
        )
