"""Predictions of the linearised theory: exact for linear models, close for wide networks, else absent."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from harness.analysis.hits import find_hits
from harness.run.runner import run_lanes
from harness.run.spec import RunSpec, find_problem, override
from harness.run.theory import forecast, mode_rates, tangent_kernel
from optimizers.first_order.torch_methods import GD, Adam
from optimizers.relaxation.jacobi import Jacobi
from problems import PROBLEMS
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.line.waves import Sines


def run(problem, recipe, method, seeds, budget, marks=100):
    specs = [RunSpec(problem, recipe, "gd", method, seed, budget, marks=marks) for seed in seeds]
    parts = run_lanes(specs)
    return {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}


def hits_of(tables, thresholds=(0.05, 0.1, 0.2, 0.3)):
    return find_hits(tables["runs"], tables["curves"], tables["spectra"], thresholds)


@pytest.mark.parametrize("name", ["control-flat", "control-low", "control-high"])
@pytest.mark.parametrize("lr", [0.3, 1.0, 5.7])
def test_for_a_linear_model_the_prediction_is_exact_to_rounding(name, lr):
    """With lr = 5.7 the fastest wave, of scale 0.6, swings and grows: its factor is 1 - 5.7 * 0.36 = -1.05."""
    spectra = run(name, PROBLEMS[name], GD(lr=lr), (0, 1), 600)["spectra"]
    assert np.isfinite(spectra["predicted_error"]).all()
    np.testing.assert_allclose(spectra["predicted_error"], spectra["error_last"], rtol=1e-9, atol=1e-10)


def test_for_a_linear_model_every_hit_is_predicted_to_the_mark():
    hits = hits_of(run("control-low", PROBLEMS["control-low"], GD(lr=1.0), (0, 1), 3000))
    assert not hits["censored"].all()
    known = ~hits["censored"]
    np.testing.assert_allclose(hits["predicted_cost"][known], hits["cost"][known], rtol=1e-9)
    assert hits["predicted_cost"][~known].isna().all()


def small(**changes):
    return replace(Sines(samples=33, omegas=(1, 3), amplitudes=(1.0, 1.0), network="1-6-1"), **changes)


def test_the_first_steps_of_a_network_follow_the_whole_kernel():
    problem = small().build(np.random.default_rng(0))
    theta = problem.network.theta0(np.random.default_rng(1))
    lr = 1e-4
    told = forecast(NumpyEvaluator(problem), GD(lr=lr), theta)
    start, moved = theta.copy(), theta.copy()
    for _ in range(3):
        moved -= lr * NumpyEvaluator(problem).values_and_grads(moved[None])[1][0]
    outputs = told(np.array([0, 3]))
    np.testing.assert_allclose(outputs[0], NumpyEvaluator(problem).predict(start[None])[0], atol=1e-12)
    step = NumpyEvaluator(problem).predict(moved[None])[0] - NumpyEvaluator(problem).predict(start[None])[0]
    np.testing.assert_allclose(outputs[1] - outputs[0], step, atol=1e-2 * np.abs(step).max())


def test_the_prediction_is_the_plain_iteration_of_the_kernel():
    problem = small(loss="mse").build(np.random.default_rng(0))
    theta = problem.network.theta0(np.random.default_rng(1))
    jacobian = problem.network.jacobian(theta, problem.inputs)[:, 0]
    residual = (NumpyEvaluator(problem).predict(theta[None])[0] - problem.targets)[:, 0]
    for _ in range(40):
        residual = residual - 2 * 0.05 / 33 * jacobian @ (jacobian.T @ residual)
    told = forecast(NumpyEvaluator(problem), GD(lr=0.05), theta)(np.array([40.0]))[0, :, 0]
    np.testing.assert_allclose(told, problem.targets[:, 0] + residual, atol=1e-11)


def test_components_with_a_common_network_are_predicted_together():
    problem = override("image-rgb", PROBLEMS["image-rgb"], {"size": "8x8", "network": "2-5-3"}).build(
        np.random.default_rng(0)
    )
    theta = problem.network.theta0(np.random.default_rng(1))
    lr = 1e-5
    told = forecast(NumpyEvaluator(problem), GD(lr=lr), theta)(np.array([0.0, 1.0]))
    after = NumpyEvaluator(problem).predict(
        (theta - lr * NumpyEvaluator(problem).values_and_grads(theta[None])[1][0])[None]
    )[0]
    np.testing.assert_allclose(
        told[1] - told[0], after - NumpyEvaluator(problem).predict(theta[None])[0], rtol=1e-3, atol=1e-9
    )


def test_the_rates_of_the_linear_control_are_the_squares_of_its_scales():
    problem = PROBLEMS["control-low"].build(np.random.default_rng(0))
    kernel = tangent_kernel(NumpyEvaluator(problem), np.zeros(problem.dim))
    waves = np.array([[1.0], [3.0], [5.0]]) / (2 * np.pi)
    rates, purity = mode_rates(kernel, problem.inputs, waves)
    assert rates == pytest.approx([0.36, 0.04, 0.01], rel=1e-12)
    assert purity == pytest.approx([1, 1, 1], rel=1e-12)


def test_a_mode_that_is_no_eigenvector_says_so():
    problem = small().build(np.random.default_rng(0))
    kernel = tangent_kernel(NumpyEvaluator(problem), problem.network.theta0(np.random.default_rng(1)))
    rates, purity = mode_rates(kernel, problem.inputs, np.array([[1.0], [3.0]]) / (2 * np.pi))
    assert rates[0] > rates[1] > 0
    assert purity.max() < 0.99


def test_jacobis_rule_is_foretold_as_the_gradient_descent_that_it_is():
    problem = small().build(np.random.default_rng(0))
    theta, steps = problem.network.theta0(np.random.default_rng(1)), np.array([0.0, 7.0])
    told = forecast(NumpyEvaluator(problem), Jacobi(weight=0.3), theta)(steps)
    np.testing.assert_array_equal(told, forecast(NumpyEvaluator(problem), GD(lr=0.3), theta)(steps))
    assert forecast(NumpyEvaluator(problem), GD(schedule="cosine"), theta) is None


@pytest.mark.parametrize(
    ("problem", "method"),
    [
        ("sin135", Adam()),
        ("poisson-grid", GD()),
        ("image", GD()),
    ],
)
def test_where_the_theory_says_nothing_there_is_no_prediction(problem, method):
    built = find_problem(problem).build(np.random.default_rng(0))
    assert forecast(NumpyEvaluator(built), method, built.network.theta0(np.random.default_rng(0))) is None


def test_without_a_prediction_the_columns_are_empty():
    spec = RunSpec("sin135", small(), "adam", Adam(), 0, 60)
    (tables,) = run_lanes([spec])
    assert tables["spectra"]["predicted_error"].isna().all()
    assert hits_of(tables)["predicted_cost"].isna().all()


def test_a_start_that_overflows_is_left_alone():
    problem = small().build(np.random.default_rng(0))
    assert forecast(NumpyEvaluator(problem), GD(), np.full(problem.dim, np.inf)) is None


@pytest.mark.slow
def test_a_wide_network_hits_within_a_fifth_of_the_predicted_costs():
    recipe = replace(Sines(), network="1-2000-1", init="ntk", samples=65)
    hits = hits_of(run("sin135", recipe, GD(lr=0.2), (0, 1), 6000, marks=400), (0.1, 0.2, 0.3))
    learned = hits[~hits["censored"]]
    assert set(learned["frequency"]) >= {1.0, 3.0}
    assert (learned["predicted_cost"] / learned["cost"]).between(0.8, 1.2).all()
