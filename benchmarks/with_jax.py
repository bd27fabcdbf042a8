"""What one writes with JAX: a jitted scan over steps of Adam, vmapped over seeds. Optional: `pip install .[bench]`."""

from importlib.util import find_spec
from itertools import pairwise

import numpy as np

from benchmarks.ours import start
from problems.base import Problem

AVAILABLE = find_spec("jax") is not None


def compiled(problem: Problem, steps: int):
    """`steps` steps of Adam from many starting points `(B, P)`, in the problem's precision: final state and losses."""
    import jax
    import jax.numpy as jnp

    kind = np.float32 if problem.network.dtype == np.float32 else np.float64
    if kind is np.float64:
        jax.config.update("jax_enable_x64", True)
    widths = [int(width) for width in problem.network.name.split("-")]
    x, y = jnp.asarray(problem.inputs, kind), jnp.asarray(problem.targets, kind)
    lr, b1, b2, eps = 3e-3, 0.9, 0.999, 1e-8
    loss = _loss(problem, widths, x, y)

    def step(state, t):
        theta, m, v = state
        value, grad = jax.value_and_grad(loss)(theta)
        m, v = b1 * m + (1 - b1) * grad, b2 * v + (1 - b2) * grad**2
        theta = theta - lr * (m / (1 - b1**t)) / (jnp.sqrt(v / (1 - b2**t)) + eps)
        return (theta, m, v), value

    def train(theta):
        zero = jnp.zeros_like(theta)
        return jax.lax.scan(step, (theta, zero, zero), jnp.arange(1, steps + 1, dtype=kind))

    return jax.jit(jax.vmap(train))


def _loss(problem: Problem, widths: list[int], x, y):
    """The mean square of a network of the problem's activation, `tanh` or `sin(w0)`."""
    import jax.numpy as jnp

    speed = float(problem.network.activation.removeprefix("sin(").removesuffix(")").replace("tanh", "0"))

    def phi(z):
        return jnp.sin(speed * z) if speed else jnp.tanh(z)

    def unpack(theta):
        offset = 0
        for fan_in, fan_out in pairwise(widths):
            weight = theta[offset : offset + fan_in * fan_out].reshape(fan_out, fan_in)
            offset += fan_in * fan_out
            yield weight, theta[offset : offset + fan_out]
            offset += fan_out

    def loss(theta):
        hidden, layers = x, list(unpack(theta))
        for weight, bias in layers[:-1]:
            hidden = phi(hidden @ weight.T + bias)
        weight, bias = layers[-1]
        return jnp.mean((hidden @ weight.T + bias - y) ** 2)

    return loss


def losses_and_grads(problem: Problem):
    """Of parameters `(B, P)` in float32: a call that stays with JAX, made from them, and one from numpy to numpy."""
    import jax
    import jax.numpy as jnp

    widths = [int(width) for width in problem.network.name.split("-")]
    x, y = jnp.asarray(problem.inputs, jnp.float32), jnp.asarray(problem.targets, jnp.float32)
    compiled = jax.jit(jax.vmap(jax.value_and_grad(_loss(problem, widths, x, y))))

    def on_jax(thetas):
        there = jnp.asarray(thetas)
        return lambda: jax.block_until_ready(compiled(there))

    return on_jax, lambda thetas: tuple(np.asarray(each) for each in compiled(thetas))


def trained(problem: Problem, lanes: int, steps: int):
    """The final state `(theta, m, v)` and the losses `(B, steps)` of the runs with seeds 0, 1, ..."""
    import jax.numpy as jnp

    run = compiled(problem, steps)
    return run(jnp.asarray(start(problem, lanes), problem.network.dtype))


def adam(problem: Problem, lanes: int, steps: int):
    """Compiled once, in the warm-up; a unit is one step of one lane."""
    import jax
    import jax.numpy as jnp

    run = compiled(problem, steps)
    thetas = jnp.asarray(start(problem, lanes), problem.network.dtype)

    def trial() -> int:
        jax.block_until_ready(run(thetas))
        return steps * lanes

    return trial
