"""What a user would write by hand: the network, the loss and the step in torch, eager, on one thread."""

import numpy as np
import torch


def network(widths, dtype, theta=None):
    """Linear layers with tanh between them; from a flat `theta (P,)` in the layout of torch, if given."""
    torch.set_num_threads(1)
    layers = []
    for fan_in, fan_out in zip(widths[:-1], widths[1:], strict=True):
        layers += [torch.nn.Linear(fan_in, fan_out, dtype=dtype), torch.nn.Tanh()]
    net = torch.nn.Sequential(*layers[:-1])
    if theta is not None:
        torch.nn.utils.vector_to_parameters(torch.tensor(theta, dtype=dtype), net.parameters())
    return net


def loss_and_backward(problem, theta):
    """A function of no arguments: loss and gradient, as a training script computes them."""
    dtype = torch.float32 if problem.network.dtype.itemsize == 4 else torch.float64
    net = network(problem.network.widths, dtype, theta)
    x, y = (torch.tensor(np.asarray(array), dtype=dtype) for array in (problem.inputs, problem.targets))
    loss_of = torch.nn.MSELoss()

    def once():
        net.zero_grad()
        loss = loss_of(net(x), y)
        loss.backward()
        return loss.item()

    return once


def adam_step(problem, theta, lr=1e-3):
    """A function of no arguments: one step of torch.optim.Adam, as a training script makes it."""
    dtype = torch.float32 if problem.network.dtype.itemsize == 4 else torch.float64
    net = network(problem.network.widths, dtype, theta)
    x, y = (torch.tensor(np.asarray(array), dtype=dtype) for array in (problem.inputs, problem.targets))
    loss_of, adam = torch.nn.MSELoss(), torch.optim.Adam(net.parameters(), lr=lr)

    def once():
        adam.zero_grad()
        loss_of(net(x), y).backward()
        adam.step()

    return once


def objective(problem):
    """The loss as a function of a flat numpy vector, as one hands it to scipy."""
    dtype = torch.float32 if problem.network.dtype.itemsize == 4 else torch.float64
    net = network(problem.network.widths, dtype)
    x, y = (torch.tensor(np.asarray(array), dtype=dtype) for array in (problem.inputs, problem.targets))
    loss_of = torch.nn.MSELoss()

    def value(theta):
        with torch.no_grad():
            torch.nn.utils.vector_to_parameters(torch.as_tensor(theta, dtype=dtype), net.parameters())
            return loss_of(net(x), y).item()

    return value
