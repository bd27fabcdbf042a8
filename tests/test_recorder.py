"""What a recorder keeps of each mark: the first of equal points, nothing foretold of test samples, numbers in place."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from support.toys import Norm, bowl

from harness.run.marks.predictions import predictions
from harness.run.marks.record import Recorder
from harness.run.metering.account import Snapshot
from problems.base import Problem
from problems.engines.numpy_evaluator import NumpyEvaluator

ONES = np.ones((1, 4))


def snapshot(cost: float) -> Snapshot:
    return Snapshot(cost=cost, values=cost, gradients=0.0, hvps=0.0, jacobians=0.0, seconds=0.0)


class Seen:
    """An observation that remembers the best points."""

    def __init__(self) -> None:
        self.best: list[list[float]] = []

    def look(self, mark) -> None:
        self.best.append(mark.theta.tolist())

    def rows(self):
        return {}


def test_of_points_with_equal_losses_the_first_stays_the_best() -> None:
    seen = Seen()
    recorder = Recorder(NumpyEvaluator(bowl()), [bowl()], [[seen]])
    for number, sign in enumerate((1.0, -1.0)):
        # what was evaluated last is, to the meter, the best as well: as with minibatches, only marks tell
        recorder.observe([0], snapshot(number), sign * ONES, sign * ONES)
    assert seen.best == [[1.0] * 4] * 2


def test_the_best_loss_is_that_of_the_best_points_and_the_last_one_that_of_the_last_mark() -> None:
    recorder = Recorder(NumpyEvaluator(bowl()), [bowl()])
    assert np.isnan(recorder.last_loss(0))
    recorder.observe([0], snapshot(0), 3 * ONES, 3 * ONES)
    recorder.observe([0], snapshot(2), 2 * ONES, ONES)
    assert (recorder.first_loss(0), recorder.best_loss(0), recorder.last_loss(0)) == (9, 1, 4)
    recorder.observe([0], snapshot(3), np.nan * ONES, ONES)
    assert (recorder.best_loss(0), recorder.last_loss(0)) == (1, np.inf)
    curves = recorder.curves(0, "a")
    assert list(curves["loss"]) == [9, 1, 1]
    np.testing.assert_array_equal(curves["loss_last"], [9, 4, np.nan])


def test_a_start_whose_loss_is_no_number_is_not_the_best_for_long() -> None:
    recorder = Recorder(NumpyEvaluator(bowl()), [bowl()])
    recorder.observe([0], snapshot(0), np.nan * ONES, np.nan * ONES)
    recorder.observe([0], snapshot(2), 2 * ONES, 2 * ONES)
    np.testing.assert_array_equal(recorder.curves(0, "a")["loss"], [np.nan, 4])


@dataclass(frozen=True, eq=False)
class Elsewhere(Norm):
    """The same of samples held out."""

    name: str = "elsewhere"


def test_what_is_foretold_is_of_the_training_samples_alone() -> None:
    held_out = (np.arange(2.0)[:, None], np.zeros((2, 1)))
    problem: Problem = replace(bowl(), test=held_out, test_probes=(Elsewhere(),))
    recorder = Recorder(NumpyEvaluator(problem), [problem])
    for number in range(3):
        recorder.observe([0], snapshot(number), ONES, ONES)
    rows = recorder.spectra(0, "a", lambda steps: np.full((len(steps), 4, 1), 3.0))
    foretold = dict(zip(zip(rows["probe"], rows["mark"], strict=True), rows["predicted_error"], strict=True))
    assert [foretold["norm", mark] for mark in range(3)] == pytest.approx([6.0] * 3)
    assert np.isnan([foretold["elsewhere", mark] for mark in range(3)]).all()


def test_each_prediction_stands_beside_its_sample_its_component_and_its_target() -> None:
    problem = replace(bowl(3, components=2), targets=np.arange(6.0).reshape(3, 2))
    (kept,) = predictions(problem, (1.0,))
    recorder = Recorder(NumpyEvaluator(problem), [problem], [[kept]])
    recorder.observe([0], snapshot(0), np.array([[10.0, 20.0, 30.0]]), np.array([[10.0, 20.0, 30.0]]))
    rows = kept.rows()["predictions"]
    found = {
        (sample, component): (target, value)
        for sample, component, target, value in zip(
            *(rows[name].tolist() for name in ("sample", "component", "target", "value")), strict=True
        )
    }
    assert found == {(s, c): (2.0 * s + c, 10.0 * (s + 1)) for s in range(3) for c in range(2)}
