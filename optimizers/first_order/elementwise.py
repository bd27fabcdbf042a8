"""Steps of torch.optim on small vectors, in numpy: calls of torch cost more than the arithmetic, its loading a second.

The numbers are torch's to rounding; the tests compare."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from optimizers.base import Doubles

Step: TypeAlias = Callable[[Doubles], None]
"""Moves the vector that it was made for, by a gradient."""
SMALL = 50_000
"""Numbers up to which numpy's passes stay in the cache; torch takes one pass over larger ones."""


def momentum_step(theta: Doubles, lr: float, momentum: float = 0.0) -> Step:
    """`v <- momentum v + g; theta <- theta - lr v`."""
    velocity, moved = np.zeros_like(theta), np.empty_like(theta)

    def step(gradient: Doubles) -> None:
        nonlocal velocity
        if momentum:
            np.multiply(velocity, momentum, out=velocity)
            np.add(velocity, gradient, out=velocity)
        else:
            velocity = gradient
        np.multiply(velocity, lr, out=moved)
        np.subtract(theta, moved, out=theta)

    return step


def adam_step(theta: Doubles, lr: float, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> Step:
    """`theta <- theta - lr m^ / (sqrt(v^) + eps)` with decaying means m, v of g and g^2.

    `m^ = m / (1 - beta1^t)`, and v^ likewise."""
    mean, square, room, below = (np.zeros_like(theta) for _ in range(4))
    steps = 0

    def step(gradient: Doubles) -> None:
        nonlocal steps
        steps += 1
        # m <- m + (1 - beta1) (g - m), which is how torch rounds it
        np.subtract(gradient, mean, out=room)
        np.multiply(room, 1 - beta1, out=room)
        np.add(mean, room, out=mean)
        np.multiply(gradient, gradient, out=room)
        np.multiply(room, 1 - beta2, out=room)
        np.multiply(square, beta2, out=square)
        np.add(square, room, out=square)
        np.sqrt(square, out=below)
        np.divide(below, (1 - beta2**steps) ** 0.5, out=below)
        np.add(below, eps, out=below)
        np.divide(mean, below, out=room)
        np.multiply(room, lr / (1 - beta1**steps), out=room)
        np.subtract(theta, room, out=theta)

    return step
