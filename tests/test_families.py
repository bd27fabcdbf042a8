"""The many methods beside the seven families of the default comparison: each against an independent number."""

import warnings
from contextlib import suppress
from dataclasses import replace

import mpmath
import numpy as np
import pytest
import scipy.optimize
import torch

from optimizers import OPTIMIZERS
from optimizers.base import RunStopped, Slot
from optimizers.evolution.natural_evolution import OnePlusOne, OpenAIES, rank_utilities
from optimizers.first_order.minibatch import SGD, lane_minibatches
from optimizers.first_order.torch_methods import GD
from optimizers.residual.gauss_newton import GaussNewton, Linearised, NaturalGradient
from optimizers.swarm.pso import PSO, Swarm

START = np.linspace(-1.0, 1.2, 13)
LAYOUT = (Slot("weight0", (4, 1), 0), Slot("bias0", (4,), 4), Slot("weight1", (1, 4), 8), Slot("bias1", (1,), 12))


class Enough(RunStopped):
    """The objective below has been asked often enough."""


class Rosenbrock:
    """An Objective with everything a method may need, that keeps every point; `asked` counts calls of every kind."""

    layout = LAYOUT
    dim = len(START)

    def __init__(self, calls, value=scipy.optimize.rosen, slope=scipy.optimize.rosen_der):
        self.calls, self._value, self._slope = calls, value, slope
        self.points, self.losses, self.asked = [], [], 0

    def _keep(self, theta):
        self.asked += 1
        if self.asked > self.calls:
            raise Enough
        self.points.append(np.array(theta))
        self.losses.append(float(self._value(theta)))
        return self.losses[-1]

    value = _keep

    def value_and_grad(self, theta):
        return self._keep(theta), self._slope(theta)

    def values(self, thetas):
        return np.array([self._keep(theta) for theta in thetas])

    def hvp(self, theta, vector):
        return scipy.optimize.rosen_hess_prod(theta, vector)

    def residuals_and_jacobian(self, theta):
        self._keep(theta)
        return residuals(theta), jacobian(theta)

    def evaluations_left(self, need):
        return self.calls - self.asked

    def leave(self, lanes):
        raise Enough


def residuals(theta):
    """Rosenbrock's function as a sum of squares."""
    return np.concatenate([10 * (theta[1:] - theta[:-1] ** 2), 1 - theta[:-1]])


def jacobian(theta):
    last = len(theta) - 1
    upper, lower = np.zeros((last, last + 1)), np.zeros((last, last + 1))
    index = np.arange(last)
    upper[index, index + 1], upper[index, index] = 10, -20 * theta[:-1]
    lower[index, index] = -1
    return np.concatenate([upper, lower])


def waves(theta):
    """A function whose gradients stay moderate."""
    return np.sum(1 - np.cos(theta)) + 0.1 * theta @ theta


def waves_slope(theta):
    return np.sin(theta) + 0.2 * theta


def sphere(calls):
    return Rosenbrock(calls, lambda theta: theta @ theta, lambda theta: 2 * theta)


def asked(method, objective, theta0=START, seed=0):
    """The objective after the method has asked it as often as it allows."""
    with suppress(Enough), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # as in a run
        method.minimize(objective, theta0, np.random.default_rng(seed))
    return objective


def test_the_residuals_of_these_tests_are_rosenbrocks_function():
    assert residuals(START) @ residuals(START) == pytest.approx(scipy.optimize.rosen(START))
    np.testing.assert_allclose(2 * jacobian(START).T @ residuals(START), scipy.optimize.rosen_der(START))


# first order


def test_a_step_schedule_divides_the_length_by_ten():
    points = np.array(asked(GD(lr=0.1, schedule="step", period=3), sphere(10), START).points)
    factors = points[1:, 0] / points[:-1, 0]
    np.testing.assert_allclose(1 - factors, 2 * 0.1 * np.array([1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01]))


def test_a_cosine_schedule_falls_to_zero_and_begins_anew():
    points = np.array(asked(GD(lr=0.1, schedule="cosine", period=4), sphere(10), START).points)
    factors = points[1:, 0] / points[:-1, 0]
    wave = (1 + np.cos(np.pi * (np.arange(9) % 4) / 4)) / 2
    np.testing.assert_allclose(1 - factors, 2 * 0.1 * wave, rtol=1e-10)


def test_schedules_do_not_read_the_budget():
    short, long = (asked(GD(schedule="cosine", period=5), sphere(calls), START).points for calls in (12, 30))
    np.testing.assert_array_equal(short, long[:12])


class Minibatched(Rosenbrock):
    """Ten samples, of which sample i has the loss (theta_0 - i)^2."""

    n_samples = 10

    def batch_value_and_grad(self, theta, rows):
        self._keep(theta)
        gradient = np.zeros_like(theta)
        gradient[0] = 2 * np.mean(theta[0] - rows)
        return float(np.mean((theta[0] - rows) ** 2)), gradient


def test_sgd_is_a_loop_over_shuffled_samples():
    points = np.array(asked(SGD(lr=0.1, batch=4), Minibatched(9), seed=7).points)[:, 0]
    rng, theta, expected = np.random.default_rng(7), START[0], []
    for _ in range(3):
        order = rng.permutation(10)
        for rows in (order[:4], order[4:8], order[8:]):
            expected.append(theta)
            theta -= 0.1 * 2 * np.mean(theta - rows)
    np.testing.assert_allclose(points, expected, rtol=1e-12, atol=1e-15)


def test_an_epoch_visits_every_sample_once():
    batches = (rows[0] for rows in lane_minibatches(10, 3, [np.random.default_rng(0)], np.zeros((1, 2))))
    for _ in range(3):
        epoch = [next(batches) for _ in range(4)]
        assert [len(rows) for rows in epoch] == [3, 3, 3, 1]
        assert sorted(np.concatenate(epoch)) == list(range(10))


def test_lion_equals_the_library():
    library = pytest.importorskip("pytorch_optimizer", reason="the group 'more' is not installed")
    parameter = torch.from_numpy(START.copy())
    stepper = library.Lion([parameter], lr=1e-3, betas=(0.9, 0.99), weight_decay=0.0)
    for point in asked(OPTIMIZERS["lion"], Rosenbrock(40)).points:
        np.testing.assert_allclose(point, parameter.numpy(), rtol=1e-12)
        parameter.grad = torch.from_numpy(scipy.optimize.rosen_der(parameter.numpy()))
        stepper.step()


# curvature


PLAIN = {
    "newton-cg": ("Newton-CG", {"xtol": 0.0}),
    "trust-ncg": ("trust-ncg", {"gtol": 1e-300, "initial_trust_radius": 1.0, "max_trust_radius": 1000.0}),
    "trust-krylov": ("trust-krylov", {"gtol": 1e-300, "initial_trust_radius": 1.0, "max_trust_radius": 1000.0}),
}


@pytest.mark.parametrize("name", PLAIN)
def test_newton_methods_visit_the_points_of_plain_scipy(name):
    method, options = PLAIN[name]
    plain = Rosenbrock(30)
    with suppress(Enough):
        scipy.optimize.minimize(plain.value_and_grad, START, jac=True, hessp=plain.hvp, method=method, options=options)
    assert len(plain.points) > 15
    np.testing.assert_array_equal(asked(OPTIMIZERS[name], Rosenbrock(len(plain.points))).points, plain.points)


def test_torchs_newton_visits_the_points_of_the_plain_library_with_autograd():
    library = pytest.importorskip("torchmin", reason="the group 'more' is not installed")
    points = []

    def valley(theta):
        points.append(theta.detach().numpy().copy())
        return (100 * (theta[1:] - theta[:-1] ** 2) ** 2 + (1 - theta[:-1]) ** 2).sum()

    library.minimize(valley, torch.from_numpy(START), "newton-cg", max_iter=15, options={"xtol": 0.0})
    assert len(points) > 25
    found = asked(OPTIMIZERS["newton-cg-torch"], Rosenbrock(len(points))).points
    np.testing.assert_allclose(found, points, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "name", ["newton-cg", "trust-ncg", "trust-krylov", "sr1", "cg-fr", "gauss-newton", "levenberg-marquardt"]
)
def test_methods_with_curvature_find_the_minimum_of_a_curved_valley(name):
    assert min(asked(OPTIMIZERS[name], Rosenbrock(3000)).losses) < 1e-13


def test_fletcher_reeves_ends_on_a_quadratic_after_as_many_steps_as_it_has_eigenvalues():
    """With three different eigenvalues and nearly exact line searches: three steps of a few evaluations each."""
    weights = np.resize([1.0, 5.0, 20.0], 13)
    bowl = Rosenbrock(40, lambda t: weights @ t**2, lambda t: 2 * weights * t)
    losses = asked(replace(OPTIMIZERS["cg-fr"], c2=1e-3), bowl).losses
    assert min(losses) < 1e-6 * losses[0]


@pytest.mark.parametrize("shape", [(30, 7), (7, 30)])
def test_a_damped_step_solves_the_damped_normal_equations(shape):
    rng = np.random.default_rng(3)
    J, r, mu = rng.standard_normal(shape), rng.standard_normal(shape[0]), 0.3
    expected = np.linalg.solve(J.T @ J + mu * np.eye(shape[1]), J.T @ r)
    np.testing.assert_allclose(Linearised.of(r, J).damped_step(mu), expected, rtol=1e-10)
    np.testing.assert_allclose(Linearised.of(r, J).careful_step(mu), expected, rtol=1e-10)


@pytest.mark.parametrize("wide", [False, True])
def test_a_damping_below_the_rounding_of_the_largest_eigenvalue_has_a_step_all_the_same(wide):
    J = np.array([[1e9, 1e9], [0.0, 1e-3], [0.0, 1e-3]])
    J, r, mu = (J.T, np.array([1.0, -2.0]), 1e-6) if wide else (J, np.array([1.0, 2.0, 3.0]), 1e-6)
    known = Linearised.of(r, J)
    # what its columns differ in is lost in the squares, and the damping with it
    with pytest.raises(np.linalg.LinAlgError):
        known.damped_step(mu)
    with mpmath.workdps(50):
        exact = mpmath.matrix(J.tolist())
        gram = exact.T * exact + mu * mpmath.eye(J.shape[1])
        expected = np.array(mpmath.lu_solve(gram, exact.T * mpmath.matrix(r.tolist())), float)
    np.testing.assert_allclose(known.careful_step(mu), expected, rtol=1e-3)

    class Linear:
        """Residuals J theta - r, asked for twice."""

        asked = 0

        def residuals_and_jacobian(self, theta):
            self.asked += 1
            if self.asked > 2:
                raise RunStopped("enough")
            self.theta = theta.copy()
            return J @ theta - r, J

    objective = Linear()
    with pytest.raises(RunStopped):
        NaturalGradient(lr=1.0, damping=2 * mu).minimize(objective, np.zeros(J.shape[1]), np.random.default_rng(0))
    np.testing.assert_allclose(objective.theta, expected, rtol=1e-3)


def test_levenberg_marquardt_finds_what_scipys_least_squares_finds():
    """The exponential decay of the NIST kind: y = b1 exp(-b2 x) + b3, with noise."""
    rng = np.random.default_rng(5)
    x = np.linspace(0, 4, 60)
    y = 2.5 * np.exp(-1.3 * x) + 0.5 + 0.05 * rng.standard_normal(60)

    def residual(b):
        return b[0] * np.exp(-b[1] * x) + b[2] - y

    def slopes(b):
        return np.stack([np.exp(-b[1] * x), -b[0] * x * np.exp(-b[1] * x), np.ones_like(x)], axis=1)

    class Fit(Rosenbrock):
        def residuals_and_jacobian(self, theta):
            self._keep(theta)
            return residual(theta), slopes(theta)

    fit = asked(OPTIMIZERS["levenberg-marquardt"], Fit(200, lambda b: residual(b) @ residual(b)), np.ones(3))
    found = fit.points[int(np.argmin(fit.losses))]
    library = scipy.optimize.least_squares(residual, np.ones(3), slopes, method="lm", xtol=1e-15, ftol=1e-15)
    np.testing.assert_allclose(found, library.x, rtol=1e-6)
    assert min(fit.losses) == pytest.approx(2 * library.cost, rel=1e-12)


class Linear(Rosenbrock):
    """Residuals A theta - b."""

    def __init__(self, calls):
        rng = np.random.default_rng(1)
        self.A, self.b = rng.standard_normal((20, 13)), rng.standard_normal(20)
        super().__init__(calls, lambda t: (self.A @ t - self.b) @ (self.A @ t - self.b))

    def residuals_and_jacobian(self, theta):
        self._keep(theta)
        return self.A @ theta - self.b, self.A.copy()


def test_gauss_newton_solves_a_linear_problem_in_one_step():
    objective = asked(GaussNewton(), Linear(3))
    best = np.linalg.lstsq(objective.A, objective.b, rcond=None)[0]
    np.testing.assert_allclose(objective.points[1], best, rtol=1e-9)


def test_a_natural_gradient_step_shrinks_every_residual_mode_by_its_formula():
    """With F = 2 A'A the error mode of eigenvalue f keeps the share 1 - lr f / (f + damping)."""
    objective = asked(NaturalGradient(lr=0.5, damping=0.7), Linear(2))
    eigenvalues, modes = np.linalg.eigh(2 * objective.A.T @ objective.A)
    best = np.linalg.lstsq(objective.A, objective.b, rcond=None)[0]
    before, after = ((point - best) @ modes for point in objective.points)
    np.testing.assert_allclose(after / before, 1 - 0.5 * eigenvalues / (eigenvalues + 0.7), rtol=1e-8)


# direct searches


def test_nelder_mead_visits_the_points_of_plain_scipy():
    plain = Rosenbrock(300)
    options = {"adaptive": True, "xatol": 0, "fatol": 0, "maxfev": 10**6, "maxiter": 10**6}
    with suppress(Enough):
        simplex = np.vstack([START, START + np.eye(13)])
        scipy.optimize.minimize(
            plain.value, START, method="Nelder-Mead", options={**options, "initial_simplex": simplex}
        )
    np.testing.assert_array_equal(asked(OPTIMIZERS["nelder-mead"], Rosenbrock(300)).points, plain.points)


@pytest.mark.parametrize("name", ["nelder-mead", "coordinate-descent", "pattern-search", "cobyla", "cobyqa"])
def test_direct_searches_find_the_minimum_of_the_sphere(name):
    assert min(asked(OPTIMIZERS[name], sphere(3000), np.linspace(-1, 1, 6)).losses) < 1e-8


def test_coordinate_descent_solves_a_separable_quadratic_in_one_sweep():
    """A parabola through three points is exact there: three evaluations a coordinate and one at the start."""
    weights, goal = np.arange(1.0, 14.0), START + 0.2
    bowl = Rosenbrock(1 + 3 * 13, lambda t: weights @ (t - goal) ** 2)
    assert min(asked(OPTIMIZERS["coordinate-descent"], bowl).losses) < 1e-25


def test_pattern_search_goes_on_the_way_it_has_gone():
    """On the line theta_0 = ... = 3 from 0, with a step of 0.1: explore to 0.1, leap to 0.2, explore to 0.3."""
    bowl = Rosenbrock(5, lambda t: (t[0] - 3) ** 2)
    points = np.array(asked(OPTIMIZERS["pattern-search"], bowl, np.zeros(1)).points)[:, 0]
    np.testing.assert_allclose(points, [0, 0.1, 0.2, 0.3, 0.5])


# populations

CALLS = {"de": 40_000, "snes": 20_000}
"""More than the 6,000 evaluations in which the others get there."""


@pytest.mark.parametrize("name", ["cma-es", "sep-cma-es", "de", "snes", "pso", "pso-constriction", "one-plus-one"])
@pytest.mark.parametrize("seed", range(2))
def test_populations_find_the_minimum_of_the_sphere(name, seed):
    assert min(asked(OPTIMIZERS[name], sphere(CALLS.get(name, 6000)), np.ones(10), seed=seed).losses) < 1e-8


def test_cma_es_takes_the_library_s_population():
    points = np.array(asked(OPTIMIZERS["cma-es"], sphere(23), np.ones(10)).points)
    assert len(points) == 23  # theta0, and two generations of 4 + 3 ln 10 = 10, and two more
    np.testing.assert_array_equal(points[0], np.ones(10))


def test_members_of_de_are_scipys_to_the_last_bit_also_where_they_leave_the_box():
    method, rng, own = replace(OPTIMIZERS["de"], population=12, bound=2.5, spread=1.5), np.random.default_rng(0), []

    def losses(members):  # scipy hands over (P, S)
        own.append(members.T.copy())
        return scipy.optimize.rosen(members)

    box = np.stack([START - method.bound, START + method.bound], axis=1)
    first = START + method.spread * rng.standard_normal((method.population, len(START)))
    first[0] = START
    scipy.optimize.differential_evolution(
        losses,
        box,
        init=np.clip(first, *box.T),
        mutation=method.mutation,
        recombination=method.recombination,
        maxiter=40,
        tol=0.0,
        rng=rng,
        polish=False,
        vectorized=True,
        updating="deferred",
    )
    scipys = np.concatenate(own)
    scipys[0] = START  # which scipy rounds
    np.testing.assert_array_equal(asked(method, Rosenbrock(len(scipys))).points, scipys)


def test_the_first_member_of_de_is_theta0_exactly():
    np.testing.assert_array_equal(asked(OPTIMIZERS["de"], sphere(5), START / 3).points[0], START / 3)


def test_a_ring_shares_the_best_of_three_neighbours():
    places = np.arange(5.0).reshape(1, 5, 1)
    swarm = Swarm(places, np.zeros_like(places), places.copy(), np.array([[5.0, 4.0, 1.0, 3.0, 2.0]]))
    np.testing.assert_array_equal(swarm.neighbours, [[4, 2, 2, 2, 4]])
    np.testing.assert_array_equal(swarm.leader, [[2] * 5])


def test_constriction_is_clercs():
    phi = 4.1
    chi = 2 / abs(2 - phi - np.sqrt(phi**2 - 4 * phi))
    method = OPTIMIZERS["pso-constriction"]
    assert isinstance(method, PSO)
    assert (method.inertia, method.own, method.shared) == pytest.approx((chi, chi * phi / 2, chi * phi / 2), abs=1e-5)


def test_utilities_are_those_of_the_paper():
    """Wierstra et al. 2014, section 3.1, for four samples: max(0, ln 3 - ln k), normalised, less a quarter."""
    raw = np.array([np.log(3), np.log(1.5), 0.0, 0.0])
    np.testing.assert_allclose(rank_utilities(4), raw / raw.sum() - 0.25)


def test_openai_es_follows_the_gradient_in_expectation():
    """Ranks of a linear loss point along its slope: over many pairs, the first step is parallel to the gradient."""
    slope = START / np.linalg.norm(START)
    pairs = 20_000
    method = OpenAIES(pairs=pairs, momentum=0.0, lr=1.0)
    points = asked(method, Rosenbrock(2 * pairs + 2, lambda t: slope @ t)).points
    step = points[0] - (points[2 * pairs + 1] - method.sigma * _noise(pairs, 2)[0])
    assert step @ slope / np.linalg.norm(step) > 0.99


def _noise(pairs, generations):
    """The first row of noise of the last generation, as the method draws it."""
    rng = np.random.default_rng(0)
    return [rng.standard_normal((pairs, len(START))) for _ in range(generations)][-1]


def test_one_in_five_children_of_the_one_plus_one_strategy_succeeds():
    losses = np.array(asked(OnePlusOne(), sphere(3000)).losses)
    successes = np.diff(np.minimum.accumulate(losses)) < 0
    assert 0.15 < successes[500:].mean() < 0.25


def test_spsa_steps_along_both_signs_and_no_more():
    points = np.array(asked(OPTIMIZERS["spsa"], sphere(3)).points)
    np.testing.assert_allclose(np.abs(points[1] - START), 0.01)
    np.testing.assert_allclose(points[1] + points[2], 2 * START, atol=1e-12)


def test_random_search_samples_around_the_start():
    points = np.array(asked(OPTIMIZERS["random-search"], sphere(4001)).points)
    np.testing.assert_array_equal(points[0], START)
    np.testing.assert_allclose(points[1:].mean(axis=0), START, atol=0.03)
    np.testing.assert_allclose(points[1:].std(axis=0), 0.3, rtol=0.05)


def test_annealing_stays_in_its_box():
    bound = OPTIMIZERS["dual-annealing"].bound
    points = np.array(asked(OPTIMIZERS["dual-annealing"], sphere(500)).points)
    assert np.abs(points - START).max() <= bound + 1e-9
    assert np.abs(points - START).max() > 0.5 * bound
