"""How much of what a network knows a linear model knows as well (Nakkiran et al. 2019, arXiv 1905.11604).

With Y the labels, F the network's answers and L the linear model's, `mu = I(F; Y) - I(F; Y | L)`, in bits, from counts.
Counts of n samples overstate information by about `cells / (2 n ln 2)` bits: take many more samples than cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from problems.base import Array
from problems.probes.accuracy import classes

Labels = NDArray[np.integer]


def entropy(columns: Sequence[Labels]) -> float:
    """Joint entropy of some variables, each `(n,)`, in bits."""
    counts = np.unique(np.stack(columns, axis=1), axis=0, return_counts=True)[1]
    # only cells that occur are counted, so that 0 log 0 does not
    shares = counts / counts.sum()
    return float(-(shares * np.log2(shares)).sum())


def information(a: Labels, b: Labels) -> float:
    """I(A; B) = H(A) + H(B) - H(A, B), in bits."""
    return entropy([a]) + entropy([b]) - entropy([a, b])


def conditional_information(a: Labels, b: Labels, given: Labels) -> float:
    """I(A; B | C) = H(A, C) + H(B, C) - H(A, B, C) - H(C), in bits."""
    return entropy([a, given]) + entropy([b, given]) - entropy([a, b, given]) - entropy([given])


def performance_correlation(answers: Labels, labels: Labels, linear: Labels) -> float:
    """`mu` of their definition 2."""
    return information(answers, labels) - conditional_information(answers, labels, linear)


def linear_answers(inputs: Array, labels: Labels, others: Array) -> NDArray[np.int64]:
    """The classes `(k,)` that logistic regression on `inputs (n, d)` with `labels (n,)` gives `others (k, d)`.

    It is penalised by half the squared norm of its weights, the default of scikit-learn."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=10_000).fit(inputs.astype(np.float64), labels)
    return np.asarray(model.predict(others.astype(np.float64)), np.int64)


@dataclass(frozen=True, eq=False)
class LinearModelProbe:
    """Amplitude is `mu`, target amplitude what L itself knows, I(L; Y); error is I(F; Y | L), all in bits."""

    targets: Array
    linear: Labels
    name: str = "linear-model"
    component = np.array([-1])
    frequency = np.array([np.nan])

    @cached_property
    def _labels(self) -> NDArray[np.int64]:
        return classes(self.targets)

    @cached_property
    def target_amplitude(self) -> NDArray[np.float64]:
        return np.array([information(self.linear, self._labels)])

    def measure(self, predictions: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        answers = classes(predictions)
        # mu = I(F; Y) - I(F; Y | L)
        beyond = conditional_information(answers, self._labels, self.linear)
        return np.array([information(answers, self._labels) - beyond]), np.array([beyond])
