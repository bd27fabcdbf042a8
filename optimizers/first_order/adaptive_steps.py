"""Steps of the methods of `adaptive.py` on small vectors, in numpy, with the constants of torch.

Vectors are those of `elementwise.py`."""

from math import sqrt

import numpy as np

from optimizers.base import Doubles
from optimizers.first_order.elementwise import BETA1, BETA2, EPS, Means, Step, adam_step, follow_square, move


def nesterov_step(theta: Doubles, lr: float, momentum: float) -> Step:
    """`v <- mu v + g; theta <- theta - lr (g + mu v)`."""
    velocity, room = np.zeros_like(theta), np.empty_like(theta)

    def step(gradient: Doubles) -> None:
        np.multiply(velocity, momentum, out=velocity)
        np.add(velocity, gradient, out=velocity)
        np.multiply(velocity, momentum, out=room)
        np.add(room, gradient, out=room)
        np.multiply(room, lr, out=room)
        np.subtract(theta, room, out=theta)

    return step


def adagrad_step(theta: Doubles, lr: float) -> Step:
    """`s <- s + g^2; theta <- theta - lr g / (sqrt(s) + eps)`."""
    total, room = np.zeros_like(theta), np.empty_like(theta)

    def step(gradient: Doubles) -> None:
        np.multiply(gradient, gradient, out=room)
        np.add(total, room, out=total)
        np.sqrt(total, out=room)
        np.add(room, 1e-10, out=room)
        move(theta, gradient, room, lr)

    return step


def rmsprop_step(theta: Doubles, lr: float, alpha: float) -> Step:
    """`v <- alpha v + (1 - alpha) g^2; theta <- theta - lr g / (sqrt(v) + eps)`."""
    square, room = np.zeros_like(theta), np.empty_like(theta)

    def step(gradient: Doubles) -> None:
        follow_square(square, gradient, alpha, room)
        np.sqrt(square, out=room)
        np.add(room, EPS, out=room)
        move(theta, gradient, room, lr)

    return step


def adadelta_step(theta: Doubles, lr: float, rho: float) -> Step:
    """`d = g sqrt((u + eps) / (v + eps))`, with decaying means u of d^2 and v of g^2; `theta <- theta - lr d`."""
    square, steps, way, room = (np.zeros_like(theta) for _ in range(4))

    def step(gradient: Doubles) -> None:
        follow_square(square, gradient, rho, room)
        np.sqrt(np.add(square, 1e-6, out=room), out=room)
        np.sqrt(np.add(steps, 1e-6, out=way), out=way)
        np.divide(way, room, out=way)
        np.multiply(way, gradient, out=way)
        follow_square(steps, way, rho, room)
        np.multiply(way, lr, out=way)
        np.subtract(theta, way, out=theta)

    return step


def adamw_step(theta: Doubles, lr: float, weight_decay: float) -> Step:
    """`theta <- (1 - lr weight_decay) theta`, and then Adam's step."""
    adam = adam_step(theta, lr)

    def step(gradient: Doubles) -> None:
        np.multiply(theta, 1 - lr * weight_decay, out=theta)
        adam(gradient)

    return step


def nadam_step(theta: Doubles, lr: float) -> Step:
    """Adam with the gradient in the mean once more, by `mu_t = beta1 (1 - 0.96^(0.004 t) / 2)`."""
    means, product = Means(theta), np.float32(1.0)

    def momentum(time: int) -> float:
        return BETA1 * (1 - 0.5 * 0.96 ** (time * 4e-3))

    def step(gradient: Doubles) -> None:
        nonlocal product
        means.learn(gradient)
        now, then = momentum(means.steps), momentum(means.steps + 1)
        product *= np.float32(now)  # which torch keeps in single precision
        below, room = means.below, means.room
        np.divide(means.square, 1 - BETA2**means.steps, out=below)
        np.add(np.sqrt(below, out=below), EPS, out=below)
        np.copyto(room, below)
        move(theta, gradient, room, lr * (1 - now) / (1 - float(product)))
        move(theta, means.mean, below, lr * then / (1 - float(product) * then))

    return step


def radam_step(theta: Doubles, lr: float) -> Step:
    """Adam, rectified by `rho_t = rho_inf - 2 t beta2^t / (1 - beta2^t)`; plain momentum until rho_t > 5."""
    means, most = Means(theta), 2 / (1 - BETA2) - 1

    def step(gradient: Doubles) -> None:
        means.learn(gradient)
        left, below = 1 - BETA2**means.steps, means.below
        rho = most - 2 * means.steps * BETA2**means.steps / left
        length = lr / (1 - BETA1**means.steps)
        if rho > 5:
            np.add(np.sqrt(means.square, out=below), EPS, out=below)
            length *= sqrt(left * (rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho))
        else:
            below[...] = 1.0
        move(theta, means.mean, below, length)

    return step


def adamax_step(theta: Doubles, lr: float) -> Step:
    """`u <- max(beta2 u, |g| + eps); theta <- theta - lr m^ / u`."""
    means = Means(theta)
    largest = np.zeros_like(theta)

    def step(gradient: Doubles) -> None:
        means.learn(gradient)
        np.multiply(largest, BETA2, out=largest)
        np.add(np.abs(gradient, out=means.below), EPS, out=means.below)
        np.maximum(largest, means.below, out=largest)
        np.copyto(means.below, largest)
        move(theta, means.mean, means.below, lr / (1 - BETA1**means.steps))

    return step


def rprop_step(theta: Doubles, lr: float) -> Step:
    """Lengths times 1.2 while a gradient keeps its sign; where it turns, halved, and no step is taken."""
    lengths, before, turned = np.full_like(theta, lr), np.zeros_like(theta), np.empty_like(theta)

    def step(gradient: Doubles) -> None:
        np.sign(np.multiply(gradient, before, out=turned), out=turned)
        np.copyto(before, gradient)
        before[turned < 0] = 0.0
        np.multiply(lengths, np.where(turned > 0, 1.2, np.where(turned < 0, 0.5, 1.0)), out=lengths)
        np.clip(lengths, 1e-6, 50.0, out=lengths)
        np.multiply(np.sign(before, out=turned), lengths, out=turned)
        np.subtract(theta, turned, out=theta)

    return step


def asgd_step(theta: Doubles, lr: float) -> Step:
    """`theta <- (1 - 1e-4 eta_t) theta - eta_t g` with `eta_t = lr / (1 + 1e-4 lr t)^(3/4)`."""
    room, steps = np.empty_like(theta), 0

    def step(gradient: Doubles) -> None:
        nonlocal steps
        eta = float(np.float32(lr / (1 + 1e-4 * lr * steps) ** 0.75))  # torch keeps it in single precision
        steps += 1
        np.multiply(theta, 1 - 1e-4 * eta, out=theta)
        np.multiply(gradient, eta, out=room)
        np.subtract(theta, room, out=theta)

    return step
