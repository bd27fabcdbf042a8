"""A root of a matrix times an array, without eigenvectors: against exact arithmetic, and where it cannot be had."""

import mpmath
import numpy as np
import pytest

from optimizers.layered.arrays import along
from optimizers.layered.shampoo import inverse_root, rooted


def matrix(rng, n, spread):
    """Symmetric, with eigenvalues from `10^-spread` to 1."""
    q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    product = (q * np.logspace(-spread, 0, n)) @ q.T
    return (product + product.T) / 2


@pytest.mark.parametrize("order", [2, 4, 6])
@pytest.mark.parametrize("n", [2, 9])
def test_the_root_is_that_of_exact_arithmetic(n, order):
    rng = np.random.default_rng(n)
    a, x = matrix(rng, n, 4), rng.standard_normal(n)
    with mpmath.workdps(40):
        values, vectors = mpmath.eigsy(mpmath.matrix(a.tolist()))
        powers = mpmath.diag([value ** (mpmath.mpf(-1) / order) for value in values])
        exact = np.array((vectors * powers * vectors.T * mpmath.matrix(x.tolist())).tolist(), float)[:, 0]
    found = rooted(a[None], order, x[None], 0, 1e-5)[0]
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-11 * np.abs(exact).max())


@pytest.mark.parametrize(("shape", "axis"), [((16,), 0), ((24, 3), 0), ((2, 32, 2), 1), ((3, 40), 1)])
@pytest.mark.parametrize("least", [1e-3, 1e-9])  # as far below the eigenvalues as one likes
def test_every_axis_is_multiplied_by_the_root_that_eigenvectors_give(shape, axis, least):
    rng = np.random.default_rng(0)
    a = np.stack([matrix(rng, shape[axis], 3) for _ in range(3)]) * 50.0 ** np.arange(3)[:, None, None]
    x = rng.standard_normal((3, *shape))
    expected = along(inverse_root(a, 4), x, axis)
    found = rooted(a, 4, x, axis, least)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


def test_a_lane_whose_matrix_is_not_positive_or_not_finite_goes_by_its_singular_values_alone():
    rng = np.random.default_rng(1)
    a, x = np.stack([matrix(rng, 16, 3) for _ in range(4)]), rng.standard_normal((4, 16))
    usual = rooted(a, 2, x, 0, 1e-4)
    a[1, 0, 0], a[2] = -2.0, np.nan
    with np.errstate(all="ignore"):  # as the harness does
        found = rooted(a, 2, x, 0, 1e-4)
    np.testing.assert_array_equal(found[[0, 3]], usual[[0, 3]])
    np.testing.assert_array_equal(found[1], along(inverse_root(a[1:2], 2), x[1:2], 0)[0])
    assert np.isnan(found[2]).all()


def test_sums_of_squares_beyond_the_numbers_of_a_float_are_left_to_the_library():
    rng = np.random.default_rng(2)
    a, x = matrix(rng, 16, 3)[None] * 1e200, rng.standard_normal((1, 16))
    expected = along(inverse_root(a, 2), x, 0)
    np.testing.assert_allclose(rooted(a, 2, x, 0, 1e-6), expected, rtol=0, atol=1e-10 * np.abs(expected).max())
