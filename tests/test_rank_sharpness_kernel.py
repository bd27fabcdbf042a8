"""Stable rank, sharpness and the tangent kernel, against matrices whose numbers are known and whole decompositions."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.toys import bowl

from harness.questions import OBSERVERS
from harness.questions.rank import matrix_ranks
from harness.questions.sharpness import largest_eigenvalue
from harness.run.marks.observer import Mark
from harness.run.metering.account import Snapshot
from harness.run.runner import run
from harness.run.spec import RunSpec, find_optimizer, find_problem, stream
from harness.run.theory import tangent_kernel
from problems.engines.numpy_evaluator import NumpyEvaluator


def test_the_stable_rank_of_known_matrices():
    assert matrix_ranks(np.outer([1.0, 2.0], [3.0, 0.0, 4.0])) == pytest.approx((1, 5**0.5 * 5))
    assert matrix_ranks(3 * np.eye(4)) == pytest.approx((4, 3))
    assert matrix_ranks(np.diag([2.0, 1.0])) == pytest.approx((1.25, 2))
    assert np.isnan(matrix_ranks(np.zeros((2, 2)))).all()


def test_the_sharpness_of_the_bowl_is_that_of_its_hessian():
    evaluator = NumpyEvaluator(bowl(9))
    value, products = largest_eigenvalue(evaluator, np.ones(9), np.arange(1.0, 10.0), 1e-6)
    assert value == pytest.approx(2 / 9)
    assert products >= 2
    assert largest_eigenvalue(NumpyEvaluator(bowl(3)), np.ones(3), np.ones(3), 1e-6)[0] == pytest.approx(2 / 3)
    assert np.isnan(largest_eigenvalue(evaluator, np.full(9, np.nan), np.ones(9), 1e-6)[0])


@pytest.fixture(scope="module")
def observed():
    recipe = replace(find_problem("sin135"), network="1-8-1")
    names = ("rank", "sharpness", "kernel")
    spec = RunSpec("sin135", recipe, "adam", find_optimizer("adam"), 0, 300, marks=10)
    return spec, run(replace(spec, observers=tuple(OBSERVERS[name] for name in names)))


def test_each_observer_begins_at_the_start_and_ends_at_the_end_of_a_run(observed):
    _, tables = observed
    assert tables["runs"]["status"].item() == "budget"
    for name in ("rank", "sharpness", "kernel"):
        assert tables[name]["cost"].iloc[0] == 0
        assert tables[name]["cost"].iloc[-1] == 300
        assert np.isfinite(tables[name].select_dtypes("number")).all().all()
    assert tables["rank"].groupby("layer").size().nunique() == 1
    assert tables["rank"]["stable_rank"].to_numpy() == pytest.approx(
        1, abs=1e-12
    )  # a layer from or to one unit is a vector
    assert set(tables["kernel"]["frequency"]) >= {1, 3, 5}


def test_sharpness_at_the_start_is_the_largest_eigenvalue_of_the_whole_hessian(observed):
    spec, tables = observed
    problem = spec.recipe.build(stream(0, "data"))
    evaluator, theta = NumpyEvaluator(problem), problem.network.theta0(stream(0, "weights"))
    step = 1e-5
    hessian = np.array(
        [
            (evaluator.value_and_grad(theta + step * unit)[1] - evaluator.value_and_grad(theta - step * unit)[1])
            / (2 * step)
            for unit in np.eye(problem.dim)
        ]
    )
    expected = np.linalg.eigvalsh((hessian + hessian.T) / 2)[-1]
    assert tables["sharpness"]["sharpness"].iloc[0] == pytest.approx(expected, rel=1e-3)


def test_the_kernel_does_not_drift_at_the_start_and_its_rate_is_a_quotient(observed):
    spec, tables = observed
    rows = tables["kernel"]
    assert (rows.loc[rows["mark"] == 0, "drift"] == 0).all()
    assert rows["drift"].iloc[-1] > 0.01
    problem = spec.recipe.build(stream(0, "data"))
    kernel = tangent_kernel(NumpyEvaluator(problem), problem.network.theta0(stream(0, "weights")))
    mode = np.exp(3j * problem.inputs[:, 0]) / len(problem.inputs) ** 0.5
    found = rows.loc[(rows["mark"] == 0) & (rows["frequency"] == 3), "rate"].item()
    assert found == pytest.approx(2 * (mode.conj() @ kernel @ mode).real, rel=1e-9)


def test_the_drift_is_that_of_a_kernel_made_of_gradients_of_torch(observed):
    spec, _ = observed
    problem = spec.recipe.build(stream(0, "data"))
    x = torch.tensor(problem.inputs)

    def kernel(theta):
        def outputs(flat):
            return torch.tanh(x * flat[:8] + flat[8:16]) @ flat[16:24] + flat[24]

        slopes = torch.autograd.functional.jacobian(outputs, torch.tensor(theta)).numpy()
        return slopes @ slopes.T

    start = problem.network.theta0(stream(0, "weights"))
    moved = start + 0.1
    observation = OBSERVERS["kernel"].begin(spec.subject, NumpyEvaluator(problem))
    for number, theta in enumerate((start, moved)):
        outputs = problem.network.forward(theta[None], problem.inputs)[0]
        observation.look(Mark(number, Snapshot(float(number), 0, 0, 0, 0, 0.0), theta, outputs, theta))
    found = observation.rows()["kernel"]["drift"][-1]
    wanted = np.linalg.norm(kernel(moved) - kernel(start)) / np.linalg.norm(kernel(start))
    assert found == pytest.approx(wanted, rel=1e-10)
    assert wanted > 0.01


@pytest.mark.parametrize(
    ("name", "problem", "words"),
    [
        ("kernel", "digits", "needs a squared loss and a Jacobian"),
        ("rank", "control-low", "has none"),
    ],
)
def test_what_a_problem_does_not_offer_is_a_sentence(name, problem, words):
    recipe = find_problem(problem)
    spec = RunSpec(problem, recipe, "gd", find_optimizer("gd"), 0, 30)
    assert words in OBSERVERS[name].complaint(spec.subject, NumpyEvaluator(recipe.build(stream(0, "data"))))
