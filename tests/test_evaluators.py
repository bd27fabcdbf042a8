"""An evaluator is one file and one line: what every one must do, and what happens where none can be made."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from support.toys import bowl, run_spec

from harness.run.fit import Refused, check_fit
from harness.run.runner import run, run_lanes
from harness.run.spec import RunSpec, find_optimizer, find_problem
from problems.base import Problem, stack
from problems.engines.base import CannotServe
from problems.engines.choose import ENGINES, Engine, engine_names, lazily, make_evaluator
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.engines.torch_evaluator import TorchEvaluator
from problems.losses.cross_entropy import CrossEntropy
from problems.losses.regression import L4, MAE, MSE
from problems.networks.activations import ACTIVATIONS, Activation
from problems.networks.mlp import MLP
from problems.networks.torch.architectures import widths
from problems.networks.torch.module import ModuleNetwork

ROWS = np.array([[0, 3, 3], [7, 1, 2], [5, 5, 4], [9, 8, 7], [1, 2, 6], [0, 0, 0]])


def random_problem(widths=(1, 5, 1), lanes=None, loss=MSE(), activation="tanh") -> Problem:  # noqa: B008  # frozen
    rng = np.random.default_rng(3)
    shape = (11, widths[-1]) if lanes is None else (lanes, 11, widths[-1])
    return Problem(rng.uniform(-2, 2, (11, widths[0])), rng.standard_normal(shape), MLP(widths, activation), loss, ())


def module_problem(loss=MSE(), lanes=None, chunk=None, precision="float64"):  # noqa: B008  # frozen
    """A torch module of 2-4-3, with targets that are shares, as cross-entropy wants them."""
    network = ModuleNetwork("2-4-3", widths((2, 4, 3), "tanh"), (2,), "pytorch-uniform", precision)
    drawn = random_problem((2, 4, 3), lanes, loss)
    shares = np.exp(drawn.targets) / np.exp(drawn.targets).sum(axis=-1, keepdims=True)
    return replace(drawn, network=network, targets=shares, chunk=chunk)


def equation(name, **settings):
    """Of which derivatives of the network are carried."""
    return replace(find_problem(name), **settings).build(np.random.default_rng(0))


class Plain:
    """What a newcomer writes: a network of one hidden layer of tanh, on the samples and nothing else of ours."""

    name = "plain"
    device = "cpu"
    dtype = np.dtype(np.float64)

    def __init__(self, problem):
        self.problem, self._reference, self.made = problem, NumpyEvaluator(problem), 0
        self.offers = frozenset({"value", "gradient", "population", "layout", "budget"})

    def __getattr__(self, name):
        return getattr(self._reference, name)

    def value(self, theta):
        self.made += 1
        width = self.problem.network.widths[1]
        w, b, v, c = np.split(theta, [width, 2 * width, 3 * width])
        outputs = np.tanh(self.problem.inputs * w + b) @ v[:, None] + c
        return float(((outputs - self.problem.targets) ** 2).mean())

    def value_and_grad(self, theta):
        return self.value(theta), self._reference.value_and_grad(theta)[1]


def only_tanh(problem):
    return None if getattr(problem.network, "activation", "") == "tanh" else "takes networks of tanh"


@pytest.fixture
def registered(monkeypatch):
    """The one line."""
    monkeypatch.setitem(ENGINES, "plain", Engine("plain", "for the test", Plain, only_tanh))


def sines(engine, **changes):
    recipe = replace(find_problem("sin135"), **{"network": "1-5-1", **changes})
    return RunSpec("sin135", recipe, "gd", find_optimizer("gd"), 0, budget=30, engine=engine)


# one file and one line


@pytest.mark.usefixtures("registered")
def test_a_new_evaluator_is_asked_for_listed_and_recorded_by_its_name():
    assert engine_names()["plain"] == "for the test"
    assert isinstance(make_evaluator(random_problem(), "plain"), Plain)
    ours, theirs = run(sines("plain")), run(sines("numpy"))
    assert ours["runs"]["engine"].tolist() == ["plain"]
    assert ours["runs"]["status"].tolist() == ["budget"]
    np.testing.assert_allclose(ours["curves"]["loss"], theirs["curves"]["loss"], rtol=1e-12)


@pytest.mark.usefixtures("registered")
def test_a_new_evaluator_is_refused_where_it_cannot_serve_and_not_chosen_unasked():
    with pytest.raises(ValueError, match="The engine 'plain' takes networks of tanh"):
        make_evaluator(random_problem(activation="relu"), "plain")
    assert not isinstance(make_evaluator(random_problem()), Plain)


def test_what_an_evaluator_does_not_offer_no_method_is_given(monkeypatch):
    poor = Engine("plain", "", Plain, only_tanh, offers=lambda problem: frozenset({"value"}))
    monkeypatch.setitem(ENGINES, "plain", poor)
    with pytest.raises(Refused, match="'gd' needs gradient, which this problem does not offer"):
        check_fit("gd", find_optimizer("gd"), random_problem(), "plain")
    check_fit("powell", find_optimizer("powell"), random_problem(), "plain")


# all evaluators alike


def served(problem):
    return [name for name, engine in ENGINES.items() if not engine.obstacle(problem)]


PROBLEMS = {
    "shallow": random_problem(),
    "lanes": random_problem(lanes=3),
    "deep": random_problem((2, 4, 3, 2)),
    "absolute": random_problem((1, 5, 1), loss=MAE()),
    "deep lanes": random_problem((2, 4, 3, 2), lanes=2),
    "energy": equation("poisson", network="1-6-5-1", intervals=40),
    "residual of sines": equation("heat", network="2-5-4-1", activation="sin", intervals=12, steps=2),
    "residual of sigmoids": equation("helmholtz", network="1-5-1", activation="sigmoid", intervals=20),
    "module": module_problem(),
    "module of lanes": module_problem(L4(), lanes=3),
    "module of classes": module_problem(CrossEntropy(), chunk=4),
    "module of lanes in chunks": module_problem(MAE(), lanes=2, chunk=5),
}
CASES = [(name, engine) for name, problem in PROBLEMS.items() for engine in served(problem) if engine != "numpy"]


@pytest.mark.parametrize(("name", "engine"), CASES)
def test_every_evaluator_answers_every_question_as_the_reference(name, engine):
    problem = PROBLEMS[name]
    reference, other = NumpyEvaluator(problem), ENGINES[engine].make(problem)
    thetas = np.random.default_rng(1).standard_normal((6, problem.dim))
    questions = {
        "values": (thetas,),
        "values_and_grads": (thetas,),
        "predict": (thetas,),
        "outputs": (thetas, problem.inputs[:4] + 1),
    }
    if problem.targets.ndim == 2:
        questions |= {"value": (thetas[0],), "value_and_grad": (thetas[1],)}
        if "hvp" in reference.offers:
            questions["hvp"] = (thetas[0], thetas[1])
        if "residuals" in reference.offers:
            questions["residuals_and_jacobian"] = (thetas[0],)
    lanes = thetas[: len(problem.targets)] if problem.targets.ndim == 3 else thetas
    questions |= {"lane_batches": (lanes, ROWS[: len(lanes)]), "batch_values_and_grads": (lanes, ROWS[0])}
    other.prepare({"value", "gradient", "population", "minibatch"})
    for question, arguments in questions.items():
        due, got = getattr(reference, question)(*arguments), getattr(other, question)(*arguments)
        for one, another in zip(*(x if isinstance(x, tuple) else (x,) for x in (got, due)), strict=True):
            np.testing.assert_allclose(one, another, rtol=1e-10, atol=1e-12, err_msg=question)
    assert (other.dtype, other.device, other.offers) == (np.float64, "cpu", reference.offers)
    assert other.offers == ENGINES[engine].offers(problem)
    assert other.problem is problem


def test_what_carries_derivatives_is_left_to_numpy_where_a_point_or_its_activation_has_no_kernel():
    reference, other = NumpyEvaluator(PROBLEMS["energy"]), make_evaluator(PROBLEMS["energy"])
    thetas = np.random.default_rng(1).standard_normal((3, reference.problem.dim))
    thetas[1, 0], thetas[2, 3] = 1e60, np.nan
    with np.errstate(all="ignore"):
        due, got = reference.values_and_grads(thetas), other.values_and_grads(thetas)
        assert other.name == "compiled"
        for one, another in zip((*due, reference.values(thetas)), (*got, other.values(thetas)), strict=True):
            np.testing.assert_allclose(one, another, rtol=1e-10)
        np.testing.assert_allclose(other.predict(thetas), reference.predict(thetas), rtol=1e-10, atol=1e-12)
    bare = equation("poisson", network="1-6-1", activation="softplus")
    assert make_evaluator(bare).name == "numpy"
    with pytest.raises(ValueError, match="'compiled' has no compiled derivatives of the activation 'softplus'"):
        make_evaluator(bare, "compiled")


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("members", [1, 2, 40])
def test_a_population_in_lanes_sees_the_targets_of_its_lane(engine, members):
    alone = [replace(random_problem(), targets=random_problem(lanes=3).targets[lane]) for lane in range(3)]
    thetas = np.random.default_rng(1).standard_normal((3, members, alone[0].dim))
    thetas[1, 0, 0] = 1e60  # which a kernel refuses
    due = [NumpyEvaluator(problem).values(own) for problem, own in zip(alone, thetas, strict=True)]
    evaluator = make_evaluator(stack(alone), engine)
    flat = thetas.reshape(-1, alone[0].dim)
    np.testing.assert_allclose(evaluator.values(flat), np.concatenate(due), rtol=1e-12)
    np.testing.assert_allclose(evaluator.values_and_grads(flat)[0], np.concatenate(due), rtol=1e-12)
    np.testing.assert_allclose(evaluator.predict(flat), NumpyEvaluator(alone[0]).predict(flat), rtol=1e-12, atol=1e-13)


def test_the_targets_of_lanes_are_not_laid_again_for_a_population():
    """A loss sees the very targets of the problem, whatever the size of the population."""
    seen = []

    @dataclass(frozen=True)
    class Watching:
        name: str = "watching"

        def value(self, outputs, targets):
            seen.append(targets)
            return MSE().value(outputs, targets)

    batch = replace(random_problem(lanes=3), loss=Watching())
    NumpyEvaluator(batch).values(np.zeros((90, batch.dim)))
    assert len(seen) >= 3
    assert all(np.shares_memory(targets, batch.targets) for targets in seen)


# a module computes where its data are


def test_a_module_is_evaluated_by_torch_and_the_run_says_so():
    problem = module_problem()
    assert isinstance(make_evaluator(problem), TorchEvaluator)
    assert isinstance(make_evaluator(problem, "numpy"), NumpyEvaluator)
    with pytest.raises(ValueError, match="The engine 'torch' takes torch modules; this network is another"):
        make_evaluator(random_problem(), "torch")


def test_a_loss_that_torch_does_not_have_is_left_to_numpy():
    @dataclass(frozen=True)
    class Mine:
        name: str = "mine"
        value = MSE.value
        value_and_cotangent = MSE.value_and_cotangent
        curvature = MSE.curvature

    assert make_evaluator(module_problem(Mine())).name == "numpy"
    with pytest.raises(ValueError, match="takes the losses cross-entropy, l4, mae, mse; got 'mine'"):
        make_evaluator(module_problem(Mine()), "torch")


def test_nothing_but_parameters_goes_to_the_device_once_the_data_are_there(monkeypatch):
    problem, sent = module_problem(), []
    evaluator = TorchEvaluator(problem)
    placed = ModuleNetwork.placed

    def counting(network, array):
        sent.append(array.size)
        return placed(network, array)

    monkeypatch.setattr(ModuleNetwork, "placed", counting)
    monkeypatch.setattr(ModuleNetwork, "sampled", lambda *_: pytest.fail("the inputs were sent again"))
    thetas = np.zeros((3, problem.dim))
    evaluator.values(thetas)
    evaluator.value_and_grad(thetas[0])
    evaluator.batch_values_and_grads(thetas, ROWS[0])
    evaluator.lane_batches(thetas, ROWS[:3])
    evaluator.predict(thetas)
    assert set(sent) <= {problem.dim, 3 * problem.dim}


def test_single_precision_of_a_module_stays_within_its_rounding():
    single, double = TorchEvaluator(module_problem(precision="float32")), TorchEvaluator(module_problem())
    theta = np.random.default_rng(1).standard_normal(single.problem.dim)
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    assert single.value(theta) == pytest.approx(double.value(theta), rel=1e-5)
    np.testing.assert_allclose(single.value_and_grad(theta)[1], double.value_and_grad(theta)[1], rtol=1e-3, atol=1e-6)


# where none can be made


@pytest.fixture
def twinless(monkeypatch):
    """An activation of somebody's, in numpy alone."""
    square = Activation("square", lambda z: z * z, lambda z, a: 2 * z, lambda z, a: 2 + 0 * z)
    monkeypatch.setitem(ACTIVATIONS, "square", lambda: square)


@pytest.mark.usefixtures("twinless")
@pytest.mark.parametrize("network", ["1-5-1", "1-50-50-1"])
def test_an_activation_without_a_compiled_form_simply_runs_in_numpy(network):
    (tables,) = run_lanes([sines("auto", activation="square", network=network)])
    assert tables["runs"]["engine"].tolist() == ["numpy"]
    assert tables["runs"]["status"].tolist() == ["budget"]


@pytest.mark.usefixtures("twinless")
def test_a_demand_for_kernels_without_a_compiled_form_is_a_row_and_the_others_go_on():
    tables = run_lanes([replace(sines("compiled", activation="square"), seed=seed) for seed in (0, 1)])
    for table in tables:
        assert table["runs"]["status"].tolist() == ["failed"]
        reason = "The engine 'compiled' has no compiled form of the activation 'square'. Choose numpy, or auto"
        assert reason in table["runs"]["reason"].item()


def test_an_evaluator_that_breaks_when_it_is_made_fails_its_runs_alone(monkeypatch):
    def broken(problem):
        raise RuntimeError("no such device")

    monkeypatch.setitem(ENGINES, "broken", Engine("broken", "", broken, lambda problem: None))
    tables = run_lanes([run_spec(seed=seed, engine="broken") for seed in (0, 1)])
    assert [table["runs"]["reason"].item() for table in tables] == ["RuntimeError: no such device"] * 2


def test_a_library_that_does_not_load_is_passed_over_by_the_rule(monkeypatch):
    absent = lazily("no_such_module_anywhere", "Evaluator")
    monkeypatch.setitem(
        ENGINES, "absent", Engine("absent", "", absent, lambda problem: None, best=lambda problem: True)
    )
    assert make_evaluator(bowl()).name == "numpy"
    with pytest.raises(ValueError, match="The engine 'absent' cannot be loaded: No module named 'no_such_module"):
        make_evaluator(bowl(), "absent")
    with pytest.raises(CannotServe):
        absent(bowl())
