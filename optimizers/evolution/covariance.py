"""The law of CMA-ES, in lanes: a mean, a step and a full covariance `(B, P, P)`.

Own code with the points of pycma to rounding, whose constants it takes; pycma spends as long on its archives as on the
covariance. pycma changes its coordinates where variances differ by 1e8 or the condition reaches 1e12; this does not.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from optimizers.base import Doubles
from optimizers.lanes import drawn


class Covariance:
    """Hansen 2016, arXiv 1604.00772, whose equations are named, with negative weights and lazy eigenvectors."""

    def __init__(self, mean: Doubles, sigma: float, pycma: Any) -> None:
        from cma.utilities.math import Mh

        lanes = len(mean)
        own, sampler, path = pycma.sp, pycma.sm, pycma.adapt_sigma
        learned = {"c1": own.c1, "cmu": own.cmu} | sampler.parameters(mueff=own.weights.mueff, lam=own.popsize)
        self._population, self._weights, self._mu = own.popsize, np.array(own.weights), own.weights.mu
        self._effective, self._cc = own.weights.mueff, own.cc
        self._c1, self._cmu = learned["c1"], learned["cmu"]
        self._c_sigma, self._damping, self._gap = path.cs, path.damps, sampler.lazy_update_gap
        self._usual = Mh.chiN(mean.shape[1])
        self._mean, self._sigma = mean, np.full(lanes, sigma)
        self._step_path, self._path = np.zeros_like(mean), np.zeros_like(mean)
        # not the identity, so that no two eigenvalues are alike
        self._covariance = np.tile(sampler.C, (lanes, 1, 1))
        self._axes, self._lengths = np.tile(sampler.B, (lanes, 1, 1)), np.tile(sampler.D, (lanes, 1))
        self._generation = self._decomposed = 0

    def samples(self, rngs: Sequence[np.random.Generator]) -> Doubles:
        """Samples `(B, S, P)`, of each lane's own numbers."""
        if self._generation > self._decomposed and self._generation >= self._decomposed + self._gap:
            self._decompose()
        normal = drawn(rngs, (self._population, self._mean.shape[1]))
        turned = self._axes @ (self._lengths[:, None] * normal).swapaxes(1, 2)
        return self._mean[:, None] + self._sigma[:, None, None] * turned.swapaxes(1, 2)

    def learn(self, samples: Doubles, losses: Doubles) -> None:
        """Move towards the better half of the samples, and their law away from the others."""
        samples = np.take_along_axis(samples, losses.argsort(axis=1)[:, :, None], axis=1)
        self._generation += 1
        before, dim = self._mean, samples.shape[2]
        self._mean = self._weights[: self._mu] @ samples[:, : self._mu]
        moved = (self._mean - before) / self._sigma[:, None]
        # step size (43): the path in coordinates in which the law is isotropic
        isotropic = (self._axes @ self._whitened(moved[:, None]).swapaxes(1, 2))[:, :, 0]
        share = np.sqrt(self._c_sigma * (2 - self._c_sigma) * self._effective)
        self._step_path = (1 - self._c_sigma) * self._step_path + share * isotropic
        squares = (self._step_path**2).sum(axis=1)
        # a path that is too long is stalled (45)
        expected = 1 - (1 - self._c_sigma) ** (2 * self._generation)
        moves = (squares / expected / dim - 1 < 1 + 4 / (dim + 1)).astype(np.float64)
        share = np.sqrt(self._cc * (2 - self._cc) * self._effective)
        self._path = (1 - self._cc) * self._path + (moves * share)[:, None] * moved
        self._learn_covariance((samples - before[:, None]) / self._sigma[:, None, None], moves)
        grown = self._c_sigma / self._damping * (np.sqrt(squares) / self._usual - 1)  # (44)
        self._sigma = self._sigma * np.exp(np.clip(grown, -1.0, 1.0))

    def _learn_covariance(self, ways: Doubles, moves: Doubles) -> None:
        """Equation (47), of the ways to the samples in units of the step."""
        lanes, population, dim = ways.shape
        weights = np.empty((lanes, 1 + population))
        weights[:, 0] = self._c1 * (1 - (1 - moves) * self._cc * (2 - self._cc))  # the variance of a stalled path
        weights[:, 1:] = self._cmu * self._weights
        path = np.sqrt(self._c1 / (weights[:, :1] + 1e-23)) * self._path
        vectors = np.concatenate([path[:, None], ways], axis=1)
        kept = 1 - weights.sum(axis=1)
        # (46): what is left behind is limited to the length of an average sample, so that C stays positive
        bad = 1 + np.flatnonzero(self._weights < 0)
        squares = (self._whitened(vectors[:, bad]) ** 2).sum(axis=2)
        weights[:, bad] *= dim / (np.sqrt(squares) + 1e-9) ** 2
        learned = (weights[:, :, None] * vectors).swapaxes(1, 2) @ vectors
        self._covariance = kept[:, None, None] * self._covariance + learned

    def _whitened(self, ways: Doubles) -> Doubles:
        """Ways `(B, k, P)` along the axes of the law, in units of their lengths."""
        whitened: Doubles = (ways @ self._axes) / self._lengths[:, None]
        return whitened

    def _decompose(self) -> None:
        """Axes and their lengths of the present covariance; one that is not positive gets a larger diagonal first."""
        self._decomposed = self._generation
        self._covariance = (self._covariance + self._covariance.swapaxes(1, 2)) / 2
        # of a lane that has ended anything may come, and none may be handed to LAPACK
        finite = np.isfinite(self._covariance).all(axis=(1, 2))
        self._covariance[~finite] = np.eye(self._covariance.shape[1])
        values, axes = np.linalg.eigh(self._covariance)
        while (ill := values[:, 0] <= 0).any():
            least = self._lengths[ill].min(axis=1) ** 2
            self._covariance[ill] += least[:, None, None] * np.eye(self._covariance.shape[1])
            self._lengths[ill] = np.sqrt(self._lengths[ill] ** 2 + least[:, None])
            values[ill], axes[ill] = np.linalg.eigh(self._covariance[ill])
        self._axes, self._lengths = axes, np.sqrt(values)
