"""The stable rank of each weight matrix, `|W|_F^2 / |W|_2^2`: how many directions it uses (arXiv 2512.14366).

It is 1 for a matrix of rank one, and the smaller side of one with equal singular values.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from harness.run.marks.observer import AtFewMarks, Columns, Mark, Observation, Observer, Subject, Types
from harness.run.marks.schedule import log_marks
from problems.base import fixed
from problems.engines.base import Evaluator


@dataclass(frozen=True)
class Rank(Observer):
    """The stable rank of each weight matrix of the network."""

    marks: int = 12
    """Log-spaced costs at which it is asked, besides the start and the end."""
    name: str = fixed("rank")

    @property
    def tables(self) -> Mapping[str, Types]:
        return {
            "rank": {
                "mark": "int64",
                "cost": "float64",
                "layer": "str",
                "rows": "int64",
                "columns": "int64",
                "stable_rank": "float64",
                "norm": "float64",
            }
        }

    def complaint(self, subject: Subject, evaluator: Evaluator) -> str | None:
        if any(len(slot.shape) >= 2 for slot in evaluator.problem.network.layout):
            return None
        return f"A stable rank is asked of weight matrices, and the network of '{subject.problem}' has none."

    def begin(self, subject: Subject, evaluator: Evaluator) -> Observation:
        slots = [slot for slot in evaluator.problem.network.layout if len(slot.shape) >= 2]

        def ask(mark: Mark) -> Columns:
            found = [
                # filters of a convolution (out, in, h, w) are a matrix of `out` rows
                matrix_ranks(mark.theta[slot.offset : slot.offset + prod(slot.shape)].reshape(slot.shape[0], -1))
                for slot in slots
            ]
            return {
                "layer": np.array([slot.name for slot in slots]),
                "rows": np.array([slot.shape[0] for slot in slots]),
                "columns": np.array([prod(slot.shape[1:]) for slot in slots]),
                "stable_rank": np.array([rank for rank, _ in found]),
                "norm": np.array([norm for _, norm in found]),
            }

        return AtFewMarks("rank", log_marks(subject.budget, self.marks), ask)


def matrix_ranks(matrix: NDArray[np.float64]) -> tuple[float, float]:
    """The stable rank and the spectral norm of `matrix (r, c)`; NaN of one that is zero or not finite."""
    if not np.isfinite(matrix).all() or not matrix.any():
        return float("nan"), float("nan")
    largest = float(np.linalg.norm(matrix, 2))
    # divided before it is squared: the squares of weights that run away overflow first
    return float((matrix / largest).ravel() @ (matrix / largest).ravel()), largest
