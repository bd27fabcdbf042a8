"""A small run that sees every point a method evaluates, and can break the network on purpose."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.rules.faults import Fault, sound
from harness.run.drive import drive
from harness.run.metering.account import Terms
from harness.run.metering.lanes import LaneMeter
from harness.run.metering.meter import Meter
from harness.run.spec import stream
from optimizers.base import Optimizer
from problems.base import Array, Loss, Problem, Pullback
from problems.controls import LinearControl
from problems.engines.numpy_evaluator import NumpyEvaluator
from problems.line.waves import Sines


@dataclass(eq=False)
class Spy:
    """A network that remembers its points, evaluates as many at once as it is given, and adds a fault."""

    inner: Any
    fault: Fault = sound
    seen: list[Array] = field(default_factory=list)
    rows: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def block(self, n_samples: int) -> int:
        """Everything at once, so that one call of the method is one entry of `seen`."""
        del n_samples
        return 1 << 62

    def forward(self, thetas: Array, inputs: Array) -> Array:
        """The outputs, with the fault."""
        return self.inner.forward(thetas, inputs) + self._witness(thetas)

    def vjp(self, thetas: Array, inputs: Array) -> tuple[Array, Pullback]:
        """The outputs, with the fault, and the gradient without."""
        fault = self._witness(thetas)
        outputs, pullback = self.inner.vjp(thetas, inputs)
        return outputs + fault, pullback

    def jacobian(self, theta: Array, inputs: Array) -> NDArray[np.float64]:
        """As the network; its outputs have been seen already."""
        return self.inner.jacobian(theta, inputs)

    def hvp(self, theta: Array, vector: Array, inputs: Array, targets: Array, loss: Loss) -> NDArray[np.float64]:
        """As the network."""
        return self.inner.hvp(theta, vector, inputs, targets, loss)

    def _witness(self, thetas: Array) -> Array:
        self.seen.append(np.array(thetas))
        self.rows += len(thetas)
        # (B, 1, 1), for outputs (B, n, m): one number for all outputs of a point
        return self.fault(self.rows - len(thetas), thetas)[:, None, None]


@dataclass(frozen=True)
class Trial:
    """How a run ended, the first point the method was handed, and what each call evaluated, `(rows, P)`."""

    meter: Meter | LaneMeter
    status: str
    theta0: NDArray[np.float64]
    calls: list[Array]

    @property
    def points(self) -> Array:
        """All points evaluated, in order, `(evaluations, P)`."""
        return np.concatenate([np.empty((0, self.meter.dim)), *self.calls])


@cache
def network() -> Problem:
    """sin x + sin 3x + sin 5x for a network of 13 parameters."""
    # weights and biases of both layers: P = 4 + 4 + 4 + 1
    return Sines(network="1-4-1", samples=51).build(stream(0, "data"))


@cache
def odd() -> Problem:
    """The same for 28 parameters, in arrays of 9: lanes side by side lie otherwise in memory than one alone."""
    return Sines(network="1-9-1", samples=51).build(stream(0, "data"))


@cache
def bowl() -> Problem:
    """The same for a linear model of 6 parameters whose loss has the identity for its Hessian."""
    return LinearControl(scales=(1.0, 1.0, 1.0), samples=51).build(stream(0, "data"))


def start(problem: Problem, seed: int = 0) -> NDArray[np.float64]:
    """The first point of the run with this seed."""
    return problem.network.theta0(stream(seed, "weights"))


def attempt(
    method: Optimizer, budget: float, fault: Fault = sound, seed: int = 0, problem: Problem | None = None
) -> Trial:
    """Run `method` alone, on the network unless another problem is given."""
    problem = problem or network()
    spy = Spy(problem.network, fault)
    meter = Meter(NumpyEvaluator(replace(problem, network=spy)), Terms(budget))
    theta0 = start(problem, seed)
    status, _ = drive(method, meter, theta0, stream(seed, "optimizer"))
    return Trial(meter, status, theta0, spy.seen)


def attempt_lanes(method: Optimizer, budget: float, seeds: Sequence[int]) -> Trial:
    """Run `method` on the odd network with one lane a seed; a call evaluates the rows of one lane after another."""
    spy = Spy(odd().network)
    meter = LaneMeter(NumpyEvaluator(replace(odd(), network=spy)), Terms(budget), len(seeds))
    theta0 = np.array([start(odd(), seed) for seed in seeds])
    status, _ = drive(method, meter, theta0, [stream(seed, "optimizer") for seed in seeds])
    return Trial(meter, status, theta0, spy.seen)
