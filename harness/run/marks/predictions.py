"""The predictions of a run at a few log-spaced marks, for the problems that ask for them: pictures, mostly."""

from collections.abc import Sequence

import numpy as np

from harness.run.marks.observer import AtFewMarks, Columns, Mark, Observation
from problems.base import Problem


def predictions(problem: Problem, costs: Sequence[float]) -> list[Observation]:
    """The observation that fills the table `predictions`; none without costs at which to keep them."""
    if not costs:
        return []

    def ask(mark: Mark) -> Columns:
        # (n, m) row by row: components fastest, as `ravel` has them
        n, m = mark.predictions.shape
        return {
            "sample": np.arange(n).repeat(m),
            "component": np.tile(np.arange(m), n),
            "target": problem.targets.ravel(),
            "value": np.asarray(mark.predictions, np.float64).ravel(),
        }

    return [AtFewMarks("predictions", costs, ask)]
