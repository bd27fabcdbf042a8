"""Generalised simulated annealing without its local search, compiled: the points of scipy's dual_annealing."""

from functools import cache
from math import gamma
from typing import Any

from numba import types
from numpy import exp, fmod, log, pi, sin, sqrt

from optimizers.compiled.calls import evaluate
from optimizers.compiled.compilation import FLOAT, VERSION, Core, compile_core, plain
from optimizers.compiled.vectors import copy

VISITING, ACCEPTANCE = 2.62, -5.0
"""The shapes q_v and q_a of the two laws: of the visits, and of what is accepted."""
SMALLEST = 2e-5
"""The share of the first temperature at which it begins again, anywhere in the box."""
FARTHEST, LEAST = 1e8, 1e-10
"""The longest visit, and how near the lower side of the box none ends."""


@plain
def visit(rng: Any, scale: Any) -> Any:
    """A visit by Tsallis' law: `scale x |y|^-((q - 1) / (3 - q))` of two normal numbers."""
    x, y = rng.standard_normal(), rng.standard_normal()
    return x * scale / exp((VISITING - 1) * log(abs(y)) / (3 - VISITING))


@plain
def scale_of(temperature: Any) -> Any:
    """The factor of a visit (Tsallis and Stariolo 1996, appendix)."""
    q, half = VISITING, 1 / (VISITING - 1) - 0.5
    width = exp(log(temperature) / (q - 1)) * sqrt(pi) * exp((4 - q) * log(q - 1))
    width /= exp((2 - q) * log(2.0) / (q - 1)) * (3 - q)
    return exp(-(q - 1) * log(pi * (1 - half) / sin(pi * (1 - half)) / gamma(2 - half) / width) / (3 - q))


@plain
def folded(place: Any, centre: Any, bound: Any) -> Any:
    """A coordinate brought back into the box `centre +- bound` by whole widths of it."""
    lower = centre - bound
    width = centre + bound - lower
    place = fmod(fmod(place - lower, width) + width, width) + lower
    return place + LEAST if abs(place - lower) < LEAST else place


@plain
def visit_all(rng: Any, scale: Any, here: Any, theta: Any, bound: Any, point: Any) -> None:
    """Fill the point that a visit of all coordinates leads to."""
    for i in range(len(point)):
        point[i] = visit(rng, scale)
    above, below = FARTHEST * rng.random(), -FARTHEST * rng.random()
    for i in range(len(point)):
        way = above if point[i] > FARTHEST else (below if point[i] < -FARTHEST else point[i])
        point[i] = folded(way + here[i], theta[i], bound)


@plain
def visit_one(rng: Any, scale: Any, here: Any, theta: Any, bound: Any, point: Any, i: Any) -> None:
    """The same for one coordinate alone."""
    way = visit(rng, scale)
    if abs(way) > FARTHEST:
        way = FARTHEST * rng.random() * (1.0 if way > 0 else -1.0)
    copy(here, point)
    point[i] = folded(way + here[i], theta[i], bound)


@plain
def is_accepted(rng: Any, rise: Any, temperature: Any) -> Any:
    """Whether a rise of the loss is: with probability `[1 - (1 - q_a) rise / T]^(1 / (1 - q_a))`."""
    drawn, base = rng.random(), 1.0 - (1.0 - ACCEPTANCE) * rise / temperature
    return drawn <= (0.0 if base <= 0 else exp(log(base) / (1.0 - ACCEPTANCE)))


@cache
def annealing_core() -> Core:
    """Settings: a generator, half the width of the box around `theta`, and the first temperature.

    It goes on until the run ends."""
    version = VERSION

    def core(
        address: Any, context: Any, theta: Any, point: Any, gradient: Any, rng: Any, bound: Any, hottest: Any
    ) -> Any:
        _ = version
        dim, chain, here = len(theta), 0, theta.copy()
        copy(here, point)
        loss = evaluate(address, context, point, gradient)
        while loss == loss:
            temperature = hottest * (exp((VISITING - 1) * log(2.0)) - 1) / (exp((VISITING - 1) * log(chain + 2.0)) - 1)
            if temperature < hottest * SMALLEST:
                chain = 0
                for i in range(dim):
                    here[i] = point[i] = (theta[i] - bound) + (theta[i] + bound - (theta[i] - bound)) * rng.random()
                loss = evaluate(address, context, point, gradient)
                continue
            scale = scale_of(temperature)
            for k in range(2 * dim):
                if k < dim:
                    visit_all(rng, scale, here, theta, bound, point)
                else:
                    visit_one(rng, scale, here, theta, bound, point, k - dim)
                found = evaluate(address, context, point, gradient)
                if found != found:  # NaN: the run has ended
                    return found
                if found < loss or is_accepted(rng, found - loss, temperature / (chain + 1)):
                    loss = found
                    copy(point, here)
            chain += 1
        return loss

    return compile_core(core, types.npy_rng, FLOAT, FLOAT)
