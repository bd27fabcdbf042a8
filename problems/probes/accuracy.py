"""How many samples are told right. It is about no frequency: its one row has frequency NaN and component -1."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from problems.base import Array


@dataclass(frozen=True, eq=False)
class AccuracyProbe:
    """Amplitude is the share of samples whose class is told right, error the share of the others."""

    targets: Array
    name: str = "accuracy"
    component = np.array([-1])
    frequency = np.array([np.nan])
    target_amplitude = np.array([1.0])

    @cached_property
    def _classes(self) -> NDArray[np.int64]:
        return classes(self.targets)

    def measure(self, predictions: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        right = np.array([(classes(predictions) == self._classes).mean()])
        return right, 1.0 - right


def classes(values: Array) -> NDArray[np.int64]:
    """The class `(n,)` of each of `values (n, m)`: the largest component, or where there is one, the nearest number."""
    if values.shape[1] > 1:
        return values.argmax(axis=1)
    # what has diverged to NaN is no class: as a whole number NaN would be any
    return np.rint(np.nan_to_num(values[:, 0], nan=-1.0)).astype(np.int64)


def are_one_hot(targets: Array) -> bool:
    """Whether every one of `targets (n, m)` is a one for its class and zeros for the others, of at least two."""
    return bool(
        targets.ndim == 2
        and targets.shape[1] > 1
        and ((targets == 1).sum(axis=1) == 1).all()
        and ((targets == 0).sum(axis=1) == targets.shape[1] - 1).all()
    )
