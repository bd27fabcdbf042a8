"""The controls keep their promise: gradient descent, three lines of numpy here, shrinks each frequency as announced."""

from dataclasses import replace

import numpy as np
import pytest

from problems import PROBLEMS
from problems.controls import FourierFeatures, LinearControl
from problems.engines.numpy_evaluator import NumpyEvaluator

CONTROLS = {name: recipe for name, recipe in PROBLEMS.items() if isinstance(recipe, LinearControl)}
each_control = pytest.mark.parametrize("name", sorted(CONTROLS))

RATE = 0.7
STEPS = 60


def curvatures(name):
    """Of the modes 1, 3, 5: the squared scales, and with the slope in the loss 1 + k^2 times them."""
    weights = {"mse": [1, 1, 1], "mse+gradient": [2, 10, 26]}
    return np.array(CONTROLS[name].scales) ** 2 * weights[CONTROLS[name].loss]


def build(recipe: LinearControl):
    return recipe.build(np.random.default_rng(0))


def descend(problem, theta: np.ndarray) -> np.ndarray:
    """Errors `(steps + 1, modes)` along gradient descent."""
    errors = []
    for _ in range(STEPS + 1):
        errors.append(problem.probes[0].measure(NumpyEvaluator(problem).predict(theta[None])[0])[1])
        theta = theta - RATE * NumpyEvaluator(problem).values_and_grads(theta[None])[1][0]
    return np.array(errors)


@each_control
def test_gradient_descent_shrinks_each_frequency_by_the_announced_factor(name):
    problem = build(CONTROLS[name])
    errors = descend(problem, problem.network.theta0(np.random.default_rng(1)))
    factors = (1 - RATE * curvatures(name)) ** np.arange(STEPS + 1)[:, None]
    np.testing.assert_allclose(errors, errors[0] * factors, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(
    ("name", "first"), [("control-low", [1, 3, 5]), ("control-high", [5, 3, 1]), ("control-slope", [5, 3, 1])]
)
def test_ordered_controls_halve_their_errors_in_the_order_of_their_names(name, first):
    problem = build(PROBLEMS[name])
    errors = descend(problem, np.zeros(problem.dim))
    hits = [int(np.argmax(column < 0.8)) or STEPS + 1 for column in errors.T]
    assert problem.probes[0].frequency[np.argsort(hits)].tolist() == first
    assert hits[0] != hits[1]


def test_the_flat_control_has_equal_errors_at_every_step():
    problem = build(PROBLEMS["control-flat"])
    errors = descend(problem, np.zeros(problem.dim))
    np.testing.assert_allclose(errors, errors[:, :1].repeat(3, axis=1), rtol=1e-10)
    assert errors[-1].max() < errors[0].min()


@each_control
def test_the_hessian_is_diagonal_with_the_announced_curvatures(name):
    problem = build(CONTROLS[name])
    theta = problem.network.theta0(np.random.default_rng(0))
    hessian = np.array([NumpyEvaluator(problem).hvp(theta, unit) for unit in np.eye(problem.dim)])
    np.testing.assert_allclose(hessian, np.diag(np.tile(curvatures(name), 2)), atol=1e-14)


@each_control
def test_the_jacobian_is_the_features_and_the_model_is_linear(name):
    problem = build(CONTROLS[name])
    theta = problem.network.theta0(np.random.default_rng(0))
    jacobian = problem.network.jacobian(theta, problem.inputs)
    assert jacobian.shape == (201, problem.targets.shape[1], problem.dim)
    np.testing.assert_allclose(NumpyEvaluator(problem).predict(theta[None])[0], jacobian @ theta, atol=1e-14)
    columns = NumpyEvaluator(problem).predict(np.eye(problem.dim))
    np.testing.assert_allclose(np.moveaxis(columns, 0, -1), jacobian, atol=1e-15)


def test_the_parameters_are_scaled_cosines_then_scaled_sines():
    x = np.linspace(-1, 2, 7)[:, None]
    outputs = FourierFeatures((1, 4), (0.5, 2.0)).forward(np.eye(4), x)
    wanted = [0.5 * np.cos(x), 2 * np.cos(4 * x), 0.5 * np.sin(x), 2 * np.sin(4 * x)]
    np.testing.assert_allclose(outputs, wanted, atol=1e-15)


def test_the_second_output_of_the_sloped_control_is_the_slope_of_the_first():
    network = FourierFeatures((1, 4), (0.5, 2.0), sloped=True)
    x, h = np.linspace(-1, 2, 7)[:, None], 1e-5
    theta = np.array([[0.3, -1.0, 0.7, 0.2]])
    values, slopes = np.moveaxis(network.forward(theta, x)[0], -1, 0)
    ahead, behind = network.forward(theta, x + h)[0, :, 0], network.forward(theta, x - h)[0, :, 0]
    np.testing.assert_allclose(slopes, (ahead - behind) / (2 * h), rtol=1e-8)
    np.testing.assert_array_equal(values, FourierFeatures((1, 4), (0.5, 2.0)).forward(theta, x)[0, :, 0])


@each_control
def test_the_exact_solution_is_in_reach(name):
    problem = build(CONTROLS[name])
    theta = np.concatenate([np.zeros(3), 1 / np.array(CONTROLS[name].scales)])[None]
    losses, grads = NumpyEvaluator(problem).values_and_grads(theta)
    assert losses == pytest.approx(0, abs=1e-28)
    assert grads == pytest.approx(0, abs=1e-15)
    assert problem.probes[0].measure(NumpyEvaluator(problem).predict(theta)[0])[1] == pytest.approx(
        [0, 0, 0], abs=1e-13
    )


@each_control
def test_controls_watch_their_own_frequencies_at_one_half(name):
    (probe,) = build(CONTROLS[name]).probes
    assert probe.frequency.tolist() == list(CONTROLS[name].omegas)
    assert probe.target_amplitude == pytest.approx([0.5] * 3)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"scales": (1.0, 2.0)}, r"omegas and scales need the same length; got 3 and 2\."),
        ({"samples": 10}, r"samples must exceed twice the largest omega, 10"),
        ({"omegas": (0, 1, 2)}, r"whole numbers from 1"),
        ({"network": "1-40-1"}, r"The network of a control is 'fourier-features', and nothing else; got '1-40-1'\."),
        ({"activation": "tanh"}, r"The activation of a control is 'none'"),
        ({"init": "kaiming"}, r"The init of a control is 'normal\(0\.1\)'"),
        ({"dtype": "float32"}, r"The dtype of a control is 'float64'"),
        ({"loss": "nope"}, r"Unknown loss 'nope'"),
    ],
)
def test_settings_that_a_control_would_ignore_or_break_on_are_refused(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(replace(LinearControl(), **wrong))
