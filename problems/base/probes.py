"""The contract of a probe: what is watched."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from problems.base.losses import Array


class Probe(Protocol):
    """What is watched: turns predictions into one amplitude and one error per watched frequency.

    A row that is about no frequency has frequency NaN, and a row about no single component has component -1."""

    @property
    def name(self) -> str:
        """What the column `probe` calls it."""

    @property
    def component(self) -> NDArray[np.int64]:
        """Output component of each row, `(R,)`."""

    @property
    def frequency(self) -> NDArray[np.float64]:
        """Frequency of each row, `(R,)`, in the unit that the problem states."""

    @property
    def target_amplitude(self) -> NDArray[np.float64]:
        """Amplitude of the target in each row, `(R,)`."""

    def measure(self, predictions: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Amplitude and error of each row, both `(R,)`, for one run's predictions `(n, m)`."""
