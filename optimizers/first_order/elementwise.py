"""Steps of torch.optim on small vectors, in numpy: calls of torch cost more than the arithmetic, its loading a second.

Vectors are theta `(P,)`, or of all lanes `(B, P)`, and gradients and room of the same shape; theta is changed in place.
The numbers are torch's to rounding; the tests compare."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from optimizers.base import Doubles

Step: TypeAlias = Callable[[Doubles], None]
"""Moves the vector that it was made for, by a gradient."""
BETA1, BETA2, EPS = 0.9, 0.999, 1e-8
"""Of Adam and its kin, as torch has them."""
SMALL = 50_000
"""Numbers up to which numpy's passes stay in the cache; torch takes one pass over larger ones."""


class Means:
    """Decaying means of gradients and of their squares, as torch rounds them, and two arrays of room."""

    def __init__(self, theta: Doubles, beta1: float = BETA1, beta2: float = BETA2) -> None:
        self.beta1, self.beta2 = beta1, beta2
        self.mean, self.square, self.room, self.below = (np.zeros_like(theta) for _ in range(4))
        self.steps = 0

    def learn(self, gradient: Doubles) -> None:
        """`m <- m + (1 - beta1) (g - m)` and `v <- beta2 v + (1 - beta2) g^2`."""
        self.steps += 1
        np.subtract(gradient, self.mean, out=self.room)
        np.multiply(self.room, 1 - self.beta1, out=self.room)
        np.add(self.mean, self.room, out=self.mean)
        follow_square(self.square, gradient, self.beta2, self.room)


def follow_square(square: Doubles, gradient: Doubles, decay: float, room: Doubles) -> None:
    """`v <- decay v + (1 - decay) g^2`."""
    np.multiply(gradient, gradient, out=room)
    np.multiply(room, 1 - decay, out=room)
    np.multiply(square, decay, out=square)
    np.add(square, room, out=square)


def move(theta: Doubles, way: Doubles, below: Doubles, length: float) -> None:
    """`theta <- theta - length way / below`, which is overwritten."""
    np.divide(way, below, out=below)
    np.multiply(below, length, out=below)
    np.subtract(theta, below, out=theta)


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


def adam_step(theta: Doubles, lr: float, beta1: float = BETA1, beta2: float = BETA2, eps: float = EPS) -> Step:
    """`theta <- theta - lr m^ / (sqrt(v^) + eps)` with decaying means m, v of g and g^2.

    `m^ = m / (1 - beta1^t)`, and v^ likewise."""
    means = Means(theta, beta1, beta2)

    def step(gradient: Doubles) -> None:
        means.learn(gradient)
        below = means.below
        np.sqrt(means.square, out=below)
        np.divide(below, (1 - beta2**means.steps) ** 0.5, out=below)
        np.add(below, eps, out=below)
        move(theta, means.mean, below, lr / (1 - beta1**means.steps))

    return step
