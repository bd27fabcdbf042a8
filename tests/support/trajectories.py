"""The first evaluations of every optimizer, kept, so that a change made for speed is seen to change no number.

`python tests/support/trajectories.py` adds what is missing to the file and leaves the rest alone. Where a method is
meant to change, name it: `python tests/support/trajectories.py adam`. What is kept was computed by numpy, the
reference engine.

Some methods (line searches, eigenvectors of nearly equal eigenvalues, signs of differences) turn rounding into larger
differences. How much is kept beside each evaluation: the reference again, with losses and gradients off by rounding.
"""

import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from harness.run.drive import drive
from harness.run.metering.account import Terms
from harness.run.metering.meter import Meter
from harness.run.spec import stream
from optimizers import OPTIMIZERS
from problems import PROBLEMS
from problems.engines.choose import make_evaluator

FILE = Path(__file__).parents[1] / "data" / "trajectories.npz"
WATCHED = ("sin135", "control-low")
EVALUATIONS = 50
BUDGET = 300
"""Forward passes, enough for fifty evaluations of every kind."""
ROUNDING = 4e-16
"""Of the largest element: what the order of a sum changes."""
DISTURBED = 3
"""How many disturbed runs are made of each."""


@dataclass
class Witnessed:
    """An evaluator that writes down each evaluation, whichever it is: loss, and a shadow of the point."""

    inner: Any
    disturb: Any = np.asarray
    rows: list[tuple[float, float]] = field(default_factory=list)

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def value(self, theta):
        loss = float(self.disturb(self.inner.value(theta)))
        self._write(theta[None], [loss])
        return loss

    def value_and_grad(self, theta):
        loss, grad = map(self.disturb, self.inner.value_and_grad(theta))
        loss = float(loss)
        self._write(theta[None], [loss])
        return loss, grad

    def values(self, thetas):
        losses = self.disturb(self.inner.values(thetas))
        self._write(thetas, losses)
        return losses

    def values_and_grads(self, thetas):
        losses, grads = map(self.disturb, self.inner.values_and_grads(thetas))
        self._write(thetas, losses)
        return losses, grads

    def batch_values_and_grads(self, thetas, rows):
        losses, grads = map(self.disturb, self.inner.batch_values_and_grads(thetas, rows))
        self._write(thetas, losses)
        return losses, grads

    def residuals_and_jacobian(self, theta):
        residuals, jacobian = map(self.disturb, self.inner.residuals_and_jacobian(theta))
        self._write(theta[None], [residuals @ residuals])
        return residuals, jacobian

    def _write(self, thetas, losses):
        direction = np.cos(np.arange(thetas.shape[1]))
        self.rows.extend(zip(map(float, losses), map(float, thetas @ direction), strict=True))


@cache
def evaluator_of(name, engine):
    return make_evaluator(PROBLEMS[name].build(stream(0, "data")), engine)


def rounding(seed: int):
    """A function that changes numbers as little as another order of summation does."""
    rng = np.random.default_rng(seed)
    return lambda numbers: (
        numbers + ROUNDING * np.abs(numbers).max(initial=0.0) * rng.standard_normal(np.shape(numbers))
    )


def trace(problem_name: str, optimizer: str, engine: str = "auto", **options: Any) -> np.ndarray:
    """Losses and shadows of the first evaluations, `(at most 50, 2)`; none if the problem does not suit the method."""
    evaluator, method = evaluator_of(problem_name, engine), OPTIMIZERS[optimizer]
    if method.needs - evaluator.offers or evaluator.problem.dim > method.max_dim:
        return np.empty((0, 2))
    witness = Witnessed(evaluator, **options)
    theta0, rng = evaluator.problem.network.theta0(stream(0, "weights")), stream(0, "optimizer")
    drive(method, Meter(witness, Terms(BUDGET)), theta0, rng)
    return np.array(witness.rows[:EVALUATIONS]).reshape(-1, 2)


def reference(problem: str, optimizer: str) -> np.ndarray:
    """The same by numpy, and a third column: how far rounding has driven the run so far, in units of `deviation`."""
    kept = trace(problem, optimizer, "numpy")
    driven = np.zeros(len(kept))
    for seed in range(DISTURBED):
        found = deviation(trace(problem, optimizer, "numpy", disturb=rounding(seed)), kept)
        driven = np.maximum(driven, np.pad(found, (0, len(kept) - len(found)), constant_values=np.inf))
    return np.column_stack([kept, np.maximum.accumulate(driven)])


def deviation(now: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """By evaluation, the larger difference of the two columns, in units of the column's largest number.

    It is infinite where either is no number."""
    rows = min(len(now), len(kept))
    scale = np.abs(kept).max(axis=0, initial=np.finfo(float).tiny, where=np.isfinite(kept))
    found = (np.abs(now[:rows] - kept[:rows]) / scale).max(axis=1, initial=0.0)
    return np.nan_to_num(found, nan=np.inf)


def stored() -> dict[str, np.ndarray]:
    """What the file holds, by `problem/optimizer`."""
    if not FILE.is_file():
        return {}
    with np.load(FILE) as kept:
        return dict(kept)


def main(again: list[str]) -> None:
    kept = {name: rows for name, rows in stored().items() if name.partition("/")[2] not in again}
    for problem in WATCHED:
        for optimizer in OPTIMIZERS:
            name = f"{problem}/{optimizer}"
            if name not in kept:
                kept[name] = reference(problem, optimizer)
                sys.stdout.write(f"{name}: {len(kept[name])} evaluations\n")
    FILE.parent.mkdir(exist_ok=True)
    np.savez_compressed(FILE, **dict(sorted(kept.items())))


if __name__ == "__main__":
    main(sys.argv[1:])
