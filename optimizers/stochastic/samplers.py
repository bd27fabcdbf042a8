"""Samplers of the initial law: how much of an order lies in the map from parameters to functions, and not in a method.

Among parameters drawn as the network's are and kept only if their loss is low, some functions are more common than
others (Valle-Perez, Camargo, Louis 2019). A sampler has no gradient, no memory and no taste: what it learns first at
equal loss is what the map itself makes likely. `random-search-initial` draws and keeps the best. `metropolis` samples
`law(theta) exp(-loss / T)` while T falls.

A method sees flat vectors and no law, so the objective gives fresh starts (`initial`). From some hundred of them each
named array has an empirical quantile function Q; `theta = Q(Phi(z))` with z normal has the law, for laws that draw the
entries of an array alike and independently, as all of `problems.networks.inits` do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from math import exp, log, prod, sqrt
from typing import ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting
from optimizers.lanes import in_lanes

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
    lanes: ClassVar[bool] = True
    hot: float = setting(0.03, "first temperature, as a share of the first loss", above=0.0, tune=(1e-3, 1.0))
    cold: float = setting(1e-5, "last temperature, likewise", above=0.0, tune=(1e-7, 1e-3))
    smallest: float = setting(1e-3, "smallest step b; the largest is 1", above=0.0, below=1.0)

    def memory(self, dim: int) -> int:
        # the starts that measure the law, and their values sorted
        return 8 * dim * (2 * STARTS + 6)

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        objective, start, rngs = in_lanes(objective, theta0, rng)
        law = NormalCoordinates(objective, start, rngs)
        z, loss = law.start.copy(), objective.value(start)
        first, steps = loss.copy(), max(1, objective.evaluations_left("value"))
        smallest = log(self.smallest)
        for step in count():
            cooled = min(step / steps, 1.0)
            temperature = first * self.hot ** (1 - cooled) * self.cold**cooled
            moved = np.empty_like(z)
            for own, before, after in zip(rngs, z, moved, strict=True):
                size = exp(smallest - smallest * own.random())
                after[:] = sqrt(1 - size**2) * before + size * own.standard_normal(len(before))
            proposed = objective.value(law.theta_of(moved))
            taken = proposed <= loss
            # compared first, as exp of a large gain would overflow, and as no other number is drawn
            for lane in np.flatnonzero(~taken).tolist():
                taken[lane] = rngs[lane].random() < exp((loss[lane] - proposed[lane]) / temperature[lane])
            np.copyto(z, moved, where=taken[:, None])
            np.copyto(loss, proposed, where=taken)


class NormalCoordinates:
    """Starts `(B, P)` in coordinates that are standard normal under the law of the start, and the map back."""

    def __init__(self, objective: Objective, starts: Doubles, rngs: Sequence[np.random.Generator]) -> None:
        from scipy.special import ndtr, ndtri

        self._heights = ndtr
        lanes, dim = starts.shape
        pools = [
            np.stack([theta, *(objective.initial(own) for _ in range(STARTS))])
            for theta, own in zip(starts, rngs, strict=True)
        ]
        self.start, size, offset = np.zeros((lanes, dim)), np.empty(dim, np.intp), np.empty(dim, np.intp)
        tables: list[Doubles] = []
        for slot in objective.layout:
            own = slice(slot.offset, slot.offset + prod(slot.shape))
            values = np.stack([quantiles(pool[:, own], each) for pool, each in zip(pools, rngs, strict=True)])
            # the middle of each value's share: at 0 and 1 the normal quantile is infinite
            levels = (np.arange(values.shape[1]) + 0.5) / values.shape[1]
            for lane in range(lanes):
                self.start[lane, own] = ndtri(levels[np.searchsorted(values[lane], starts[lane, own])])
            size[own], offset[own] = values.shape[1], sum(table.shape[1] for table in tables)
            tables.append(values)
        values = np.concatenate(tables, axis=1)
        # all values in one row, which takes a third of the time to look up; where each array's begin and end
        self._values, self._first = values.ravel(), offset + values.shape[1] * np.arange(lanes)[:, None]
        self._last, self._size, self._most = self._first + size - 1, 1.0 * size, size - 1.0

    def theta_of(self, points: Doubles) -> Doubles:
        """Parameters `(B, P)` of normal coordinates; beyond the last levels, the extreme values."""
        place = self._heights(points) * self._size - 0.5
        place = np.minimum(np.maximum(place, 0.0, out=place), self._most, out=place)
        below = place.astype(np.intp)
        place -= below
        below += self._first
        low = self._values.take(below)
        # between the last value and nothing the share is 0
        high = self._values.take(np.minimum(below + 1, self._last))
        high -= low
        high *= place
        theta: Doubles = low + high
        return theta


def quantiles(pool: Doubles, rng: np.random.Generator) -> Doubles:
    """Sorted values of one array in all starts `(starts, size)`; of many, those of the first and some of the others."""
    values = pool.ravel()
    if len(values) > MOST_QUANTILES:
        size = pool.shape[1]
        others = rng.choice(values[size:], max(MOST_QUANTILES, size), replace=False)
        values = np.concatenate([pool[0], others])  # the first is theta0, which is then met exactly
    return np.sort(values)
