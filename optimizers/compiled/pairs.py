"""The inverse Hessian of L-BFGS, kept as pairs of steps and changes of the gradient."""

from typing import Any

import numpy as np

from optimizers.compiled.compilation import fast
from optimizers.compiled.vectors import add, dot


@fast
def two_loops(pairs: Any, newest: Any, count: Any, scale: Any, out: Any) -> None:
    """`out = -H out` by the last `count` pairs (Nocedal and Wright 2006, algorithm 7.4), from `H = scale I`.

    `pairs` are steps s and changes y `(room, P)`, and the curvatures `y.s (room,)`."""
    steps, changes, curvatures = pairs
    room = len(steps)
    shares = np.empty(room)
    for i in range(count):
        k = (newest - i) % room
        shares[k] = dot(steps[k], out) / curvatures[k]
        add(-shares[k], changes[k], out)
    for i in range(len(out)):
        out[i] *= -scale
    for i in range(count):
        k = (newest - count + 1 + i) % room
        # the sign of `out` is turned already
        add(-(shares[k] + dot(changes[k], out) / curvatures[k]), steps[k], out)
