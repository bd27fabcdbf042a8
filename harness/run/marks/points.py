"""The two points of a run that are measured at a mark: the last one evaluated, and the best so far.

The best is that of the meter or, as a minibatch's loss is not of all samples, the best of the last points at marks: by
the loss on the whole training set, found while measuring. Where both are one point it is measured once.
"""

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizers.base import Doubles
from problems.base import Array, Problem
from problems.engines.base import Evaluator


class Point(NamedTuple):
    """What is measured of one point."""

    theta: Doubles
    loss: float
    predictions: Array
    test_loss: float
    measured: list[tuple[NDArray[np.float64], NDArray[np.float64]]]
    """Amplitudes and errors of each probe, and of each on the samples held out."""


class Incumbents:
    """The best point of every lane; lane `b` watches `problems[b]`."""

    def __init__(self, evaluator: Evaluator, problems: Sequence[Problem]) -> None:
        self._evaluator, self._batch = evaluator, evaluator.problem
        self._problems = problems
        self._best: list[Point | None] = [None] * len(problems)
        self._known: list[Doubles | None] = [None] * len(problems)
        """The meter's best point when it was last measured."""

    def measure(self, lanes: list[int], last: Doubles, best: Doubles) -> list[tuple[Point, Point]]:
        """The last point and the best of each of `lanes`, of the meter's `last` and `best (len(lanes), P)`."""
        new = [
            place
            for place, lane in enumerate(lanes)
            if not _same(best[place], last[place]) and not self._is_known(lane, best[place])
        ]
        # in one batch, as a few small arrays take about as long as one
        thetas = np.concatenate([last, best[new]]) if new else last
        points = self._points([*lanes, *(lanes[place] for place in new)], thetas)
        ends, found = points[: len(lanes)], dict(zip(new, points[len(lanes) :], strict=True))
        pairs = []
        for place, (lane, end) in enumerate(zip(lanes, ends, strict=True)):
            if place in found:
                self._known[lane] = found[place].theta
                self._keep(lane, found[place])
            self._keep(lane, end)
            top = self._best[lane]
            assert top is not None
            pairs.append((end, top))
        return pairs

    def _is_known(self, lane: int, theta: Doubles) -> bool:
        known, top = self._known[lane], self._best[lane]
        return (known is not None and _same(known, theta)) or (top is not None and _same(top.theta, theta))

    def _keep(self, lane: int, point: Point) -> None:
        """The lowest finite loss is the best, and of equals the first."""
        top = self._best[lane]
        # `not <=` and not `>`: a best loss that is NaN gives way to any number
        if top is None or (isfinite(point.loss) and not top.loss <= point.loss):
            self._best[lane] = point

    def _points(self, lanes: list[int], thetas: Doubles) -> list[Point]:
        outputs = self._evaluator.predict(thetas)
        # (n, m) for all, or (B, n, m) where each lane has data of its own
        targets = self._batch.targets if self._batch.targets.ndim == 2 else self._batch.targets[lanes]
        losses, predictions = self._batch.loss.value(outputs, targets).tolist(), self._batch.readout(outputs)
        return [
            self._point(self._problems[lane], theta, loss, seen)
            for lane, theta, loss, seen in zip(lanes, thetas, losses, predictions, strict=True)
        ]

    def _point(self, problem: Problem, theta: Doubles, loss: float, seen: Array) -> Point:
        measured = [probe.measure(seen) for probe in problem.probes]
        if problem.test is None:
            return Point(theta, loss, seen, float("nan"), measured)
        inputs, targets = problem.test
        outputs = self._evaluator.outputs(theta[None], inputs)
        of_test = problem.readout(outputs)[0]
        measured += [probe.measure(of_test) for probe in problem.test_probes]
        return Point(theta, loss, seen, float(problem.loss.value(outputs, targets)[0]), measured)


def _same(first: Doubles, second: Doubles) -> bool:
    """Whether two vectors are one, bit by bit; of short ones numpy's comparison takes several times as long."""
    return first.tobytes() == second.tobytes()
