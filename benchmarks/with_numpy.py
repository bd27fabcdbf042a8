"""The bare numpy loop that one would write for a network with one hidden layer."""

import numpy as np

from benchmarks.ours import start
from problems.base import Problem


def loss_and_gradient(problem: Problem):
    """A function of the four arrays of a 1-H-1 network."""
    x, y = problem.inputs, problem.targets
    n = len(x)

    def evaluate(w0: np.ndarray, b0: np.ndarray, w1: np.ndarray, b1: np.ndarray):
        a = np.tanh(x @ w0 + b0)
        residual = a @ w1 + b1 - y
        d = (2 / n) * residual
        back = (d @ w1.T) * (1 - a * a)
        return float(np.mean(residual**2)), (x.T @ back, back.sum(0), a.T @ d, d.sum(0))

    return evaluate


def arrays(problem: Problem) -> list[np.ndarray]:
    theta, kind = start(problem)[0], problem.network.dtype
    hidden = (len(theta) - 1) // 3
    w0, b0, w1, b1 = np.split(theta.astype(kind), [hidden, 2 * hidden, 3 * hidden])
    return [w0[None], b0, w1[:, None], b1]


def gradients(problem: Problem, calls: int):
    """One run."""
    evaluate, theta = loss_and_gradient(problem), arrays(problem)

    def trial() -> int:
        for _ in range(calls):
            evaluate(*theta)
        return calls

    return trial


def adam(problem: Problem, steps: int):
    """One run of Adam, array by array."""
    evaluate = loss_and_gradient(problem)

    def trial() -> int:
        theta = [array.copy() for array in arrays(problem)]
        ms, vs = [np.zeros_like(a) for a in theta], [np.zeros_like(a) for a in theta]
        for t in range(1, steps + 1):
            _, grads = evaluate(*theta)
            for p, g, m, v in zip(theta, grads, ms, vs, strict=True):
                m[...] = 0.9 * m + 0.1 * g
                v[...] = 0.999 * v + 0.001 * g * g
                p[...] = p - 3e-3 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        return steps

    return trial
