"""Functions with known minima as objectives, and what a method asks of them."""

import warnings
from contextlib import suppress

import numpy as np
import scipy.optimize

from optimizers.base import RunStopped

START = np.linspace(-1.0, 1.2, 13)


class Enough(RunStopped):
    """The function below has been asked often enough."""


class Function:
    """An Objective from `function(theta) -> (loss, gradient)`, both vectorised, that keeps every point and loss."""

    def __init__(self, function, calls):
        self.function, self.calls = function, calls
        self.points, self.losses = [], []

    def value_and_grad(self, theta):
        if len(self.points) == self.calls:
            raise Enough
        loss, gradient = self.function(theta)
        self.points.append(np.array(theta))
        self.losses.append(loss)
        return loss, gradient

    def value(self, theta):
        return self.value_and_grad(theta)[0]

    values = value


def sphere(theta):
    return (theta**2).sum(-1), 2 * theta


def rosenbrock(theta):
    return scipy.optimize.rosen(theta), scipy.optimize.rosen_der(theta)


def rosenbrocks(thetas):
    return scipy.optimize.rosen(thetas.T), None


def asked(method, function=rosenbrock, theta0=START, calls=100, seed=0):
    """The function after `method` has asked it at most `calls` times."""
    function = Function(function, calls)
    with suppress(Enough), warnings.catch_warnings(action="ignore"):  # as the harness does
        method.minimize(function, theta0, np.random.default_rng(seed))
    return function


class Unwatched(Function):
    """The same, and keeps nothing."""

    def value_and_grad(self, theta):
        self.calls -= 1
        if self.calls < 0:
            raise Enough
        return self.function(theta)
