"""What is written down at a mark: one row of `curves` and one row of `spectra` for each watched frequency.

Observations of each lane see the mark as well, and write tables of their own."""

from collections.abc import Sequence
from math import inf, isfinite, nan

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.run.account import Snapshot
from harness.run.observer import Mark, Observation
from harness.run.theory import Forecast
from harness.tables import empty, frame
from problems.base import Array, Problem
from problems.engines.base import Evaluator


class Recorder:
    """Collects measurements of all lanes; lane `b` watches `problems[b]`."""

    def __init__(
        self,
        evaluator: Evaluator,
        problems: Sequence[Problem],
        incumbent: str,
        observations: Sequence[Sequence[Observation]] = (),
    ) -> None:
        """`observations[b]` see the marks of lane `b`."""
        self._evaluator, self._batch = evaluator, evaluator.problem
        self._problems = problems
        self._incumbent = incumbent
        self._snapshots: list[list[Snapshot]] = [[] for _ in problems]
        self._losses: list[list[float]] = [[] for _ in problems]
        self._test_losses: list[list[float]] = [[] for _ in problems]
        self._measured: list[list[list[tuple[NDArray[np.float64], NDArray[np.float64]]]]] = [[] for _ in problems]
        self._observations = observations or [()] * len(problems)

    def observe(self, lanes: list[int], snapshot: Snapshot, thetas: NDArray[np.float64]) -> None:
        """Measure the incumbents `(len(lanes), P)` of `lanes`."""
        predictions = self._evaluator.predict(thetas)
        targets = self._batch.targets if self._batch.targets.ndim == 2 else self._batch.targets[lanes]
        losses, all_seen = self._batch.loss.value(predictions, targets).tolist(), self._batch.readout(predictions)
        for lane, loss, seen, theta in zip(lanes, losses, all_seen, thetas, strict=True):
            problem = self._problems[lane]
            test_loss, seen_in_test = _test(self._evaluator, problem, theta)
            measured = [probe.measure(seen) for probe in problem.probes]
            measured += [probe.measure(seen_in_test) for probe in problem.test_probes]
            self._snapshots[lane].append(snapshot)  # only now: a probe that raises leaves no half mark
            self._losses[lane].append(loss)
            self._test_losses[lane].append(test_loss)
            self._measured[lane].append(measured)
            mark = Mark(len(self._losses[lane]) - 1, snapshot, theta, seen)
            for observation in self._observations[lane]:
                observation.look(mark)

    @property
    def lanes(self) -> int:
        """How many lanes are watched."""
        return len(self._problems)

    def first_loss(self, lane: int) -> float:
        """The loss at cost 0."""
        return self._losses[lane][0] if self._losses[lane] else float("nan")

    def last_loss(self, lane: int) -> float:
        """The loss at the last mark."""
        return self._losses[lane][-1] if self._losses[lane] else float("nan")

    def best_loss(self, lane: int) -> float:
        """The lowest finite loss at a mark."""
        return min(filter(isfinite, self._losses[lane]), default=inf)

    def curves(self, lane: int, run_id: str) -> pd.DataFrame:
        """The table `curves` of one lane; the seconds of a batch are shared evenly by its lanes."""
        columns = dict(zip(Snapshot._fields, np.array(self._snapshots[lane]).reshape(-1, 6).T, strict=True))
        columns["seconds"] = columns["seconds"] / self.lanes
        marks = np.arange(len(self._losses[lane]))
        losses = {"loss": np.array(self._losses[lane]), "test_loss": np.array(self._test_losses[lane])}
        return frame("curves", {"run_id": run_id, "mark": marks, **losses, "incumbent": self._incumbent, **columns})

    def spectra(self, lane: int, run_id: str, forecast: Forecast | None = None) -> pd.DataFrame:
        """The table `spectra` of one lane, beside what a `forecast` of gradient descent says of its marks."""
        predicted = None
        if forecast is not None:
            gradients = np.array([snapshot.gradients for snapshot in self._snapshots[lane]])
            predicted = forecast(np.maximum(gradients - 1, 0))  # the last point evaluated is a step behind
        problem = self._problems[lane]
        forecasts = [predicted] * len(problem.probes) + [None] * len(problem.test_probes)
        parts = [self._probe_rows(lane, index, run_id, of_probe) for index, of_probe in enumerate(forecasts)]
        return pd.concat(parts, ignore_index=True) if parts else empty("spectra")

    def _probe_rows(self, lane: int, index: int, run_id: str, predicted: NDArray[np.float64] | None) -> pd.DataFrame:
        problem = self._problems[lane]
        probe = (*problem.probes, *problem.test_probes)[index]
        marks, rows = len(self._snapshots[lane]), len(probe.frequency)
        measured = np.array([mark[index] for mark in self._measured[lane]]).reshape(marks, 2, rows)
        return frame(
            "spectra",
            {
                "run_id": run_id,
                "mark": np.repeat(np.arange(marks), rows),
                "cost": np.repeat([snapshot.cost for snapshot in self._snapshots[lane]], rows),
                "probe": probe.name,
                "component": np.tile(probe.component, marks),
                "frequency": np.tile(probe.frequency, marks),
                "target_amplitude": np.tile(probe.target_amplitude, marks),
                "amplitude": measured[:, 0].ravel(),
                "error": measured[:, 1].ravel(),
                "predicted_error": nan
                if predicted is None
                else np.array([probe.measure(outputs)[1] for outputs in predicted]).ravel(),
            },
        )


def _test(evaluator: Evaluator, problem: Problem, theta: NDArray[np.float64]) -> tuple[float, Array]:
    """The loss on the samples held out and what probes see there; NaN and nothing where there are none."""
    if problem.test is None:
        return float("nan"), np.empty((0, 0))
    inputs, targets = problem.test
    outputs = evaluator.outputs(theta[None], inputs)
    return float(problem.loss.value(outputs, targets)[0]), problem.readout(outputs)[0]
