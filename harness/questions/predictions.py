"""The predictions themselves at log-spaced marks, beside inputs and targets: what `--keep predictions` keeps.

A run has at most `samples` times `marks + 2` rows a component, whatever the problem's size: of more samples, evenly
spaced ones are kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.run.marks.observer import AtFewMarks, Columns, Mark, Observation, Observer, Subject, Types
from harness.run.marks.schedule import log_marks
from problems.base import Problem, fixed
from problems.engines.base import Evaluator

AXES = ("x", "y", "z")
"""Coordinates of the inputs that have a column; inputs of more dimensions are no picture, and have none."""


@dataclass(frozen=True)
class Predictions(Observer):
    """What the network gives for each training sample, at the start, at log-spaced marks and at the end."""

    marks: int = 32
    """Log-spaced costs at which predictions are kept, besides the start and the end."""
    samples: int = 4096
    """Samples that are kept; of more, evenly spaced ones."""
    name: str = fixed("predictions")

    def __post_init__(self) -> None:
        if self.marks < 1 or self.samples < 2:
            raise ValueError(f"marks must be at least 1 and samples at least 2; got {self.marks} and {self.samples}.")

    @property
    def tables(self) -> Mapping[str, Types]:
        kinds = dict.fromkeys((*AXES, "target", "value"), "float64")
        return {"outputs": {"mark": "int64", "cost": "float64", "sample": "int64", "component": "int64", **kinds}}

    def begin(self, subject: Subject, evaluator: Evaluator) -> Observation:
        problem = evaluator.problem
        kept = evenly(problem.n_samples, self.samples)
        inputs, targets = _known(problem, kept)

        def ask(mark: Mark) -> Columns:
            values = np.asarray(mark.predictions, np.float64)[kept]
            n, m = values.shape
            # an equation's targets are no outputs: they are sources and weights
            target = targets if targets.shape == values.shape else np.full(values.shape, np.nan)
            return {
                # a row for each sample and component, components fastest
                "sample": kept.repeat(m),
                "component": np.tile(np.arange(m), n),
                **{axis: inputs[:, place].repeat(m) for place, axis in enumerate(AXES)},
                "target": target.ravel(),
                "value": values.ravel(),
            }

        return AtFewMarks("outputs", log_marks(subject.budget, self.marks), ask)


def evenly(n: int, most: int) -> NDArray[np.int64]:
    """At most `most` numbers of samples from 0 to n - 1, evenly spaced; the first and the last are among them."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.int64))


def _known(problem: Problem, kept: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coordinates `(n, 3)`, NaN where there are none, and targets `(n, m)` of the samples that are kept."""
    inputs = np.full((len(kept), len(AXES)), np.nan)
    own = np.asarray(problem.inputs[kept], np.float64).reshape(len(kept), -1)
    if own.shape[1] <= len(AXES):
        inputs[:, : own.shape[1]] = own
    return inputs, np.asarray(problem.targets[kept], np.float64)
