"""What every registered problem promises, and how blocks, lanes and batches divide the work of one."""

from dataclasses import fields, replace
from math import prod

import numpy as np
import pytest

from problems import PROBLEMS
from problems.base import Network, Problem, Recipe, stack, stackable
from problems.datasets.base import DataAbsent
from problems.datasets.fetch import OFFLINE
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.line.waves import Sines
from problems.losses.regression import MSE
from problems.networks.by_name import NAMES
from problems.networks.mlp import MLP
from problems.probes.selection import Selective


@pytest.fixture(scope="module", autouse=True)
def _offline():
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(OFFLINE, "1")
        yield


@pytest.fixture(scope="module", params=PROBLEMS.values(), ids=PROBLEMS.keys())
def recipe(request, tmp_path_factory):
    """With few images where it has images: what is promised does not depend on how many there are.

    A problem that is nothing without a user's file gets one: two waves of the plane."""
    if getattr(request.param, "data", None) == "":
        inputs = np.random.default_rng(0).uniform(-1, 1, (400, 2))
        targets = np.sin(np.pi * inputs @ [[1.0, 3.0], [0.0, 0.0]])
        path = tmp_path_factory.mktemp("own") / "samples.npz"
        np.savez(path, inputs=inputs, targets=targets)
        return replace(request.param, data=str(path))
    images = 60 if request.param.network in NAMES else 300  # convolutions are dear
    few = {"n_train": images, "filters": ()} if hasattr(request.param, "n_train") else {}
    return replace(request.param, **few)


@pytest.fixture(scope="module")
def problem(recipe):
    return build(recipe)


@pytest.fixture(scope="module")
def small(recipe, problem):
    """In float64, on some of the samples only where the Jacobian would be large; nobody may write into them."""
    double = replace(recipe, dtype="float64")
    problem = problem if double == recipe else build(double)
    every = max(1, problem.n_samples * problem.dim // 5_000_000)
    inputs, targets = problem.inputs[::every].copy(), problem.targets[::every].copy()
    inputs.flags.writeable = targets.flags.writeable = False
    return replace(problem, inputs=inputs, targets=targets)


@pytest.fixture(scope="module")
def handy(small):
    """Without networks of ten million parameters, a tenth of a gigabyte each: others have their layers."""
    if small.dim > 10_000_000:
        pytest.skip(f"{small.dim:,} parameters; its gradient is checked")
    return small


def build(recipe: Recipe, seed: int = 0) -> Problem:
    try:
        return recipe.build(np.random.default_rng(seed))
    except DataAbsent as absent:
        pytest.skip(str(absent))


def draw(network: Network, lanes: int) -> np.ndarray:
    """Parameters `(B, P)` that nobody may write into."""
    rng = np.random.default_rng(1)
    thetas = np.stack([network.theta0(rng) for _ in range(lanes)])
    thetas.flags.writeable = False
    return thetas


def lane_problems(lanes: int) -> list[Problem]:
    """Problems that differ in their targets alone; two outputs, so that no axis is mistaken for another."""
    rng = np.random.default_rng(0)
    network, inputs = MLP((2, 30, 2)), rng.standard_normal((50, 2))
    problems = [Problem(inputs, rng.standard_normal((50, 2)), network, MSE(), ()) for _ in range(lanes)]
    for problem in problems:
        problem.inputs.flags.writeable = problem.targets.flags.writeable = False
    return problems


def pairs(problems: list[Problem], thetas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Losses and gradients one by one."""
    found = [
        NumpyEvaluator(problem).values_and_grads(theta[None]) for problem, theta in zip(problems, thetas, strict=True)
    ]
    return np.concatenate([losses for losses, _ in found]), np.concatenate([grads for _, grads in found])


def assert_same(found: tuple[np.ndarray, ...], wanted: tuple[np.ndarray, ...]) -> None:
    for ours, theirs in zip(found, wanted, strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


# What every registered problem promises.


def test_a_problem_has_matching_shapes_and_finite_data(problem):
    outputs = NumpyEvaluator(problem).predict(draw(problem.network, 2))
    assert outputs.shape[:2] == (2, problem.n_samples)
    assert problem.targets.shape[0] == len(problem.inputs) == problem.n_samples
    assert problem.inputs.dtype == problem.targets.dtype == outputs.dtype == problem.network.dtype
    assert np.isfinite(problem.inputs).all()
    assert np.isfinite(problem.targets).all()


def test_the_layout_fills_the_flat_vector_without_gaps(problem):
    end = 0
    for slot in problem.network.layout:
        assert slot.offset == end
        end += prod(slot.shape)
    assert end == problem.dim == problem.network.theta0(np.random.default_rng(0)).size


def test_gradients_are_central_differences(small):
    """In a few coordinates and a few random directions: the wide networks have a hundred thousand."""
    rng = np.random.default_rng(2)
    theta = draw(small.network, 1)
    grad = NumpyEvaluator(small).values_and_grads(theta)[1][0]
    found, wanted = [], []
    # one after the other: of the largest network each is a tenth of a gigabyte
    for place in (None, None, *rng.choice(small.dim, 4, replace=False)):
        move = rng.standard_normal(small.dim) if place is None else np.zeros(small.dim)
        if place is not None:
            move[place] = 1
        move /= np.linalg.norm(move)
        above, below = (NumpyEvaluator(small).values(theta + step * move)[0] for step in (1e-5, -1e-5))
        found.append(move @ grad)
        wanted.append((above - below) / 2e-5)
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6 * np.linalg.norm(grad))


def test_losses_with_and_without_gradients_are_equal_and_those_of_the_predictions(handy):
    thetas = draw(handy.network, 3)
    losses, grads = NumpyEvaluator(handy).values_and_grads(thetas)
    assert grads.shape == thetas.shape
    assert grads.dtype == np.float64
    assert grads.flags.c_contiguous
    assert NumpyEvaluator(handy).values(thetas) == pytest.approx(losses, rel=1e-12)
    assert handy.loss.value(NumpyEvaluator(handy).predict(thetas), handy.targets) == pytest.approx(losses, rel=1e-12)


def test_answers_are_fresh_and_questions_are_left_alone(handy):
    thetas = draw(handy.network, 1)
    found = *NumpyEvaluator(handy).values_and_grads(thetas), NumpyEvaluator(handy).values(thetas)
    kept = [array.copy() for array in found]
    NumpyEvaluator(handy).values_and_grads(2 * thetas)
    NumpyEvaluator(handy).values(2 * thetas)
    assert all((array == copy).all() for array, copy in zip(found, kept, strict=True)), "later answers overwrite it"
    for array in found:
        array[:] = np.nan
    assert_same((*NumpyEvaluator(handy).values_and_grads(thetas), NumpyEvaluator(handy).values(thetas)), tuple(kept))


def test_needs_that_are_offered_are_met(handy):
    theta, vector = 0.1 * np.random.default_rng(1).standard_normal((2, handy.dim))
    assert {"value", "gradient", "population", "layout", "budget"} <= NumpyEvaluator(handy).offers
    if "minibatch" in NumpyEvaluator(handy).offers:
        rows = np.arange(0, handy.n_samples, 2)
        half = replace(handy, inputs=handy.inputs[rows], targets=handy.targets[rows])
        assert_same(
            NumpyEvaluator(handy).batch_values_and_grads(theta[None], rows),
            NumpyEvaluator(half).values_and_grads(theta[None]),
        )
    if "residuals" in NumpyEvaluator(handy).offers:
        residuals, jacobian = NumpyEvaluator(handy).residuals_and_jacobian(theta)
        losses, grads = NumpyEvaluator(handy).values_and_grads(theta[None])
        assert residuals.shape == (handy.targets.size,)
        assert residuals.dtype == jacobian.dtype == np.float64
        assert residuals @ residuals == pytest.approx(losses[0], rel=1e-12)
        np.testing.assert_allclose(2 * jacobian.T @ residuals, grads[0], atol=1e-12)
    if "hvp" in NumpyEvaluator(handy).offers:
        vector /= np.linalg.norm(vector)
        moved = NumpyEvaluator(handy).values_and_grads(np.stack([theta + 1e-5 * vector, theta - 1e-5 * vector]))[1]
        product = NumpyEvaluator(handy).hvp(theta, vector)
        wanted = (moved[0] - moved[1]) / 2e-5
        np.testing.assert_allclose(product, wanted, atol=1e-5 * np.linalg.norm(wanted))


def test_the_same_seed_makes_the_same_problem(recipe, problem):
    first, again = problem, build(recipe)
    assert stackable([first, again])
    assert (first.targets == again.targets).all()
    for probe, other in zip(first.probes, again.probes, strict=True):
        for rows in ("frequency", "component", "target_amplitude"):
            assert np.array_equal(getattr(probe, rows), getattr(other, rows), equal_nan=True)


def test_another_seed_makes_another_problem_only_where_it_says_so(recipe, problem):
    first, other = problem, build(recipe, seed=1)
    same = np.array_equal(first.inputs, other.inputs) and np.array_equal(first.targets, other.targets)
    assert same != recipe.random_data


def test_something_is_watched_and_every_row_is_measured(problem):
    (outputs,) = problem.readout(NumpyEvaluator(problem).predict(draw(problem.network, 1)))
    assert len({probe.name for probe in problem.probes}) == len(problem.probes) >= 1
    for probe in problem.probes:
        rows = probe.frequency, probe.component, probe.target_amplitude, *probe.measure(outputs)
        assert len(probe.frequency) >= 1
        assert {row.shape for row in rows} == {probe.frequency.shape}
        assert np.isfinite(np.array(rows[2:])).all()


def test_a_wave_of_the_target_is_learned_by_the_target_itself(problem):
    chosen = [probe for probe in problem.probes if isinstance(probe, Selective)]
    assert chosen
    for probe in chosen:
        # of an equation a solution, which the problem's own targets are not
        amplitude, error = probe.measure(probe.targets.reshape(len(probe.targets), -1))
        assert amplitude == pytest.approx(probe.target_amplitude, rel=1e-5)
        assert error == pytest.approx(0, abs=1e-5)


def test_a_recipe_says_what_it_is_and_its_description_is_no_setting(recipe):
    descriptions = {field.name for field in fields(recipe) if field.metadata.get("fixed")}
    assert {"about", "budget"} <= descriptions
    assert recipe.about
    assert recipe.budget >= 1


# How the work is divided.


@pytest.mark.parametrize("network", [MLP((1, 40, 1)), MLP((1, 200, 200, 1)), MLP((1, 40, 1), precision="float32")])
def test_populations_beyond_one_block_equal_single_evaluations(network):
    problem = build(Sines(network=network.name, dtype=network.precision))
    thetas = draw(network, 2 * network.block(problem.n_samples) + 1)
    losses, grads = pairs([problem] * len(thetas), thetas)
    assert_same(NumpyEvaluator(problem).values_and_grads(thetas), (losses, grads))
    assert_same((NumpyEvaluator(problem).values(thetas),), (losses,))
    assert_same(
        (NumpyEvaluator(problem).predict(thetas),),
        (np.concatenate([NumpyEvaluator(problem).predict(theta[None]) for theta in thetas]),),
    )


@pytest.mark.parametrize("lanes", [1, 5, 100])
def test_stacked_lanes_with_their_own_targets_equal_the_problems_alone(lanes):
    alone = lane_problems(lanes)
    batch, thetas = stack(alone), draw(alone[0].network, lanes)
    wanted = pairs(alone, thetas)
    assert lanes < 100 or lanes > batch.network.block(batch.n_samples), "several blocks"
    assert_same(NumpyEvaluator(batch).values_and_grads(thetas), wanted)
    assert_same((NumpyEvaluator(batch).values(thetas),), wanted[:1])


def test_a_stack_of_one_and_the_same_problem_is_that_problem():
    problem = build(PROBLEMS["sin15"])
    assert stack([problem] * 3) is problem
    assert problem.lane(2) is problem


def test_a_lane_sees_its_own_problem():
    alone = lane_problems(4)
    batch = stack(alone)
    assert batch.targets.shape == (4, 50, 2)
    theta, vector = draw(batch.network, 2)
    for index, problem in enumerate(alone):
        lane = batch.lane(index)
        assert (lane.targets == problem.targets).all()
        assert_same((NumpyEvaluator(lane).hvp(theta, vector),), (NumpyEvaluator(problem).hvp(theta, vector),))
        assert_same(
            NumpyEvaluator(lane).residuals_and_jacobian(theta), NumpyEvaluator(problem).residuals_and_jacobian(theta)
        )


def test_a_population_is_spread_lane_after_lane():
    alone, rows = lane_problems(3), 40
    thetas = draw(alone[0].network, 3 * rows)
    wanted = np.concatenate(
        [NumpyEvaluator(problem).values(thetas[b * rows : (b + 1) * rows]) for b, problem in enumerate(alone)]
    )
    assert_same((NumpyEvaluator(stack(alone)).values(thetas),), (wanted,))


def test_a_batch_is_the_problem_of_its_samples():
    (problem,) = lane_problems(1)
    thetas, rows = draw(problem.network, 3), np.array([7, 3, 3, 49])
    smaller = replace(problem, inputs=problem.inputs[rows], targets=problem.targets[rows])
    assert_same(
        NumpyEvaluator(problem).batch_values_and_grads(thetas, rows), NumpyEvaluator(smaller).values_and_grads(thetas)
    )


def test_a_batch_of_all_samples_is_the_whole_and_parts_average_to_it():
    batch = stack(lane_problems(3))
    thetas, order = draw(batch.network, 3), np.random.default_rng(0).permutation(50)
    whole = NumpyEvaluator(batch).values_and_grads(thetas)
    assert_same(NumpyEvaluator(batch).batch_values_and_grads(thetas, order), whole)
    halves = [NumpyEvaluator(batch).batch_values_and_grads(thetas, rows) for rows in np.split(order, 2)]
    assert_same(tuple(sum(part) / 2 for part in zip(*halves, strict=True)), whole)


@pytest.mark.parametrize("shared", [True, False], ids=["shared-targets", "targets-per-lane"])
def test_every_lane_has_a_minibatch_of_its_own(shared):
    alone = lane_problems(1) * 4 if shared else lane_problems(4)
    thetas, rows = draw(alone[0].network, 4), np.random.default_rng(0).integers(50, size=(4, 6))
    found = NumpyEvaluator(stack(alone)).lane_batches(thetas, rows)
    losses, grads = zip(
        *(NumpyEvaluator(p).batch_values_and_grads(thetas[b : b + 1], rows[b]) for b, p in enumerate(alone)),
        strict=True,
    )
    assert_same(found, (np.concatenate(losses), np.concatenate(grads)))


def test_problems_stack_only_where_targets_and_probes_alone_differ():
    problem, other = lane_problems(2)
    assert stackable([problem])
    assert stackable([problem, problem, other, replace(other, probes=build(PROBLEMS["sin15"]).probes)])
    strangers = [
        replace(problem, inputs=problem.inputs + 1),
        replace(problem, inputs=problem.inputs[1:], targets=problem.targets[1:]),
        replace(problem, targets=problem.targets[:, :1]),
        replace(problem, network=MLP((2, 30, 2), activation="sin")),
        replace(problem, loss=MSE(name="another")),
    ]
    assert [stackable([problem, other, stranger]) for stranger in strangers] == [False] * 5


def test_a_problem_offers_only_what_its_network_and_loss_can_give():
    problem = build(PROBLEMS["sin15"])

    class Plain:
        """A network without second derivatives."""

    class Loss:
        """A loss that is no sum of squares, and has no second derivative."""

    class Curved(Loss):
        """Another that has one."""

        def curvature(self, outputs, targets, tangents):
            """Never called here."""

    assert NumpyEvaluator(problem).offers - NumpyEvaluator(replace(problem, loss=Curved())).offers == {"residuals"}
    assert NumpyEvaluator(problem).offers - NumpyEvaluator(replace(problem, loss=Loss())).offers == {
        "residuals",
        "hvp",
    }
    assert NumpyEvaluator(problem).offers - NumpyEvaluator(replace(problem, network=Plain())).offers == {
        "residuals",
        "hvp",
    }
