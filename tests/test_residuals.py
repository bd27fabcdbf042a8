"""Equations by their residual: derivatives against autograd, solutions against differences, losses at the solution."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from harness.run.fit import Refused, check_fit
from harness.run.runner import run
from harness.run.spec import RunSpec, find_optimizer
from optimizers import OPTIMIZERS
from problems import PROBLEMS
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.equations.operators import AllenCahn, Burgers, Helmholtz
from problems.equations.residuals import Equation, Residual
from problems.networks.jets import ResidualMLP
from problems.networks.mlp import MLP
from problems.probes.sines import SineProbe

EQUATIONS = ("helmholtz", "helmholtz-2d", "heat", "burgers", "allen-cahn")


def build(name, **changes):
    return replace(PROBLEMS[name], **changes).build(np.random.default_rng(0))


def by_autograd(network, flat, inputs):
    """u and a N[u] + b u, each derivative taken by torch."""
    widths, offset = network.mlp.widths, 0
    x = torch.tensor(inputs[:, : widths[0]], requires_grad=True)
    h = x
    for layer, (i, o) in enumerate(pairwise(widths)):
        weight = flat[offset : offset + i * o].reshape(o, i)
        h = h @ weight.T + flat[offset + i * o : offset + i * o + o]
        offset += i * o + o
        h = torch.tanh(h) if layer < len(widths) - 2 else h
    u = h[:, 0]
    (first,) = torch.autograd.grad(u.sum(), x, create_graph=True)
    second = [torch.autograd.grad(first[:, k].sum(), x, create_graph=True)[0][:, k] for k in range(widths[0])]
    operator = network.operator
    if isinstance(operator, Helmholtz):
        residual = sum(second) + operator.kappa**2 * u
    elif isinstance(operator, AllenCahn):
        residual = first[:, 1] - operator.nu * second[0] - operator.rate * (u - u**3)
    else:
        residual = first[:, 1] + operator.speed * u * first[:, 0] - operator.nu * second[0]
    a, b = (torch.tensor(inputs[:, column]) for column in (-2, -1))
    return torch.stack([u, a * residual + b * u], dim=1)


@pytest.mark.parametrize("operator", [Helmholtz(2.0), Burgers(0.3), Burgers(0.1, 0.0), AllenCahn(0.2, 5.0)])
def test_residuals_and_their_gradients_are_those_of_autograd(operator):
    rng = np.random.default_rng(0)
    network = ResidualMLP(MLP((2, 7, 6, 1)), operator)
    thetas = np.stack([network.theta0(rng) for _ in range(2)])
    inputs, cotangent = rng.standard_normal((9, 4)), rng.standard_normal((2, 9, 2))
    outputs, pullback = network.vjp(thetas, inputs)
    gradients = pullback(cotangent)
    np.testing.assert_array_equal(network.forward(thetas, inputs), outputs)
    for lane, theta in enumerate(thetas):
        flat = torch.tensor(theta, requires_grad=True)
        wanted = by_autograd(network, flat, inputs)
        (gradient,) = torch.autograd.grad(wanted, flat, torch.tensor(cotangent[lane]))
        np.testing.assert_allclose(outputs[lane], wanted.detach(), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(gradients[lane], gradient, rtol=1e-10, atol=1e-11)
        jacobian = network.jacobian(theta, inputs)
        np.testing.assert_allclose(np.einsum("nm,nmp->p", cotangent[lane], jacobian), gradient, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("name", EQUATIONS)
def test_the_solution_solves_the_equation_by_central_differences(name):
    recipe = PROBLEMS[name]
    x, _ = recipe.points()
    x = x[(np.abs(x[:, 0]) < 0.95) & (x[:, -1] > 0.1)][::3] * 0.97
    d, h = x.shape[1], 1e-3
    u = recipe.solution

    def moved(k, step):
        return u(x + step * np.eye(d)[k])

    first = [(moved(k, h) - moved(k, -h)) / (2 * h) for k in range(d)]
    second = [(moved(k, h) - 2 * u(x) + moved(k, -h)) / h**2 for k in range(d)]
    residual = recipe.operator().value(np.stack([u(x), *first, *second]))
    scale = np.abs(np.stack(second)).max()
    np.testing.assert_allclose(residual, recipe.source(x), atol=2e-4 * scale)


def test_the_solution_of_burgers_starts_as_a_sine_and_vanishes_at_both_ends():
    recipe = PROBLEMS["burgers"]
    x = np.linspace(-1, 1, 21)
    np.testing.assert_allclose(recipe.solution(np.stack([x, 0 * x], 1)), -np.sin(np.pi * x), atol=1e-12)
    assert np.abs(recipe.solution(np.array([[-1.0, 0.5], [1.0, 0.7], [0.0, 0.9]]))).max() < 1e-12


@pytest.mark.parametrize("activation", ["gaussian(2)", "gelu", "sigmoid", "sin", "softplus", "tanh"])
def test_hessian_products_are_the_slopes_of_the_gradient(activation):
    problem = build("burgers", activation=activation, network="2-6-5-1", intervals=20, steps=3)
    evaluator, rng = NumpyEvaluator(problem), np.random.default_rng(0)
    theta, vectors = problem.network.theta0(rng), rng.standard_normal((2, problem.dim))
    ends = [evaluator.value_and_grad(theta + step * vectors[0])[1] for step in (1e-5, -1e-5)]
    products = [evaluator.hvp(theta, vector) for vector in vectors]
    np.testing.assert_allclose(products[0], (ends[0] - ends[1]) / 2e-5, rtol=1e-6, atol=1e-6)
    # a Hessian is symmetric, which differences of two gradients are not to so many digits
    assert vectors[1] @ products[0] == pytest.approx(vectors[0] @ products[1], rel=1e-12)
    assert not evaluator.hvp(theta, 0 * theta).any()


def test_hessian_products_are_those_of_autograd():
    rng = np.random.default_rng(0)
    problem = build("allen-cahn", network="2-5-4-1", intervals=20, steps=2)
    theta, vector = problem.network.theta0(rng), rng.standard_normal(problem.dim)

    def loss(flat):
        outputs = by_autograd(problem.network, flat, problem.inputs)
        return ((outputs[:, 1] - torch.tensor(problem.targets[:, 1])) ** 2).mean()

    wanted = torch.autograd.functional.hvp(loss, torch.tensor(theta), torch.tensor(vector))[1]
    np.testing.assert_allclose(NumpyEvaluator(problem).hvp(theta, vector), wanted, rtol=1e-10, atol=1e-10)


METHODS_OF_SLOPES = ("gauss-newton", "levenberg-marquardt", "natural-gradient", "hessian-free", "sophia", "newton-cg")


@pytest.mark.parametrize("optimizer", METHODS_OF_SLOPES)
def test_methods_with_curvature_descend_on_an_equation(optimizer):
    recipe = replace(PROBLEMS["allen-cahn"], network="2-8-1", intervals=20, steps=3)
    tables = run(RunSpec("allen-cahn", recipe, optimizer, find_optimizer(optimizer), 0, 600))
    ended = tables["runs"].iloc[0]
    assert ended["status"] in ("budget", "converged")
    assert ended["best_loss"] < 0.9 * ended["first_loss"]


@pytest.mark.parametrize(
    ("problem", "optimizer", "lacking"),
    [("poisson", "gauss-newton", "residuals"), ("poisson", "hessian-free", "hvp")],
)
def test_what_a_method_lacks_on_an_equation_is_a_sentence(problem, optimizer, lacking):
    with pytest.raises(
        Refused, match=f"Optimizer '{optimizer}' needs .*{lacking}.*, which this problem does not offer"
    ):
        check_fit(optimizer, OPTIMIZERS[optimizer], build(problem))


def test_the_travelling_front_of_allen_and_cahn_has_no_residual():
    """u = (1 - tanh(z / 2)) / 2 with z = sqrt(rate / (2 nu)) x - 3 rate t / 2, the front from 0 to 1."""
    nu, rate = 0.02, 3.0
    x, t = np.random.default_rng(0).uniform(-1, 1, (2, 50))
    across, along = np.sqrt(rate / (2 * nu)), -1.5 * rate
    u = (1 - np.tanh((across * x + along * t) / 2)) / 2
    # u' = -u (1 - u) in z, and u'' = u (1 - u) (1 - 2 u)
    slope, bend = -u * (1 - u), u * (1 - u) * (1 - 2 * u)
    jet = np.stack([u, across * slope, along * slope, across**2 * bend, along**2 * bend])
    np.testing.assert_allclose(AllenCahn(nu, rate).value(jet), 0, atol=1e-12)


@pytest.mark.parametrize("name", EQUATIONS)
def test_the_loss_is_the_sum_of_both_means_and_its_gradient_a_difference(name):
    problem, recipe = build(name, penalty=3.0), PROBLEMS[name]
    evaluator, theta = NumpyEvaluator(problem), problem.network.theta0(np.random.default_rng(1))
    outputs = problem.network.forward(theta[None], problem.inputs)[0]
    x, edge = recipe.points()
    outputs = outputs[: len(x)]  # what begins comes once more behind
    flat = torch.tensor(theta)
    plain = np.concatenate([x, np.ones((len(x), 1)), np.zeros((len(x), 1))], axis=1)
    residual = by_autograd(problem.network, flat, plain)[:, 1].detach().numpy() - recipe.source(x)
    wanted = (residual[~edge | recipe.beginning(x)] ** 2).mean() + 3.0 * (
        (outputs[:, 0] - recipe.solution(x))[edge] ** 2
    ).mean()
    loss, gradient = evaluator.value_and_grad(theta)
    assert loss == pytest.approx(wanted, rel=1e-10)
    move = np.random.default_rng(2).standard_normal(len(theta))
    ends = [evaluator.value(theta + step * move) for step in (1e-5, -1e-5)]
    assert gradient @ move == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-5)
    residuals, jacobian = evaluator.residuals_and_jacobian(theta)
    assert (residuals**2).sum() == pytest.approx(loss, rel=1e-10)
    np.testing.assert_allclose(2 * jacobian.T @ residuals, gradient, rtol=1e-8, atol=1e-9 * np.abs(gradient).max())


@pytest.mark.parametrize("name", EQUATIONS)
def test_at_the_solution_the_loss_and_the_errors_of_all_modes_vanish(name):
    problem = build(name)
    probe = problem.probes[0]
    assert Residual().value(problem.targets[None], problem.targets)[0] == 0
    _, errors = probe.measure(problem.targets)
    np.testing.assert_allclose(errors, 0, atol=1e-12)
    assert (np.diff(probe.frequency) > 0).all()
    _, of_nothing = probe.measure(np.zeros_like(problem.targets))
    np.testing.assert_allclose(of_nothing, 1, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "amplitudes"),
    [("helmholtz", [1, 1, 1]), ("helmholtz-2d", [1, 1]), ("heat", None), ("burgers", None), ("allen-cahn", None)],
)
def test_modes_are_the_terms_of_the_solution_and_hold_nearly_all_of_it(name, amplitudes):
    probe = build(name).probes[0]
    if name == "allen-cahn":
        decayed = np.exp(-np.linspace(0, 1, 13)[1:])
        np.testing.assert_allclose(probe.target_amplitude, 0.5 * np.sqrt((decayed**2).mean()), rtol=1e-10)
        np.testing.assert_allclose(probe.frequency, np.pi * np.array([1, 2, 4]))
    if amplitudes:
        np.testing.assert_allclose(probe.target_amplitude, amplitudes, rtol=1e-10)
        assert probe.power_share == pytest.approx(1, rel=1e-10)
    if name == "heat":
        t, omegas = np.linspace(0, 1, 13)[1:], np.array([1, 3, 5])
        decayed = np.exp(-0.004 * (np.pi * omegas[:, None]) ** 2 * t)
        np.testing.assert_allclose(probe.target_amplitude, np.sqrt((decayed**2).mean(axis=1)), rtol=1e-10)
        np.testing.assert_allclose(probe.frequency, np.pi * omegas)
    assert 0.95 < probe.power_share <= 1 + 1e-10


@pytest.mark.parametrize("name", ["heat", "burgers", "allen-cahn"])
def test_a_jump_from_what_begins_to_another_solution_is_seen(name):
    """u = u_exact exp(-t / h), of which the next row of points, a twelfth of the time away, sees nothing."""
    recipe, h, step = PROBLEMS[name], 1e-3, 1e-6
    problem = build(name)
    n = len(recipe.points()[0])
    x = problem.inputs[:, :2]
    assert (x[n:, 1] == 0).all()
    assert len(x[n:]) == recipe.intervals - 1

    def u(t):
        at = np.stack([x[:, 0], t], axis=1)
        return recipe.solution(at) * np.exp(-t / h)

    falling = (u(x[:, 1] + step) - u(x[:, 1])) / step
    # u_t is all but the whole residual
    outputs = np.stack([u(x[:, 1]), problem.inputs[:, 2] * falling + problem.inputs[:, 3] * u(x[:, 1])], axis=1)
    loss = Residual().value(outputs[None], problem.targets)[0]
    assert loss > 1e3
    np.testing.assert_allclose(problem.probes[0].measure(outputs)[1], 1, atol=1e-12)


def test_fewer_points_than_parameters_are_said_to_be_no_measure_of_the_solution():
    assert "205 parameters for 134 points" in build("heat", network="2-12-12-1", intervals=16, steps=6).notes[0]
    assert build("heat", network="2-12-12-1").notes == ()


def test_an_activation_without_a_third_derivative_is_refused_with_the_choices():
    with pytest.raises(
        ValueError, match=r"third ones of the activation, which 'relu' does not have\. Choose from: .*tanh"
    ):
        build("heat", activation="relu")


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("helmholtz", {"omegas": (1, 2)}, "as many in each setting"),
        ("helmholtz", {"intervals": 10}, "must exceed 16"),
        ("heat", {"omegas": (0, 1, 2)}, "whole numbers from 1"),
        ("heat", {"steps": 0}, "at least 1; got 0"),
        ("burgers", {"nu": -1.0}, "nu is above 0"),
        ("allen-cahn", {"omegas": (1, 2, 9)}, "must exceed 36"),
        ("burgers", {"loss": "mse"}, "is 'residual'; got 'mse'"),
        ("heat", {"init": "ntk"}, "the init 'ntk' wraps it"),
        ("heat", {"penalty": 0.0}, "penalty must be a positive number"),
    ],
)
def test_settings_that_make_no_equation_are_refused(name, changes, said):
    with pytest.raises(ValueError, match=said):
        build(name, **changes)


@dataclass(frozen=True, kw_only=True)
class Own(Equation):
    """An equation of the user's, of which one part is replaced."""

    parts: dict[str, np.ndarray]

    def points(self):
        return self.parts["x"], self.parts["edge"]

    def solution(self, x):
        return self.parts.get("u", np.sin(np.pi * x[:, 0]))

    def source(self, x):
        return self.parts.get("f", np.zeros(len(x)))

    def operator(self):
        return Helmholtz(1.0)

    def probe(self, x, edge):
        return SineProbe(np.sin(np.pi * x[1:-1, 0]), np.array([2.0]), 2.0)


LINE = np.linspace(-1, 1, 41)[:, None]
ENDS = np.abs(LINE[:, 0]) == 1


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"x": LINE[:, 0]}, r"points are an array \(n, d\), and .* \(n,\); got \(41,\) and \(41,\)"),
        ({"edge": ENDS[1:]}, r"points are an array .* got \(41, 1\) and \(40,\)"),
        ({"edge": ENDS.astype(float)}, r"points are an array .* of true and false"),
        ({"edge": np.ones(41, bool)}, "at least one point inside"),
        ({"u": LINE}, r"solution is an array \(41,\), a number for each point; got \(41, 1\)"),
        ({"f": LINE}, r"source is an array \(41,\), a number for each point; got \(41, 1\)"),
    ],
)
def test_an_equation_of_the_users_with_arrays_of_other_shapes_is_told(parts, said):
    with pytest.raises(ValueError, match=said):
        Own(parts={"x": LINE, "edge": ENDS, **parts}).build(np.random.default_rng(0))


def test_an_equation_without_a_boundary_is_its_residual_alone():
    found = Own(parts={"x": LINE, "edge": np.zeros(41, bool)}).build(np.random.default_rng(0))
    assert np.isfinite(found.targets).all()
    assert (found.inputs[:, -1] == 0).all()
