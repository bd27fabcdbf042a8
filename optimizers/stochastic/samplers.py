"""Samplers of the initial law: how much of an order lies in the map from parameters to functions, and not in a method.

Among parameters drawn as the network's are and kept only if their loss is low, some functions are more common than
others (Valle-Perez, Camargo, Louis 2019). A sampler has no gradient, no memory and no taste: what it learns first at
equal loss is what the map itself makes likely. `random-search-initial` draws and keeps the best. `metropolis` samples
`law(theta) exp(-loss / T)` while T falls.

A method sees flat vectors and no law, so the objective gives fresh starts (`initial`). From some hundred of them each
named array has an empirical quantile function Q; `theta = Q(Phi(z))` with z normal has the law, for laws that draw the
entries of an array alike and independently, as all of `problems.networks.inits` do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from math import exp, log, prod, sqrt
from typing import ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting

STARTS = 256
MOST_QUANTILES = 4096


@dataclass(frozen=True)
class PriorSearch(Optimizer):
    """Independent draws from the law of the network's start; the best stands for the method."""

    family: ClassVar[str] = "stochastic"
    needs: ClassVar[frozenset[Need]] = frozenset({"population", "starts"})
    source: ClassVar[str] = "Valle-Perez, Camargo, Louis 2019, arXiv 1805.08522 (sampling of parameters)"
    expected: ClassVar[str] = "the order that the map from parameters to functions has by itself"
    caveat: ClassVar[str] = (
        "a reference and no method: its loss stays near the start's, and random search beats it where a step helps"
    )
    batch: int = setting(64, "draws a call; of no consequence for the result", at_least=1)

    def memory(self, dim: int) -> int:
        return 8 * dim * 2 * self.batch

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        assert isinstance(rng, np.random.Generator)
        objective.value(theta0)
        while True:
            objective.values(np.stack([objective.initial(rng) for _ in range(self.batch)]))


@dataclass(frozen=True)
class Metropolis(Optimizer):
    """Annealed sampling of `law(theta) exp(-loss / T)`, law being that of the network's start.

    In the coordinates z, which are standard normal under the law, a step is `z' = sqrt(1 - b^2) z + b xi` with xi
    normal, which keeps the law by itself (Crank-Nicolson); so a step is taken with probability
    `min(1, exp((loss - loss') / T))`. Its size b is drawn anew each time, log-uniform, which needs no tuning. T falls
    from `hot` to `cold` times the first loss, geometrically over the budget."""

    family: ClassVar[str] = "stochastic"
    needs: ClassVar[frozenset[Need]] = frozenset({"value", "layout", "budget", "starts"})
    source: ClassVar[str] = (
        "Metropolis et al. 1953; Cotter, Roberts, Stuart, White 2013, Stat. Sci. 28:424, eq. 4.5 (the step); "
        "Kirkpatrick, Gelatt, Vecchi 1983 (annealing)"
    )
    expected: ClassVar[str] = "the order that the map from parameters to functions has by itself"
    caveat: ClassVar[str] = (
        "a reference for the order at equal loss, not a fast method: from a bounded law it does not leave the box"
    )
    max_dim: ClassVar[int] = 100_000
    hot: float = setting(0.03, "first temperature, as a share of the first loss", above=0.0, tune=(1e-3, 1.0))
    cold: float = setting(1e-5, "last temperature, likewise", above=0.0, tune=(1e-7, 1e-3))
    smallest: float = setting(1e-3, "smallest step b; the largest is 1", above=0.0, below=1.0)

    def memory(self, dim: int) -> int:
        return 8 * dim * (STARTS + 6)

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        assert isinstance(rng, np.random.Generator)
        z, theta_of = normal_coordinates(objective, theta0, rng)
        loss = first = objective.value(theta0)
        steps = max(1, objective.evaluations_left("value"))
        for step in count():
            cooled = min(step / steps, 1.0)
            temperature = first * self.hot ** (1 - cooled) * self.cold**cooled
            size = exp(rng.uniform(log(self.smallest), 0.0))
            moved = sqrt(1 - size**2) * z + size * rng.standard_normal(len(z))
            proposed = objective.value(theta_of(moved))
            # compared first, as exp of a large gain would overflow
            if proposed <= loss or rng.uniform() < exp((loss - proposed) / temperature):
                z, loss = moved, proposed


def normal_coordinates(
    objective: Objective, theta0: Doubles, rng: np.random.Generator
) -> tuple[Doubles, Callable[[Doubles], Doubles]]:
    """`theta0 (P,)` in coordinates that are standard normal under the law of the start, and the map back."""
    from scipy.special import ndtr, ndtri

    starts = np.stack([theta0, *(objective.initial(rng) for _ in range(STARTS))])
    z = np.zeros(len(theta0))
    maps: list[tuple[slice, Doubles, Doubles]] = []
    for slot in objective.layout:
        own = slice(slot.offset, slot.offset + prod(slot.shape))
        pool = starts[:, own].ravel()
        if len(pool) > MOST_QUANTILES:
            others = rng.choice(pool[prod(slot.shape) :], max(MOST_QUANTILES, prod(slot.shape)), replace=False)
            pool = np.concatenate([theta0[own], others])  # theta0 is among the quantiles, so that it is met exactly
        values = np.sort(pool)
        # the middle of each value's share: at 0 and 1 the normal quantile is infinite
        levels = (np.arange(len(values)) + 0.5) / len(values)
        z[own] = ndtri(levels[np.searchsorted(values, theta0[own])])
        maps.append((own, levels, values))

    def theta_of(point: Doubles) -> Doubles:
        theta, heights = np.empty(len(point)), ndtr(point)
        for own, levels, values in maps:
            theta[own] = np.interp(heights[own], levels, values)  # beyond the last levels, the extreme values
        return theta

    return z, theta_of
