"""What the linearised theory predicts for gradient descent, to stand beside what was measured.

Near theta0 the outputs are linear in the parameters, `f(theta) = f(theta0) + J (theta - theta0)`, and under the loss
`r.r` with `r = w (f - y)` (for the mean squared error `w = 1 / sqrt(n m)`) gradient descent with step `lr` moves the
residual by `r_t = (1 - 2 lr K)^t r_0`. `K = J J^T`, with J the Jacobian of r, is the empirical tangent kernel
(Jacot et al. 2018, arXiv 1806.07572). The whole matrix is used, so an eigenvector may mix Fourier modes and each
watched frequency may follow a sum of exponentials; the probes measure the predicted outputs just as they measure the
network's. For a model that is linear in its parameters the prediction is exact; for a network it is as good as the
assumption that K stays where it was.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from optimizers.base import Doubles, Optimizer
from problems.base import Problem, SquaredLoss
from problems.engines.base import Evaluator

Forecast: TypeAlias = Callable[[Doubles], Doubles]
"""Predicted outputs `(steps, n, m)` after these numbers of steps `(steps,)`."""

MOST_RESIDUALS = 1024
MOST_ELEMENTS = 1 << 24
"""Of the Jacobian, n m P: 128 MiB. With these two limits a prediction takes a second at most."""


def forecast(evaluator: Evaluator, method: Optimizer, theta0: Doubles) -> Forecast | None:
    """The prediction for `method` from `theta0 (P,)`, or None where there is none.

    There is one for gradient descent with a constant step on a squared loss of a network with a Jacobian, if
    n m <= 1024 and n m P <= 2^24."""
    problem, step = evaluator.problem, method.gradient_step
    if step is None or "residuals" not in evaluator.offers or problem.targets.ndim != 2:
        return None
    if problem.targets.size > MOST_RESIDUALS or problem.targets.size * problem.dim > MOST_ELEMENTS:
        return None
    with np.errstate(all="ignore"):  # a start that overflows is a run that fails, and not here
        residuals, jacobian = evaluator.residuals_and_jacobian(theta0)
    if not (np.isfinite(residuals).all() and np.isfinite(jacobian).all()):
        return None
    return _Linearised(problem, residuals, jacobian, step)


class _Linearised:
    """The residuals in the eigenvectors of the kernel, where each goes its own way."""

    def __init__(self, problem: Problem, residuals: Doubles, jacobian: Doubles, step: float) -> None:
        self._problem = problem
        # K = V diag(lambda) V^T, from the side of the residuals: (n m, n m), however many parameters there are
        eigenvalues, self._vectors = np.linalg.eigh(jacobian @ jacobian.T)
        self._factors = 1 - 2 * step * np.maximum(eigenvalues, 0.0)  # below zero by rounding alone
        self._start = residuals @ self._vectors

    def __call__(self, steps: Doubles) -> Doubles:
        with np.errstate(over="ignore", invalid="ignore"):  # too long a step diverges, here as in the run
            # r_t = V (1 - 2 lr lambda)^t V^T r_0, a row for each t; then f_t = y + r_t / w
            residuals = (self._start * self._factors ** np.asarray(steps)[:, None]) @ self._vectors.T
            return _outputs(self._problem, residuals)


def _outputs(problem: Problem, residuals: Doubles) -> Doubles:
    """The outputs `(t, n, m)` that have these residuals `w (f - y)`, `(t, n m)`."""
    assert isinstance(problem.loss, SquaredLoss)
    shape = problem.targets.shape
    weights = np.broadcast_to(problem.loss.residual_weights(shape), shape).astype(np.float64)
    found: Doubles = problem.targets + residuals.reshape(-1, *shape) / weights
    return found


def flow(problem: Problem, residuals: Doubles, kernel: Doubles, times: Doubles) -> Doubles:
    """Outputs `(t, n, m)` after so long `(t,)` a gradient flow from `residuals (n m,)` with a kernel that stays."""
    eigenvalues, vectors = np.linalg.eigh(kernel)
    # dr/dt = -2 K r, the limit of short steps
    decay = np.exp(-2 * np.maximum(eigenvalues, 0.0) * times[:, None])
    return _outputs(problem, ((residuals @ vectors) * decay) @ vectors.T)


def tangent_kernel(evaluator: Evaluator, theta: Doubles) -> Doubles:
    """`J J^T (n m, n m)` of the weighted residuals at `theta (P,)`; needs `residuals` in `evaluator.offers`."""
    jacobian = evaluator.residuals_and_jacobian(theta)[1]
    return jacobian @ jacobian.T


def mode_rates(kernel: Doubles, inputs: Doubles, waves: Doubles) -> tuple[Doubles, Doubles]:
    """How fast gradient flow shrinks each Fourier mode of one output component, and how pure the mode is.

    `waves (q, d)` are wave vectors in cycles per unit. The rate is `2 v^* K v` for the unit vector v of the mode; the
    purity is `|v^* K v| / |K v|`, 1 for an eigenvector. Where it is far below 1, a single rate does not describe the
    mode."""
    # unit vectors `(n, q)`: each of the n components has modulus 1 before the root
    modes = np.exp(2j * np.pi * (inputs @ waves.T)) / np.sqrt(len(inputs))
    moved = kernel @ modes
    # v^* K v is real, as K is symmetric; what is dropped is rounding
    quotients = (modes.conj() * moved).sum(axis=0).real
    return 2 * quotients, np.abs(quotients) / np.linalg.norm(moved, axis=0)
