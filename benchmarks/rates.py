"""What this machine's arithmetic can do: measured rates of matrix products and of tanh, and limits that follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from time import perf_counter

import numpy as np

SIZE = 512
ELEMENTS = 8192
"""Fits a first-level cache in float32, a second-level one in float64."""


@dataclass(frozen=True)
class Rates:
    """Floating-point operations a second in a matrix product, and numpy's tanh a second."""

    flops: float
    tanhs: float


def _fastest(work, repeats: int) -> float:
    seconds = []
    for _ in range(repeats):
        start = perf_counter()
        work()
        seconds.append(perf_counter() - start)
    return min(seconds)


def measure(dtype: str, repeats: int = 50) -> Rates:
    """The best of some repeats, as a limit should be."""
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, SIZE, SIZE)).astype(dtype)
    product = np.empty_like(a)
    z, out = rng.standard_normal(ELEMENTS).astype(dtype), np.empty(ELEMENTS, dtype)
    products = _fastest(lambda: np.matmul(a, b, out=product), repeats)
    return Rates(2 * SIZE**3 / products, ELEMENTS / _fastest(lambda: np.tanh(z, out=out), repeats))


def limit(widths: Sequence[int], samples: int, rates: Rates, *, gradient: bool) -> float:
    """Seconds that the arithmetic of one tanh network takes at these rates, were nothing else to do.

    A layer of fan-in f and fan-out g takes 2 f g operations a sample forward, the same for its weights' gradient, and
    the same once more for the cotangent handed down, unless it is the first; slopes and biases are left out."""
    products = [2 * fan_in * fan_out for fan_in, fan_out in pairwise(widths)]
    forward = sum(products)
    flops = forward + (forward + sum(products[1:]) if gradient else 0)
    return samples * (flops / rates.flops + sum(widths[1:-1]) / rates.tanhs)
