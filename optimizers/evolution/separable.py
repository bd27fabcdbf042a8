"""The law of separable CMA-ES, in lanes: a mean, a step and a diagonal covariance `(B, P)`.

Own code with the points of the library, which draws and sorts its samples one by one.
"""

from math import sqrt

import numpy as np

from optimizers.base import Doubles

LEAST_DEVIATION = 1e-8
"""Squared; in place of a variance that rounding has made negative."""
LARGEST_STEP = 1e32


class Separable:
    """Ros and Hansen 2008, with the constants of Hansen's tutorial, arXiv 1604.00772, whose equations are named."""

    def __init__(self, mean: Doubles, sigma: float, population: int) -> None:
        self._mean, dim, mu = mean, mean.shape[1], population // 2
        raw = np.log(mu + 1) - np.log(np.arange(1, mu + 1))
        self._weights = raw / raw.sum()  # (49)
        self._effective = effective = float(1 / (self._weights**2).sum())
        self._c1 = 2 / ((dim + 1.3) ** 2 + effective)
        full = 2 / effective / (dim + sqrt(2)) ** 2
        full += (1 - 1 / effective) * min(1.0, (2 * effective - 1) / ((dim + 2) ** 2 + effective))
        self._cmu = (dim + 2) / 3 * full  # Ros and Hansen: a diagonal is learned so much faster
        self._c_sigma = (effective + 2) / (dim + effective + 3)
        self._damping = 1 + 2 * max(0.0, sqrt((effective - 1) / (dim + 1)) - 1) + self._c_sigma
        self._cc = 4 / (dim + 4)
        self._usual = sqrt(dim) * (1 - 1 / (4 * dim) + 1 / (21 * dim**2))  # E|N(0, I)|
        self._sigma = np.full((len(mean), 1), sigma)
        self._variances = np.ones_like(mean)
        self._step_path, self._path = np.zeros_like(mean), np.zeros_like(mean)
        self._generation = 0

    @property
    def _deviations(self) -> Doubles:
        return np.sqrt(np.where(self._variances < 0, LEAST_DEVIATION, self._variances))

    def samples(self, normal: Doubles) -> Doubles:
        """Samples `(B, S, P)` of standard normal numbers."""
        return self._mean[:, None] + self._sigma[:, None] * (self._deviations[:, None] * normal)

    def learn(self, samples: Doubles) -> None:
        """Move towards the better half of the samples, which come best first."""
        self._generation += 1
        best = (samples[:, : len(self._weights)] - self._mean[:, None]) / self._sigma[:, None]
        mean_step = self._weights @ best
        # step size (43, 44): a path longer than chance makes it grow
        share = sqrt(self._c_sigma * (2 - self._c_sigma) * self._effective)
        self._step_path = (1 - self._c_sigma) * self._step_path + share * (mean_step / self._deviations)
        self._mean = self._mean + self._sigma * mean_step
        length = np.linalg.norm(self._step_path, axis=1, keepdims=True)
        grown = np.exp((self._c_sigma / self._damping) * (length / self._usual - 1))
        self._sigma = np.minimum(self._sigma * grown, LARGEST_STEP)
        # covariance (45, 47); a path that is too long is stalled
        expected = sqrt(1 - (1 - self._c_sigma) ** (2 * (self._generation + 1)))
        moves = (length / expected < (1.4 + 2 / (samples.shape[2] + 1)) * self._usual).astype(np.float64)
        self._path = (1 - self._cc) * self._path
        self._path += moves * sqrt(self._cc * (2 - self._cc) * self._effective) * mean_step
        stalled = (1 - moves) * self._cc * (2 - self._cc)
        kept = 1 + self._c1 * stalled - self._c1 - self._cmu * self._weights.sum()
        self._variances = kept * self._variances + self._c1 * self._path**2 + self._cmu * (self._weights @ best**2)
