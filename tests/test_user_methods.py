"""Methods in every documented form: each moves as it does in its own house, and pays for what it evaluates."""

import os
import random
import re
import signal
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import ClassVar

import cma
import cmaes
import nevergrad
import numpy as np
import optuna
import pytest
import pytorch_optimizer
import scipy.optimize
import torch

from harness.rules.spied_run import attempt, network, start
from harness.run.metering.account import Terms
from harness.run.metering.meter import Meter
from harness.run.runner import run
from harness.run.spec import RunSpec, find_problem
from optimizers import OPTIMIZERS
from optimizers.base import Need, Optimizer, RunStopped
from optimizers.user.functions import Bowl
from optimizers.user.guard import run_guarded
from optimizers.user.recognise import Wishes, adapt
from optimizers.user.updates import as_pair
from problems.engines.numpy_evaluator import NumpyEvaluator

BUDGET = 150


def value(theta):
    return NumpyEvaluator(network()).values(theta[None])[0]


def value_and_grad(theta):
    losses, gradients = NumpyEvaluator(network()).values_and_grads(theta[None])
    return losses[0], gradients[0]


class PerturbedDescent(torch.optim.Optimizer):
    """Sharpness-aware minimisation as its first public implementation writes it: `param.data` is replaced."""

    def __init__(self, params, base_optimizer, rho=0.05, **kwargs):
        super().__init__(params, dict(rho=rho, **kwargs))
        self.base_optimizer = base_optimizer(self.param_groups, **kwargs)

    @torch.no_grad()
    def step(self, closure=None):
        assert closure is not None
        norm = torch.sqrt(sum((p.grad**2).sum() for group in self.param_groups for p in group["params"]))
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p]["old"] = p.data.clone()
                p.add_(p.grad * group["rho"] / (norm + 1e-12))
        self.zero_grad()
        with torch.enable_grad():
            closure()
        for group in self.param_groups:
            for p in group["params"]:
                p.data = self.state[p]["old"]
        self.base_optimizer.step()


class NoArgument(torch.optim.Optimizer):
    """Its step takes nothing."""

    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                p.sub_(group["lr"] * p.grad)


def make_sgd(params, lr=0.1):
    stepper = torch.optim.SGD(params, lr=lr)
    return stepper, torch.optim.lr_scheduler.StepLR(stepper, 10, gamma=0.5)


def hand_written(lr=0.1):
    return (lambda params: None), (lambda gradients, state: (-lr * gradients, state))


def with_trace(lr=0.1, decay=0.5):
    def update(gradients, state, params):
        state = {name: decay * state[name] + gradients[name] for name in params}
        return {name: -lr * state[name] for name in params}, state

    return (lambda params: {name: np.zeros_like(part) for name, part in params.items()}), update


def scipy_like(fun, x0, args=(), jac=None, hess=None, hessp=None, callback=None, step=0.1, **options):
    """Descent with a slope that is called, as scipy calls a custom minimiser."""
    x = x0
    while True:
        assert np.ndim(fun(x)) == 0
        x = x - step * jac(x)


class Walk:
    """Asks for one point at a time."""

    def __init__(self, x0, rng, width=0.1):
        self.best, self.low, self.rng, self.width = x0, np.inf, rng, width

    def ask(self):
        return self.best + self.width * self.rng.standard_normal(len(self.best))

    def tell(self, point, loss):
        if loss < self.low:
            self.low, self.best = loss, point


def make_study(seed):
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))


def make_cma(x0, seed):
    return cma.CMAEvolutionStrategy(x0, 0.3, {"verbose": -9, "seed": seed + 1})


Form = tuple[object, dict]


def descend(fun, x0, jac, lr=0.02):
    while True:
        x0 = x0 - lr * jac(x0)


FORMS: dict[str, Form] = {
    "torch class": (torch.optim.Adamax, {}),
    "torch class with a closure": (torch.optim.LBFGS, {"arguments": {"line_search_fn": "strong_wolfe"}}),
    "torch class that perturbs first": (
        PerturbedDescent,
        {"arguments": {"base_optimizer": torch.optim.SGD, "lr": 0.1}},
    ),
    "the same of a library": (pytorch_optimizer.SAM, {"arguments": {"base_optimizer": torch.optim.SGD, "lr": 0.1}}),
    "torch class with required arguments": (NoArgument, {"arguments": {"lr": 0.1}}),
    "partial of a torch class": (partial(torch.optim.SGD, lr=0.1, momentum=0.5), {}),
    "torch class for matrices": (torch.optim.Muon, {}),
    "function that makes optimizer and scheduler": (make_sgd, {}),
    "torch class with a schedule": (
        partial(torch.optim.SGD, lr=0.1),
        {"schedule": partial(torch.optim.lr_scheduler.ReduceLROnPlateau, patience=3)},
    ),
    "pair": (hand_written(), {}),
    "function that makes a pair": (hand_written, {}),
    "pair on arrays by name": (with_trace, {}),
    "scipy with a slope": (partial(scipy.optimize.minimize, method="L-BFGS-B", jac=True), {}),
    "scipy as it is": (scipy.optimize.minimize, {}),
    "scipy without slopes": (partial(scipy.optimize.minimize, method="Nelder-Mead"), {}),
    "scipy with curvature": (partial(scipy.optimize.minimize, method="trust-ncg"), {}),
    "function with scipy's signature": (scipy_like, {}),
    "class of one's own": (Walk, {}),
    "function that makes pycma's object": (make_cma, {}),
    "class of pycma": (
        cma.CMAEvolutionStrategy,
        {"arguments": {"sigma0": 0.3, "inopts": {"verbose": -9, "seed": np.nan}}},
    ),
    "class of cmaes": (cmaes.CMA, {"arguments": {"sigma": 0.3, "seed": 1}}),
    "optimizer of nevergrad": (nevergrad.optimizers.OnePlusOne, {}),
    "function that makes a study of optuna": (make_study, {}),
    "function that calls its slopes": (descend, {}),
}


def adapted(form):
    foreign, wishes = FORMS[form]
    return adapt("mine", foreign, Wishes(**wishes))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_starts_at_x0_and_spends_its_budget_and_repeats_itself(form):
    method = adapted(form)
    first, again = attempt(method, BUDGET), attempt(method, BUDGET)
    assert np.array_equal(first.points[0], start(network()))
    assert first.status in ("budget", "converged")
    assert first.meter.account.cost <= BUDGET
    assert len(first.points) > 5
    assert np.array_equal(first.points, again.points)
    assert attempt(method, BUDGET, seed=1).status == first.status


@pytest.mark.parametrize("form", [form for form in FORMS if "optuna" not in form])
def test_every_form_lowers_the_loss(form):
    meter = attempt(adapted(form), BUDGET).meter
    assert meter.best_loss < value(start(network()))


def test_a_torch_optimizer_with_a_closure_moves_as_in_torch():
    theta = torch.from_numpy(start(network())).clone().requires_grad_()
    stepper = torch.optim.LBFGS([theta], line_search_fn="strong_wolfe")
    seen = []

    def closure():
        point = theta.detach().numpy().copy()
        seen.append(point)
        loss, gradient = value_and_grad(point)
        theta.grad = torch.from_numpy(gradient)
        return torch.tensor(loss)

    stepper.step(closure)
    points = attempt(adapted("torch class with a closure"), 60).points
    assert np.allclose(points, seen[:20], rtol=1e-7)  # sums of one vector and of its parts round differently


def test_evaluations_of_a_perturbed_step_are_paid_for():
    method = adapted("torch class that perturbs first")
    points = attempt(method, 12).points
    assert len(points) == 4  # two gradients a step, three forward passes each
    assert np.linalg.norm(points[1] - points[0]) == pytest.approx(method.rho)
    gradient = value_and_grad(points[1])[1]
    assert np.allclose(points[2], points[0] - method.lr * gradient, atol=1e-12)


def test_the_same_method_of_a_library_makes_the_same_points():
    mine, theirs = (attempt(adapted(form), 90).points for form in list(FORMS)[2:4])
    assert np.allclose(mine, theirs, atol=1e-9)


def test_what_is_no_matrix_goes_to_the_named_companion():
    method = adapted("torch class for matrices")
    assert (method.companion, method.companion_lr) == ("AdamW", 3e-3)
    still = type(method)(companion="SGD", companion_lr=1e-300)
    first, second = attempt(still, 6).points
    moved = {slot.name: not np.array_equal(*(_part(point, slot) for point in (first, second))) for slot in _slots()}
    assert moved == {slot.name: len(slot.shape) == 2 for slot in _slots()}


def _slots():
    return network().network.layout


def _part(point, slot):
    return point[slot.offset : slot.offset + int(np.prod(slot.shape))]


def test_a_companion_that_is_none_is_refused():
    method = type(adapted("torch class for matrices"))(companion="nonsense")
    with pytest.raises(ValueError, match=r"a class of torch.optim, such as AdamW; got 'nonsense'"):
        attempt(method, 30)


def test_a_schedule_changes_the_step():
    points = attempt(adapted("function that makes optimizer and scheduler"), 3 * 22).points
    steps = [np.linalg.norm(b - a) / np.linalg.norm(value_and_grad(a)[1]) for a, b in pairwise(points)]
    assert np.allclose(steps, [0.1] * 10 + [0.05] * 10 + [0.025])


@pytest.mark.parametrize("form", ["pair", "function that makes a pair"])
def test_a_pair_follows_its_updates(form):
    points = attempt(adapted(form), 30).points
    assert len(points) == 10
    for before, after in pairwise(points):
        assert np.allclose(after, before - 0.1 * value_and_grad(before)[1], atol=1e-14)


def test_optax_makes_the_points_of_the_same_method_here():
    optax = pytest.importorskip("optax")
    method = adapt("mine", optax.adam, Wishes(arguments={"learning_rate": 3e-3}))
    assert method.learning_rate == 3e-3
    theirs, ours = attempt(method, 300).points, attempt(OPTIMIZERS["adam"], 300).points
    assert np.allclose(theirs, ours, atol=1e-9)


@pytest.mark.parametrize("layered", [False, True])
def test_a_line_search_of_optax_is_paid_for_and_ends_by_the_budget(layered):
    optax = pytest.importorskip("optax")
    made = optax.lbfgs()
    if layered:
        made = optax.chain(optax.clip_by_global_norm(1e9), made)
    tried = attempt(adapt("mine", made), 300)
    counts = tried.meter.account.counts
    assert counts.gradients > 50
    assert 297 <= tried.meter.account.cost <= 300
    assert tried.meter.best_loss < 0.5 * attempt(adapt("mine", optax.sgd(0.1)), 300).meter.best_loss


def test_a_chain_of_optax_that_cannot_be_traced_is_called_as_it_is():
    optax = pytest.importorskip("optax")

    def update(updates, state, params=None):
        # the value of a number that is only traced
        return (2 * updates if float(abs(updates).max()) > 0 else updates), state

    doubling = optax.GradientTransformation(lambda params: (), update)
    theirs = attempt(adapt("mine", optax.chain(optax.sgd(0.05), doubling)), 60).points
    assert np.allclose(theirs, attempt(adapt("mine", optax.sgd(0.1)), 60).points, atol=1e-12)


def test_a_transformation_of_optax_that_sees_matrices_is_given_them():
    optax = pytest.importorskip("optax")
    method = adapt("mine", optax.contrib.muon(1e-2))
    assert attempt(method, 60).meter.best_loss < value(start(network()))


def test_a_method_without_slopes_asks_for_none():
    counts = attempt(adapted("scipy without slopes"), BUDGET).meter.account.counts
    assert counts.values > 0
    assert counts.gradients == 0


def test_a_slope_that_is_called_is_paid_for_once_a_point():
    counts = attempt(adapted("function with scipy's signature"), 80).meter.account.counts
    assert (counts.values, counts.gradients) == (20, 20)


def test_a_loop_that_stands_still_at_a_called_slope_ends_by_its_budget():
    def stands(fun, x0, jac):
        while True:
            jac(x0)

    assert attempt(adapt("mine", stands), BUDGET).meter.account.counts.gradients == BUDGET / 3


def slope_step(x, jac):
    return x - 0.1 * jac(x)


def test_a_slope_that_is_handed_on_to_be_called_is_a_function():
    def through_another(fun, x0, jac):
        x = x0
        while True:
            x = slope_step(x, jac)

    def by_scipy(fun, x0, jac):
        scipy.optimize.minimize(fun, x0, jac=jac, method="BFGS")

    assert adapt("mine", through_another).convention.jac == "callable"
    assert adapt("mine", by_scipy).convention.jac == "pair"


class NoisyDescent(torch.optim.SGD):
    """Its noise is drawn like the parameters, from torch's own generator."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, lr)
        self.noise = float(torch.rand(()))

    @torch.no_grad()
    def step(self, closure=None):
        super().step(closure)
        for param in self.param_groups[0]["params"]:
            param.add_(torch.randn_like(param), alpha=self.noise)


class GlobalSwarm:
    """Draws its first points from numpy's global generator, and others from torch's."""

    def __init__(self, x0):
        self.points = x0 + np.random.standard_normal((4, len(x0)))  # noqa: NPY002

    def ask(self):
        return self.points + torch.randn(self.points.shape).numpy()

    def tell(self, points, losses):
        pass


def global_climb(fun, x0, width=0.1):
    """Draws each point around the best one from Python's, numpy's and torch's generators."""
    best, least = x0, fun(x0)
    while True:
        step = np.random.standard_normal(len(x0)) + torch.randn(len(x0)).numpy()  # noqa: NPY002
        x = best + width * random.random() * step
        if (loss := fun(x)) < least:
            best, least = x, loss


def global_update():
    """Its steps are as noisy."""
    return (
        lambda params: None,
        lambda gradients, state, params: (-0.01 * gradients * np.random.random(), state),  # noqa: NPY002
    )


@dataclass(frozen=True)
class GlobalNative(Optimizer):
    """Its steps are as noisy."""

    family: ClassVar[str] = "own"
    source: ClassVar[str] = "here"
    needs: ClassVar[frozenset[Need]] = frozenset({"value"})

    def minimize(self, objective, theta0, rng):
        global_climb(objective.value, theta0.copy())


@pytest.mark.parametrize("foreign", [NoisyDescent, GlobalSwarm, global_climb, global_update, GlobalNative])
def test_who_draws_from_a_global_generator_repeats_itself_and_leaves_it_alone(foreign):
    before = torch.get_rng_state(), np.random.get_state()[1]  # noqa: NPY002
    method = adapt("mine", foreign)
    runs = [attempt(method, BUDGET) for _ in range(2)]
    assert np.array_equal(runs[0].points, runs[1].points)
    moves = [np.diff(attempt(method, BUDGET, seed=seed).points[:3], axis=0) for seed in (0, 1)]
    assert not np.isclose(*moves).any()  # other seeds draw others
    assert torch.equal(before[0], torch.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002


class TakesLosses(Walk):
    """Is told losses alone."""

    def tell(self, losses):
        self.best = self.best * (losses < 1)


def test_who_is_told_pairs_against_its_will_is_told_why():
    with pytest.raises(ValueError, match=r"write tell\(points, losses\).* TypeError"):
        attempt(adapt("mine", TakesLosses), BUDGET)


def test_curvature_is_offered_to_methods_that_need_it():
    method = adapted("scipy with curvature")
    assert "hvp" in method.needs
    assert attempt(method, BUDGET).meter.account.counts.hvps > 0


@pytest.mark.parametrize(
    ("foreign", "wishes", "sentence"),
    [
        (7, {}, "must be a subclass"),
        (NoArgument, {}, "needs a value for 'lr'"),
        (torch.optim.SGD, {"arguments": {"learning_rate": 1}}, "has no argument 'learning_rate'. It has: params, lr"),
        (torch.optim.SGD, {"tune": {"rate": (0, 1)}}, "no setting of 'mine'. It has: lr, momentum"),
        (Walk(np.zeros(3), None), {"arguments": {"width": 1}}, "is an object already"),
        (Walk, {"schedule": print}, "A schedule is for torch optimizers"),
        (lambda fun, bounds: None, {}, "wants bounds, and a run has a start"),
        (lambda something: None, {}, "cannot be told from its arguments, something"),
        (lambda: 7, {}, "is a function that makes 7"),
        (lambda: 1 / 0, {}, "raises ZeroDivisionError"),
        (lambda fun, x0, memory=3: None, {}, "has a parameter 'memory', a name of the contract"),
        (lambda fun, x0, jac=None: fun(), {}, "takes no step from x0 on a small bowl"),
        (lambda params: 7, {}, "it makes int, which has no step()"),
    ],
)
def test_what_cannot_be_adapted_is_refused_with_a_sentence(foreign, wishes, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        adapt("mine", foreign, Wishes(**wishes))


def test_points_of_another_length_are_refused():
    walk = Walk(np.zeros(3), np.random.default_rng(0))
    with pytest.raises(ValueError, match="one point of 13 numbers"):
        attempt(adapt("mine", walk), BUDGET)


@pytest.mark.parametrize(
    ("point", "sentence"),
    [
        (lambda x: x * 1j, "must be made of real numbers, float64; got ndarray of complex128"),
        (lambda x: x[:-1], "an array of shape (13,) is wanted; got (12,)"),
        (lambda x: x[None], "an array of shape (13,) is wanted; got (1, 13)"),
        (lambda x: "nothing", "must be made of real numbers"),
    ],
)
def test_points_that_are_none_are_refused(point, sentence):
    def minimize(objective, theta0, rng):
        while True:
            objective.value(point(theta0))

    with pytest.raises(ValueError, match=re.escape(sentence)):
        run_guarded(minimize, network_objective(), start(network()), None)


N = network().targets.shape[0]


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        # beyond the samples lies the margin with which they are laid out
        (lambda o, x: o.batch_value_and_grad(x, np.array([0, N])), f"from 0 to {N - 1}, an array of shape (k,)"),
        (lambda o, x: o.batch_value_and_grad(x, np.array([-1, 3])), "got numbers from -1 to 3"),
        (lambda o, x: o.batch_value_and_grad(x, np.arange(N) < 3), "np.flatnonzero(mask); got bool"),
        (lambda o, x: o.batch_value_and_grad(x, np.array([0.0])), "got float64 of shape (1,)"),
        (lambda o, x: o.batch_value_and_grad(x, [[0, 1]]), "got int64 of shape (1, 2)"),
        (lambda o, x: o.batch_value_and_grad(x, []), "of shape (0,)"),
        (lambda o, x: o.batch_value_and_grad(x, slice(3)), "got object of shape ()"),
        (lambda o, x: o.values(np.empty((0, len(x)))), "A population has at least one point"),
        (lambda o, x: o.values_and_grads(x[None][:0]), "A population has at least one point"),
        (lambda o, x: o.leave(np.array([0])), "true where a lane has converged; got int64"),
        (lambda o, x: o.leave(True), "of shape (1,), true where a lane has converged; got bool of shape ()"),
        (lambda o, x: o.evaluations_left("hvp"), "a 'value' or a 'gradient'; got 'hvp'"),
    ],
)
def test_what_an_objective_cannot_be_asked_is_said(ask, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        run_guarded(lambda objective, theta0, rng: ask(objective, theta0), network_objective(), start(network()), None)


def test_an_objective_says_what_it_has():
    with pytest.raises(AttributeError, match=r"An objective has no 'gradient'\. It has: dim, .*value_and_grad"):
        run_guarded(lambda objective, theta0, rng: objective.gradient(theta0), network_objective(), np.ones(13), None)


def test_a_minibatch_of_a_list_of_samples_is_that_of_an_array():
    found = []

    def minimize(objective, theta0, rng):
        rows = [2, 2, 0], np.array([2, 2, 0], np.uint8)
        found.extend(objective.batch_value_and_grad(theta0, each)[1] for each in rows)
        objective.leave(np.array([False]))
        found.append("goes on")
        objective.leave(np.array([True]))

    meter = Meter(NumpyEvaluator(network()), Terms(30))
    meter.start(start(network()))
    with pytest.raises(RunStopped, match="returned before"):
        run_guarded(minimize, meter, start(network()), None)
    np.testing.assert_array_equal(found[0], found[1])
    assert found[2] == "goes on"
    assert meter.account.counts.gradients == pytest.approx(6 / N)


def unpacks(fun, x0):
    _, slope = fun(x0)
    return x0 - 0.1 * slope


def takes_the_second(fun, x0):
    for _ in range(3):
        x0 = x0 - 0.1 * fun(x0)[1]
    return x0


@pytest.mark.parametrize("function", [unpacks, takes_the_second])
def test_a_function_that_takes_the_loss_for_a_pair_is_told_how_it_gets_one(function):
    method = adapt("mine", function, Wishes())
    with pytest.raises(TypeError, match=r"takes what fun\(x\) gives for loss and gradient.*minimize\(fun, x0, jac\)"):
        method.minimize(Bowl(), np.zeros(3), np.random.default_rng(0))


def has_an_error_of_its_own(fun, x0):
    return fun(x0) + None


def has_another_beside_it(fun, x0):
    _, slope = fun(x0)
    return slope + None


@pytest.mark.parametrize("function", [has_an_error_of_its_own, has_another_beside_it])
def test_an_error_that_a_pair_would_not_mend_is_left_as_it_is(function):
    method = adapt("mine", function, Wishes())
    with pytest.raises(TypeError, match=r"unsupported operand|cannot unpack"):
        method.minimize(Bowl(), np.zeros(3), np.random.default_rng(0))


def test_what_follows_an_evaluation_elsewhere_is_not_the_reason():
    def ask(objective, theta0):
        with suppress(ValueError):
            objective.value(theta0)

    def minimize(objective, theta0, rng):
        thread = Thread(target=ask, args=(objective, theta0))
        thread.start()
        thread.join()
        raise TypeError("cannot unpack non-iterable NoneType object")

    with pytest.raises(ValueError, match="evaluated in another thread"):
        run_guarded(minimize, network_objective(), start(network()), None)


@pytest.mark.parametrize(
    ("handler", "raised", "sentence"),
    [
        (signal.SIG_IGN, ValueError, "ended the whole process (KeyboardInterrupt)"),  # as in a worker
        (signal.default_int_handler, KeyboardInterrupt, "Ctrl-C"),
    ],
)
def test_an_interrupt_is_the_users_where_one_can_reach_the_process(handler, raised, sentence):
    def minimize(objective, theta0, rng):
        raise KeyboardInterrupt("Ctrl-C")

    before = signal.signal(signal.SIGINT, handler)
    try:
        with pytest.raises(raised, match=re.escape(sentence)):
            run_guarded(minimize, network_objective(), start(network()), None)
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_objective_of_a_run_that_has_ended_is_not_asked_in_another():
    kept = []

    def minimize(objective, theta0, rng):
        kept.append(objective)
        kept[0].value(theta0)

    meters = [Meter(NumpyEvaluator(network()), Terms(30)) for _ in range(2)]
    for meter in meters:
        meter.start(start(network()))
    run_guarded(minimize, meters[0], start(network()), None)
    with pytest.raises(ValueError, match="of a run that has ended"):
        run_guarded(minimize, meters[1], start(network()), None)
    assert meters[0].account.cost == 1


def network_objective():
    return attempt(OPTIMIZERS["gd"], 3).meter


def test_a_pair_is_two_functions_or_an_object_with_two():
    assert as_pair((len, len)) is not None
    assert as_pair((len, 3)) is None
    assert as_pair(torch.optim.SGD) is None


class Silent(Exception):
    def __str__(self):
        raise RuntimeError("no text either")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Silent(), "Silent: (it has no text)"),
        (ValueError("x" * 10**6), "ValueError: " + "x" * 984 + " ..."),
        (GeneratorExit(), "ValueError: The method ended the whole process (GeneratorExit)."),
        (SystemExit(3), "ValueError: The method ended the whole process (sys.exit)."),
    ],
    ids=["no text", "a long text", "GeneratorExit", "sys.exit"],
)
def test_whatever_a_method_raises_is_the_reason_of_its_run(error, reason):
    def broken(objective, theta0, rng):
        os.chdir("/")
        raise error

    @dataclass(frozen=True)
    class Broken(Optimizer):
        needs = frozenset({"value"})

        def minimize(self, objective, theta0, rng):
            run_guarded(broken, objective, theta0, rng)

    where = Path.cwd()
    made = run(RunSpec("control-flat", find_problem("control-flat"), "broken", Broken(), 0, 30.0, engine="numpy"))
    assert made["runs"]["status"].item() == "failed"
    assert made["runs"]["reason"].item().startswith(reason)
    # relative paths of the study still mean what they meant
    assert Path.cwd() == where
