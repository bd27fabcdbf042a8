"""The largest eigenvalue of the Hessian of the loss, by Lanczos' method on Hessian-vector products.

Gradient descent at step `lr` is stable where it is below `2 / lr` (Cohen et al. 2021, arXiv 2103.00065).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

import numpy as np

from harness.run.marks.observer import AtFewMarks, Columns, Mark, Observation, Observer, Subject, Types
from harness.run.marks.schedule import log_marks
from harness.run.spec import stream
from optimizers.base import Doubles
from problems.base import fixed
from problems.engines.base import Evaluator

SMALL = 4
"""Parameters up to which the whole matrix is made: Lanczos' method needs more."""


@dataclass(frozen=True)
class Sharpness(Observer):
    """The largest eigenvalue of the Hessian of the loss."""

    marks: int = 12
    """Log-spaced costs at which it is asked, besides the start and the end."""
    tolerance: float = 1e-4
    """Relative, of the eigenvalue."""
    name: str = fixed("sharpness")

    @property
    def tables(self) -> Mapping[str, Types]:
        return {"sharpness": {"mark": "int64", "cost": "float64", "sharpness": "float64", "products": "int64"}}

    def complaint(self, subject: Subject, evaluator: Evaluator) -> str | None:
        if "hvp" in evaluator.offers:
            return None
        return f"Sharpness needs Hessian-vector products, which '{subject.problem}' with this network does not offer."

    def begin(self, subject: Subject, evaluator: Evaluator) -> Observation:
        start = stream(subject.seed, "sharpness").standard_normal(evaluator.problem.dim)

        def ask(mark: Mark) -> Columns:
            value, products = largest_eigenvalue(evaluator, mark.theta, start, self.tolerance)
            return {"sharpness": value, "products": products}

        return AtFewMarks("sharpness", log_marks(subject.budget, self.marks), ask)


def largest_eigenvalue(evaluator: Evaluator, theta: Doubles, start: Doubles, tolerance: float) -> tuple[float, int]:
    """The largest eigenvalue at `theta (P,)`, and how many products it took; NaN where they are not finite."""
    products = 0

    def hvp(vector: Doubles) -> Doubles:
        nonlocal products
        products += 1
        return np.asarray(evaluator.hvp(theta, vector.ravel()), np.float64)

    if not np.isfinite(theta).all() or not np.isfinite(hvp(start)).all():
        return float("nan"), products
    if len(theta) <= SMALL:
        whole = np.stack([hvp(unit) for unit in np.eye(len(theta))])
        # symmetric but for rounding, and `eigvalsh` would read one half of it only
        return float(np.linalg.eigvalsh((whole + whole.T) / 2)[-1]), products
    # `LA` is the largest eigenvalue with its sign; the start is given, as ARPACK would draw one of its own
    arpack = import_module("scipy.sparse.linalg")  # loaded by who asks: it takes its time
    operator = arpack.LinearOperator((len(theta), len(theta)), matvec=hvp, dtype=np.float64)
    asked = {"k": 1, "which": "LA", "v0": start, "tol": tolerance, "return_eigenvectors": False}
    try:
        found = np.asarray(arpack.eigsh(operator, **asked), np.float64)
    # what has converged by then, or nothing
    except arpack.ArpackNoConvergence as stopped:
        found = np.asarray(stopped.eigenvalues if len(stopped.eigenvalues) else [np.nan], np.float64)
    return float(found[-1]), products
