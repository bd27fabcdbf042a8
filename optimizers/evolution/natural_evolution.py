"""Evolution strategies that follow a sampled gradient.

Own code: no library that is kept up takes a flat vector and a generator."""

from dataclasses import dataclass
from math import log, sqrt
from typing import ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting
from optimizers.lanes import drawn, in_lanes

POPULATION: frozenset[Need] = frozenset({"population"})


@dataclass(frozen=True)
class OpenAIES(Optimizer):
    """Gradient of the smoothed loss from mirrored samples and centred ranks, followed with momentum."""

    family: ClassVar[str] = "evolution"
    needs: ClassVar[frozenset[Need]] = POPULATION
    source: ClassVar[str] = "Salimans et al. 2017, arXiv 1703.03864, algorithm 1 with mirrored samples and rank shaping"
    expected: ClassVar[str] = "gradient descent in expectation, so low-first, above a floor of noise"
    lanes: ClassVar[bool] = True
    pairs: int = setting(25, "mirrored pairs a generation", at_least=1, tune=(5, 200))
    sigma: float = setting(0.05, "standard deviation of the samples", above=0.0, tune=(0.005, 0.5))
    lr: float = setting(
        0.3, "the paper's step length alpha, in units of sigma", above=0.0, tune=(1e-2, 1.0)
    )  # at 0.02 0.74, at 0.3 0.24
    momentum: float = setting(0.9, "share of the velocity that is kept", at_least=0.0, below=1.0, tune=(0.0, 0.99))

    def memory(self, dim: int) -> int:
        return 8 * dim * (7 * self.pairs + 6)

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        objective, theta, rngs = in_lanes(objective, theta0, rng)
        velocity = np.zeros_like(theta)
        objective.value(theta)  # samples never meet the mean itself
        while True:
            noise = drawn(rngs, (self.pairs, theta.shape[1]))
            ways = np.concatenate([self.sigma * noise, -self.sigma * noise], axis=1)
            losses = objective.values(theta[:, None] + ways)
            ranks = losses.argsort().argsort() / (losses.shape[1] - 1) - 0.5  # from -1/2, the best, to 1/2
            # g = sum_i (rank_i+ - rank_i-) noise_i / (2 n sigma) for n pairs, of ranks for losses
            weights = ranks[:, : self.pairs] - ranks[:, self.pairs :]
            gradient = weighted(weights, noise) / (2 * self.pairs * self.sigma)
            velocity = self.momentum * velocity + gradient
            theta -= self.lr * self.sigma * velocity


@dataclass(frozen=True)
class SNES(Optimizer):
    """A normal distribution with a step of its own for each coordinate, moved along its natural gradient."""

    family: ClassVar[str] = "evolution"
    needs: ClassVar[frozenset[Need]] = POPULATION
    source: ClassVar[str] = "Schaul, Glasmachers, Schmidhuber 2011; Wierstra et al. 2014, JMLR 15:949, algorithm 6"
    lanes: ClassVar[bool] = True
    population: int = setting(50, "samples a generation", at_least=4, tune=(8, 400))
    sigma: float = setting(0.1, "initial standard deviation", above=0.0, tune=(0.01, 3.0))

    def memory(self, dim: int) -> int:
        return 8 * dim * (3 * self.population + 6)

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        objective, mean, rngs = in_lanes(objective, theta0, rng)
        sigma, dim = np.full(mean.shape, self.sigma), mean.shape[1]
        # eta_sigma = (3 + ln P) / (5 sqrt P), and eta_mu = 1
        rate = (3 + log(dim)) / (5 * sqrt(dim))
        utilities = rank_utilities(self.population)
        objective.value(mean)
        while True:
            noise = drawn(rngs, (self.population, dim))
            order = objective.values(mean[:, None] + sigma[:, None] * noise).argsort()
            noise = np.take_along_axis(noise, order[:, :, None], axis=1)  # best first, as the utilities are
            mean = mean + sigma * (utilities @ noise)
            # sigma <- sigma exp(eta_sigma / 2 sum_i u_i (s_i^2 - 1)): in logarithms it cannot turn negative
            sigma = sigma * np.exp(rate / 2 * (utilities @ (noise * noise - 1)))


def weighted(weights: Doubles, samples: Doubles) -> Doubles:
    """The sum of each lane's samples `(B, S, P)` by its weights `(B, S)`: `(B, P)`."""
    total: Doubles = (weights[:, None] @ samples)[:, 0]
    return total


def rank_utilities(population: int) -> Doubles:
    """Weights `(population,)` of the samples from best to worst, which sum to zero (Wierstra et al., section 3.1)."""
    # u_i = max(0, ln(S / 2 + 1) - ln i) / (their sum) - 1 / S: the worse half all alike
    raw = np.maximum(0.0, log(population / 2 + 1) - np.log(np.arange(1, population + 1)))
    weights: Doubles = raw / raw.sum() - 1 / population
    return weights


@dataclass(frozen=True)
class OnePlusOne(Optimizer):
    """One parent, one child; the step grows on success and shrinks otherwise, so that one in five succeeds."""

    family: ClassVar[str] = "evolution"
    needs: ClassVar[frozenset[Need]] = frozenset({"value"})
    source: ClassVar[str] = "Rechenberg 1973; Kern et al. 2004, the one-fifth rule"
    lanes: ClassVar[bool] = True
    sigma: float = setting(0.1, "initial step", above=0.0, tune=(0.01, 3.0))

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        objective, parent, rngs = in_lanes(objective, theta0, rng)
        sigma, loss = np.full((len(parent), 1), self.sigma), objective.value(parent)
        damping = sqrt(parent.shape[1] + 1)
        while True:
            child = parent + sigma * drawn(rngs, parent.shape[1:])
            found = objective.value(child)
            better = found <= loss
            sigma *= np.exp(np.where(better, 0.8, -0.2) / damping)[:, None]  # level where 0.8 p = 0.2 (1 - p), p = 1/5
            parent[better], loss = child[better], np.where(better, found, loss)
