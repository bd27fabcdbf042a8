"""The own BFGS is scipy's, in O(P^2)."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import minimize, rosen, rosen_der

from optimizers.base import Doubles
from optimizers.quasi_newton.bfgs import BFGS, InverseHessian
from problems import PROBLEMS
from problems.engines.numpy_evaluator import NumpyEvaluator

Function = Callable[[Doubles], tuple[float, Doubles]]


class Trace:
    """Records the points evaluated, and ends the run after some."""

    def __init__(self, function: Function, most: int) -> None:
        self.function, self.most, self.points = function, most, []

    def value_and_grad(self, theta: Doubles) -> tuple[float, Doubles]:
        if len(self.points) == self.most:
            raise StopAsyncIteration
        self.points.append(theta.copy())
        return self.function(theta)


def traced(run: Callable[[Trace], object], function: Function, most: int) -> Doubles:
    trace = Trace(function, most)
    with pytest.raises(StopAsyncIteration):
        run(trace)
    return np.array(trace.points)


def network(theta: Doubles) -> tuple[float, Doubles]:
    problem = PROBLEMS["sin135"].build(np.random.default_rng(0))
    losses, grads = NumpyEvaluator(problem).values_and_grads(theta[None])
    return float(losses[0]), grads[0]


def rosenbrock(theta: Doubles) -> tuple[float, Doubles]:
    return float(rosen(theta)), rosen_der(theta)


@pytest.mark.parametrize(("function", "dim", "scale"), [(network, 121, 0.5), (rosenbrock, 10, 1.0)])
def test_iterates_equal_scipys_over_twenty_iterations(function: Function, dim: int, scale: float) -> None:
    theta0 = scale * np.random.default_rng(1).standard_normal(dim)
    options = {"gtol": 0.0, "maxiter": 10**6}
    own = traced(lambda trace: BFGS().minimize(trace, theta0, np.random.default_rng(0)), function, 25)
    scipys = traced(
        lambda trace: minimize(trace.value_and_grad, theta0, jac=True, method="BFGS", options=options), function, 25
    )
    np.testing.assert_allclose(own, scipys, rtol=1e-8, atol=1e-8)


def test_the_rank_2_update_equals_the_product_of_three_matrices() -> None:
    rng = np.random.default_rng(2)
    inverse, dense = InverseHessian(7), np.eye(7)
    gradient = rng.standard_normal(7)
    direction = -gradient
    for _ in range(4):
        step, new = rng.standard_normal(7), rng.standard_normal(7)
        change = new - gradient
        rho = 1 / (change @ step)
        left = np.eye(7) - rho * np.outer(step, change)
        dense = left @ dense @ left.T + rho * np.outer(step, step)
        direction, gradient = -inverse.update(step, change, direction, new), new
        np.testing.assert_allclose(-direction, dense @ gradient, rtol=1e-9)
