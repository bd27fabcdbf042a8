"""The way past Python changes nothing: whoever goes through the gate is counted, stopped and measured as without it."""

import ctypes
from dataclasses import replace

import numpy as np
import pytest

from harness.run.drive import drive
from harness.run.marks.schedule import log_marks
from harness.run.metering.account import PATIENCE, PENALTY, Terms
from harness.run.metering.meter import Meter
from harness.run.runner import run
from harness.run.spec import stream
from harness.study.comparison import plan
from optimizers import OPTIMIZERS
from optimizers.compiled.calls import FUNCTION
from problems import PROBLEMS
from problems.engines.choose import make_evaluator
from problems.engines.kernels.entries import asking

CORES = ("bfgs", "cg", "cg-fr", "coordinate-descent", "lbfgs", "nelder-mead", "pattern-search", "powell", "sr1")
SECONDS = ["seconds", "seconds_objective", "seconds_optimizer", "seconds_measuring"]


def metered(name, terms, watch=None, **options):
    evaluator = make_evaluator(PROBLEMS["sin135"].build(stream(0, "data")), "compiled")
    seen = []
    meter = Meter(evaluator, terms, lambda lanes, snapshot, last, best: seen.append((snapshot, last, best)))
    if watch:
        watch(meter, evaluator)
    theta0 = evaluator.problem.network.theta0(stream(0, "weights"))
    status, _ = drive(OPTIMIZERS[name], meter, theta0, stream(0, "optimizer"))
    return meter, seen, status


@pytest.mark.parametrize("name", CORES)
def test_a_run_through_the_gate_has_the_rows_of_one_past_it(name):
    (spec,) = plan("sin135", [name], seeds=1, budget=2000).specs
    through, beside = run(spec), run(replace(spec, time_limit=1e9))  # a run against the clock asks Python each time
    for table in ("runs", "curves", "spectra"):
        own, other = (rows[table].drop(columns=["run_id", *SECONDS], errors="ignore") for rows in (through, beside))
        assert own.equals(other)


def asked_in_python(name, terms):
    """How often Python was asked for a loss, and how many evaluations there were."""
    asked = 0

    def count(meter, evaluator):
        for way in ("value", "value_and_grad"):
            evaluate = getattr(evaluator, way)

            def counted(theta, evaluate=evaluate):
                nonlocal asked
                asked += 1
                return evaluate(theta)

            setattr(evaluator, way, counted)

    meter, _, _ = metered(name, terms, count)
    return asked, meter.account.counts.values + meter.account.counts.gradients


@pytest.mark.parametrize("name", CORES)
def test_nearly_all_evaluations_of_a_core_pass_the_gate(name):
    asked, evaluations = asked_in_python(name, Terms(3000.0, log_marks(3000.0, 10)))
    assert 0 < asked < evaluations / 10


@pytest.mark.parametrize("name", ["cg", "powell"])
@pytest.mark.parametrize("end", [{"time_limit": 1e9}, {"target_loss": 0.0}, {"time_limit": 1e9, "target_loss": 0.0}])
def test_a_run_that_the_clock_or_the_loss_may_end_asks_python_each_time(name, end):
    asked, evaluations = asked_in_python(name, Terms(900.0, **end))
    assert asked == evaluations > 100


def test_a_target_ends_a_run_of_a_core_at_the_evaluation_that_reaches_it():
    marks = tuple(np.arange(3.0, 901.0, 3.0))
    evaluator = make_evaluator(PROBLEMS["sin135"].build(stream(0, "data")), "compiled")
    _, seen, _ = metered("cg", Terms(900.0, marks))
    losses = [evaluator.value_and_grad(last[0])[0] for _, last, _ in seen[1:]]
    target = (min(losses[:200]) + min(losses[:150])) / 2
    meter, _, status = metered("cg", Terms(900.0, target_loss=target))
    first = next(place for place, loss in enumerate(losses) if loss <= target)
    assert (status, meter.account.cost) == ("target", 3.0 * (first + 1))


def test_one_good_loss_that_passes_starts_the_count_of_bad_ones_anew():
    evaluator = make_evaluator(PROBLEMS["sin135"].build(stream(0, "data")), "compiled")
    theta = evaluator.problem.network.theta0(stream(0, "weights"))
    meter, slope = Meter(evaluator, Terms(9000.0)), np.empty(len(theta))
    meter.start(theta)
    function = FUNCTION(lambda *_: meter.value_and_grad(theta)[0])
    entry = meter.entry("gradient", ctypes.cast(function, ctypes.c_void_p).value)
    limits = evaluator._entries["gradient"][1][16:].view(np.float64)
    largest, bad = limits[1], (np.array([np.nan]), np.zeros((1, len(theta))))
    evaluator._reference.values_and_grads = lambda thetas: bad
    for _ in range(2):
        limits[1] = 0.0  # the kernel refuses whatever comes
        assert [asking()(*entry, theta, slope) for _ in range(PATIENCE - 1)] == [PENALTY] * (PATIENCE - 1)
        limits[1] = largest
        assert asking()(*entry, theta, slope) < 10
    assert meter.account.stop is None


@pytest.mark.parametrize("name", ["cg", "powell"])
@pytest.mark.parametrize("budget", [1.0, 2.0, 3.0, 100.0, 331.0, 332.0, 333.0, 334.5])
def test_the_budget_ends_a_run_at_the_last_evaluation_that_fits_and_each_mark_is_met(name, budget):
    each = 1.0 if name == "powell" else 3.0
    marks = log_marks(budget, 17)
    meter, seen, status = metered(name, Terms(budget, marks))
    assert status == "budget"
    assert meter.account.cost == each * (budget // each)
    due = sorted({each * np.ceil(mark / each) for mark in marks if each * np.ceil(mark / each) <= budget})
    # at cost 0, at the first evaluation that reaches each mark, and at the end
    assert [snapshot.cost for snapshot, _, _ in seen] == sorted({0.0, *due, meter.account.cost})


def test_last_and_best_are_of_the_evaluations_that_passed():
    meter, seen, _ = metered("cg", Terms(900.0, (300.0,)))
    evaluator = make_evaluator(PROBLEMS["sin135"].build(stream(0, "data")), "compiled")
    for _snapshot, last, best in seen[1:]:
        assert evaluator.value_and_grad(best[0])[0] <= evaluator.value_and_grad(last[0])[0]
    assert evaluator.value_and_grad(meter.last)[0] == meter.last_loss
    assert evaluator.value_and_grad(meter.best)[0] == meter.best_loss


def test_losses_that_are_not_finite_are_left_to_the_meter_which_ends_the_run():
    def break_soon(meter, evaluator):
        # parameters that a kernel refuses, for all that comes
        entry = evaluator.entry("gradient")
        table = evaluator._entries["gradient"][1]
        assert entry is not None
        table[16:].view(np.float64)[1] = 0.0  # the largest parameter that it takes
        nothing = np.array([np.nan]), np.zeros((1, evaluator.problem.dim))
        evaluator._reference.values_and_grads = lambda thetas: nothing

    meter, _, status = metered("cg", Terms(900.0, (300.0,)), break_soon)
    assert status == "diverged"  # although a penalty without a slope is a minimum to the method
    assert meter.last_loss == meter.best_loss == np.inf
    assert meter.account.counts.gradients > 0


def test_seconds_of_the_objective_are_counted_through_the_gate():
    meter, _, _ = metered("lbfgs", Terms(6000.0))
    account = meter.account
    assert 0 < account.seconds_objective < account.seconds


def test_an_interrupt_ends_a_run_in_a_core():
    class Interrupted(Meter):
        def value_and_grad(self, theta):
            if self.account.cost > 300:
                raise KeyboardInterrupt
            return super().value_and_grad(theta)

    evaluator = make_evaluator(PROBLEMS["sin135"].build(stream(0, "data")), "compiled")
    meter = Interrupted(evaluator, Terms(9000.0, log_marks(9000.0)))
    theta0 = evaluator.problem.network.theta0(stream(0, "weights"))
    with pytest.raises(KeyboardInterrupt):
        drive(OPTIMIZERS["cg"], meter, theta0, stream(0, "optimizer"))
    assert meter.account.cost < 9000
