"""What one writes with torch: a Sequential, a loss, backward, and a torch.optim step; or a flat objective for scipy."""

from itertools import pairwise

import numpy as np
import torch
from torch import nn

from problems.base import Problem


def network(problem: Problem) -> nn.Sequential:
    """The problem's fully connected tanh network, with torch's own initialisation."""
    torch.manual_seed(0)
    widths = [int(width) for width in problem.network.name.split("-")]
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(widths):
        layers += [nn.Linear(fan_in, fan_out, dtype=dtype_of(problem)), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def dtype_of(problem: Problem) -> torch.dtype:
    return torch.float32 if problem.network.dtype == np.float32 else torch.float64


def data(problem: Problem) -> tuple[torch.Tensor, torch.Tensor]:
    kind = dtype_of(problem)
    return torch.as_tensor(problem.inputs, dtype=kind), torch.as_tensor(problem.targets, dtype=kind)


def gradients(problem: Problem, calls: int):
    """Loss and backward, eager."""
    net, (x, y), loss = network(problem), data(problem), nn.MSELoss()

    def trial() -> int:
        for _ in range(calls):
            net.zero_grad()
            loss(net(x), y).backward()
        return calls

    return trial


def adam(problem: Problem, steps: int):
    """The usual training loop, one run."""
    (x, y), loss = data(problem), nn.MSELoss()

    def trial() -> int:
        net = network(problem)
        stepper = torch.optim.Adam(net.parameters(), lr=3e-3)
        for _ in range(steps):
            stepper.zero_grad()
            loss(net(x), y).backward()
            stepper.step()
        return steps

    return trial


def value(problem: Problem):
    """The loss as a function of a flat vector, for scipy and pyswarms."""
    net, (x, y), loss = network(problem), data(problem), nn.MSELoss()
    parameters, kind = list(net.parameters()), dtype_of(problem)

    def objective(theta: np.ndarray) -> float:
        with torch.no_grad():
            nn.utils.vector_to_parameters(torch.as_tensor(theta, dtype=kind), parameters)
            return float(loss(net(x), y))

    return objective


def values(problem: Problem):
    """The losses of a population `(S, P)` with one hidden layer, in batched tensors."""
    (x, y), kind = data(problem), dtype_of(problem)
    hidden = int(problem.network.name.split("-")[1])

    def objective(thetas: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            flat = torch.as_tensor(thetas, dtype=kind)
            w0, b0, w1, b1 = torch.split(flat, [hidden, hidden, hidden, 1], dim=1)
            a = torch.tanh(w0[:, None, :] * x + b0[:, None, :])
            outputs = (a @ w1[:, :, None])[..., 0] + b1
            return ((outputs - y[:, 0]) ** 2).mean(dim=1).numpy().astype(np.float64)

    return objective
