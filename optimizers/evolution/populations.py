"""Evolution strategies whose law of samples is learned: CMA-ES, with a full covariance and with a diagonal one."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting
from optimizers.evolution.covariance import Covariance
from optimizers.evolution.separable import Separable
from optimizers.isolation import globals_kept
from optimizers.lanes import in_lanes

POPULATION: frozenset[Need] = frozenset({"population"})
LEAST_TPA = 300
"""Parameters from which pycma's step follows a second look along the way of the mean (its TPA)."""


@dataclass(frozen=True)
class CMAES(Optimizer):
    """A normal distribution whose mean, step and covariance follow the better half of its samples."""

    family: ClassVar[str] = "evolution"
    needs: ClassVar[frozenset[Need]] = POPULATION
    source: ClassVar[str] = "Hansen and Ostermeier 2001; Hansen 2016, arXiv 1604.00772; the points of pycma"
    lanes: ClassVar[bool] = True
    caveat: ClassVar[str] = "a generation costs P^2 operations, and the eigenvectors of the covariance P^3 now and then"
    max_dim: ClassVar[int] = 2_000  # a dense covariance and its eigenvectors
    sigma: float = setting(0.3, "initial step in each coordinate", above=0.0, tune=(0.01, 3.0))
    population: int = setting(0, "samples a generation; 0 is 4 + 3 ln P", at_least=0)

    def memory(self, dim: int) -> int:
        return 8 * 6 * dim * dim

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        objective, start, rngs = in_lanes(objective, theta0, rng)
        objective.value(start)
        ours = start.shape[1] < LEAST_TPA
        # of our own law pycma has the constants alone
        pycmas = [self._pycma(*each) for each in list(zip(start, rngs, strict=True))[: 1 if ours else None]]
        law: Covariance | Several = Covariance(start, self.sigma, pycmas[0]) if ours else Several(pycmas)
        while True:
            samples = law.samples(rngs)
            law.learn(samples, objective.values(samples))

    def _pycma(self, theta0: Doubles, rng: np.random.Generator) -> Any:
        with globals_kept():
            import cma
        options = {
            "seed": np.nan,  # pycma's own: 0 would mean the clock, and any other number the global generator
            "randn": lambda *shape: rng.standard_normal(shape),
            "verbose": -9,
            # none of its own endings: the budget is the end
            "maxiter": sys.maxsize,
            "maxfevals": sys.maxsize,
            **dict.fromkeys(("tolfun", "tolx", "tolfunhist", "tolfunrel", "tolflatfitness", "tolstagnation"), 0),
        }
        if self.population:
            options["popsize"] = self.population
        return cma.CMAEvolutionStrategy(theta0, self.sigma, options)


class Several:
    """One strategy of pycma a lane, for dimensions in which its step follows another rule than the path's length."""

    def __init__(self, pycmas: Sequence[Any]) -> None:
        self._pycmas = pycmas

    def samples(self, rngs: Sequence[np.random.Generator]) -> Doubles:
        """Samples `(B, S, P)`, of which each strategy draws its own."""
        del rngs
        return np.array([own.ask() for own in self._pycmas])

    def learn(self, samples: Doubles, losses: Doubles) -> None:
        """Tell each strategy its losses `(B, S)`."""
        for own, told, found in zip(self._pycmas, samples, losses, strict=True):
            own.tell(list(told), list(found))


@dataclass(frozen=True)
class SepCMAES(Optimizer):
    """CMA-ES with a diagonal covariance: linear in P."""

    family: ClassVar[str] = "evolution"
    needs: ClassVar[frozenset[Need]] = POPULATION
    source: ClassVar[str] = "Ros and Hansen 2008; the points of cmaes's SepCMA"
    lanes: ClassVar[bool] = True
    sigma: float = setting(0.3, "initial step in each coordinate", above=0.0, tune=(0.01, 3.0))
    population: int = setting(32, "samples a generation", at_least=4, tune=(8, 200))

    def memory(self, dim: int) -> int:
        return 8 * dim * (4 * self.population + 8)

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        objective, start, rngs = in_lanes(objective, theta0, rng)
        objective.value(start)
        # the library's generator
        normal = [np.random.RandomState(int(own.integers(2**31))).standard_normal for own in rngs]
        law = Separable(start, self.sigma, self.population)
        while True:
            samples = law.samples(np.stack([draw((self.population, start.shape[1])) for draw in normal]))
            law.learn(np.take_along_axis(samples, objective.values(samples).argsort(kind="stable")[:, :, None], axis=1))
