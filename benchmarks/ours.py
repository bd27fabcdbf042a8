"""Our side of each comparison: a registered problem, the meter, and a method, as a run has them, without measuring."""

from dataclasses import replace

import numpy as np

from harness.run.drive import drive
from harness.run.metering.account import Terms
from harness.run.metering.lanes import LaneMeter
from harness.run.metering.meter import Meter
from harness.run.spec import stream
from optimizers.base import Optimizer
from problems import PROBLEMS
from problems.base import Problem
from problems.engines.choose import make_evaluator


def sin135(network: str, dtype: str, samples: int = 201) -> Problem:
    """sin x + sin 3x + sin 5x."""
    recipe = replace(PROBLEMS["sin135"], network=network, dtype=dtype, samples=samples)  # type: ignore[call-arg]  # waves
    return recipe.build(stream(0, "data"))


def start(problem: Problem, lanes: int = 1) -> np.ndarray:
    """First parameters of the runs with seeds 0, 1, ..., `(lanes, P)`."""
    return np.array([problem.network.theta0(stream(seed, "weights")) for seed in range(lanes)])


def gradients(problem: Problem, calls: int):
    """Loss and gradient of one run, as the meter asks for them."""
    evaluator, theta = make_evaluator(problem), start(problem)[0]

    def trial() -> int:
        for _ in range(calls):
            evaluator.value_and_grad(theta)
        return calls

    return trial


def alone(problem: Problem, method: Optimizer, budget: float, units: int):
    """One run to its budget; it is told how many units of work that is."""
    evaluator, theta0 = make_evaluator(problem), start(problem)[0]

    def trial() -> int:
        meter = Meter(evaluator, Terms(budget))
        drive(method, meter, theta0, stream(0, "optimizer"))
        return units

    return trial


def together(problem: Problem, method: Optimizer, lanes: int, budget: float, units: int):
    """The same for several lanes; a unit is one step of one lane."""
    evaluator = make_evaluator(problem)
    starts = start(problem, lanes).astype(evaluator.state_dtype if method.any_precision else np.float64)

    def trial() -> int:
        meter = LaneMeter(evaluator, Terms(budget), lanes)
        drive(method, meter, starts, [stream(seed, "optimizer") for seed in range(lanes)])
        return units * lanes

    return trial
