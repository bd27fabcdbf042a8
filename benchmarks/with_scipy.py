"""scipy.optimize.minimize: Powell on a torch objective, BFGS on our own objective."""

import warnings
from contextlib import suppress

import numpy as np
from scipy.optimize import minimize

from benchmarks import with_torch
from benchmarks.ours import start
from problems.base import Problem
from problems.engines.choose import make_evaluator


class Enough(Exception):
    """The evaluations asked for are made."""


def powell(problem: Problem, evaluations: int):
    """Powell's method on a torch objective, for exactly so many evaluations."""
    objective, theta0 = with_torch.value(problem), start(problem)[0]

    def trial() -> int:
        made = 0

        def counted(theta: np.ndarray) -> float:
            nonlocal made
            if made == evaluations:
                raise Enough
            made += 1
            return objective(theta)

        with suppress(Enough):
            minimize(counted, theta0, method="Powell", options={"ftol": 0.0, "xtol": 1e-2, "maxiter": 10**9})
        return made

    return trial


class Bfgs:
    """scipy's BFGS on our loss and gradient, for some iterations; it counts what they took."""

    def __init__(self, problem: Problem, iterations: int) -> None:
        self._evaluator, self._iterations = make_evaluator(problem), iterations
        self._theta0 = start(problem)[0]
        self.gradients = 0

    def __call__(self) -> int:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it stopped at maxiter is what was asked for
            options = {"maxiter": self._iterations, "gtol": 0.0}
            result = minimize(self._evaluator.value_and_grad, self._theta0, jac=True, method="BFGS", options=options)
        self.gradients = int(result.nfev)
        return int(result.nit)
