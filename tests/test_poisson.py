"""The differential equation: the exact solution, the energy and its gradient, and Jacobi's exact factors."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from harness.run.runner import run_lanes
from harness.run.spec import RunSpec, find_optimizer
from optimizers.relaxation.jacobi import Jacobi
from problems import PROBLEMS
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.equations.poisson import Poisson, Source, watched
from problems.equations.poisson_grid import PoissonGrid, solve
from problems.probes.sines import sine_matrix

SOURCE = Source((1.0, 4.0, 8.0, 24.0), (1.0, 4.0, -8.0, 16.0))
PENALTY = 10.0


def build(recipe):
    return recipe.build(np.random.default_rng(0))


def test_the_exact_solution_solves_the_equation_and_vanishes_at_both_ends():
    h, x = 1e-4, np.linspace(-0.99, 0.99, 57)
    u = SOURCE.exact
    np.testing.assert_allclose((2 * u(x) - u(x - h) - u(x + h)) / h**2, SOURCE.g(x), atol=1e-4)
    assert u(np.array([-1.0, 1.0])) == pytest.approx([0, 0], abs=1e-15)
    np.testing.assert_allclose(
        SOURCE.g(x), np.sin(x) + 4 * np.sin(4 * x) - 8 * np.sin(8 * x) + 16 * np.sin(24 * x), atol=1e-13
    )


def energy(u, slope, penalty=PENALTY):
    """The Ritz energy of functions, by quadrature that is exact to rounding."""
    x, weights = np.polynomial.legendre.leggauss(200)
    inside = weights @ (0.5 * slope(x) ** 2 - SOURCE.g(x) * u(x))
    return inside + penalty * (u(np.array(1.0)) ** 2 + u(np.array(-1.0)) ** 2)


def numerical_slope(u):
    return lambda x: (u(x + 1e-6) - u(x - 1e-6)) / 2e-6


def test_the_penalised_solution_has_the_least_energy_that_is_announced():
    def u(x):
        return SOURCE.penalised(x, PENALTY)

    least = energy(u, numerical_slope(u))
    assert least == pytest.approx(SOURCE.least_energy(PENALTY), abs=1e-8)
    for bump in (np.sin, lambda x: x, lambda x: x**3, lambda x: 1 + 0 * x):
        for size in (0.05, -0.05):

            def moved(x, bump=bump, size=size):
                return u(x) + size * bump(x)

            assert energy(moved, numerical_slope(moved)) > least


def test_the_penalised_solution_nears_the_exact_one_as_the_penalty_grows():
    x = np.linspace(-1, 1, 9)
    distances = [np.abs(SOURCE.penalised(x, p) - SOURCE.exact(x)).max() for p in (1, 10, 100, 1e6)]
    assert distances == sorted(distances, reverse=True)
    assert distances[1] == pytest.approx(0.009, abs=0.001)
    assert distances[3] < 1e-6


def test_the_loss_is_the_energy_above_its_minimum_up_to_the_trapezoidal_rule():
    problem = build(Poisson())
    x = problem.inputs[:, 0]

    def u(x):
        return SOURCE.penalised(x, PENALTY)

    for factor, wanted in ((1.0, 0.0), (0.0, -SOURCE.least_energy(PENALTY))):
        outputs = factor * np.stack([u(x), numerical_slope(u)(x)], axis=1)
        assert problem.loss.value(outputs[None], problem.targets)[0] == pytest.approx(wanted, abs=0.01)


@pytest.mark.parametrize("activation", ["tanh", "sin", "sigmoid"])
def test_gradients_of_the_energy_are_central_differences(activation):
    problem = build(Poisson(network="1-5-4-1", activation=activation, init="normal(0.7)"))
    theta = problem.network.theta0(np.random.default_rng(0))
    step = 1e-5 * np.eye(problem.dim)
    wanted = (NumpyEvaluator(problem).values(theta + step) - NumpyEvaluator(problem).values(theta - step)) / 2e-5
    np.testing.assert_allclose(
        NumpyEvaluator(problem).values_and_grads(theta[None])[1][0], wanted, rtol=1e-6, atol=1e-6
    )


def test_the_energy_and_its_gradient_are_those_of_autograd():
    problem = build(Poisson(network="1-6-1", init="normal(0.7)"))
    theta = problem.network.theta0(np.random.default_rng(0))
    leaf = torch.tensor(theta, requires_grad=True)
    x = torch.tensor(problem.inputs[:, 0], requires_grad=True)
    a, b, c, d = leaf[:6], leaf[6:12], leaf[12:18], leaf[18]
    u = torch.tanh(x[:, None] * a + b) @ c + d
    (slope,) = torch.autograd.grad(u.sum(), x, create_graph=True)
    g = torch.tensor(SOURCE.g(problem.inputs[:, 0]))
    inside = torch.trapezoid(0.5 * slope**2 - g * u, x)
    total = inside + PENALTY * (u[0] ** 2 + u[-1] ** 2) - SOURCE.least_energy(PENALTY)
    losses, grads = NumpyEvaluator(problem).values_and_grads(theta[None])
    assert losses[0] == pytest.approx(total.item(), rel=1e-12)
    np.testing.assert_allclose(grads[0], torch.autograd.grad(total, leaf)[0].numpy(), atol=1e-11)


def test_minibatches_of_the_energy_are_unbiased():
    problem = build(Poisson(network="1-6-1"))
    theta = problem.network.theta0(np.random.default_rng(0))[None]
    rows = np.arange(problem.n_samples).reshape(3, -1)
    parts = [NumpyEvaluator(problem).batch_values_and_grads(theta, part) for part in rows]
    losses, grads = NumpyEvaluator(problem).values_and_grads(theta)
    assert np.mean([loss for loss, _ in parts]) == pytest.approx(losses[0], rel=1e-12)
    np.testing.assert_allclose(np.mean([grad for _, grad in parts], axis=0), grads, atol=1e-13)


def test_the_sine_transform_finds_the_coefficients_of_sines():
    x = np.linspace(0, np.pi, 33)[1:-1]
    modes = np.arange(1, 32)
    found = sine_matrix(32, modes) @ (3 * np.sin(2 * x) - 0.5 * np.sin(30 * x))
    np.testing.assert_allclose(found, 3.0 * (modes == 2) - 0.5 * (modes == 30), atol=1e-13)


def test_watched_are_the_strong_modes_of_the_solution_in_angular_frequency():
    (probe,) = build(Poisson()).probes
    assert probe.modes.tolist() == [2, 4, 6, 16]
    assert probe.frequency == pytest.approx(np.pi / 2 * np.array([2, 4, 6, 16]))
    x = np.linspace(-1, 1, 20_001)
    by_integral = [np.trapezoid(SOURCE.exact(x) * np.sin(k * np.pi * (x + 1) / 2), x) for k in (2, 4, 6, 16)]
    assert probe.target_amplitude == pytest.approx(np.abs(by_integral), rel=2e-3)


def test_the_exact_solution_has_no_error_and_ends_are_not_looked_at():
    problem = build(Poisson())
    x = problem.inputs[:, 0]
    outputs = np.stack([SOURCE.exact(x) + 5 * (np.abs(x) == 1), 0 * x], axis=1)
    assert problem.probes[0].measure(outputs)[1] == pytest.approx([0] * 4, abs=1e-12)
    assert problem.probes[0].measure(0 * outputs)[1] == pytest.approx([1] * 4)


def test_the_minimiser_of_the_energy_stays_within_four_percent_in_each_watched_mode():
    problem = build(Poisson())
    x = problem.inputs[:, 0]
    floor = problem.probes[0].measure(np.stack([SOURCE.penalised(x, PENALTY), 0 * x], axis=1))[1]
    assert floor == pytest.approx([0.012, 0.037, 0.028, 0.032], abs=1e-3)


def test_the_difference_equations_are_solved_and_near_the_differential_one():
    n = 200
    x = np.linspace(-1, 1, n + 1)
    matrix = 2 * np.eye(n - 1) - np.eye(n - 1, k=1) - np.eye(n - 1, k=-1)
    wanted = np.linalg.solve(matrix * (n / 2) ** 2, SOURCE.g(x[1:-1]))
    found = solve(2 / n**2 * SOURCE.g(x[1:-1]))
    np.testing.assert_allclose(found, wanted, atol=1e-12)
    np.testing.assert_allclose(found, SOURCE.exact(x[1:-1]), atol=2e-3)


def test_one_step_of_length_one_is_one_sweep_of_jacobi():
    problem = build(PoissonGrid(intervals=40))
    u = np.random.default_rng(0).standard_normal(39)
    padded, g = np.pad(u, 1), SOURCE.g(problem.inputs[:, 0])
    swept = (padded[:-2] + padded[2:] + g * (2 / 40) ** 2) / 2
    stepped = u - NumpyEvaluator(problem).values_and_grads(u[None])[1][0]
    np.testing.assert_allclose(stepped, swept, atol=1e-14)


@pytest.mark.parametrize("intervals", [32, 65])
def test_a_sweep_multiplies_the_error_of_every_mode_by_its_cosine(intervals):
    problem = build(PoissonGrid(intervals=intervals))
    modes = np.arange(1, intervals)
    transform = sine_matrix(intervals, modes)
    solution = problem.probes[0].targets
    u = np.random.default_rng(0).standard_normal(intervals - 1)
    first = transform @ (u - solution)
    for sweep in range(1, 51):
        u = u - NumpyEvaluator(problem).values_and_grads(u[None])[1][0]
        wanted = np.cos(modes * np.pi / intervals) ** sweep * first
        np.testing.assert_allclose(transform @ (u - solution), wanted, atol=1e-10)


def test_the_tables_of_jacobi_hold_the_exact_factor_to_ten_decimals():
    specs = [RunSpec("poisson-grid", PoissonGrid(intervals=64), "jacobi", Jacobi(), seed, 1500) for seed in (0, 1)]
    for tables in run_lanes(specs):
        assert tables["runs"]["optimizer"].tolist() == ["jacobi"]
        spectra, curves = tables["spectra"], tables["curves"]
        errors = spectra["error"].to_numpy().reshape(len(curves), -1)
        modes = spectra["frequency"].to_numpy().reshape(len(curves), -1)[0] * 2 / np.pi
        sweeps = np.maximum(curves["gradients"].to_numpy() - 1, 0)
        wanted = errors[0] * np.abs(np.cos(modes * np.pi / 64)) ** sweeps[:, None]
        assert sweeps[-1] == 499
        np.testing.assert_allclose(errors, wanted, atol=1e-10)
        assert (np.diff(errors[-1]) < 0).all()  # high to low


def test_the_gradient_of_the_grid_is_that_of_its_energy():
    problem = build(PoissonGrid(intervals=34))
    theta = np.random.default_rng(0).standard_normal(33)
    wanted = [
        (NumpyEvaluator(problem).values((theta + step)[None]) - NumpyEvaluator(problem).values((theta - step)[None]))[0]
        / 2e-5
        for step in 1e-5 * np.eye(33)
    ]
    losses, grads = NumpyEvaluator(problem).values_and_grads(theta[None])
    np.testing.assert_allclose(grads[0], wanted, atol=1e-8)
    assert losses[0] > 0
    assert NumpyEvaluator(problem).values(problem.probes[0].targets[None])[0] == pytest.approx(0, abs=1e-15)
    hessian = np.array([NumpyEvaluator(problem).hvp(theta, unit) for unit in np.eye(33)])
    np.testing.assert_allclose(hessian, np.eye(33) - 0.5 * (np.eye(33, k=1) + np.eye(33, k=-1)))


def test_bfgs_and_other_methods_may_have_the_grid_too():
    method = find_optimizer("lbfgs")
    (tables,) = run_lanes([RunSpec("poisson-grid", PROBLEMS["poisson-grid"], "lbfgs", method, 0, 3000)])
    assert tables["spectra"]["error"].iloc[-4:].max() < 1e-3


@pytest.mark.parametrize(
    ("recipe", "wrong", "sentence"),
    [
        (Poisson(), {"loss": "mse"}, "'ritz', the energy; got 'mse'"),
        (Poisson(), {"init": "ntk"}, "the init 'ntk' wraps it"),
        (Poisson(), {"penalty": 0.0}, "penalty must be a positive number"),
        (Poisson(), {"intervals": 20}, "at least 31, four for each period"),
        (Poisson(), {"omegas": (1.0,)}, "as many as amplitudes"),
        (Poisson(), {"network": "2-4-1"}, "1 input"),
        (PoissonGrid(), {"network": "1-4-1"}, "The network of a grid is 'grid-values'"),
        (PoissonGrid(), {"init": "kaiming"}, "Unknown init 'kaiming'"),
        (PoissonGrid(), {"intervals": 3}, "intervals must be at least"),
    ],
)
def test_settings_that_make_no_problem_are_refused(recipe, wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(replace(recipe, **wrong))


def test_a_part_of_the_grid_alone_is_refused():
    problem = build(PoissonGrid())
    with pytest.raises(ValueError, match="need all 199 points at once"):
        NumpyEvaluator(problem).batch_values_and_grads(np.zeros((1, 199)), np.arange(10))


def test_a_solution_with_one_mode_is_watched_there():
    x = np.linspace(-1, 1, 65)
    assert watched(np.sin(3 * np.pi * (x + 1) / 2)).modes.tolist() == [3]
