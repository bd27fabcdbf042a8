"""Easy and hard samples: at what cost each sample of the training set is first told right, and from when on for good.

Marks are costs of the whole run, and `first_cost` counts guesses that happened to be right, at the start one in ten.
One row a run and sample, kept up to date from mark to mark, so that nothing grows with the number of marks.

`image_high` is the share of a picture's own power above the median frequency of all pictures. `target_high` is about
the target as a function of the inputs: of its squared length after the mean is taken off, the share that a Gaussian
filter as wide as the median distance to the nearest sample does not let through, `|y_i - y_low_i|^2 / |y_i - mean|^2`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.questions.training import train
from harness.run.account import Snapshot
from harness.run.schedule import log_marks
from harness.run.spec import RunSpec, stream
from harness.tables import frame
from optimizers.base import Doubles
from problems.base import Problem
from problems.classes.digits import Projected
from problems.classes.image_spectra import share_above_median
from problems.engines.base import Evaluator
from problems.probes.accuracy import classes
from problems.probes.critical import Search, critical_samples
from problems.probes.gaussian_filter import FilterProbe
from problems.probes.linear_model import conditional_information, linear_answers, performance_correlation

LOOKS = 8
"""Log-spaced costs at which complexity is measured, besides the start and the end."""
BLOCK = 512


@dataclass
class LearningTimes:
    """Costs at which samples `(n,)` were first told right, and from which on they were; infinite where never."""

    first: Doubles
    final: Doubles

    @classmethod
    def of(cls, samples: int) -> "LearningTimes":
        """Nothing has been told right yet."""
        return cls(np.full(samples, np.inf), np.full(samples, np.inf))

    def update(self, cost: float, right: NDArray[np.bool_]) -> None:
        """Take in one mark; marks come in order."""
        np.minimum(self.first, np.where(right, cost, np.inf), out=self.first)
        self.final = np.where(right, np.minimum(self.final, cost), np.inf)


class Examination(NamedTuple):
    """What is asked beside learning times: a search around so many samples of the test set, or of the training set."""

    samples: int = 200
    search: Search = Search()


@dataclass
class Observer:
    """Watches one run."""

    spec: RunSpec
    examination: Examination
    times: LearningTimes | None = None
    complexity: list[dict[str, float]] = field(default_factory=list)
    linear: NDArray[np.int64] | None = None
    _looked: float = -1.0

    def watch(self, evaluator: Evaluator, snapshot: Snapshot, theta: Doubles) -> None:
        """Take in one mark."""
        problem = evaluator.problem
        if self.times is None:
            self.times = LearningTimes.of(problem.n_samples)
        right = classes(evaluator.predict(theta[None])[0]) == classes(problem.targets)
        self.times.update(snapshot.cost, right)
        due = (0.0, *log_marks(self.spec.budget, LOOKS))
        if any(self._looked < cost <= snapshot.cost for cost in due):
            self._looked = snapshot.cost
            measured = {"cost": snapshot.cost, "accuracy": float(right.mean())}
            self.complexity.append(measured | self._examine(evaluator, theta))

    def _examine(self, evaluator: Evaluator, theta: Doubles) -> dict[str, float]:
        problem = evaluator.problem
        inputs, targets = problem.test or (problem.inputs, problem.targets)
        labels, answers = classes(targets), classes(evaluator.outputs(theta[None], inputs)[0])
        if self.linear is None:
            self.linear = linear_answers(problem.inputs, classes(problem.targets), inputs)
        chosen = inputs[: self.examination.samples]
        rng = stream(self.spec.seed, "search")
        critical = critical_samples(evaluator, theta, chosen, self.examination.search, rng)
        return {
            "critical_ratio": float(critical.mean()) if len(critical) else float("nan"),
            "linear_correlation": performance_correlation(answers, labels, self.linear),
            "beyond_linear": conditional_information(answers, labels, self.linear),
        }


def examine(spec: RunSpec, examination: Examination) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of `samples` and of `complexity` of one run."""
    observer = Observer(spec, examination)
    problem = train(spec, observer.watch).problem
    assert observer.times is not None
    labels = {
        "run_id": spec.run_id,
        "problem": spec.problem,
        "network": spec.recipe.network,
        "optimizer": spec.optimizer,
        "seed": spec.seed,
    }
    rows = {
        "sample": np.arange(problem.n_samples),
        "label": classes(problem.targets),
        "first_cost": observer.times.first,
        "final_cost": observer.times.final,
        "censored": ~np.isfinite(observer.times.final),
        **roughness(problem, pictures=isinstance(spec.recipe, Projected)),
    }
    return frame("samples", labels | rows), frame("complexity", labels | dict(pd.DataFrame(observer.complexity)))


def roughness(problem: Problem, *, pictures: bool) -> Mapping[str, Any]:
    """The columns `image_high` and `target_high`, `(n,)`."""
    image = share_above_median(problem.inputs) if pictures else np.full(problem.n_samples, np.nan)
    centred = problem.targets - problem.targets.mean(axis=0)
    delta = float(np.median(nearest(problem.inputs)))
    low = FilterProbe(problem.inputs, centred, delta, problem.n_samples).parts(centred)[0]
    rest: Doubles = ((centred - low) ** 2).sum(axis=1) / (centred**2).sum(axis=1)
    return {"image_high": image, "target_high": rest}


def nearest(inputs: NDArray[np.floating]) -> NDArray[np.float64]:
    """The squared distance `(n,)` from each of `inputs (n, d)` to the nearest other, by blocks."""
    centred = inputs - inputs.mean(axis=0, dtype=np.float64)
    square = np.einsum("nd,nd->n", centred, centred)
    found = np.empty(len(centred))
    for start in range(0, len(centred), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(centred)))
        distances = square[rows, None] + square - 2 * centred[rows] @ centred.T
        distances[rows - start, rows] = np.inf
        found[rows] = np.maximum(distances.min(axis=1), 0.0)
    return found
