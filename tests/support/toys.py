"""A problem so small that its numbers can be done by hand, and methods of five lines, for the tests of the harness."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, ClassVar

import numpy as np

from harness.run.metering.account import Terms
from harness.run.metering.lanes import LaneMeter
from harness.run.metering.meter import Meter
from harness.run.spec import RunSpec
from optimizers.base import Optimizer, RunStopped
from optimizers.lanes import in_lanes
from problems import PROBLEMS
from problems.base import Problem, Recipe, Slot, fixed
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.losses.regression import MSE

NOTHING: Callable[[], None] = lambda: None  # noqa: E731  # a default, not a function


@dataclass(frozen=True)
class Identity:
    """Its outputs are its parameters (once a component), so the mean squared loss against 0 is `mean(theta^2)`.

    `before` is called on every evaluation; where the first parameter is above `cliff`, gradients, Jacobians and
    Hessians are not a number although the loss is finite."""

    dim: int = 4
    before: Callable[[], None] = NOTHING
    cliff: float = np.inf
    components: int = 1
    name: str = "identity"
    dtype: Any = np.dtype(np.float64)

    @property
    def layout(self):
        return (Slot("theta", (self.dim,), 0),)

    def theta0(self, rng):
        return rng.standard_normal(self.dim)

    def block(self, n_samples):
        return 7

    def forward(self, thetas, inputs):
        self.before()
        return thetas[:, inputs[:, 0].astype(int), None].repeat(self.components, axis=2)

    def vjp(self, thetas, inputs):
        def pullback(cotangent):
            grads = np.zeros(thetas.shape)
            for sample, index in enumerate(inputs[:, 0].astype(int)):
                grads[:, index] += cotangent[:, sample].sum(-1)
            grads[thetas[:, 0] > self.cliff] = np.nan
            return grads

        return self.forward(thetas, inputs), pullback

    def jacobian(self, theta, inputs):
        return np.eye(self.dim)[:, None, :].repeat(self.components, axis=1) * (np.nan if theta[0] > self.cliff else 1.0)

    def hvp(self, theta, vector, inputs, targets, loss):
        self.before()
        return 2 * vector / self.dim * (np.nan if theta[0] > self.cliff else 1.0)


@dataclass(frozen=True, eq=False)
class LinearMap:
    """Its outputs are `matrix @ theta`, one row a sample."""

    matrix: np.ndarray
    name: str = "linear-map"
    dtype: Any = np.dtype(np.float64)

    @property
    def dim(self):
        return self.matrix.shape[1]

    @property
    def layout(self):
        return (Slot("theta", (self.dim,), 0),)

    def theta0(self, rng):
        return rng.standard_normal(self.dim)

    def block(self, n_samples):
        return 1000

    def _rows(self, inputs):
        return self.matrix[inputs[:, 0].astype(int)]

    def forward(self, thetas, inputs):
        return (thetas @ self._rows(inputs).T)[..., None]

    def vjp(self, thetas, inputs):
        return self.forward(thetas, inputs), lambda cotangent: cotangent[..., 0] @ self._rows(inputs)

    def jacobian(self, theta, inputs):
        return self._rows(inputs)[:, None, :]

    def hvp(self, theta, vector, inputs, targets, loss):
        return 2 * self._rows(inputs).T @ (self._rows(inputs) @ vector) / len(inputs)


@dataclass(frozen=True, eq=False)
class Norm:
    """Watches one frequency, whose error is the norm of the outputs."""

    name: str = "norm"
    component = np.array([0])
    frequency = np.array([1.0])
    target_amplitude = np.array([1.0])

    def measure(self, predictions):
        return np.array([predictions.sum()]), np.array([np.linalg.norm(predictions)])


def bowl(dim=4, probes=(Norm(),), **options) -> Problem:
    """The mean squared length of theta; one sample for each parameter."""
    network = Identity(dim, **options)
    return Problem(np.arange(dim, dtype=float)[:, None], np.zeros((dim, network.components)), network, MSE(), probes)


def linear(matrix) -> Problem:
    """The mean squared length of `matrix @ theta`."""
    samples = np.arange(len(matrix), dtype=float)[:, None]
    return Problem(samples, np.zeros((len(matrix), 1)), LinearMap(matrix), MSE(), ())


@cache
def built(name, **changes) -> Problem:
    """A registered problem, built once: its noise floor takes a while."""
    return replace(PROBLEMS[name], **changes).build(np.random.default_rng(0))


class Log:
    """An observer that remembers what it is shown: the best points, or the last."""

    def __init__(self, shows="best"):
        self.shows = shows
        self.lanes, self.snapshots, self.thetas = [], [], []

    def __call__(self, lanes, snapshot, last, best):
        self.lanes.append(lanes)
        self.snapshots.append(snapshot)
        self.thetas.append((last if self.shows == "last" else best).copy())

    @property
    def costs(self):
        return [snapshot.cost for snapshot in self.snapshots]

    def of(self, lane):
        """Costs and points of one lane."""
        shown = zip(self.lanes, self.snapshots, self.thetas, strict=True)
        rows = [(s.cost, t[ls.index(lane)]) for ls, s, t in shown if lane in ls]
        return [cost for cost, _ in rows], np.array([theta for _, theta in rows])


def meter(problem=None, theta0=None, observe=None, **terms):
    """A started meter of one run on the bowl."""
    problem = problem or bowl()
    made = Meter(NumpyEvaluator(problem), Terms(**{"budget": 100, **terms}), observe)
    made.start(np.ones(problem.dim) if theta0 is None else theta0)
    return made


def lane_meter(theta0, problem=None, observe=None, **terms):
    """A started meter of lanes on the bowl."""
    made = LaneMeter(
        NumpyEvaluator(problem or bowl(theta0.shape[1])), Terms(**{"budget": 100, **terms}), len(theta0), observe
    )
    made.start(theta0)
    return made


def spend(call, *arguments):
    """Call again and again until the run is stopped; why it was, and after how many calls."""
    for calls in range(100_000):
        try:
            call(*arguments)
        except RunStopped as stop:
            return stop, calls
    raise AssertionError("never stopped")


@dataclass(frozen=True)
class Descent(Optimizer):
    """Gradient descent, for one run or for lanes."""

    family: ClassVar[str] = "toy"
    needs: ClassVar[frozenset] = frozenset({"gradient"})
    source: ClassVar[str] = "toy"
    lanes: ClassVar[bool] = True
    lr: float = 0.1

    def minimize(self, objective, theta0, rng):
        theta = theta0.copy()
        while True:
            theta -= self.lr * objective.value_and_grad(theta)[1]


@dataclass(frozen=True)
class Swarmlet(Optimizer):
    """Random search around the best of a population, for one run or for lanes."""

    family: ClassVar[str] = "toy"
    needs: ClassVar[frozenset] = frozenset({"population"})
    source: ClassVar[str] = "toy"
    lanes: ClassVar[bool] = True
    size: int = 5
    width: float = 0.1

    def minimize(self, objective, theta0, rng):
        streams = [rng] if isinstance(rng, np.random.Generator) else rng
        best, low = np.atleast_2d(theta0).copy(), np.full(len(streams), np.inf)
        while True:
            steps = np.array([stream.standard_normal((self.size, best.shape[1])) for stream in streams])
            steps[:, 0] = 0
            thetas = best[:, None] + self.width * steps
            losses = np.atleast_2d(objective.values(thetas if theta0.ndim == 2 else thetas[0]))
            for lane, row in enumerate(losses.argmin(axis=1)):
                if losses[lane, row] < low[lane]:
                    low[lane], best[lane] = losses[lane, row], thetas[lane, row]


@dataclass(frozen=True)
class Resting(Descent):
    """Descent that has converged where the loss is small; lanes get there one after another."""

    small: float = 0.1

    def minimize(self, objective, theta0, rng):
        objective, theta, _ = in_lanes(objective, theta0, rng)
        while True:
            losses, grads = objective.value_and_grad(theta)
            theta -= self.lr * grads
            objective.leave(losses < self.small)


@dataclass(frozen=True)
class Act(Optimizer):
    """Does what it is told: `act(objective, theta0, rng)`."""

    family: ClassVar[str] = "toy"
    needs: ClassVar[frozenset] = frozenset()
    source: ClassVar[str] = "toy"
    act: Callable[..., None] = field(default=NOTHING, metadata={"fixed": True})

    def minimize(self, objective, theta0, rng):
        self.act(objective, theta0, rng)


@dataclass(frozen=True, kw_only=True)
class Bowl(Recipe):
    """The bowl, as a problem of a run."""

    network: str = "bowl"
    activation: str = "none"
    init: str = "normal"
    size: int = 4
    probes: tuple = fixed((Norm(),))

    def build(self, rng):
        return bowl(self.size, self.probes)


@dataclass(frozen=True, kw_only=True)
class RandomBowl(Recipe):
    """The bowl around targets that are drawn anew for each seed; with `ragged`, as many as the seed decides."""

    random_data: ClassVar[bool] = True
    network: str = "bowl"
    ragged: bool = False

    def build(self, rng):
        problem = bowl(4 + self.ragged * int(rng.integers(9)))
        return replace(problem, targets=rng.standard_normal(problem.targets.shape))


def run_spec(method=None, seed=0, recipe=None, **terms) -> RunSpec:
    """A run of a toy method on a toy problem."""
    return RunSpec("bowl", recipe or Bowl(), "toy", method or Descent(), seed, **{"budget": 60, **terms})
