"""Many runs in one batch: lanes share every count, end each by itself, and move as they would alone."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from support.clock import Clock
from support.toys import Descent, Log, Swarmlet, bowl, built, lane_meter, run_spec, spend

import harness.run.metering.account
import harness.run.metering.lanes
from harness.run.drive import drive
from harness.run.marks.record import Recorder
from harness.run.marks.schedule import log_marks
from harness.run.metering.account import PATIENCE, PENALTY, BudgetExhausted, Converged, Diverged, TargetReached, Terms
from harness.run.metering.lanes import LaneMeter
from harness.run.metering.meter import Meter
from harness.run.rows import End, lane_tables
from problems.base import stack
from problems.engines.numpy_evaluator import NumpyEvaluator

STARTS = np.arange(1.0, 4.0)[:, None] * np.ones((3, 4))  # losses 1, 4, 9
BAD = np.full((1, 4), np.nan)
RNG = partial(np.random.default_rng, 0)


def poisoned(lane, thetas=STARTS):
    """The same points, with one lane's not a number."""
    thetas = thetas.copy()
    thetas[lane] = np.nan
    return thetas


# answers and counts


def test_answers_carry_the_axis_of_lanes():
    made = lane_meter(STARTS)
    np.testing.assert_array_equal(made.value(STARTS), [1, 4, 9])
    losses, grads = made.value_and_grad(STARTS)
    np.testing.assert_array_equal(losses, [1, 4, 9])
    np.testing.assert_array_equal(grads, STARTS / 2)
    np.testing.assert_array_equal(made.values(STARTS[:, None].repeat(5, axis=1)), np.repeat([[1], [4], [9]], 5, axis=1))
    losses, grads = made.values_and_grads(STARTS[:, None].repeat(2, axis=1))
    assert (losses.shape, grads.shape) == ((3, 2), (3, 2, 4))
    np.testing.assert_array_equal(grads[:, 1], STARTS / 2)


def test_populations_of_lanes_go_to_their_own_rows():
    thetas = RNG().standard_normal((3, 5, 4))
    np.testing.assert_allclose(lane_meter(STARTS).values(thetas), (thetas**2).mean(axis=2), rtol=1e-15)


def test_each_lane_has_its_own_minibatch():
    made = lane_meter(STARTS * np.arange(1, 5))
    losses, grads = made.batch_value_and_grad(STARTS * np.arange(1, 5), np.array([[0], [1], [3]]))
    np.testing.assert_array_equal(losses, [1, 16, 144])
    assert np.argwhere(grads).tolist() == [[0, 0], [1, 1], [2, 3]]


def test_each_lane_has_its_own_targets():
    targets = np.arange(3.0)[:, None, None].repeat(4, axis=1)
    problem = replace(bowl(), targets=targets)
    zeros = np.zeros((3, 4))
    rows = np.array([[0, 1]] * 3)
    np.testing.assert_array_equal(lane_meter(zeros, problem).value(zeros), [0, 1, 4])
    np.testing.assert_array_equal(lane_meter(zeros, problem).values(np.zeros((3, 9, 4)))[:, 7], [0, 1, 4])
    np.testing.assert_array_equal(lane_meter(zeros, problem).value_and_grad(zeros)[0], [0, 1, 4])
    np.testing.assert_array_equal(lane_meter(zeros, problem).batch_value_and_grad(zeros, rows)[0], [0, 1, 4])


def test_a_lane_that_goes_on_alone_is_measured_against_its_own_targets():
    alone = [replace(bowl(), targets=np.full((4, 1), float(lane))) for lane in range(3)]
    evaluator = NumpyEvaluator(stack(alone))
    recorder = Recorder(evaluator, alone)
    made = LaneMeter(evaluator, Terms(1000, marks=(1.0, 60.0)), 3, recorder.observe)
    made.start(np.zeros((3, 4)))
    for _ in range(60):
        made.value(poisoned(0, np.zeros((3, 4))))
    assert list(made.ends) == [0]
    assert [recorder.last_loss(lane) for lane in (1, 2)] == [1, 4]
    assert [recorder.curves(lane, "run")["cost"][-1] for lane in range(3)] == [PATIENCE, 60, 60]


def test_a_batch_counts_what_each_lane_has_spent():
    made = lane_meter(STARTS)
    made.value(STARTS)
    made.value_and_grad(STARTS)
    made.values(STARTS[:, None].repeat(5, axis=1))
    made.batch_value_and_grad(STARTS, np.array([[0]] * 3))
    assert made.account.cost == 1 + 3 + 5 + 0.75
    for lane in range(3):
        assert made.outcome(lane).counts == made.account.counts
        assert made.outcome(lane).stop is None


def test_residuals_and_hessian_products_are_not_offered_to_lanes():
    made = lane_meter(STARTS)
    with pytest.raises(TypeError, match="does not declare lanes"):
        made.residuals_and_jacobian(STARTS)
    with pytest.raises(TypeError, match="does not declare lanes"):
        made.hvp(STARTS, STARTS)


def test_a_population_of_lanes_is_evaluated_up_to_the_row_that_fits():
    log = Log("last")
    made = lane_meter(STARTS, observe=log, budget=7)
    thetas = RNG().standard_normal((3, 5, 4))
    made.values(thetas)
    with pytest.raises(BudgetExhausted):
        made.values(thetas)
    made.finish()
    assert log.costs == [0, 7]
    assert made.account.counts.values == 7
    np.testing.assert_array_equal(log.thetas[-1], thetas[:, 1])


@pytest.mark.parametrize("size", [1, 4, 13, 60])
def test_a_mark_inside_a_population_is_measured_at_exactly_its_cost_with_each_lanes_best_up_to_it(size):
    thetas = RNG().standard_normal((3, 60, 4))
    losses = (thetas**2).mean(axis=2)
    marks = (1.0, 2.0, 5.0, 13.0, 14.0, 29.0, 60.0)
    log = Log()
    made = lane_meter(STARTS, observe=log, marks=marks)
    for start in range(0, 60, size):
        made.values(thetas[:, start : start + size])
    made.finish()
    assert log.costs == [0, *marks]
    for cost, points in zip(marks, log.thetas[1:], strict=True):
        best = losses[:, : int(cost)].argmin(axis=1)
        np.testing.assert_array_equal(points, thetas[range(3), best])


# alone and together


def starts(name, lanes):
    problem = built(name)
    return problem, np.array([problem.network.theta0(np.random.default_rng([seed, 1])) for seed in range(lanes)])


def path(method, made, theta0, rng):
    """Every point that the method asks for, its end, and the meter."""
    asked = []
    for name in ("value_and_grad", "values"):

        def spy(call, theta):
            asked.append(theta.copy())
            return call(theta)

        setattr(made, name, partial(spy, getattr(made, name)))
    return asked, drive(method, made, theta0, rng)


def streams(lanes):
    return [np.random.default_rng([seed, 2]) for seed in range(lanes)]


@pytest.mark.parametrize("name", ["control-high", "sin135"])
@pytest.mark.parametrize(("method", "budget"), [(Descent(), 300), (Swarmlet(size=6), 600)])
def test_a_lane_equals_the_run_alone_for_a_hundred_steps(name, method, budget):
    problem, theta0 = starts(name, 4)
    terms = Terms(budget, log_marks(budget, 20))
    log = Log()
    together, _ = path(method, LaneMeter(NumpyEvaluator(problem), terms, 4, log), theta0, streams(4))
    for lane in range(4):
        own = Log()
        alone, end = path(method, Meter(NumpyEvaluator(problem), terms, own), theta0[lane], streams(4)[lane])
        assert end[0] == "budget"
        assert len(alone) == len(together) >= 101
        for one, many in zip(alone, together, strict=True):
            np.testing.assert_allclose(many[lane], one, rtol=0, atol=1e-10)
        costs, points = log.of(lane)
        assert costs == own.of(0)[0]
        np.testing.assert_allclose(points, own.of(0)[1], rtol=0, atol=1e-10)


class Diverging(Descent):
    """Descent whose lanes of `broken` leave for infinity after 20 steps."""

    broken = frozenset({1})

    def minimize(self, objective, theta0, rng):
        theta = theta0.copy()
        for step in range(100_000):
            theta -= self.lr * objective.value_and_grad(theta)[1]
            if step == 20:
                theta[list(self.broken)] = np.nan


def test_the_others_are_bit_by_bit_what_they_are_without_a_lane_that_diverges():
    problem, theta0 = starts("sin135", 3)
    terms = Terms(900, log_marks(900, 20))
    logs, paths, meters = [Log(), Log()], [], []
    for method, log in zip((Descent(), Diverging()), logs, strict=True):
        meters.append(LaneMeter(NumpyEvaluator(problem), terms, 3, log))
        asked, end = path(method, meters[-1], theta0, streams(3))
        assert end[0] == "budget"
        paths.append(asked)
    assert meters[1].outcome(1).stop.status == "diverged"
    for lane in (0, 2):
        assert all(np.array_equal(one[lane], two[lane]) for one, two in zip(*paths, strict=True))
        assert logs[0].of(lane)[0] == logs[1].of(lane)[0]
        np.testing.assert_array_equal(logs[0].of(lane)[1], logs[1].of(lane)[1])
        assert meters[0].outcome(lane) == meters[1].outcome(lane)


# ending one by one


@pytest.mark.parametrize(("name", "price"), [("value", 1), ("gradient", 3), ("population", 1), ("large population", 1)])
@pytest.mark.parametrize("marks", [(), (49.0, 50.0, 51.0), log_marks(400, 50)])
def test_a_lane_that_diverges_freezes_alone_with_its_own_counts_and_last_mark(name, price, marks):
    log = Log()
    made = lane_meter(STARTS, observe=log, budget=400, marks=marks)
    made.value(STARTS)
    good, bad = STARTS[:, None], poisoned(1)[:, None]
    calls = {
        "value": lambda: made.value(poisoned(1)),
        "gradient": lambda: made.value_and_grad(poisoned(1)),
        "population": lambda: made.values(bad.repeat(7, axis=1)),
        "large population": lambda: made.values(np.concatenate([bad.repeat(70, axis=1), good], axis=1)),
    }
    stop, _ = spend(calls[name])
    made.finish()
    assert isinstance(stop, BudgetExhausted)
    assert made.account.cost == 400 - 399 % price
    frozen = made.outcome(1)
    assert isinstance(frozen.stop, Diverged)
    assert str(frozen.stop) == f"The last {PATIENCE} evaluations gave no finite loss."
    assert frozen.counts.values + frozen.counts.gradients == 1 + PATIENCE
    assert frozen.best_loss == 4
    assert frozen.last_loss == np.inf
    costs, points = log.of(1)
    assert costs[-1] == 1 + price * PATIENCE
    assert costs == sorted(set(costs))
    assert [cost for cost in log.of(0)[0] if cost < costs[-1]] == costs[:-1]
    np.testing.assert_array_equal(points[-1], STARTS[1])
    for lane in (0, 2):
        assert made.outcome(lane).stop is None
        assert made.outcome(lane).counts == made.account.counts
        costs, _ = log.of(lane)
        assert costs[-1] == made.account.cost
        assert costs == sorted(set(costs))


def test_a_frozen_lane_keeps_what_it_had_whatever_comes_later():
    made = lane_meter(STARTS, budget=1000)
    for _ in range(PATIENCE):
        made.value(poisoned(0))
    last = made.last[0].copy()
    made.value(STARTS / 10)
    assert np.isnan(last).all()
    assert np.isnan(made.last[0]).all()
    assert made.outcome(0).best_loss == np.inf
    assert made.outcome(0).last_loss == np.inf
    assert made.outcome(1).last_loss == pytest.approx(0.04)


@pytest.mark.parametrize("call", ["value", "gradient", "population"])
@pytest.mark.parametrize("target", [None, -1.0])
def test_the_best_of_each_lane_is_a_point_of_its_own(call, target):
    """With a target, which nobody reaches, each evaluation is judged; without one, gradients take a shorter way."""
    made = lane_meter(STARTS, budget=1000, target_loss=target)
    scales = np.array([[0.1, 0.7, 0.5], [0.8, 0.2, 0.6], [0.9, 0.4, 0.3]])  # lane b is best in its own evaluation
    for scale in scales:
        thetas = scale[:, None] * STARTS
        calls = {
            "value": lambda: made.value(thetas),  # noqa: B023  # called at once
            "gradient": lambda: made.value_and_grad(thetas),  # noqa: B023
            "population": lambda: made.values(np.stack([2 * thetas, thetas, 3 * thetas], axis=1)),  # noqa: B023
        }
        calls[call]()
    lowest = scales.min(axis=0)
    np.testing.assert_array_equal(made.best, lowest[:, None] * STARTS)
    np.testing.assert_allclose([made.outcome(lane).best_loss for lane in range(3)], (lowest * [1, 2, 3]) ** 2)


def test_a_bad_lane_is_told_the_penalty_and_a_zero_gradient_and_the_others_the_truth():
    made = lane_meter(STARTS)
    losses, grads = made.value_and_grad(poisoned(2))
    np.testing.assert_array_equal(losses, [1, 4, PENALTY])
    np.testing.assert_array_equal(grads, [*STARTS[:2] / 2, np.zeros(4)])
    np.testing.assert_array_equal(made.value(poisoned(0)), [PENALTY, 4, 9])
    infinite = STARTS.copy()
    infinite[1] = np.inf
    np.testing.assert_array_equal(made.value(infinite), [1, PENALTY, 9])


def test_a_gradient_that_is_not_finite_counts_as_a_loss_that_is_not():
    made = lane_meter(STARTS, bowl(cliff=2.5))
    losses, grads = made.value_and_grad(STARTS)
    np.testing.assert_array_equal(losses, [1, 4, PENALTY])
    np.testing.assert_array_equal(grads[2], np.zeros(4))
    assert made.best_loss.tolist() == [1, 4, np.inf]


def test_one_good_loss_starts_the_count_of_bad_ones_anew():
    made = lane_meter(STARTS, budget=10_000)
    for _ in range(10):
        for _ in range(PATIENCE - 1):
            made.value(poisoned(1))
        made.value(STARTS)
    assert not made.ends


def test_one_good_gradient_does_so_too():
    made = lane_meter(STARTS, budget=10_000)
    for _ in range(3):
        for _ in range(PATIENCE - 1):
            made.value_and_grad(poisoned(1))
        made.value_and_grad(STARTS)
    assert not made.ends


def test_the_best_of_a_population_is_found_beside_bad_ones():
    made = lane_meter(STARTS)
    made.values(STARTS[:, None] * np.array([1.0, np.nan, 0.5])[:, None])
    np.testing.assert_array_equal(made.best_loss, [0.25, 1.0, 2.25])
    np.testing.assert_array_equal(made.best, STARTS / 2)


def test_bad_ones_at_the_end_of_a_population_are_counted_on():
    made = lane_meter(STARTS, budget=10_000)
    population = STARTS[:, None].repeat(PATIENCE, axis=1)
    population[1, 1:] = np.nan
    made.values(population)
    assert not made.ends
    made.value(poisoned(1))
    assert list(made.ends) == [1]
    assert made.outcome(1).counts.values == PATIENCE + 1


def test_when_all_lanes_have_diverged_the_run_is_over_and_each_is_measured_once_at_its_own_end():
    log = Log()
    made = lane_meter(STARTS, observe=log, budget=10_000)
    bad = STARTS.copy()
    ends = []
    for lane in (2, 0, 1):
        made.value(bad)
        bad[lane] = np.nan
        made.value(bad)
        ends.append(made.account.cost + PATIENCE - 1)
    stop, _ = spend(made.value, bad)
    made.finish()
    assert isinstance(stop, Diverged)
    assert [log.of(lane)[0] for lane in (2, 0, 1)] == [[0, end] for end in ends]
    assert [made.outcome(lane).counts.values for lane in (2, 0, 1)] == ends
    assert made.account.cost == ends[-1]


def test_a_lane_that_leaves_without_one_finite_loss_has_diverged():
    made = lane_meter(STARTS)
    made.value(poisoned(1))
    made.leave(np.array([True, True, False]))
    assert [made.outcome(lane).stop.status for lane in range(2)] == ["converged", "diverged"]


def test_a_lane_that_has_converged_is_measured_and_ends_and_the_run_with_the_last_of_them():
    log = Log("last")
    made = lane_meter(STARTS, observe=log, marks=(1.0, 3.0, 6.0))
    for number, lane in enumerate((2, 0, 1)):
        made.value(STARTS + number)
        made.value(STARTS + number)
        stop, _ = spend(made.leave, np.arange(3) == lane) if number == 2 else (made.leave(np.arange(3) == lane), 0)
    made.finish()
    assert isinstance(stop, Converged)
    assert [made.outcome(lane).stop.status for lane in range(3)] == ["converged"] * 3
    assert [made.outcome(lane).counts.values for lane in range(3)] == [4, 6, 2]
    assert [log.of(lane)[0] for lane in range(3)] == [[0, 1, 3, 4], [0, 1, 3, 6], [0, 1, 2]]
    assert [made.last[lane, 0] for lane in range(3)] == [2, 4, 3]


@pytest.mark.parametrize("rows", [1, 5])
def test_each_lane_ends_at_the_row_in_which_it_reaches_the_target(rows):
    log = Log()
    made = lane_meter(STARTS, observe=log, budget=1000, target_loss=0.5, marks=(3.0, 6.0))
    thetas = np.ones((3, 20, 4))
    for lane, row in enumerate((6, 2, 11)):
        thetas[lane, row] = 0.5 if lane else 0
    chunks = iter(np.split(thetas, 20 // rows, axis=1))
    stop, _ = spend(lambda: made.values(next(chunks)))
    made.finish()
    assert isinstance(stop, TargetReached)
    assert [made.outcome(lane).counts.values for lane in range(3)] == [7, 3, 12]
    assert [made.outcome(lane).best_loss for lane in range(3)] == [0, 0.25, 0.25]
    assert [log.of(lane)[0] for lane in range(3)] == [[0, 3, 6, 7], [0, 3], [0, 3, 6, 12]]


def test_the_loss_of_a_minibatch_is_neither_the_target_nor_the_best():
    made = lane_meter(STARTS, target_loss=0.5)
    lucky = STARTS.copy()
    lucky[:, 0] = 0
    made.batch_value_and_grad(lucky, np.zeros((3, 1), int))
    assert not made.ends
    assert np.isinf(made.best_loss).all()


def test_an_observer_that_destroys_what_it_is_shown_harms_nobody():
    seen = []

    def observe(lanes, snapshot, last, best):
        seen.append(best.copy())
        last[:] = best[:] = np.nan
        lanes.clear()

    made = lane_meter(STARTS, observe=observe, marks=(1.0, 2.0))
    made.value(STARTS)
    made.value(2 * STARTS)
    np.testing.assert_array_equal(np.array(seen), [STARTS] * 3)


def test_the_seconds_of_a_batch_are_shared_evenly_by_the_rows_of_its_lanes():
    evaluator = NumpyEvaluator(bowl())
    recorder = Recorder(evaluator, [bowl()] * 3)
    made = LaneMeter(evaluator, Terms(10), 3, recorder.observe)
    made.start(STARTS)
    made.finish()
    made.account.seconds_objective, made.account.seconds_measuring = 6.0, 9.0
    made.account.started, made.account.ended = 100.0, 130.0
    rows = [
        lane_tables(run_spec(), lane, made, recorder, End("budget", "", "numpy"))["runs"].frame() for lane in range(3)
    ]
    assert [row["seconds_objective"].item() for row in rows] == [2, 2, 2]
    assert [row["seconds_measuring"].item() for row in rows] == [3, 3, 3]
    assert [row["seconds_optimizer"].item() for row in rows] == [5, 5, 5]  # of 30 s, less 9 and 6


def test_seconds_of_lanes_exclude_each_other_too(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(harness.run.metering.account, "perf_counter", clock)
    monkeypatch.setattr(harness.run.metering.lanes, "perf_counter", clock)
    terms = Terms(1000, marks=(1.0, 3.0, 6.0))
    made = LaneMeter(NumpyEvaluator(bowl(before=lambda: clock.tick(1))), terms, 3, lambda *_: clock.tick(1000))
    clock.tick(5000)
    made.start(STARTS)
    clock.tick(10)
    made.value(STARTS)
    made.value_and_grad(STARTS)
    made.values(STARTS[:, None].repeat(2, axis=1))
    clock.tick(10)
    made.batch_value_and_grad(STARTS, np.array([[0]] * 3))
    made.finish()
    clock.tick(5000)
    assert made.account.seconds_objective == 1 + 1 + 1 + 3  # minibatches are evaluated lane by lane
    assert made.account.seconds == 26
    assert made.account.seconds_measuring == 5000
