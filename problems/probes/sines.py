"""The sine transform, for functions that vanish at both ends of an interval."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from problems.base import Array
from problems.probes.selection import NAMED, Selection


def sine_matrix(intervals: int, modes: NDArray[np.int64]) -> NDArray[np.float64]:
    """The discrete sine transform `(q, n - 1)`: `s_k = (2/n) sum_{i=1}^{n-1} g_i sin(k pi i / n)`, for n intervals."""
    points = np.arange(1, intervals)
    return 2 / intervals * np.sin(np.pi / intervals * np.outer(modes, points))


@dataclass(frozen=True, eq=False)
class SineProbe:
    """Watches the sine modes `modes (q,)` of output component 0, at the inner points of a grid of n intervals.

    `targets (n - 1,)` are the true values there. Predictions on n + 1 points are taken without their ends. The
    frequency of mode k on an interval of `length` is angular, `pi k / length`."""

    targets: NDArray[np.float64]
    modes: NDArray[np.int64]
    length: float
    name: str = "sine"
    selection: Selection = NAMED

    @cached_property
    def _matrix(self) -> NDArray[np.float64]:
        return sine_matrix(len(self.targets) + 1, self.modes)

    @cached_property
    def component(self) -> NDArray[np.int64]:
        return np.zeros(len(self.modes), np.int64)

    @cached_property
    def frequency(self) -> NDArray[np.float64]:
        return np.asarray(np.pi / self.length * self.modes, np.float64)

    @cached_property
    def _target(self) -> NDArray[np.float64]:
        return np.asarray(self._matrix @ self.targets, np.float64)

    @cached_property
    def target_amplitude(self) -> NDArray[np.float64]:
        return np.abs(self._target)

    @cached_property
    def power_share(self) -> float:
        """By Parseval's sum for the sine transform."""
        # over all n - 1 modes sum_k s_k^2 = (2 / n) sum_i g_i^2
        return float((self._target**2).sum() / (2 / (len(self.targets) + 1) * (self.targets**2).sum()))

    def measure(self, predictions: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        # 1 where the two end points are there, else 0
        ends = (len(predictions) - len(self.targets)) // 2
        values = predictions[ends : len(predictions) - ends, 0].astype(np.float64)
        # (q, n - 1) times (n - 1,)
        found = self._matrix @ values
        return np.abs(found), np.abs(found - self._target) / self.target_amplitude


@dataclass(frozen=True, eq=False)
class PlaneSineProbe:
    """Watches sine modes of component 0 on the inner points of a grid of two axes, the later rows of a problem's own.

    `inner (n1 - 1, n2 - 1)` are the true values; predictions are of all samples, of which the grid's are `rows`. A
    mode is `(k1, k2)` half waves along the axes, whose lengths are `lengths`; its frequency is |pi k / length|. With
    `k2 = 0` the second axis is no space but time: amplitude and error are root mean squares over it."""

    inner: NDArray[np.float64]
    modes: tuple[tuple[int, int], ...]
    lengths: tuple[float, float]
    rows: NDArray[np.intp]
    name: str = "sine"
    selection: Selection = NAMED

    @cached_property
    def targets(self) -> NDArray[np.float64]:
        """What predictions are when all is learned, `(n, 1)`, where they are looked at; zero elsewhere."""
        true = np.zeros((int(self.rows.max()) + 1, 1))
        true[self.rows, 0] = self.inner.ravel()
        return true

    @cached_property
    def component(self) -> NDArray[np.int64]:
        return np.zeros(len(self.modes), np.int64)

    @cached_property
    def frequency(self) -> NDArray[np.float64]:
        return np.pi * np.linalg.norm(np.array(self.modes) / np.array(self.lengths), axis=1)

    @cached_property
    def _true(self) -> NDArray[np.float64]:
        return self._coefficients(self.inner)

    @cached_property
    def target_amplitude(self) -> NDArray[np.float64]:
        return np.sqrt((self._true**2).mean(axis=1))

    @cached_property
    def power_share(self) -> float:
        """By Parseval's sum along each axis of space."""
        waves = np.where(np.array(self.modes)[:, 1] > 0, 4, 2)
        return float((self.target_amplitude**2 / waves).sum() / (self.inner**2).mean() * self._inner_share)

    @property
    def _inner_share(self) -> float:
        """Means are over inner points, and Parseval's over all intervals."""
        n1, n2 = (size + 1 for size in self.inner.shape)
        in_time = self.modes[0][1] == 0
        return n1 / (n1 - 1) * (1 if in_time else n2 / (n2 - 1))

    def _coefficients(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """`(q, times)`, one time where both axes are space."""
        n1, n2 = (size + 1 for size in values.shape)
        found = []
        for k1, k2 in self.modes:
            along = sine_matrix(n1, np.array([k1]))[0] @ values
            found.append(along if not k2 else np.array([sine_matrix(n2, np.array([k2]))[0] @ along]))
        return np.array(found)

    def measure(self, predictions: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        found = self._coefficients(predictions[self.rows, 0].astype(np.float64).reshape(self.inner.shape))
        root = np.sqrt((found**2).mean(axis=1))
        return root, np.sqrt(((found - self._true) ** 2).mean(axis=1)) / self.target_amplitude
