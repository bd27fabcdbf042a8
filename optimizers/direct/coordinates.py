"""Direct searches along the coordinates: own code, as no kept library has them for an unbounded vector."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting


@dataclass(frozen=True)
class CoordinateDescent(Optimizer):
    """One coordinate after the other goes to the bottom of the parabola through three points."""

    family: ClassVar[str] = "direct"
    needs: ClassVar[frozenset[Need]] = frozenset({"value"})
    source: ClassVar[str] = "Wright 2015, arXiv 1502.04759; parabolic step of Brent 1973, chapter 5"
    caveat: ClassVar[str] = "one sweep over the P coordinates takes about 3 P evaluations"
    width: float = setting(0.1, "first distance of the points", above=0.0, tune=(0.01, 1.0))

    def memory(self, dim: int) -> int:
        return 8 * 6 * dim

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        assert isinstance(rng, np.random.Generator)
        from optimizers.compiled.calls import Calls
        from optimizers.direct.coordinate_core import sweep_core

        theta, widths = np.array(theta0, np.float64), np.full(len(theta0), self.width)
        calls, moved = Calls(objective, len(theta), slopes=False), True
        loss = float(objective.value(theta))
        while moved:
            loss, moved = calls.run(sweep_core(), theta, rng.permutation(len(theta)), widths, loss)

    def prepare(self) -> None:
        from optimizers.direct.coordinate_core import sweep_core

        sweep_core()


@dataclass(frozen=True)
class PatternSearch(Optimizer):
    """Steps along every coordinate, then once more the way that they have gone; shorter steps where none helps."""

    family: ClassVar[str] = "direct"
    needs: ClassVar[frozenset[Need]] = frozenset({"value"})
    source: ClassVar[str] = "Hooke and Jeeves 1961"
    caveat: ClassVar[str] = "one exploration takes up to 2 P evaluations"
    width: float = setting(0.1, "first step", above=0.0, tune=(0.01, 1.0))
    shrink: float = setting(0.5, "factor of the step where none helps", above=0.0, below=1.0, tune=(0.1, 0.9))

    def memory(self, dim: int) -> int:
        return 8 * 5 * dim

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        del rng  # deterministic
        from optimizers.compiled.calls import Calls
        from optimizers.direct.coordinate_core import pattern_core

        calls = Calls(objective, len(theta0), slopes=False)
        calls.run(pattern_core(), np.array(theta0, np.float64), self.width, self.shrink)

    def prepare(self) -> None:
        from optimizers.direct.coordinate_core import pattern_core

        pattern_core()
