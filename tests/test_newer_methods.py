"""Methods of recent papers, each against its formulas in a few lines of numpy, or against another library."""

from contextlib import suppress

import numpy as np
import pytest
import scipy.optimize
import torch

from optimizers.base import RunStopped, Slot
from optimizers.compiled.triangle import identity
from optimizers.first_order.adam_power import AdamPower
from optimizers.first_order.schedule_free import ScheduleFreeAdam
from optimizers.layered.kron import Kron
from optimizers.layered.muon import Muon
from optimizers.layered.spectral import SpectralDescent, orthogonal
from optimizers.newton.hessian_free import HessianFree
from optimizers.newton.sophia import Sophia
from optimizers.quasi_newton.scaled_core import bfgs_weights, broyden_weights, learn, rescale_and_multiply
from optimizers.quasi_newton.self_scaled import SelfScaled

SHAPES = ((4, 1), (4,), (3, 4), (3,), (1, 3), (1,))
SIZES = [int(np.prod(shape)) for shape in SHAPES]
LAYOUT = tuple(
    Slot(f"p{i}", shape, offset) for i, (shape, offset) in enumerate(zip(SHAPES, np.cumsum([0, *SIZES]), strict=False))
)
START = np.linspace(-1.0, 1.2, sum(SIZES))


class Enough(RunStopped):
    """The objective has been asked often enough."""


class Rosenbrock:
    """An Objective that keeps every point at which it was asked for a gradient."""

    layout, dim = LAYOUT, len(START)

    def __init__(self, calls):
        self.calls, self.points, self.products = calls, [], 0

    def value(self, theta):
        return float(scipy.optimize.rosen(theta))

    def value_and_grad(self, theta):
        if len(self.points) == self.calls:
            raise Enough
        self.points.append(np.array(theta))
        if theta.ndim == 2:
            return np.array([scipy.optimize.rosen(one) for one in theta]), np.array(
                [scipy.optimize.rosen_der(one) for one in theta]
            )
        return self.value(theta), scipy.optimize.rosen_der(theta)

    def hvp(self, theta, vector):
        self.products += 1
        return scipy.optimize.rosen_hess_prod(theta, vector)


def points(method, calls=12, start=START, seed=0):
    objective = Rosenbrock(calls)
    with pytest.raises(Enough):
        method.minimize(objective, start, np.random.default_rng(seed))
    return np.array(objective.points)


def torch_points(make, calls=12):
    """The points of a torch optimizer, which steps along the same gradients."""
    theta, found = torch.tensor(START.copy(), requires_grad=True), []
    stepper = make([theta])
    for _ in range(calls):
        found.append(theta.detach().numpy().copy())
        theta.grad = torch.from_numpy(scipy.optimize.rosen_der(found[-1]))
        stepper.step()
    return np.array(found)


# exponents of the second moment


def test_power_one_half_is_adam():
    adam = torch_points(lambda params: torch.optim.Adam(params, lr=0.02, eps=1e-15))
    np.testing.assert_allclose(points(AdamPower(lr=0.02, power=0.5, eps=1e-15)), adam, rtol=1e-6)


def test_power_zero_is_the_decaying_mean_of_gradients():
    theta, mean = START.copy(), 0.0
    for step, found in enumerate(points(AdamPower(lr=1e-3, power=0.0)), 1):
        np.testing.assert_allclose(found, theta, rtol=1e-12)
        mean = 0.9 * mean + 0.1 * scipy.optimize.rosen_der(theta)
        theta = theta - 1e-3 * mean / (1 - 0.9**step)


def test_a_negative_power_makes_steep_elements_move_further():
    first, second = points(AdamPower(lr=1e-6, power=-0.5), 2)
    gradient = scipy.optimize.rosen_der(START)
    np.testing.assert_allclose(first - second, 1e-6 * gradient * np.abs(gradient), rtol=1e-9)


# schedule-free


def test_schedule_free_takes_the_points_of_pytorch_optimizer():
    library = pytest.importorskip("pytorch_optimizer")
    theirs = torch_points(lambda params: library.ScheduleFreeAdamW(params, lr=0.02, betas=(0.9, 0.999)))
    np.testing.assert_allclose(points(ScheduleFreeAdam(lr=0.02)), theirs, rtol=1e-6)


# self-scaled quasi-Newton


def dense_update(inverse, s, y, kind):
    """Equations 13 to 24 of Urban et al. 2025, with B = H^-1 formed."""
    hy, bs = inverse @ y, np.linalg.solve(inverse, s)
    b, h = s @ bs / (y @ s), y @ hy / (y @ s)
    a = b * h - 1
    phi, tau = 1.0, min(1.0, 1 / b)
    if kind == "broyden":
        c = np.sqrt(a / (1 + a))
        rho = min(1.0, h * (1 - c))
        theta = max((rho - 1) / a, min(1 / rho, (1 - b) / b))
        sigma = 1 + theta * a
        scale = sigma ** (-1 / (len(s) - 1))
        phi = (1 - theta) / sigma
        tau = tau * min(scale, 1 / theta) if theta > 0 else min(tau * scale, sigma)
    v = np.sqrt(y @ hy) * (s / (y @ s) - hy / (y @ hy))
    scaled = (inverse - np.outer(hy, hy) / (y @ hy) + phi * np.outer(v, v)) / tau
    return scaled + np.outer(s, s) / (y @ s)


class Estimate:
    """The inverse Hessian as the compiled loop has it: the last update waits for the next product."""

    def __init__(self, dim, kind):
        self.lower, self.kind, self.parts, self.factors = identity(dim), kind, np.zeros((3, dim)), (1.0, 0.0, 0.0, 0.0)

    def update(self, step, before, gradient, direction):
        """`H gradient`, with what the step teaches."""
        product = np.empty(len(step))
        rescale_and_multiply(self.lower, self.parts, self.factors, gradient, product)
        path = step, before, gradient, direction
        self.factors = learn(path, product, self.parts, self.kind == "broyden")
        return product

    def matrix(self):
        lower = self.lower.copy()
        dim = self.parts.shape[1]
        rescale_and_multiply(lower, self.parts, self.factors, np.zeros(dim), np.empty(dim))
        whole = np.zeros((dim, dim))
        whole[np.tril_indices(dim)] = lower
        return whole + np.tril(whole, -1).T


@pytest.mark.parametrize("kind", ["bfgs", "broyden"])
def test_the_rank_updates_are_the_formulas_of_the_paper(kind):
    rng = np.random.default_rng(3)
    root = rng.standard_normal((6, 6))
    hessian = root @ root.T + np.eye(6)
    estimate, dense = Estimate(6, kind), np.eye(6)
    point = rng.standard_normal(6)
    direction = -hessian @ point
    for _ in range(8):
        step = rng.uniform(0.05, 0.6) * direction
        before, after = hessian @ point, hessian @ (point + step)
        direction = -estimate.update(step, before, after, direction)
        dense = dense_update(dense, step, after - before, kind)
        np.testing.assert_allclose(direction, -dense @ after, rtol=1e-8)
        np.testing.assert_allclose(estimate.matrix(), dense, rtol=1e-8)
        point = point + step


@pytest.mark.parametrize("kind", ["bfgs", "broyden"])
def test_every_update_satisfies_the_secant_equation(kind):
    rng = np.random.default_rng(4)
    s = rng.standard_normal(5)
    y = s * rng.uniform(0.5, 2, 5)
    estimate = Estimate(5, kind)
    estimate.update(s, -s, y - s, s)  # along the first direction, -g, with a step length of 1
    np.testing.assert_allclose(estimate.matrix() @ y, s, rtol=1e-10)


def test_a_step_along_which_the_gradient_falls_teaches_nothing():
    estimate = Estimate(3, "broyden")
    step, before = np.array([1.0, 0.0, 0.0]), np.array([-1.0, 0.0, 0.0])
    np.testing.assert_array_equal(estimate.update(step, before, 2 * before, -before), 2 * before)
    np.testing.assert_array_equal(estimate.matrix(), np.eye(3))


def test_broydens_weights_where_step_and_curvature_are_parallel():
    phi, tau = broyden_weights(1.0, 1.0, 10)  # a = 0: nothing to be corrected
    assert tau == pytest.approx(1.0)
    assert np.isfinite(phi)


@pytest.mark.parametrize("kind", ["bfgs", "broyden"])
def test_self_scaled_methods_reach_the_minimum_of_rosenbrock(kind):
    objective = Rosenbrock(400)
    with suppress(Enough):
        SelfScaled(update=kind).minimize(objective, START, np.random.default_rng(0))
    assert np.abs(scipy.optimize.rosen_der(objective.points[-1])).max() < 1e-5


# Hessian-free and Sophia


def test_hessian_free_takes_newtons_step_where_nothing_is_damped():
    rng = np.random.default_rng(5)
    root = rng.standard_normal((6, 6))
    hessian, best = root @ root.T + np.eye(6), rng.standard_normal(6)

    class Bowl:
        dim, asked = 6, []  # one bowl

        def value(self, theta):
            return (theta - best) @ hessian @ (theta - best) / 2

        def value_and_grad(self, theta):
            self.asked.append(theta)
            if len(self.asked) > 2:
                raise Enough
            return self.value(theta), hessian @ (theta - best)

        def hvp(self, theta, vector):
            return hessian @ vector

    with pytest.raises(Enough):
        HessianFree(damping=1e-12).minimize(Bowl(), np.zeros(6), rng)
    np.testing.assert_allclose(Bowl.asked[1], best, atol=1e-8)


def test_hessian_free_descends_where_the_curvature_is_negative():
    losses = [scipy.optimize.rosen(point) for point in points(HessianFree(), 30)]
    assert np.all(np.diff(losses) < 0)


def test_of_steepest_descent_hessian_free_foretells_what_the_undamped_model_does():
    class Dome:
        def hvp(self, theta, vector):
            return -3.0 * vector

    theta, gradient = np.array([1.0, 2.0]), np.array([-3.0, -6.0])
    direction, foretold = HessianFree()._solve(Dome(), theta, gradient, np.zeros(2), 0.5)
    np.testing.assert_array_equal(direction, [3.0, 6.0])
    assert foretold == -45.0 - 3 * 45 / 2  # -g.g + g.Hg / 2


def test_sophia_is_its_formula():
    rng, theta, momentum, curvature = np.random.default_rng(0), START.copy(), 0.0, 0.0
    for step, found in enumerate(points(Sophia(lr=0.01, every=3, gamma=0.5))):
        np.testing.assert_allclose(found, theta, rtol=1e-12)
        momentum = 0.96 * momentum + 0.04 * scipy.optimize.rosen_der(theta)
        if step % 3 == 0:
            u = rng.standard_normal(len(theta))
            curvature = 0.99 * curvature + 0.01 * u * (scipy.optimize.rosen_hess(theta) @ u)
        theta = theta - 0.01 * np.clip(momentum / np.maximum(0.5 * curvature, 1e-12), -1, 1)


def test_hutchinsons_guess_is_the_diagonal_of_the_hessian_on_average():
    rng = np.random.default_rng(0)
    hessian = scipy.optimize.rosen_hess(START)
    draws = rng.standard_normal((40_000, len(START)))
    guessed = (draws * (draws @ hessian)).mean(axis=0)
    np.testing.assert_allclose(guessed, np.diag(hessian), rtol=0.15, atol=0.05 * np.abs(hessian).max())


# matrices


def test_an_orthogonalised_gradient_is_the_polar_factor():
    gradients = np.random.default_rng(1).standard_normal((2, 3, 5))
    for gradient, found in zip(gradients, orthogonal(gradients), strict=True):
        np.testing.assert_allclose(found, scipy.linalg.polar(gradient)[0], atol=1e-12)


def test_directions_without_gradient_do_not_move():
    rank_one = np.outer([1.0, 2.0, 2.0], [3.0, 4.0])
    np.testing.assert_allclose(orthogonal(rank_one), rank_one / 15, atol=1e-12)
    assert not orthogonal(np.zeros((3, 2))).any()


def test_lanes_of_spectral_descent_are_single_runs():
    starts = np.stack([START, START[::-1] + 0.3])
    together = points(SpectralDescent(), 8, starts)
    for lane, start in enumerate(starts):
        np.testing.assert_array_equal(together[:, lane], points(SpectralDescent(), 8, start))


def test_muon_on_hidden_matrices_leaves_the_first_and_the_last_layer_to_adamw():
    before, after = points(Muon(matrices="hidden", lr=0.5, lr_others=1e-3), 2)
    moved = [np.abs(after - before)[slot.offset : slot.offset + size] for slot, size in zip(LAYOUT, SIZES, strict=True)]
    hidden = moved.pop(2)
    assert np.abs(hidden).max() > 0.05
    np.testing.assert_allclose(np.concatenate(moved), 1e-3, rtol=1e-4)


def test_kron_draws_from_its_own_generator_alone():
    torch.manual_seed(1)
    state, first = torch.get_rng_state(), points(Kron(fitting=1.0), 6)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    np.testing.assert_array_equal(points(Kron(fitting=1.0), 6), first)
    assert not np.array_equal(points(Kron(fitting=1.0), 6, seed=1), first)


def test_the_weights_of_self_scaled_broyden_are_finite_where_a_bound_rounds_away():
    for weights in (broyden_weights(1e10, 1e10, 100), bfgs_weights(1e10)):
        assert np.isfinite(weights).all()
