"""The meter of one run: what it counts, when it stops, what it keeps, when it measures."""

from contextlib import suppress
from functools import partial
from time import perf_counter, sleep

import numpy as np
import pytest
from support.clock import Clock
from support.toys import Act, Descent, Log, Swarmlet, bowl, built, meter, spend

import harness.run.metering.account
import harness.run.metering.meter
from harness.run.drive import drive
from harness.run.marks.schedule import log_marks
from harness.run.metering.account import (
    PATIENCE,
    PENALTY,
    REFUSALS,
    BudgetExhausted,
    Diverged,
    EndIgnored,
    TargetReached,
    Terms,
    TimedOut,
)
from harness.run.metering.meter import Meter
from optimizers.base import RunStopped
from problems.engines.numpy_evaluator import NumpyEvaluator

ONES = np.ones(4)
BAD = np.full(4, np.nan)
RNG = partial(np.random.default_rng, 0)


def counted(made):
    counts = made.account.counts
    return counts.values, counts.gradients, counts.hvps, counts.jacobians


# counting


def test_every_kind_of_evaluation_is_counted_apart():
    made = meter()
    made.value(ONES)
    made.values(np.ones((5, 4)))
    made.value_and_grad(ONES)
    made.values_and_grads(np.ones((2, 4)))
    made.hvp(ONES, ONES)
    made.residuals_and_jacobian(ONES)
    made.batch_value_and_grad(ONES, np.array([1]))
    assert counted(made) == (6, 3.25, 1, 1)


@pytest.mark.parametrize("c", [3.0, 2.0, 4.5])
def test_cost_is_values_plus_c_times_gradients_jacobians_and_twice_hvps(c):
    made = meter(cost_per_gradient=c)
    costs = []
    for call in (
        lambda: made.value(ONES),
        lambda: made.value_and_grad(ONES),
        lambda: made.hvp(ONES, ONES),
        lambda: made.residuals_and_jacobian(ONES),
        lambda: made.batch_value_and_grad(ONES, np.array([0, 1, 2])),
        lambda: made.values(np.ones((3, 4))),
    ):
        before = made.account.cost
        call()
        costs.append(made.account.cost - before)
    assert costs == [1, c, 2 * c, c, 0.75 * c, 3]
    assert made.outcome().counts.cost(c) == made.account.cost == sum(costs)


def test_a_jacobian_costs_a_gradient_for_each_component():
    made = meter(bowl(components=2))
    residuals, jacobian = made.residuals_and_jacobian(ONES)
    assert residuals.shape == (8,)
    assert jacobian.shape == (8, 4)
    assert counted(made) == (0, 0, 0, 2)
    assert made.account.cost == 6


def test_minibatches_of_an_epoch_cost_one_gradient():
    made = meter()
    for row in range(4):
        made.batch_value_and_grad(ONES, np.array([row]))
    assert made.account.cost == pytest.approx(3, abs=1e-12)


def test_evaluations_left_are_those_that_still_fit():
    made = meter(budget=10.5)
    assert (made.evaluations_left("value"), made.evaluations_left("gradient")) == (10, 3)
    made.value_and_grad(ONES)
    assert (made.evaluations_left("value"), made.evaluations_left("gradient")) == (7, 2)


# answers


@pytest.mark.parametrize("name", ["control-low", "sin135"])
def test_answers_are_those_of_the_problem(name):
    problem = built(name)
    theta, vector = RNG().standard_normal((2, problem.dim))
    rows = np.array([3, 50, 3])
    made, reference = meter(problem, theta, budget=1000), NumpyEvaluator(problem)
    loss, grad = reference.values_and_grads(theta[None])
    assert made.value(theta) == pytest.approx(loss[0], rel=1e-14)
    assert made.value_and_grad(theta)[0] == loss[0]
    np.testing.assert_array_equal(made.value_and_grad(theta)[1], grad[0])
    np.testing.assert_allclose(made.values(np.array([theta, vector])), reference.values(np.array([theta, vector])))
    np.testing.assert_array_equal(made.values_and_grads(theta[None])[1], grad)
    np.testing.assert_array_equal(
        made.batch_value_and_grad(theta, rows)[1], reference.batch_values_and_grads(theta[None], rows)[1][0]
    )
    np.testing.assert_array_equal(made.hvp(theta, vector), reference.hvp(theta, vector))
    residuals, jacobian = made.residuals_and_jacobian(theta)
    assert residuals @ residuals == pytest.approx(loss[0], rel=1e-12)
    np.testing.assert_allclose(2 * residuals @ jacobian, grad[0], rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_number_is_float64_and_every_gradient_is_fresh_and_contiguous(dtype):
    problem = built("sin135", dtype=dtype)
    theta = problem.network.theta0(RNG())
    made = meter(problem, theta, budget=1000)
    calls = {
        "value_and_grad": lambda: made.value_and_grad(theta)[1],
        "values_and_grads": lambda: made.values_and_grads(theta[None])[1],
        "batch": lambda: made.batch_value_and_grad(theta, np.arange(9))[1],
        "jacobian": lambda: made.residuals_and_jacobian(theta)[1],
        "residuals": lambda: made.residuals_and_jacobian(theta)[0],
        "hvp": lambda: made.hvp(theta, theta),
        "values": lambda: made.values(theta[None]),
    }
    for name, call in calls.items():
        first, second = call(), call()
        assert first.dtype == np.float64, name
        assert first.flags.c_contiguous, name
        assert first.flags.writeable, name
        assert not np.shares_memory(first, second), name
    assert type(made.value(theta)) is type(made.value_and_grad(theta)[0]) is float


def test_layout_covers_the_vector_without_gaps():
    made = meter(built("sin135"), np.zeros(121))
    ends = [slot.offset + np.prod(slot.shape) for slot in made.layout]
    assert [slot.offset for slot in made.layout] == [0, *ends[:-1]]
    assert ends[-1] == made.dim == 121
    assert made.n_samples == 201


# stopping


@pytest.mark.parametrize(
    ("name", "budget", "spent"),
    [
        ("value", 10, 10),
        ("value", 10.9, 10),
        ("gradient", 10, 9),
        ("hvp", 17, 12),
        ("jacobian", 9, 9),
        ("batch", 1.6, 1.5),
    ],
)
def test_the_run_ends_before_the_evaluation_that_would_exceed_the_budget(name, budget, spent):
    made = meter(budget=budget)
    calls = {
        "value": lambda: made.value(ONES),
        "gradient": lambda: made.value_and_grad(ONES),
        "hvp": lambda: made.hvp(ONES, ONES),
        "jacobian": lambda: made.residuals_and_jacobian(ONES),
        "batch": lambda: made.batch_value_and_grad(ONES, np.array([0])),
    }
    stop, _ = spend(calls[name])
    assert isinstance(stop, BudgetExhausted)
    assert made.account.cost == spent
    assert str(stop) == f"The budget of {budget:g} forward passes is spent."


def test_a_population_is_evaluated_up_to_the_row_that_fits_and_its_rows_are_kept():
    evaluated, log = [], Log()
    problem = bowl(before=lambda: evaluated.append(1))
    made = meter(problem, observe=log, budget=7)
    population = np.linspace(5, 1, 5)[:, None] * ONES
    made.values(population)
    with pytest.raises(BudgetExhausted):
        made.values(population[::-1] * [[9], [0.5], [0.1], [1], [1]])
    assert made.account.counts.values == 7
    assert made.best_loss == pytest.approx((4 * 0.25 + 0) / 1)  # row 1 of the second population, 2 * 0.5
    np.testing.assert_array_equal(made.best, ONES)
    made.finish()
    assert log.costs == [0, 7]


def test_rows_beyond_the_budget_are_never_evaluated():
    shapes = []
    problem = bowl()
    made = meter(problem, budget=3)
    forward = type(problem.network).forward
    try:
        type(problem.network).forward = lambda self, thetas, x: shapes.append(len(thetas)) or forward(self, thetas, x)
        with pytest.raises(BudgetExhausted):
            made.values(np.ones((100, 4)))
    finally:
        type(problem.network).forward = forward
    assert shapes == [3]


def test_a_population_of_gradients_stops_between_rows():
    made = meter(budget=10)
    with pytest.raises(BudgetExhausted):
        made.values_and_grads(np.ones((9, 4)))
    assert counted(made) == (0, 3, 0, 0)


@pytest.mark.parametrize("stop", [BudgetExhausted, Diverged, TimedOut, TargetReached])
def test_the_ends_of_a_run_are_plain_exceptions_and_no_stop_iteration(stop):
    assert issubclass(stop, RunStopped)
    assert issubclass(RunStopped, Exception)
    assert not issubclass(stop, (StopIteration, StopAsyncIteration, ArithmeticError, RuntimeError, ValueError))


def test_the_end_of_a_run_passes_through_a_generator():
    made = meter(budget=2)
    with pytest.raises(BudgetExhausted):
        list(made.value(ONES) for _ in range(5))  # noqa: C400  # a generator is what is tested
    with pytest.raises(BudgetExhausted):
        list(map(made.value, [ONES]))


def test_statuses_are_those_of_the_table():
    stops = (BudgetExhausted, Diverged, TimedOut, TargetReached)
    assert [stop.status for stop in stops] == ["budget", "diverged", "timeout", "target"]


def test_after_its_end_a_run_is_refused_every_evaluation_for_the_same_reason():
    made = meter(target_loss=0.5)
    with pytest.raises(TargetReached) as first:
        made.value(np.zeros(4))
    for call in (made.value, made.value_and_grad, made.residuals_and_jacobian, lambda theta: made.values(theta[None])):
        with pytest.raises(TargetReached) as later:
            call(ONES)
        assert str(later.value) == str(first.value)
    assert made.account.cost == 1


def test_a_method_that_returns_after_catching_the_end_has_not_converged():
    def act(objective, theta0, rng):
        for _ in range(30):
            with suppress(Exception):  # what a careless library does
                objective.value(theta0)

    made = Meter(NumpyEvaluator(bowl()), Terms(10))
    assert drive(Act(act=act), made, ONES, RNG())[0] == "budget"


def test_a_library_that_wraps_the_end_in_an_error_of_its_own_is_understood():
    def act(objective, theta0, rng):
        try:
            spend(objective.value, theta0)
            objective.value(theta0)
        except Exception as error:
            raise RuntimeError("objective failed") from error

    log = Log()
    assert drive(Act(act=act), Meter(NumpyEvaluator(bowl()), Terms(10), log), ONES, RNG())[0] == "budget"
    assert log.costs == [0, 10]


def test_a_method_that_ignores_exceptions_for_ever_is_ended_all_the_same():
    def act(objective, theta0, rng):
        while True:
            with suppress(Exception):
                objective.value(theta0)

    made = Meter(NumpyEvaluator(bowl()), Terms(10))
    assert drive(Act(act=act), made, ONES, RNG())[0] == "budget"
    assert made.account.cost == 10
    assert not issubclass(EndIgnored, Exception)
    assert REFUSALS >= 100


@pytest.mark.parametrize("leaves", [False, True])
def test_a_method_that_is_done_without_one_finite_loss_has_diverged(leaves):
    def act(objective, theta0, rng):
        objective.value(np.full(4, np.nan))
        if leaves:
            objective.leave(np.array([True]))

    status, reason = drive(Act(act=act), Meter(NumpyEvaluator(bowl()), Terms(10)), ONES, RNG())
    assert (status, reason) == ("diverged", "The method returned without a finite loss.")


def test_returning_early_is_converged_and_the_end_is_measured():
    def act(objective, theta0, rng):
        for scale in (3, 2):
            objective.value(scale * theta0)

    log = Log()
    status, reason = drive(Act(act=act), Meter(NumpyEvaluator(bowl()), Terms(10), log), ONES, RNG())
    assert status == "converged"
    assert "returned" in reason
    assert log.costs == [0, 2]


def test_an_exception_of_the_method_propagates_with_the_curve_measured_to_its_end():
    def act(objective, theta0, rng):
        objective.value(theta0)
        raise LookupError("no such thing")

    log = Log()
    with pytest.raises(LookupError, match="no such thing"):
        drive(Act(act=act), Meter(NumpyEvaluator(bowl()), Terms(10), log), ONES, RNG())
    assert log.costs == [0, 1]


@pytest.mark.parametrize("rows", [1, 2, 5, 10])
@pytest.mark.parametrize("marks", [(), (3.0, 4.0)])
def test_the_target_ends_the_run_at_the_row_that_reaches_it(rows, marks):
    made = meter(target_loss=1.0, marks=marks)
    thetas = np.sqrt(np.arange(10.0, 0, -1))[:, None] * ONES * 2
    thetas[6] = 0.5
    chunks = (thetas[start : start + rows] for start in range(0, 10, rows))
    stop, _ = spend(lambda: made.values(next(chunks)))
    assert isinstance(stop, TargetReached)
    assert made.account.cost == 7
    assert made.best_loss == 0.25


def test_a_loss_that_misses_the_target_goes_on():
    made = meter(target_loss=1.0)
    made.value(ONES * (1 + 1e-15))
    with pytest.raises(TargetReached):
        made.value_and_grad(ONES)


def test_the_loss_of_a_minibatch_is_neither_the_target_nor_the_best():
    made = meter(target_loss=0.5)
    lucky = np.array([0.0, 9, 9, 9])
    loss, _ = made.batch_value_and_grad(lucky, np.array([0]))
    assert loss == 0
    assert made.best_loss == np.inf
    with pytest.raises(TargetReached):
        made.value_and_grad(np.zeros(4))


def test_the_time_limit_counts_no_measuring(clock):
    slow = partial(clock.tick, 100)
    made = meter(observe=lambda *_: slow(), marks=(0, 1, 2, 3), time_limit=5)
    for _ in range(3):
        made.value(ONES)
        clock.tick(1.6)
    clock.tick(0.3)
    stop, calls = spend(made.value, ONES)
    assert (type(stop), calls) == (TimedOut, 0)
    assert str(stop) == "The time limit of 5 s has passed."


# keeping


def test_last_is_the_last_point_and_best_the_lowest():
    made = meter()
    made.value(2 * ONES)
    made.values(np.array([5.0, 1.0, 4.0])[:, None] * ONES)
    made.value_and_grad(3 * ONES)
    np.testing.assert_array_equal(made.last, 3 * ONES)
    np.testing.assert_array_equal(made.best, ONES)
    assert (made.last_loss, made.best_loss) == (9, 1)


def test_the_last_point_of_a_population_is_its_last_row():
    made = meter()
    made.values(np.array([5.0, 1.0, 4.0])[:, None] * ONES)
    np.testing.assert_array_equal(made.last, 4 * ONES)


def test_of_equals_the_first_is_the_best():
    made = meter()
    made.values(np.array([2.0, -1.0, 1.0])[:, None] * ONES)
    made.value(ONES)
    np.testing.assert_array_equal(made.best, -ONES)


@pytest.mark.parametrize(
    ("name", "shape"), [("value", 4), ("value_and_grad", 4), ("values", (1, 4)), ("residuals_and_jacobian", 4)]
)
def test_kept_points_are_copies(name, shape):
    theta = np.ones(shape)
    made = meter(theta0=2 * ONES)
    getattr(made, name)(theta)
    theta += 1
    np.testing.assert_array_equal(made.last, ONES)
    np.testing.assert_array_equal(made.best, ONES)


def test_a_method_that_changes_what_it_is_given_changes_nothing_kept():
    made = meter()
    _, grad = made.value_and_grad(ONES)
    grad[:] = np.nan
    made.values(np.ones((2, 4)))[:] = -1
    assert made.best_loss == 1
    np.testing.assert_array_equal(made.value_and_grad(ONES)[1], ONES / 2)


# measuring


@pytest.mark.parametrize("name", ["value", "gradient", "population", "batch", "mixed"])
@pytest.mark.parametrize("budget", [1, 2, 7, 100, 101, 10.3])
def test_costs_measured_begin_at_0_and_rise_strictly_to_the_end(name, budget):
    log = Log()
    made = meter(observe=log, budget=budget, marks=log_marks(budget, 30))
    calls = {
        "value": lambda: made.value(ONES),
        "gradient": lambda: made.value_and_grad(ONES),
        "population": lambda: made.values(np.ones((11, 4))),
        "batch": lambda: made.batch_value_and_grad(ONES, np.array([2])),
        "mixed": lambda: (made.batch_value_and_grad(ONES, np.array([2])), made.values(np.ones((3, 4)))),
    }
    spend(calls[name])
    made.finish()
    assert log.costs[0] == 0
    assert log.costs[-1] == made.account.cost
    assert (np.diff(log.costs) > 0).all() or made.account.cost == 0
    assert made.account.cost <= budget + 1e-9
    assert sum(log.costs.count(cost) > 1 for cost in log.costs) == 0


def test_each_mark_is_measured_at_the_first_evaluation_that_reaches_it():
    log = Log()
    made = meter(observe=log, budget=50, marks=(1.0, 2.0, 4.0, 7.0, 9.0, 30.0, 31.0, 32.0))
    spend(made.value_and_grad, ONES)
    made.finish()
    assert log.costs == [0, 3, 6, 9, 30, 33, 48]


@pytest.mark.parametrize("size", [1, 4, 13, 60])
def test_a_mark_inside_a_population_is_measured_at_exactly_its_cost_with_the_best_of_the_rows_up_to_it(size):
    thetas = RNG().standard_normal((60, 4))
    losses = (thetas**2).mean(axis=1)
    marks = (1.0, 2.0, 5.0, 13.0, 14.0, 29.0, 60.0)
    log = Log()
    made = meter(observe=log, marks=marks)
    told = np.concatenate([made.values(thetas[start : start + size]) for start in range(0, 60, size)])
    made.finish()
    np.testing.assert_array_equal(told, losses)
    assert log.costs == [0, *marks]
    for cost, theta in zip(marks, log.thetas[1:], strict=True):
        np.testing.assert_array_equal(theta[0], thetas[losses[: int(cost)].argmin()])
    assert [snapshot.values for snapshot in log.snapshots] == log.costs


def test_a_mark_inside_a_population_after_fractional_costs_is_not_missed_by_rounding():
    log = Log()
    made = meter(bowl(10), theta0=np.ones(10), observe=log, marks=(5.0, 20.0))
    for _ in range(10):
        made.batch_value_and_grad(np.ones(10), np.array([0]))
    assert made.account.cost != 3  # ten times 0.1 is not 1
    made.values(np.ones((8, 10)))
    assert log.costs == pytest.approx([0, 5])


def test_a_mark_at_the_end_is_measured_once():
    log = Log()
    made = meter(observe=log, budget=10, marks=(5.0, 10.0))
    spend(made.value, ONES)
    made.finish()
    assert log.costs == [0, 5, 10]


def test_a_run_without_one_evaluation_is_measured_at_its_start_alone():
    log = Log()
    made = meter(observe=log, budget=2)
    with pytest.raises(BudgetExhausted):
        made.value_and_grad(ONES)
    made.finish()
    assert log.costs == [0]
    np.testing.assert_array_equal(log.thetas[0], ONES[None])


def test_hessian_products_and_jacobians_come_due_like_everything_else():
    log = Log("last")
    made = meter(observe=log, marks=(1.0, 7.0))
    made.hvp(5 * ONES, ONES)
    made.residuals_and_jacobian(2 * ONES)
    assert log.costs == [0, 6, 9]
    np.testing.assert_array_equal(np.array(log.thetas)[:, 0], [ONES, ONES, 2 * ONES])


def trajectory(method, observe, problem, budget=600):
    """Every point that a method asks for, and every answer it gets."""
    asked = []
    theta0 = problem.network.theta0(RNG())
    made = Meter(NumpyEvaluator(problem), Terms(budget, log_marks(budget, 40)), observe)
    for name in ("value_and_grad", "values"):
        call = getattr(made, name)

        def spy(theta, call=call):
            asked.append(theta.copy())
            answer = call(theta)
            asked.append(np.concatenate([np.ravel(part) for part in answer]))
            return answer

        setattr(made, name, spy)
    end = drive(method, made, theta0, RNG())
    return asked, end, np.array([made.best, made.last]), made.best_loss, made.account.counts


def vandal(lanes, snapshot, last, best):
    """Destroys everything it is shown."""
    last[:] = best[:] = np.nan
    lanes.clear()
    np.random.seed(1)  # noqa: NPY002  # a bad guest


@pytest.mark.parametrize("name", ["control-low", "sin135"])
@pytest.mark.parametrize("method", [Descent(), Swarmlet(size=7)])
@pytest.mark.parametrize("observe", [Log(), vandal])
def test_a_watched_run_takes_bit_by_bit_the_path_of_an_unwatched_one(name, method, observe):
    problem = built(name)
    state = np.random.get_state()  # noqa: NPY002
    alone, watched = trajectory(method, None, problem), trajectory(method, observe, problem)
    np.random.set_state(state)  # noqa: NPY002
    assert len(alone[0]) == len(watched[0]) > 100
    assert all(np.array_equal(a, b) for a, b in zip(alone[0], watched[0], strict=True))
    assert alone[1] == watched[1]
    np.testing.assert_array_equal(alone[2], watched[2])
    assert alone[3:] == watched[3:]


def test_an_observer_that_destroys_what_it_is_shown_harms_no_later_measurement():
    log = Log()

    def observe(lanes, snapshot, last, best):
        log(lanes, snapshot, last, best)
        vandal([], snapshot, last, best)

    state = np.random.get_state()  # noqa: NPY002
    made = meter(observe=observe, marks=(1.0, 2.0))
    made.value(ONES)
    made.value(2 * ONES)
    np.random.set_state(state)  # noqa: NPY002
    np.testing.assert_array_equal(np.array(log.thetas), np.ones((3, 1, 4)))


def test_fewer_marks_change_neither_the_path_nor_its_end():
    problem = bowl()
    ends = []
    for marks in ((), log_marks(500, 500)):
        made = Meter(NumpyEvaluator(problem), Terms(500, marks, target_loss=0.03), Log())
        ends.append((drive(Swarmlet(size=9), made, ONES, RNG()), made.account.counts, made.best_loss))
    assert ends[0] == ends[1]
    assert ends[0][0][0] == "target"


# clocks


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(harness.run.metering.account, "perf_counter", made)
    monkeypatch.setattr(harness.run.metering.meter, "perf_counter", made)
    return made


def test_seconds_in_the_objective_in_the_optimizer_and_in_measuring_exclude_each_other(clock):
    log = Log()

    def observe(*shown):
        log(*shown)
        clock.tick(1000)

    def act(objective, theta0, rng):
        for _ in range(2):
            clock.tick(10)
            objective.value(theta0)
            objective.value_and_grad(theta0)
            objective.values(theta0[None])
            objective.hvp(theta0, theta0)
            objective.residuals_and_jacobian(theta0)
            objective.batch_value_and_grad(theta0, np.arange(2))

    made = Meter(NumpyEvaluator(bowl(before=lambda: clock.tick(1))), Terms(100, marks=(1.0, 2.0, 20.0)), observe)
    clock.tick(5000)  # between building and starting: nobody's
    begun = clock.now
    assert drive(Act(act=act), made, ONES, RNG())[0] == "converged"
    ended = clock.now
    clock.tick(5000)  # after the end: nobody's
    account = made.account
    assert log.costs == [0, 1, 4, 20.5, 31]
    assert account.seconds_objective == 12
    assert account.seconds - account.seconds_objective == 20
    assert account.seconds_measuring == 5000
    assert account.seconds + account.seconds_measuring == ended - begun
    assert [snapshot.seconds for snapshot in log.snapshots] == [0, 11, 12, 29, 32]


def test_the_three_clocks_add_up_to_the_wall():
    def act(objective, theta0, rng):
        for _ in range(3):
            sleep(0.02)
            objective.value(theta0)

    made = Meter(NumpyEvaluator(bowl(before=lambda: sleep(0.01))), Terms(10, marks=(2.0,)), lambda *_: sleep(0.03))
    begun = perf_counter()
    drive(Act(act=act), made, ONES, RNG())
    wall = perf_counter() - begun
    account = made.account
    assert account.seconds + account.seconds_measuring == pytest.approx(wall, abs=5e-3)
    assert account.seconds_objective >= 0.03
    assert account.seconds - account.seconds_objective >= 0.06
    assert account.seconds_measuring >= 0.09


# guarding


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e200])
def test_a_loss_that_is_not_finite_arrives_as_a_huge_one_with_a_zero_gradient(bad):
    theta = np.array([bad, 1, 1, 1])
    made = meter()
    with np.errstate(all="ignore"):
        assert made.value(theta) == PENALTY
        loss, grad = made.value_and_grad(theta)
        assert made.values(np.array([ONES, theta])).tolist() == [1, PENALTY]
        residuals, jacobian = made.residuals_and_jacobian(theta)
    assert loss == PENALTY
    np.testing.assert_array_equal(grad, np.zeros(4))
    assert residuals @ residuals == pytest.approx(PENALTY)
    np.testing.assert_array_equal(jacobian, np.zeros((4, 4)))
    assert (made.last_loss, made.best_loss) == (np.inf, 1)
    np.testing.assert_array_equal(made.best, ONES)


def test_a_gradient_or_jacobian_that_is_not_finite_counts_as_a_loss_that_is_not():
    made = meter(bowl(cliff=0.5), theta0=np.zeros(4))
    loss, grad = made.value_and_grad(ONES)
    assert loss == PENALTY
    np.testing.assert_array_equal(grad, np.zeros(4))
    residuals, jacobian = made.residuals_and_jacobian(ONES)
    assert residuals @ residuals == pytest.approx(PENALTY)
    np.testing.assert_array_equal(jacobian, np.zeros((4, 4)))
    np.testing.assert_array_equal(made.hvp(ONES, ONES), np.zeros(4))
    assert made.best_loss == np.inf
    np.testing.assert_array_equal(made.best, np.zeros(4))


def test_one_bad_loss_among_good_ones_never_ends_a_run():
    made = meter(budget=400)
    for _ in range(100):
        assert made.value(BAD) == PENALTY
        assert made.value(ONES) == 1
        made.values(np.array([BAD, ONES]))
    assert made.best_loss == 1


@pytest.mark.parametrize("name", ["value", "gradient", "jacobian", "population", "large population", "batch"])
def test_a_run_has_diverged_after_exactly_so_many_losses_in_a_row_that_are_not_finite(name):
    made = meter(budget=10_000, marks=(7.0, 31.0))
    made.value(ONES)
    calls = {
        "value": lambda: made.value(BAD),
        "gradient": lambda: made.value_and_grad(BAD),
        "jacobian": lambda: made.residuals_and_jacobian(BAD),
        "population": lambda: made.values(np.array([BAD] * 7)),
        "large population": lambda: made.values(np.array([BAD] * 500)),
        "batch": lambda: made.batch_value_and_grad(BAD, np.array([1])),
    }
    stop, _ = spend(calls[name])
    assert isinstance(stop, Diverged)
    assert str(stop) == f"The last {PATIENCE} evaluations gave no finite loss."
    counts = made.account.counts
    number = 4 if name == "batch" else 1
    assert counts.values - 1 + number * counts.gradients + counts.jacobians == PATIENCE
    assert made.best_loss == 1


def test_bad_rows_add_up_over_populations_and_end_with_the_last_good_row():
    made = meter(budget=10_000)
    rows = np.array([BAD] * 30)
    made.values(rows)
    made.values(np.array([*rows[:15], ONES, *rows[:20]]))
    made.values(rows[:29])
    with pytest.raises(Diverged):
        made.value(BAD)
    assert made.account.cost == 30 + 36 + 29 + 1


def test_a_run_that_diverges_from_the_start_stands_for_its_starting_point():
    log = Log()
    made = meter(observe=log, budget=1000, theta0=2 * ONES)
    spend(made.value, BAD)
    made.finish()
    assert made.best_loss == np.inf
    np.testing.assert_array_equal(log.thetas[-1], 2 * ONES[None])
    assert log.costs == [0, PATIENCE]
