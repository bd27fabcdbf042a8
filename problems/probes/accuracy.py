"""How right an answer is as a whole: the share of classes told right, or the noise in decibels of a picture or sound.

They are about no frequency: their one row has frequency NaN and component -1."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from problems.base import Array

QUIETEST = 1e-15
"""Root mean square of the noise, as a share of the range, that counts as 300 dB: no more than rounding."""


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


@dataclass(frozen=True, eq=False)
class PeakNoiseProbe:
    """Amplitude is the peak signal-to-noise ratio, `10 log10(range^2 / mean (f - y)^2)` in dB, at most 300.

    Error is the root mean square as a share of the targets' range. It is best read beside a loss of another kind."""

    targets: Array
    name: str = "psnr"
    component = np.array([-1])
    frequency = np.array([np.nan])
    target_amplitude = np.array([1.0])

    def measure(self, predictions: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        difference = predictions.astype(np.float64) - self.targets
        error = np.sqrt(np.array([(difference**2).mean()])) / float(np.ptp(self.targets))
        return -20 * np.log10(np.maximum(error, QUIETEST)), error


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
