"""Parameters and the state of a method in the precision of the network, where method and evaluator keep to it."""

from dataclasses import replace

import numpy as np
import pytest

from harness.run.drive import drive
from harness.run.metering.account import Terms
from harness.run.metering.lanes import LaneMeter
from harness.run.metering.meter import Meter
from harness.run.runner import run, run_lanes
from harness.run.spec import RunSpec, stream
from optimizers import OPTIMIZERS
from problems import PROBLEMS
from problems.engines.choose import make_evaluator

DEEP = replace(PROBLEMS["sin135"], network="1-60-70-1", samples=101, dtype="float32", init="xavier")
NARROW = sorted(name for name, method in OPTIMIZERS.items() if method.any_precision)


@pytest.fixture(scope="module")
def evaluator():
    return make_evaluator(DEEP.build(stream(0, "data")), "compiled")


def starts(evaluator, lanes=2):
    return np.array([evaluator.problem.network.theta0(stream(seed, "weights")) for seed in range(lanes)])


def ended(evaluator, method, theta0, gradients=6):
    meter = LaneMeter(evaluator, Terms(3 * gradients), len(theta0))
    drive(method, meter, theta0, [stream(seed, "optimizer") for seed in range(len(theta0))])
    return meter


def test_the_first_order_family_follows_the_precision_of_its_start():
    assert {"gd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "adagrad", "nadam", "lion"} <= set(NARROW)


@pytest.mark.parametrize("name", NARROW)
def test_every_such_method_stays_in_float32_and_near_its_path_in_float64(evaluator, name):
    theta0 = starts(evaluator)
    single = ended(evaluator, OPTIMIZERS[name], theta0.astype(np.float32))
    double = ended(evaluator, OPTIMIZERS[name], theta0)
    assert (single.state_dtype, double.state_dtype) == ("float32", "float64")
    assert single.last.dtype == np.float32
    # a sign that a rounding turns moves an element by two steps
    moved = np.linalg.norm(double.last - theta0)
    assert np.linalg.norm(single.last - double.last) < 0.02 * moved
    assert single.last_loss == pytest.approx(double.last_loss, rel=2e-3)


def test_gradients_are_those_of_float64_parameters_to_rounding(evaluator):
    thetas = starts(evaluator).astype(np.float32)
    losses, grads = evaluator.values_and_grads(thetas)
    same, wide = evaluator.values_and_grads(thetas.astype(np.float64))
    assert (grads.dtype, wide.dtype) == (np.float32, np.float64)
    assert np.array_equal(grads, wide)
    assert np.array_equal(losses, same)


def test_a_run_alone_takes_the_path_of_its_lane(evaluator):
    theta0 = starts(evaluator).astype(np.float32)
    together = ended(evaluator, OPTIMIZERS["adam"], theta0)
    meter = Meter(evaluator, Terms(18))
    drive(OPTIMIZERS["adam"], meter, theta0[1], stream(1, "optimizer"))
    assert meter.state_dtype == "float32"
    np.testing.assert_allclose(meter.last, together.last[1], rtol=1e-4, atol=1e-6)


def test_a_gradient_whose_square_overflows_float32_alone_is_no_divergence(evaluator):
    class Steep:
        def __init__(self):
            self.problem = evaluator.problem

        def values_and_grads(self, thetas):
            return np.ones(len(thetas)), np.full(thetas.shape, 1e25, np.float32)

        def value_and_grad(self, theta):
            return 1.0, np.full(theta.shape, 1e25, np.float32)

    theta0 = starts(evaluator).astype(np.float32)
    for meter, theta in ((LaneMeter(Steep(), Terms(9), 2), theta0), (Meter(Steep(), Terms(9)), theta0[0])):
        meter.start(theta)
        with np.errstate(over="ignore"):  # as a run has it
            losses, grads = meter.value_and_grad(theta)
        assert np.all(losses == 1)
        assert grads.min() == np.float32(1e25)


@pytest.mark.parametrize(
    ("optimizer", "engine", "dtype", "state"),
    [
        ("adam", "compiled", "float32", "float32"),
        ("adam", "compiled", "float64", "float64"),
        ("adam", "numpy", "float32", "float64"),
        ("lbfgs", "compiled", "float32", "float64"),
    ],
)
def test_the_table_of_runs_says_in_which_precision_the_state_was(optimizer, engine, dtype, state):
    spec = RunSpec("sin135", replace(DEEP, dtype=dtype), optimizer, OPTIMIZERS[optimizer], seed=0, budget=30)
    assert run(replace(spec, engine=engine))["runs"]["state_dtype"].tolist() == [state]


def test_observers_and_marks_see_float64():
    spec = RunSpec("sin135", DEEP, "adam", OPTIMIZERS["adam"], seed=0, budget=30, engine="compiled")
    tables = run_lanes([spec, replace(spec, seed=1)])
    assert [table["runs"]["state_dtype"].item() for table in tables] == ["float32", "float32"]
    assert all(np.isfinite(table["curves"]["loss"]).all() for table in tables)
