"""The functions of compiled loops against mpmath, with digits to spare."""

from functools import cache

import mpmath
import numpy as np
import pytest
from numba import njit

from problems.engines.kernels import elementwise

KINDS = [np.float64, np.float32]


@cache
def mapped(name):
    """The function on arrays, in the fast loops in which it is used; all values it returns, last axis first."""
    function = getattr(elementwise, name)

    @njit(fastmath=True, error_model="numpy")
    def run(z, out):
        for i in range(len(z)):
            out[i] = function(z[i])

    return run


@cache
def mapped_pair():
    function = elementwise.sine_and_cosine

    @njit(fastmath=True, error_model="numpy")
    def run(z, s, c):
        for i in range(len(z)):
            s[i], c[i] = function(z[i])

    return run


def points(kind, largest):
    """Both signs, from the smallest normal number to `largest`, dense where the functions bend."""
    tiny = np.log10(np.finfo(kind).tiny)
    size = np.concatenate([np.linspace(0, largest, 700), np.linspace(0, 3, 500), np.logspace(tiny, 0, 300)])
    return np.concatenate([size, -size]).astype(kind)


def ulps(values, z, truth):
    """Distance from the true value in units in the last place of the value."""
    with mpmath.workprec(160):
        exact = [truth(mpmath.mpf(float(x))) for x in z]
        return max(
            abs(float((mpmath.mpf(float(value)) - true) / mpmath.mpf(float(np.spacing(np.abs(value))))))
            for value, true in zip(values, exact, strict=True)
        )


def sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "truth", "largest"), [("tanh", mpmath.tanh, 40), ("sigmoid", sigmoid, (740, 102))])
def test_tanh_and_sigmoid_are_within_four_units_in_the_last_place_over_the_whole_range(kind, name, truth, largest):
    largest = largest if isinstance(largest, int) else largest[kind is np.float32]
    z = points(kind, largest)
    out = np.empty_like(z)
    mapped(name)(z, out)
    assert ulps(out, z, truth) <= 4


@pytest.mark.parametrize("kind", KINDS)
def test_the_far_ends_are_reached(kind):
    z = np.array([1e4, -1e4, np.finfo(kind).max, -np.finfo(kind).max], kind)
    for name, ends in (("tanh", [1, -1, 1, -1]), ("sigmoid", [1, 0, 1, 0])):
        out = np.empty_like(z)
        mapped(name)(z, out)
        assert out.tolist() == ends


@pytest.mark.parametrize("kind", KINDS)
def test_exponentials_reach_down_to_the_last_subnormal_number(kind):
    z = np.linspace(0, 740 if kind is np.float64 else 102, 900).astype(kind)
    out = np.empty_like(z)
    mapped("exponential_of_minus")(z, out)
    assert ulps(out, z, lambda x: mpmath.exp(-x)) <= 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("largest", [4.0, 300.0, None])
def test_sine_and_cosine_are_accurate_up_to_their_reach(kind, largest):
    largest = largest or elementwise.SINE_REACH[np.dtype(kind)]
    z = np.linspace(-largest, largest, 3001).astype(kind)
    s, c = np.empty_like(z), np.empty_like(z)
    mapped_pair()(z, s, c)
    with mpmath.workprec(160):
        exact = [(mpmath.sin(mpmath.mpf(float(x))), mpmath.cos(mpmath.mpf(float(x)))) for x in z]
        worst = max(
            max(abs(float(mpmath.mpf(float(a)) - x)), abs(float(mpmath.mpf(float(b)) - y)))
            for a, b, (x, y) in zip(s, c, exact, strict=True)
        )
    assert worst <= 2 * np.finfo(kind).eps
