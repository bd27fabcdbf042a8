"""Compiled cores make scipy's points: of a network, of Rosenbrock's function, of whatever lines hypothesis makes up."""

import signal
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from scipy import optimize
from scipy.linalg import hilbert
from scipy.optimize import _linesearch, minimize, rosen, rosen_der
from torch.optim.lbfgs import _strong_wolfe

from optimizers import OPTIMIZERS
from optimizers.base import Doubles
from optimizers.compiled.calls import Calls, evaluate
from optimizers.compiled.line import first_length
from optimizers.compiled.more_thuente import FOUND, more_thuente
from optimizers.compiled.pairs import two_loops
from optimizers.compiled.triangle import identity, row_of
from optimizers.compiled.zoom import expand
from optimizers.newton import sr1_core
from optimizers.quasi_newton import torch_core
from optimizers.quasi_newton.cores import update_and_multiply
from problems import PROBLEMS
from problems.engines.numpy_evaluator import NumpyEvaluator

Function = Callable[[Doubles], tuple[float, Doubles]]


class Trace:
    """Records the points evaluated, and ends the run after some."""

    def __init__(self, function: Function, most: int) -> None:
        self.function, self.most, self.points = function, most, []

    def value_and_grad(self, theta: Doubles) -> tuple[float, Doubles]:
        if len(self.points) == self.most:
            raise StopAsyncIteration
        self.points.append(theta.copy())
        return self.function(theta)

    def value(self, theta: Doubles) -> float:
        return self.value_and_grad(theta)[0]


def traced(run: Callable[[Trace], object], function: Function, most: int) -> Doubles:
    trace = Trace(function, most)
    with pytest.raises(StopAsyncIteration):
        run(trace)
    return np.array(trace.points)


@cache
def sines() -> NumpyEvaluator:
    return NumpyEvaluator(PROBLEMS["sin135"].build(np.random.default_rng(0)))


def network(theta: Doubles) -> tuple[float, Doubles]:
    losses, grads = sines().values_and_grads(theta[None])
    return float(losses[0]), grads[0]


def rosenbrock(theta: Doubles) -> tuple[float, Doubles]:
    return float(rosen(theta)), rosen_der(theta)


def scipys(trace: Trace, name: str, theta0: Doubles) -> object:
    """scipy's own method, endless."""
    most = 10**7
    simplex = np.vstack([theta0, theta0 + np.eye(len(theta0))])
    method, options, more = {
        "bfgs": ("BFGS", {"gtol": 0.0}, {}),
        "cg": ("CG", {"gtol": 0.0, "c2": 0.1}, {}),
        "lbfgs": ("L-BFGS-B", {"gtol": 0.0, "ftol": 0.0, "maxfun": most, "maxcor": 20}, {}),
        "sr1": ("trust-ncg", {"gtol": 1e-100}, {"hess": optimize.SR1()}),
        "powell": ("Powell", {"xtol": 0.01, "ftol": 0.0, "maxfev": most}, {}),
        "nelder-mead": (
            "Nelder-Mead",
            {"adaptive": True, "xatol": 0.0, "fatol": 0.0, "maxfev": most, "initial_simplex": simplex},
            {},
        ),
    }[name]
    ask = trace.value if method in ("Powell", "Nelder-Mead") else trace.value_and_grad
    jac = ask == trace.value_and_grad
    return minimize(ask, theta0, jac=jac, method=method, options={"maxiter": most, **options}, **more)


def both(name: str, function: Function, theta0: Doubles, most: int) -> tuple[Doubles, Doubles]:
    own = traced(lambda trace: OPTIMIZERS[name].minimize(trace, theta0, np.random.default_rng(0)), function, most)
    return own, traced(lambda trace: scipys(trace, name, theta0), function, most)


FUNCTIONS = [(network, 121, 0.5), (rosenbrock, 10, 1.0)]


@pytest.mark.parametrize(("function", "dim", "scale"), FUNCTIONS)
@pytest.mark.parametrize("name", ["bfgs", "cg", "lbfgs", "sr1"])
def test_a_core_with_sums_makes_scipys_first_points_to_rounding(
    name: str, function: Function, dim: int, scale: float
) -> None:
    own, reference = both(name, function, scale * np.random.default_rng(1).standard_normal(dim), 30)
    np.testing.assert_allclose(own, reference, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(("function", "dim", "scale"), FUNCTIONS)
@pytest.mark.parametrize("name", ["powell", "nelder-mead"])
def test_a_core_without_sums_makes_scipys_points_to_the_last_bit(
    name: str, function: Function, dim: int, scale: float
) -> None:
    own, reference = both(name, function, scale * np.random.default_rng(2).standard_normal(dim), 600)
    np.testing.assert_array_equal(own, reference)


@pytest.mark.parametrize(("dim", "most"), [(1, 2600), (5, 200)])  # of the first, so many that it begins again
def test_annealing_makes_scipys_visits_and_takes_the_same(dim: int, most: int) -> None:
    theta0, method = np.linspace(0.5, 1.5, dim), OPTIMIZERS["dual-annealing"]
    box, endless = np.stack([theta0 - method.bound, theta0 + method.bound], axis=1), 10**7
    options = {"x0": theta0, "initial_temp": method.temperature, "no_local_search": True, "maxiter": endless}
    ours, theirs = (np.random.default_rng(5) for _ in range(2))
    wanted = traced(
        lambda trace: optimize.dual_annealing(trace.value, box, **options, maxfun=endless, rng=theirs), shifted, most
    )
    found = traced(lambda trace: method.minimize(trace, theta0, ours), shifted, most)
    # visits come from powers, reach 1e8 widths and are folded back
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)
    assert ours.random() == theirs.random()


def shifted(theta: Doubles) -> tuple[float, Doubles]:
    """A bowl whose minimum lies in the box, and not in its middle."""
    return float(((theta - 0.9) ** 2).sum()), 2 * (theta - 0.9)


def sweeps(trace: Trace, theta0: Doubles, width: float = 0.1) -> None:
    """Coordinate descent as it is written down: the lowest of three points and the vertex of their parabola."""
    theta, loss, widths, rng = theta0.copy(), trace.value(theta0), np.full(len(theta0), width), np.random.default_rng(0)
    while True:
        for i in rng.permutation(len(theta)):
            steps = np.eye(len(theta))[i] * widths[i]
            right, left = trace.value(theta + steps), trace.value(theta - steps)
            tried = [(loss, 0.0), (right, widths[i]), (left, -widths[i])]
            if (bend := right - 2 * loss + left) > 0:
                vertex = widths[i] * np.clip((left - right) / (2 * bend), -4, 4)
                tried.append((trace.value(theta + np.eye(len(theta))[i] * vertex), vertex))
            loss, step = min(tried)
            theta[i] += step
            widths[i] = 2 * abs(step) if step else widths[i] / 4


def patterns(trace: Trace, theta0: Doubles, width: float = 0.1) -> None:
    """The search of Hooke and Jeeves as it is written down, whose steps are halved."""

    def explored(point: Doubles, loss: float) -> tuple[Doubles, float]:
        for i in range(len(point)):
            for step in (width, -width):
                found = trace.value(trial := point + step * np.eye(len(point))[i])
                if found < loss:
                    point, loss = trial, found
                    break
        return point, loss

    base, loss = theta0, trace.value(theta0)
    while True:
        reached, found = explored(base, loss)
        width *= 0.5 if found >= loss else 1.0
        while found < loss:
            ahead, base, loss = 2 * reached - base, reached, found
            reached, found = explored(ahead, trace.value(ahead))


@pytest.mark.parametrize(("function", "dim", "scale"), FUNCTIONS)
@pytest.mark.parametrize(("name", "plainly"), [("coordinate-descent", sweeps), ("pattern-search", patterns)])
def test_searches_along_coordinates_make_the_points_of_what_is_written_down(
    name: str, plainly: Callable[[Trace, Doubles], None], function: Function, dim: int, scale: float
) -> None:
    theta0, most = scale * np.random.default_rng(4).standard_normal(dim), 900
    own = traced(lambda trace: OPTIMIZERS[name].minimize(trace, theta0, np.random.default_rng(0)), function, most)
    np.testing.assert_array_equal(own, traced(lambda trace: plainly(trace, theta0), function, most))


@pytest.mark.parametrize(("function", "dim", "scale"), FUNCTIONS)
def test_the_core_of_torchs_lbfgs_makes_torchs_first_points(function: Function, dim: int, scale: float) -> None:
    theta0 = scale * np.random.default_rng(3).standard_normal(dim)

    def theirs(trace: Trace) -> None:
        param = torch.tensor(theta0)
        endless = {"max_iter": 10_000, "max_eval": 10_000, "tolerance_grad": 0, "tolerance_change": 0}
        stepper = torch.optim.LBFGS([param], history_size=5, line_search_fn="strong_wolfe", **endless)

        def closure() -> float:
            loss, gradient = trace.value_and_grad(param.numpy())
            param.grad = torch.from_numpy(gradient)
            return loss

        stepper.step(closure)

    method = replace(OPTIMIZERS["lbfgs-torch"], history=5)
    own = traced(lambda trace: method.minimize(trace, theta0, np.random.default_rng(0)), function, 40)
    np.testing.assert_allclose(own, traced(theirs, function, 40), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("most", [2, 3, 25])
def test_torchs_line_search_tries_torchs_lengths_where_losses_wave(most: int) -> None:
    """Far from a minimum, where brackets are widened, narrowed, and given up."""

    def waves(theta: Doubles) -> tuple[float, Doubles]:
        return float(np.sin(9 * theta).sum() + theta @ theta / 20), 9 * np.cos(9 * theta) + theta / 10

    for seed in range(20):
        start, way = np.random.default_rng(seed).standard_normal((2, 3))
        way = -way * np.sign(way @ waves(start)[1])
        lengths = [], []

        def asked(x: Any, t: Any, d: Any, kept: list[float] = lengths[0]) -> tuple[float, Any]:
            kept.append(float(t))
            loss, gradient = waves((x[0] + t * d).numpy())
            return loss, torch.from_numpy(gradient)

        loss, gradient = waves(start)
        x, d, g = torch.from_numpy(start), torch.from_numpy(way), torch.from_numpy(gradient)
        *_, length, _ = _strong_wolfe(asked, [x], 3.0, d, loss, g, g.dot(d), tolerance_change=0.0, max_ls=most)

        def trial(t: float, kept: list[float] = lengths[1], at: Doubles = start, d: Doubles = way) -> Any:
            kept.append(t)
            loss, gradient = waves(at + t * d)
            return t, loss, float(gradient @ d)

        with mock.patch.object(torch_core, "ask", lambda _recall, t, trial=trial: trial(t)):
            found = torch_core.search(None, (0.0, loss, float(gradient @ way)), 3.0, most)
        np.testing.assert_allclose(lengths[1], lengths[0], rtol=1e-9)
        np.testing.assert_allclose(found[0], float(length), rtol=1e-9)


SIZES = st.floats(1e-3, 1e3)
SIGNED = st.floats(-3.0, 3.0)


class Waves:
    """A line `q t^2 / 2 + r t + a sin(w t + p)`, and what was asked of it; it stands for itself as a line of cores."""

    def __init__(self, q: float, r: float, a: float, w: float, p: float) -> None:
        self.numbers, self.lengths = (q, r, a, w, p), []
        self.at = [0.0, *self.both(0.0)]

    def both(self, t: float) -> tuple[float, float]:
        q, r, a, w, p = map(np.float64, self.numbers)
        return q * t * t / 2 + r * t + a * np.sin(w * t + p), q * t + r + a * w * np.cos(w * t + p)

    def along(self, t: float) -> tuple[float, float]:
        if t != self.at[0]:
            self.lengths.append(t)
            self.at = [t, *self.both(t)]
        return self.at[1], self.at[2]


WAVES = st.builds(Waves, q=st.just(0.0) | st.floats(1e-3, 3.0), r=SIGNED, a=SIGNED, w=st.floats(0.1, 9.0), p=SIGNED)


def along(line: Waves, length: float) -> tuple[float, float]:
    return line.along(length)


def accept(line: Waves, length: float) -> bool:
    return len(line.lengths) % 3 != 2  # some steps are refused


@given(ours=WAVES, before=SIZES, c2=st.sampled_from([0.1, 0.9]))
@settings(max_examples=100, deadline=None)
@np.errstate(all="ignore")  # as compiled code is
def test_the_search_of_more_and_thuente_tries_scipys_lengths(ours: Waves, before: float, c2: float) -> None:
    theirs, (loss, slope) = Waves(*ours.numbers), ours.both(0.0)
    first = first_length(loss, loss + before, slope)
    end, found = more_thuente(along, ours, (0.0, loss, slope), first, (1e-4, c2, 1e-14, 1e-100, 1e100), 100)
    length, *_ = _linesearch.scalar_search_wolfe1(
        lambda t: theirs.along(t)[0],
        lambda t: theirs.along(t)[1],
        loss,
        loss + before,
        slope,
        c1=1e-4,
        c2=c2,
        amax=1e100,
        amin=1e-100,
    )
    np.testing.assert_allclose(ours.lengths, theirs.lengths, rtol=1e-9)
    assert (end == FOUND) == (length is not None)
    assert end != FOUND or np.isclose(found[0], length, rtol=1e-9)


@pytest.mark.filterwarnings("ignore:.*line search.*")
@given(ours=WAVES, before=SIZES, c2=st.sampled_from([0.1, 0.9]))
@settings(max_examples=100, deadline=None)
@np.errstate(all="ignore")  # as compiled code is
def test_the_other_search_tries_scipys_lengths_and_refuses_as_it_does(ours: Waves, before: float, c2: float) -> None:
    theirs, (loss, slope) = Waves(*ours.numbers), ours.both(0.0)
    if slope >= 0:
        return
    first = first_length(loss, loss + before, slope)
    end, found = expand(Waves.along, accept, ours, (0.0, loss, slope), first, (1e-4, c2))
    length, *_ = _linesearch.scalar_search_wolfe2(
        lambda t: theirs.along(t)[0],
        lambda t: theirs.along(t)[1],
        loss,
        loss + before,
        slope,
        c1=1e-4,
        c2=c2,
        amax=1e100,
        extra_condition=lambda length, _loss: accept(theirs, length),
    )
    np.testing.assert_allclose(ours.lengths, theirs.lengths, rtol=1e-7)
    assert (end == FOUND) == (length is not None)
    assert end != FOUND or np.isclose(found[0], length, rtol=1e-7)


def test_the_pass_over_the_inverse_hessian_is_the_product_of_three_matrices() -> None:
    rng = np.random.default_rng(2)
    lower, dense, out = identity(7), np.eye(7), np.empty(7)
    step, w = np.zeros(7), np.zeros(7)
    for _ in range(4):
        vector = rng.standard_normal(7)
        update_and_multiply(lower, step, w, vector, out)
        np.testing.assert_allclose(out, dense @ vector, rtol=1e-9)
        step, change = rng.standard_normal((2, 7))
        rho = 1 / (change @ step)
        turned = dense @ change
        w = (1 + rho * (change @ turned)) * rho / 2 * step - rho * turned
        left = np.eye(7) - rho * np.outer(step, change)
        dense = left @ dense @ left.T + rho * np.outer(step, step)


def test_a_kept_triangle_is_the_lower_one_row_by_row() -> None:
    assert all(np.array_equal(row_of(identity(5), i), np.eye(5)[i, : i + 1]) for i in range(5))
    counted, square = np.arange(15.0), np.zeros((5, 5))
    square[np.tril_indices(5)] = counted
    assert all(np.array_equal(row_of(counted, i), square[i, : i + 1]) for i in range(5))
    row_of(counted, 2)[0] = -1.0  # a view
    assert counted[3] == -1.0


@pytest.mark.parametrize("count", [0, 1, 3, 4])
def test_two_loops_over_pairs_are_the_dense_update_of_as_many_pairs(count: int) -> None:
    rng = np.random.default_rng(3)
    steps, changes = rng.standard_normal((2, 5, 6))
    curvatures, newest, vector = (steps * changes).sum(axis=1), 1, rng.standard_normal(6)
    dense = 0.7 * np.eye(6)
    for age in range(count)[::-1]:
        s, y = steps[(newest - age) % 5], changes[(newest - age) % 5]
        left = np.eye(6) - np.outer(s, y) / (s @ y)
        dense = left @ dense @ left.T + np.outer(s, s) / (s @ y)
    out = vector.copy()
    two_loops((steps, changes, curvatures), newest, count, 0.7, out)
    np.testing.assert_allclose(out, -dense @ vector, rtol=1e-9)


@njit
def _asks(address, context, theta, point, gradient):
    """Asks until the run has ended, and is mostly busy itself, so that a signal comes between two questions."""
    while not np.isnan(evaluate(address, context, point, gradient)):
        for _ in range(100_000):
            theta[0] = np.sin(theta[0] + 1.0)


@pytest.mark.parametrize("slopes", [True, False])
def test_what_a_handler_of_a_signal_raises_ends_a_core_and_is_raised(slopes: bool) -> None:
    """It had been dropped as the core's question came in, which then got a loss of 0: Ctrl-C ended nothing."""
    asked = []

    class Late(Exception):
        pass

    def ring(number: int, frame: object) -> None:
        asked.append("rung")
        if asked.count("rung") == 3:  # handlers that return change nothing
            raise Late

    def bowl(theta: Doubles) -> tuple[float, Doubles]:
        asked.append(theta[0])
        return 1.0, theta

    with pytest.raises(StopAsyncIteration):  # which compiles it
        Calls(Trace(bowl, 0), 1, slopes=slopes).run(_asks, np.zeros(1))
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    try:
        with pytest.raises(Late):
            Calls(Trace(bowl, 1000), 1, slopes=slopes).run(_asks, np.zeros(1))
        assert signal.getsignal(signal.SIGALRM) is ring
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_rank_one_update_meets_the_secant_and_a_tiny_one_is_left_out() -> None:
    rng = np.random.default_rng(4)
    model = sr1_core.Model(np.eye(5), *np.zeros((6, 5)))
    step, change = rng.standard_normal((2, 5))
    assert not sr1_core.learn(model, step, change, True)
    np.testing.assert_allclose(model.matrix @ step, change, rtol=1e-9)
    kept = model.matrix.copy()
    residual = np.array([1.0, -step[0] / step[1], 0.0, 0.0, 0.0])  # at right angles to the step
    sr1_core.learn(model, step, model.matrix @ step + residual, False)
    np.testing.assert_array_equal(model.matrix, kept)


def test_a_step_that_rounding_keeps_from_its_tolerance_is_no_number() -> None:
    # the condition of the matrix is 2e16, and the tolerance is far below a gradient that is small itself
    gradient = 1e-13 * np.random.default_rng(0).normal(size=12)
    room = np.zeros((5, 12))
    assert not sr1_core.steihaug(sr1_core.Model(hilbert(12), gradient, *room), 1000.0)
    assert np.isnan(room[0]).all()
    # of the same gradient an even matrix has its step
    matrix = np.diag(np.linspace(1, 9, 12))
    assert not sr1_core.steihaug(sr1_core.Model(matrix, gradient, *room), 1000.0)
    np.testing.assert_allclose(room[0], -gradient / np.linspace(1, 9, 12), rtol=1e-6)
