"""The compiled engine gives the numbers of the reference, and is chosen where it can and should be."""

import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial

import numpy as np
import pytest

from harness.run.metering.account import Terms
from harness.run.metering.meter import Meter
from harness.run.runner import run
from harness.run.spec import RunSpec, find_optimizer, find_problem
from harness.study.comparison import plan
from problems.base import Problem
from problems.engines.choose import ENGINES, choose, engine_names, make_evaluator
from problems.engines.kernels.compiled import TWINS
from problems.engines.layered_evaluator import LayeredEvaluator
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.engines.shallow_evaluator import ShallowEvaluator
from problems.losses.regression import MAE, MSE
from problems.networks import mlp
from problems.networks.activations import ACTIVATIONS
from problems.networks.mlp import MLP

MEAN_SQUARE = MSE()
TOLERANCE = {"float64": 1e-12, "float32": 1e-5}
CHOSEN = [*sorted(ACTIVATIONS.keys() - {"finer"}), "finer(1)", "sin(7)", "ricker(1.5)"]
"""`finer(30)` would multiply the rounding of its argument by hundreds, layer after layer."""
ALL_NEEDS = {"value", "population", "gradient", "minibatch"}


@cache
def problem(widths=(1, 6, 1), activation="tanh", dtype="float64", samples=37, lanes=None, loss=MEAN_SQUARE):
    """Random inputs and targets; with `lanes`, so many sets of targets."""
    rng = np.random.default_rng(3)
    inputs = rng.uniform(-2, 2, (samples, widths[0])).astype(dtype)
    shape = (samples, widths[-1]) if lanes is None else (lanes, samples, widths[-1])
    return Problem(inputs, rng.standard_normal(shape).astype(dtype), MLP(widths, activation, precision=dtype), loss, ())


def pair(**options):
    """The reference and the compiled evaluator of a problem."""
    return NumpyEvaluator(problem(**options)), make_evaluator(problem(**options), "compiled")


class Enough(Exception):
    """Enough evaluations have been seen."""


def watch(meter, losses, enough=50):
    """Let the meter note every loss that it computes."""
    settle, settle_rows = meter._settle, meter._settle_rows

    def note(theta, loss, due, **options):
        losses.append(loss)
        if len(losses) >= enough:
            raise Enough
        return settle(theta, loss, due, **options)

    def note_rows(thetas, rows, due):
        losses.extend(rows)
        if len(losses) >= enough:
            raise Enough
        settle_rows(thetas, rows, due)

    meter._settle, meter._settle_rows = note, note_rows


def points(reference, rows=3, scale=1.0):
    rng = np.random.default_rng(5)
    return scale * np.array([reference.problem.network.theta0(rng) for _ in range(rows)])


def assert_same(reference, compiled, thetas):
    """Every way of asking gives the reference's losses and gradients, each relative to the largest of its kind."""
    tolerance = TOLERANCE[reference.problem.network.precision]
    losses, grads = reference.values_and_grads(thetas)
    got_losses, got_grads = compiled.values_and_grads(thetas)
    rows = np.random.default_rng(0).integers(0, reference.problem.n_samples, 11)
    batch, batch_grads = reference.batch_values_and_grads(thetas, rows)
    got_batch, got_batch_grads = compiled.batch_values_and_grads(thetas, rows)
    np.testing.assert_allclose(got_losses, losses, rtol=tolerance)
    np.testing.assert_allclose(compiled.values(thetas), losses, rtol=tolerance)
    np.testing.assert_allclose(got_grads, grads, rtol=0, atol=tolerance * np.abs(grads).max())
    outputs, got_outputs = reference.predict(thetas), compiled.predict(thetas)
    assert got_outputs.dtype == outputs.dtype
    np.testing.assert_allclose(got_outputs, outputs, rtol=0, atol=tolerance * np.abs(outputs).max())
    np.testing.assert_allclose(got_batch, batch, rtol=tolerance)
    np.testing.assert_allclose(got_batch_grads, batch_grads, rtol=0, atol=tolerance * np.abs(batch_grads).max())
    own = np.random.default_rng(1).integers(0, reference.problem.n_samples, (len(thetas), 5))
    np.testing.assert_allclose(
        compiled.lane_batches(thetas, own)[1],
        reference.lane_batches(thetas, own)[1],
        rtol=0,
        atol=tolerance * np.abs(batch_grads).max() * 10,
    )
    if reference.problem.targets.ndim == 2:
        loss, grad = compiled.value_and_grad(thetas[0])
        np.testing.assert_allclose(loss, losses[0], rtol=tolerance)
        np.testing.assert_allclose(grad, grads[0], rtol=0, atol=tolerance * np.abs(grads).max())
        np.testing.assert_allclose([compiled.value(theta) for theta in thetas], losses, rtol=tolerance)


# the numbers


def test_every_activation_has_a_compiled_twin():
    assert TWINS.keys() == ACTIVATIONS.keys()


def test_a_gabor_wavelet_of_other_proportions_is_left_to_numpy():
    assert isinstance(make_evaluator(problem(activation="gabor(20,5)"), "auto"), NumpyEvaluator)
    with pytest.raises(ValueError, match="unless w0 is twice s0"):
        make_evaluator(problem(activation="gabor(20,5)"), "compiled")


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("activation", CHOSEN)
@pytest.mark.slow
def test_every_activation_agrees_with_the_reference(activation, dtype):
    reference, compiled = pair(widths=(2, 5, 4, 1), activation=activation, dtype=dtype)
    assert isinstance(compiled, LayeredEvaluator)
    assert_same(reference, compiled, points(reference, scale=2.0))


@pytest.mark.parametrize(
    ("activation", "widths", "dtype"),
    [
        ("tanh", (1, 6, 1), "float32"),
        ("tanh", (3, 6, 2), "float64"),
        ("sin(3)", (1, 6, 1), "float64"),
        ("sin(3)", (3, 6, 2), "float32"),
        ("tanh", (16, 6, 4), "float64"),
        ("sin(3)", (9, 6, 1), "float32"),
    ],
)
@pytest.mark.slow
def test_one_hidden_layer_agrees_whether_slopes_are_kept_or_follow_from_values(activation, widths, dtype):
    reference, compiled = pair(widths=widths, activation=activation, dtype=dtype)
    assert isinstance(compiled, ShallowEvaluator)
    assert_same(reference, compiled, points(reference, scale=2.0))


@pytest.mark.parametrize(
    ("activation", "widths", "dtype"),
    [
        ("tanh", (1, 6, 1), "float64"),
        ("sigmoid", (2, 5, 3), "float64"),
        ("sin(3)", (3, 4, 2), "float32"),
        ("relu", (1, 6, 1), "float32"),
        ("softplus", (1, 6, 1), "float64"),
        ("tanh", (16, 5, 4), "float64"),
    ],
)
def test_jacobians_and_products_with_the_hessian_agree(activation, widths, dtype):
    reference, compiled = pair(widths=widths, activation=activation, dtype=dtype)
    assert isinstance(compiled, ShallowEvaluator)
    tolerance, refused = TOLERANCE[dtype], np.where(np.arange(reference.problem.dim) == 2, np.nan, 0.1)
    for theta in (*points(reference, scale=2.0), refused):
        vector = np.cos(np.arange(len(theta)))
        with np.errstate(all="ignore"):  # as in a run
            found = (*compiled.residuals_and_jacobian(theta), compiled.hvp(theta, vector))
            wanted = (*reference.residuals_and_jacobian(theta), reference.hvp(theta, vector))
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * np.abs(np.nan_to_num(other)).max())


@pytest.mark.parametrize("lanes", [None, 3])
@pytest.mark.parametrize("samples", [1, 37, 5000])
def test_lanes_and_targets_of_their_own_agree_for_any_number_of_samples(samples, lanes):
    reference, compiled = pair(widths=(1, 40, 1), samples=samples, lanes=lanes)
    assert_same(reference, compiled, points(reference))


@pytest.mark.parametrize("lanes", [None, 3])
@pytest.mark.parametrize("loss", [MSE(), MAE()])
def test_deep_networks_agree_with_any_loss(loss, lanes):
    reference, compiled = pair(widths=(1, 20, 7, 2), lanes=lanes, loss=loss)
    assert_same(reference, compiled, points(reference))


def test_a_population_in_lanes_with_targets_of_their_own_agrees():
    reference, compiled = pair(lanes=2)
    thetas = points(reference, rows=6)
    np.testing.assert_allclose(compiled.values(thetas), reference.values(thetas), rtol=1e-12)


def test_gradients_are_fresh_arrays():
    for widths in ((1, 6, 1), (1, 6, 5, 1)):
        reference, compiled = pair(widths=widths)
        first, second = points(reference, rows=2)
        grad = compiled.value_and_grad(first)[1]
        kept = grad.copy()
        compiled.value_and_grad(second)
        np.testing.assert_array_equal(grad, kept)


def test_parameters_may_lie_anywhere_in_memory():
    reference, compiled = pair()
    thetas = points(reference, rows=4)
    strided = np.asfortranarray(thetas)[::2]
    np.testing.assert_allclose(compiled.values_and_grads(strided)[1], reference.values_and_grads(thetas[::2])[1])
    assert compiled.value(strided[1]) == pytest.approx(reference.value(thetas[2]), rel=1e-12)


def test_a_point_in_single_precision_has_what_it_has_in_double():
    compiled = pair()[1]
    theta, vector = np.float32(points(compiled, rows=2))
    assert compiled.value(theta) == compiled.value(np.float64(theta))
    for ask in (compiled.value_and_grad, compiled.residuals_and_jacobian, partial(compiled.hvp, vector=vector)):
        for found, wanted in zip(ask(theta), ask(np.float64(theta)), strict=True):
            np.testing.assert_array_equal(found, wanted)


# beyond the numbers that compiled loops take for granted


@pytest.mark.parametrize("widths", [(1, 6, 1), (1, 6, 5, 1)])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30, 1e200])
def test_parameters_without_bounds_give_what_numpy_gives(bad, activation, widths):
    reference, compiled = pair(widths=widths, activation=activation)
    thetas = points(reference)
    thetas[1, 2] = bad
    with np.errstate(all="ignore"):
        losses, grads = reference.values_and_grads(thetas)
    for _ in range(2):  # and what comes next is not spoilt
        got, got_grads = compiled.values_and_grads(thetas)
        np.testing.assert_allclose(got, losses, rtol=1e-12)
        np.testing.assert_allclose(got_grads, grads, rtol=1e-9)
        np.testing.assert_allclose(compiled.values(thetas), losses, rtol=1e-12)
        np.testing.assert_allclose([compiled.value(theta) for theta in thetas], losses, rtol=1e-12)


def test_lanes_without_bounds_are_told_by_their_own_targets():
    reference, compiled = pair(lanes=3)
    thetas, rows = points(reference), np.arange(12).reshape(3, 4)
    thetas[2, 0] = 1e60
    np.testing.assert_allclose(compiled.values(thetas), reference.values(thetas), rtol=1e-12)
    for call in ("batch_values_and_grads", "lane_batches"):
        own = rows if call == "lane_batches" else rows[0]
        for got, due in zip(getattr(compiled, call)(thetas, own), getattr(reference, call)(thetas, own), strict=True):
            np.testing.assert_allclose(got, due, rtol=1e-10)


def test_a_sine_of_a_huge_argument_is_left_to_numpy():
    reference, compiled = pair(activation="sin")
    thetas = points(reference)
    thetas[0] *= 1e12
    np.testing.assert_allclose(compiled.values(thetas), reference.values(thetas), rtol=1e-12)


# the choice


def test_the_choice_names_itself_and_unknown_names_list_it():
    assert {"numpy", "compiled", "auto"} <= engine_names().keys()
    with pytest.raises(ValueError, match=r"Unknown engine 'jax'. Choose from: auto, compiled, numpy.*\."):
        choose(problem(), "jax")


def test_the_reference_can_always_be_asked_for():
    assert isinstance(make_evaluator(problem(), "numpy"), NumpyEvaluator)


@pytest.mark.parametrize(
    ("unfit", "why"),
    [
        (lambda p: replace(p, network=MLP((1, 1))), "hidden layer"),
        (lambda p: replace(p, chunk=5), "chunks"),
        (lambda p: replace(p, targets=np.full_like(p.targets, np.nan)), "finite inputs"),
        (lambda p: replace(p, network=mlp.fully_connected("1-6-1", (1, 1), "tanh", "ntk", "float64")), "plain fully"),
    ],
)
def test_what_kernels_cannot_take_goes_to_numpy_unless_they_are_demanded(unfit, why):
    unfitting = unfit(problem())
    assert choose(unfitting) == [ENGINES["numpy"]]
    with pytest.raises(ValueError, match=f"(?s)The engine 'compiled' .*{why}.*Choose numpy, or auto"):
        choose(unfitting, "compiled")


@pytest.mark.parametrize(
    ("widths", "samples", "vectors", "expected"),
    [
        ((16, 6, 4), 37, True, ShallowEvaluator),
        ((17, 6, 1), 37, True, NumpyEvaluator),
        ((17, 6, 1), 37, False, LayeredEvaluator),
        ((1, 6, 5, 1), 37, True, NumpyEvaluator),
        ((1, 6, 5, 1), 37, False, LayeredEvaluator),
        ((1, 6, 5, 1), 745, True, LayeredEvaluator),
    ],
)
def test_small_deep_networks_go_to_numpy_where_its_tanh_is_fast(widths, samples, vectors, expected, monkeypatch):
    monkeypatch.setattr("problems.engines.obstacles.numpy_has_vectors", lambda: vectors)
    assert type(make_evaluator(problem(widths=widths, samples=samples))) is expected


# runs


def first_losses(evaluated, optimizer, theta0):
    """The first fifty losses that the meter sees."""
    losses = []
    meter = Meter(evaluated, Terms(1e9, time_limit=1e9))  # against the clock, no loss passes the meter by
    meter.start(theta0)
    watch(meter, losses)
    with suppress(Enough):
        find_optimizer(optimizer).minimize(meter, theta0, np.random.default_rng(2))
    return np.array(losses[:50])


class Rounded:
    """An evaluator that takes the reference's numbers and gets the last digit of each wrong."""

    def __init__(self, problem):
        self.problem = problem
        self._reference, self._rng = NumpyEvaluator(problem), np.random.default_rng(0)

    def __getattr__(self, name):
        def evaluate(*arguments):
            result = getattr(self._reference, name)(*arguments)
            return tuple(map(self._off, result)) if isinstance(result, tuple) else self._off(result)

        return evaluate

    def _off(self, numbers):
        return numbers * (1 + 2.0**-52 * self._rng.standard_normal(np.shape(numbers)))


@pytest.mark.parametrize("optimizer", ["gd", "adam", "bfgs", "lbfgs", "powell", "pso"])
def test_the_first_fifty_evaluations_of_a_run_agree(optimizer):
    """To 1e-9; where a line search magnifies roundings, as the reference with other roundings agrees with itself."""
    problem = find_problem("sin135").build(np.random.default_rng(0))
    reference, compiled = NumpyEvaluator(problem), make_evaluator(problem, "compiled")
    theta0 = problem.network.theta0(np.random.default_rng(1))
    losses = first_losses(reference, optimizer, theta0)
    rounded = first_losses(Rounded(problem), optimizer, theta0)
    spread = np.maximum.accumulate(np.abs(rounded / losses - 1))
    assert len(losses) == 50
    assert np.median(spread) < 1e-9  # most of them are held to the stated tolerance, or the test would say little
    assert (np.abs(first_losses(compiled, optimizer, theta0) / losses - 1) <= np.maximum(1e-9, 10 * spread)).all()


def test_a_run_records_the_engine_that_evaluated():
    spec = RunSpec("sin135", find_problem("sin135"), "gd", find_optimizer("gd"), 0, budget=30)
    assert run(spec)["runs"]["engine"].tolist() == ["compiled"]
    assert run(replace(spec, engine="numpy"))["runs"]["engine"].tolist() == ["numpy"]


def test_a_demand_that_cannot_be_met_is_a_sentence_before_the_study():
    with pytest.raises(ValueError, match="The engine 'compiled' takes plain fully connected networks"):
        plan("sin135", ["gd"], 1, init="ntk", engine="compiled")


# without numba


def test_without_numba_everything_runs_in_numpy_and_says_so():
    script = """
import sys
sys.modules["numba"] = None
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "numba" else found(name, *rest)
from harness.run.metering.account import Terms
from harness.study.comparison import plan
from harness.run.metering.meter import Meter
from harness.run.runner import run
from harness.run.spec import RunSpec, find_optimizer, find_problem
from harness.study.comparison import plan
spec = RunSpec("sin135", find_problem("sin135"), "gd", find_optimizer("gd"), 0, budget=30)
print(run(spec)["runs"]["engine"].tolist(), run(spec)["runs"]["status"].tolist())
try:
    plan("sin135", ["gd"], 1, engine="compiled")
except ValueError as error:
    print(error)
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert out.startswith("['numpy'] ['budget']\n")
    assert "needs the library numba, which is not installed: pip install numba" in out


@pytest.mark.parametrize("words", [["--help"], ["list", "engines"], ["compare", "--help"]])
def test_help_and_lists_do_not_load_numba(words):
    script = f"""
import sys
from harness.cli import main
try:
    main({words})
except SystemExit:
    pass
print("numba" in sys.modules)
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert out.endswith("False\n")


def test_a_point_is_evaluated_where_too_much_would_be_kept_of_an_anchor(monkeypatch):
    monkeypatch.setattr("problems.engines.shallow_evaluator.ANCHOR_BYTES", 0)
    reference, compiled = pair()
    theta = points(reference)[0]
    assert compiled.entry("value") is None
    assert compiled.value(theta) == pytest.approx(reference.value(theta), rel=1e-12)


def test_a_point_is_evaluated_where_lanes_have_targets_of_their_own():
    reference, compiled = pair(lanes=1)
    theta = points(reference)[0]
    assert compiled.entry("gradient") is None
    loss, grad = compiled.value_and_grad(theta)
    expected, slopes = reference.values_and_grads(theta[None])
    assert loss == pytest.approx(expected[0], rel=1e-12)
    np.testing.assert_allclose(grad, slopes[0], rtol=1e-9, atol=1e-12)
