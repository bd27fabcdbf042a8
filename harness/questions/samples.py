"""Easy and hard samples: at what cost each sample of the training set is first told right, and from when on for good.

Marks are costs of the whole run, and `first_cost` counts guesses that happened to be right, at the start one in ten.
One row a run and sample, kept up to date from mark to mark, so that nothing grows with the number of marks.

`image_high` is the share of a picture's own power above the median frequency of all pictures. `target_high` is about
the target as a function of the inputs: of its squared length after the mean is taken off, the share that a Gaussian
filter as wide as the median distance to the nearest sample does not let through, `|y_i - y_low_i|^2 / |y_i - mean|^2`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.questions.critical import Search, critical_samples
from harness.questions.labelled import complaint_without_classes
from harness.run.marks.observer import AtFewMarks, Columns, Mark, Observation, Observer, Subject, Types
from harness.run.marks.schedule import log_marks
from harness.run.spec import stream
from optimizers.base import Doubles
from problems.base import Array, Problem, fixed
from problems.classes.image_spectra import share_above_median
from problems.engines.base import Evaluator
from problems.probes.accuracy import classes
from problems.probes.gaussian_filter import FilterProbe
from problems.probes.linear_model import conditional_information, linear_answers, performance_correlation

LOOKS = 8
"""Log-spaced costs at which complexity is measured, besides the start and the end."""
BLOCK = 512
LABELS: Types = {"problem": "str", "network": "str", "optimizer": "str", "seed": "int64"}
TABLES: dict[str, Types] = {
    "samples": {
        **LABELS,
        "sample": "int64",
        "label": "int64",
        "first_cost": "float64",
        "final_cost": "float64",
        "censored": "bool",
        "image_high": "float64",
        "target_high": "float64",
    },
    "complexity": {
        **LABELS,
        "mark": "int64",
        "cost": "float64",
        "accuracy": "float64",
        "critical_ratio": "float64",
        "linear_correlation": "float64",
        "beyond_linear": "float64",
    },
}


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
        # one wrong answer undoes all right ones before it
        self.final = np.where(right, np.minimum(self.final, cost), np.inf)


@dataclass(frozen=True)
class Samples(Observer):
    """When each training sample is told right, and how complex the function is meanwhile."""

    search: int = 200
    """Samples of the test set, or of the training set, that are searched for another answer nearby."""
    radius: float = 0.1
    """Half width of the box that is searched."""
    name: str = fixed("samples")

    def __post_init__(self) -> None:
        if self.search < 1 or not self.radius > 0:
            raise ValueError(
                f"search takes a number of samples of at least 1, and radius a positive number; got {self.search} "
                f"and {self.radius:g}."
            )

    @property
    def tables(self) -> Mapping[str, Types]:
        return TABLES

    def complaint(self, subject: Subject, evaluator: Evaluator) -> str | None:
        return complaint_without_classes(subject, evaluator.problem)

    def begin(self, subject: Subject, evaluator: Evaluator) -> Observation:
        return _Lesson(self, subject, evaluator)


class _Lesson:
    """What one run learns."""

    def __init__(self, observer: Samples, subject: Subject, evaluator: Evaluator) -> None:
        self._subject = subject
        self._evaluator, self._problem = evaluator, evaluator.problem
        # step and noise in the proportions of the default search, 0.1 to 0.02 to 0.01
        self._search = Search(observer.radius, observer.radius / 5, observer.radius / 10)
        self._searched = observer.search
        self._labels = classes(self._problem.targets)
        self._times = LearningTimes.of(self._problem.n_samples)
        self._complexity = AtFewMarks("complexity", log_marks(subject.budget, LOOKS), self._examine)

    def look(self, mark: Mark) -> None:
        self._times.update(mark.snapshot.cost, classes(mark.predictions) == self._labels)
        self._complexity.look(mark)

    def rows(self) -> Mapping[str, Columns]:
        samples = {
            **self._subject.labels,
            "sample": np.arange(self._problem.n_samples),
            "label": self._labels,
            "first_cost": self._times.first,
            "final_cost": self._times.final,
            "censored": ~np.isfinite(self._times.final),
            **roughness(self._problem, pictures=self._subject.recipe.pictures),
        }
        return {"samples": samples, **self._complexity.rows()}

    @cached_property
    def _test(self) -> tuple[Array, Array]:
        return self._problem.test or (self._problem.inputs, self._problem.targets)

    @cached_property
    def _linear(self) -> NDArray[np.int64]:
        return linear_answers(self._problem.inputs, self._labels, self._test[0])

    def _examine(self, mark: Mark) -> Columns:
        inputs, targets = self._test
        labels, answers = classes(targets), classes(self._evaluator.outputs(mark.theta[None], inputs)[0])
        # the same draws at every mark: what changes is the network's doing, and not the search's
        rng = stream(self._subject.seed, "search")
        critical = critical_samples(self._evaluator, mark.theta, inputs[: self._searched], self._search, rng)
        return {
            **self._subject.labels,
            "accuracy": float((classes(mark.predictions) == self._labels).mean()),
            "critical_ratio": float(critical.mean()) if len(critical) else float("nan"),
            "linear_correlation": performance_correlation(answers, labels, self._linear),
            "beyond_linear": conditional_information(answers, labels, self._linear),
        }


def roughness(problem: Problem, *, pictures: bool) -> Mapping[str, Any]:
    """The columns `image_high` and `target_high`, `(n,)`."""
    image = share_above_median(problem.inputs) if pictures else np.full(problem.n_samples, np.nan)
    centred = problem.targets - problem.targets.mean(axis=0)
    # of squared distances: delta is the variance of exp(-d^2 / (2 delta)), not its width
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
        # |a - b|^2 = |a|^2 + |b|^2 - 2 a.b; of centred inputs, so that less of it cancels
        distances = square[rows, None] + square - 2 * centred[rows] @ centred.T
        # nobody is his own neighbour
        distances[rows - start, rows] = np.inf
        found[rows] = np.maximum(distances.min(axis=1), 0.0)
    return found
