"""What is written down at a mark: one row of `curves` and one row of `spectra` for each watched frequency.

Both are about the best point so far and, in columns of their own, about the last one. Observations of each lane see the
mark as well, and write tables of their own."""

from collections.abc import Sequence
from math import inf, isfinite, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.run.marks.observer import Mark, Observation
from harness.run.marks.points import Incumbents
from harness.run.metering.account import Snapshot
from harness.run.theory import Forecast
from harness.tables import Rows, no_rows, rows_of
from optimizers.base import Doubles
from problems.base import Problem
from problems.engines.base import Evaluator

LOSSES = ("loss", "loss_last", "test_loss", "test_loss_last")
"""Of the best point so far and of the last, on the training set and on the samples held out."""


class Recorder:
    """Collects measurements of all lanes; lane `b` watches `problems[b]`."""

    def __init__(
        self, evaluator: Evaluator, problems: Sequence[Problem], observations: Sequence[Sequence[Observation]] = ()
    ) -> None:
        """`observations[b]` see the marks of lane `b`."""
        self._problems = problems
        self._incumbents = Incumbents(evaluator, problems)
        self._snapshots: list[list[Snapshot]] = [[] for _ in problems]
        self._losses: list[list[tuple[float, ...]]] = [[] for _ in problems]
        self._measured: list[list[list[tuple[Doubles, ...]]]] = [[] for _ in problems]
        self._observations = observations or [()] * len(problems)

    def observe(self, lanes: list[int], snapshot: Snapshot, last: Doubles, best: Doubles) -> None:
        """Measure the last and the best points `(len(lanes), P)` of `lanes`."""
        points = self._incumbents.measure(lanes, last, best)
        for lane, (end, top) in zip(lanes, points, strict=True):
            self._snapshots[lane].append(snapshot)  # only now: a probe that raises leaves no half mark
            self._losses[lane].append((top.loss, end.loss, top.test_loss, end.test_loss))
            measured: list[tuple[Doubles, ...]] = [
                (*of_top, *of_end) for of_top, of_end in zip(top.measured, end.measured, strict=True)
            ]
            self._measured[lane].append(measured)
            number = len(self._losses[lane]) - 1
            for observation in self._observations[lane]:
                shown = (
                    top.theta.copy(),
                    top.predictions.copy(),
                    end.theta.copy(),
                )  # the best is measured once, and kept
                observation.look(Mark(number, snapshot, *shown))

    @property
    def lanes(self) -> int:
        """How many lanes are watched."""
        return len(self._problems)

    def first_cost(self, lane: int) -> float:
        """Of the first mark; NaN without any."""
        return self._snapshots[lane][0].cost if self._snapshots[lane] else nan

    def first_loss(self, lane: int) -> float:
        """The loss at the first mark."""
        return self._losses[lane][0][0] if self._losses[lane] else float("nan")

    def last_loss(self, lane: int) -> float:
        """The loss of the last point at the last mark; infinite if it is not finite."""
        if not self._losses[lane]:
            return float("nan")
        loss = self._losses[lane][-1][1]
        return loss if isfinite(loss) else inf

    def best_loss(self, lane: int) -> float:
        """The lowest finite loss at a mark."""
        return min((best for best, *_ in self._losses[lane] if isfinite(best)), default=inf)

    def curves(self, lane: int, run_id: str) -> Rows:
        """The table `curves` of one lane; the seconds of a batch are shared evenly by its lanes."""
        # the second length is named, as of no marks at all it could not be inferred
        columns = dict(
            zip(Snapshot._fields, np.array(self._snapshots[lane]).reshape(-1, len(Snapshot._fields)).T, strict=True)
        )
        columns["seconds"] = columns["seconds"] / self.lanes
        marks = np.arange(len(self._losses[lane]))
        losses = dict(zip(LOSSES, np.array(self._losses[lane]).reshape(-1, len(LOSSES)).T, strict=True))
        return rows_of("curves", {"run_id": run_id, "mark": marks, **losses, **columns})

    def spectra(self, lane: int, run_id: str, forecast: Forecast | None = None) -> Rows:
        """The table `spectra` of one lane, beside what a `forecast` of gradient descent says of its marks."""
        predicted = None
        if forecast is not None:
            gradients = np.array([snapshot.gradients for snapshot in self._snapshots[lane]])
            predicted = forecast(np.maximum(gradients - 1, 0))  # the last point evaluated is a step behind
        problem = self._problems[lane]
        forecasts = [predicted] * len(problem.probes) + [None] * len(problem.test_probes)
        parts = [self._probe_rows(lane, index, of_probe) for index, of_probe in enumerate(forecasts)]
        if not parts:
            return no_rows("spectra")
        joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        # text last, which an array would hold as one of numpy's own kinds
        probes = [probe.name for probe in (*problem.probes, *problem.test_probes)]
        names = [name for name, part in zip(probes, parts, strict=True) for _ in range(len(part["mark"]))]
        return rows_of("spectra", {"run_id": run_id, "probe": names, **joined})

    def _probe_rows(self, lane: int, index: int, predicted: NDArray[np.float64] | None) -> dict[str, NDArray[Any]]:
        problem = self._problems[lane]
        probe = (*problem.probes, *problem.test_probes)[index]
        marks, rows = len(self._snapshots[lane]), len(probe.frequency)
        # four of each mark: amplitudes and errors of the best point, then of the last
        measured = np.array([mark[index] for mark in self._measured[lane]]).reshape(marks, 4, rows)
        return {
            "mark": np.repeat(np.arange(marks), rows),
            "cost": np.repeat([snapshot.cost for snapshot in self._snapshots[lane]], rows),
            "component": np.tile(probe.component, marks),
            "frequency": np.tile(probe.frequency, marks),
            "target_amplitude": np.tile(probe.target_amplitude, marks),
            "amplitude": measured[:, 0].ravel(),
            "error": measured[:, 1].ravel(),
            "amplitude_last": measured[:, 2].ravel(),
            "error_last": measured[:, 3].ravel(),
            "predicted_error": np.full(marks * rows, nan)
            if predicted is None
            else np.array([probe.measure(outputs)[1] for outputs in predicted]).ravel(),
        }
