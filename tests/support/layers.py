"""An objective whose vector is cut into arrays, and what torch's optimizers make of the same arrays."""

import numpy as np
import pytest
import torch

from optimizers.base import RunStopped, Slot

SHAPES = ((4, 1), (4,), (3, 4), (3,), (2, 3, 2), (1, 3), (1,))
SIZES = [int(np.prod(shape)) for shape in SHAPES]
DIM = sum(SIZES)
LAYOUT = tuple(
    Slot(f"p{i}", shape, int(offset))
    for i, (shape, offset) in enumerate(zip(SHAPES, np.cumsum([0, *SIZES]), strict=False))
)
STARTS = np.random.default_rng(7).uniform(-1.0, 1.0, (3, DIM))
CURVATURES = np.random.default_rng(8).uniform(0.5, 3.0, (DIM, DIM)) / DIM


class Enough(RunStopped):
    """The objective has been asked often enough."""


def waves(theta):
    """A smooth loss and its gradient `(..., P)`, never large."""
    turned = theta @ CURVATURES
    loss = (1 - np.cos(turned)).sum(-1) + 0.05 * (theta**2).sum(-1)
    return loss, np.sin(turned) @ CURVATURES.T + 0.1 * theta


class Layers:
    """An Objective, of one vector or of lanes, that keeps every point."""

    layout, dim = LAYOUT, DIM

    def __init__(self, calls):
        self.calls, self.points = calls, []

    def value_and_grad(self, theta):
        if len(self.points) == self.calls:
            raise Enough
        self.points.append(np.array(theta))
        if theta.ndim == 1:
            return waves(theta)
        # one by one: a product of matrices rounds by their number of rows, and eigenvectors magnify that
        found = [waves(own) for own in theta]
        return np.array([loss for loss, _ in found]), np.array([gradient for _, gradient in found])


def points(method, calls, start=STARTS[0], rng=None):
    """All points `(calls, ..., P)` that the method asks for."""
    objective = Layers(calls)
    with pytest.raises(Enough), np.errstate(all="ignore"):
        method.minimize(objective, start, rng if rng is not None else np.random.default_rng(0))
    return np.array(objective.points)


def library_points(build, calls, start=STARTS[0]):
    """The points of the torch optimizers that `build` makes of a list of parameters."""
    params = [torch.tensor(start[s.offset : s.offset + n].reshape(s.shape)) for s, n in zip(LAYOUT, SIZES, strict=True)]
    steppers, found = build(params), []
    for _ in range(calls):
        found.append(np.concatenate([param.numpy().ravel() for param in params]))
        gradient = waves(found[-1])[1]
        for param, slot, size in zip(params, LAYOUT, SIZES, strict=True):
            param.grad = torch.from_numpy(gradient[slot.offset : slot.offset + size].reshape(slot.shape).copy())
        for stepper in steppers:
            stepper.step()
    return np.array(found)
