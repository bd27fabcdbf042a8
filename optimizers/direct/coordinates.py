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
        theta = theta0.copy()
        loss = float(objective.value(theta))
        widths = np.full(len(theta), self.width)
        assert isinstance(rng, np.random.Generator)
        moved = True
        while moved:
            moved = False
            for index in rng.permutation(len(theta)):
                step, found = self._line(objective, theta, int(index), float(widths[index]), loss)
                theta[index] += step
                loss = found
                # a coordinate is done once its width is lost in rounding, not where one parabola has failed
                moved |= step != 0 or theta[index] + widths[index] != theta[index]
                widths[index] = 2 * abs(step) if step else widths[index] / 4

    def _line(self, objective: Objective, theta: Doubles, index: int, width: float, loss: float) -> tuple[float, float]:
        """The best step along one coordinate of those tried, and its loss."""

        def at(step: float) -> tuple[float, float]:
            point = theta.copy()
            point[index] += step
            return float(objective.value(point)), step

        right, left = at(width), at(-width)
        tried = [(loss, 0.0), right, left]
        # the vertex of the parabola through -w, 0 and w is w (L- - L+) / (2 (L- - 2 L + L+)); not trusted beyond 4 w
        curvature = right[0] - 2 * loss + left[0]
        if curvature > 0:
            tried.append(at(width * float(np.clip((left[0] - right[0]) / (2 * curvature), -4, 4))))
        best = min(tried)
        return best[1], best[0]


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
        base, width = theta0.copy(), self.width
        loss = float(objective.value(base))
        while not np.array_equal(base + width, base):
            reached, found = self._explore(objective, base, loss, width)
            if found >= loss:
                width *= self.shrink
            while found < loss:
                # the pattern move: from the point reached, once more by `reached - base`
                ahead = 2 * reached - base
                base, loss = reached, found
                reached, found = self._explore(objective, ahead, float(objective.value(ahead)), width)

    def _explore(self, objective: Objective, start: Doubles, loss: float, width: float) -> tuple[Doubles, float]:
        """`start` after each coordinate has gone up or down where that helps, and the loss there."""
        point = start.copy()
        for index in range(len(point)):
            for step in (width, -width):
                trial = point.copy()
                trial[index] += step
                found = float(objective.value(trial))
                if found < loss:
                    point, loss = trial, found
                    break
        return point, loss
