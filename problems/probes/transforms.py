"""Ways to the one Fourier formula of `fourier`: its matrix for a few frequencies, fast transforms for many.

Uniform lines, and grids of two and three dimensions, have the fast Fourier transform, scattered points in up to three
dimensions the non-uniform one of FINUFFT (Barnett, Magland, af Klinteberg 2019), anything else the matrix in blocks.
They agree to `AGREEMENT`; none holds more than a few arrays as long as the samples.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeAlias

import finufft
import numpy as np
from numpy.typing import NDArray

from problems.base import Array
from problems.readers.steps import rounding

Complex: TypeAlias = NDArray[np.complex128]
Transform: TypeAlias = Callable[[Array], Complex]
"""Outputs `(n, m)` to coefficients `(q, m)`."""

ELEMENTS = 1 << 22
"""Of a matrix that is worth holding at once: 64 MiB of complex numbers."""
FEW = 64
"""Frequencies up to which a matrix, made for one product, is faster than the non-uniform transform."""
EVEN = 1e-8
"""Deviation of a sample from a uniform grid, in steps, below which the fast transform is exact enough."""
ROUNDED = 1e-3
"""The same of coordinates that were measured or rounded, whose samples are then taken for those of the grid."""
PRECISION = 1e-12
AGREEMENT = 1e-11
"""Of the largest value: what the ways may differ by, and hence what they may find where there is nothing."""


def transform(inputs: Array, waves: NDArray[np.float64]) -> Complex:
    """The matrix `(q, n)` of the formula, for `inputs (n, d)` and `waves (q, d)` in cycles per unit."""
    phases = -2.0 * np.pi * (waves @ inputs.T.astype(np.float64))
    matrix: Complex = np.exp(1j * phases) / len(inputs)
    return matrix


def is_small(inputs: Array, waves: NDArray[np.float64]) -> bool:
    """Whether the matrix of `inputs (n, d)` and `waves (q, d)` itself is the way."""
    return len(inputs) * len(waves) <= ELEMENTS


def fast_transform(inputs: Array, waves: NDArray[np.float64], precision: float = PRECISION) -> Transform:
    """The formula at `waves (q, d)` for `inputs (n, d)` that are too many for the whole matrix.

    `precision` is the relative error that is asked for, where a transform is not exact."""
    first = _first_of_grid(inputs, waves)
    if first is not None:
        return partial(_uniform, inputs, waves, first)
    grid = _grid(inputs, waves)
    if grid is not None:
        return partial(_on_grid, inputs, waves, *grid)
    if len(waves) > FEW and inputs.shape[1] <= 3:
        return _scattered(inputs, waves, precision)
    return partial(_in_blocks, inputs, waves)


def _first_of_grid(inputs: Array, waves: NDArray[np.float64]) -> int | None:
    """The number of the first wave if they are successive multiples of 1 / length of a uniform line, else None."""
    n, q = len(inputs), len(waves)
    if inputs.shape[1] != 1 or n < 3 or q < 2:
        return None
    x, k = inputs[:, 0].astype(np.float64), waves[:, 0]
    step, spacing = (x[-1] - x[0]) / (n - 1), (k[-1] - k[0]) / (q - 1)
    # n step is the length; a relative error here turns wave n / 2 by up to n / 2 times as much, hence / n
    if step <= 0 or abs(n * step * spacing - 1) > EVEN / n:
        return None
    on_grid = np.abs(x - x[0] - step * np.arange(n)).max() <= EVEN * step
    number = k / spacing
    whole = np.abs(number - np.round(number[0]) - np.arange(q)).max() <= EVEN
    first = int(np.round(number[0]))
    # the fast transform of real values ends at half of n
    return first if on_grid and whole and first >= 0 and first + q - 1 <= n // 2 else None


def _uniform(inputs: Array, waves: NDArray[np.float64], first: int, outputs: Array) -> Complex:
    found = np.fft.rfft(outputs.astype(np.float64), axis=0, norm="forward")[first : first + len(waves)]
    # the fast transform counts from the first sample: k x_j = k x_0 + k j step
    shifted: Complex = found * np.exp(-2j * np.pi * waves * float(inputs[0, 0]))
    return shifted


class Lattice(NamedTuple):
    """Points of a uniform grid in any order: point i is at `places[i]`, whole numbers `(d,)` below `shape`."""

    places: NDArray[np.int64]
    shape: tuple[int, ...]

    def in_period(self) -> NDArray[np.float64]:
        """The points as shares of the grid's period, which is a step longer than its box, `(n, d)` in [0, 1)."""
        return self.places / np.array(self.shape)

    def resolves(self, waves: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which of the waves `(q, d)`, in cycles per period, lie below half of the points along each axis."""
        return np.asarray((2 * np.abs(waves) < np.array(self.shape)).all(axis=1))


def lattice(inputs: Array, tolerance: float | None = None) -> Lattice | None:
    """The uniform grid of which `inputs (n, d)` are all points, each to `tolerance` of a step; None if of none.

    Without one it is 1e-3, or what rounding explains where the precision of the inputs is less."""
    x = inputs.astype(np.float64)
    low, extent = x.min(axis=0), np.ptp(x, axis=0)
    if not (extent > 0).all():
        return None
    gaps = np.diff(np.sort(x, axis=0), axis=0)
    # between points of one place there is next to nothing, and between two places a step
    shape = 1 + (gaps > gaps.max(axis=0) / 2).sum(axis=0)
    if np.prod(shape.astype(float)) != len(x):
        return None
    numbers = (x - low) / extent * (shape - 1)
    places = np.rint(numbers).astype(np.int64)
    once = len(np.unique(np.ravel_multi_index(tuple(places.T), tuple(shape)))) == len(x)
    allowed = np.array([_tolerance(*axis) for axis in zip(x.T, extent / (shape - 1), strict=True)])
    near = (np.abs(numbers - places).max(axis=0) <= (allowed if tolerance is None else tolerance)).all()
    return Lattice(places, tuple(shape.tolist())) if once and near else None


def _tolerance(axis: Array, step: float) -> float:
    # each point and the ends are off by half a unit of rounding
    return max(ROUNDED, 2 * rounding(axis, step))


def _grid(inputs: Array, waves: NDArray[np.float64]) -> tuple[Lattice, NDArray[np.int64]] | None:
    """The uniform grid of two or three dimensions, and `waves` in whole cycles along it; else None."""
    found = lattice(inputs, EVEN) if inputs.shape[1] in (2, 3) else None
    if found is None:
        return None
    shape = np.array(found.shape)
    cycles = waves * np.ptp(inputs.astype(np.float64), axis=0) / (shape - 1) * shape
    whole = np.round(cycles)
    # an error of the number turns the far end of an axis by as much of a cycle
    if np.abs(cycles - whole).max() > EVEN / shape.max():
        return None
    return found, whole.astype(np.int64)


def _on_grid(
    inputs: Array, waves: NDArray[np.float64], grid: Lattice, cycles: NDArray[np.int64], outputs: Array
) -> Complex:
    # half the time of numpy's of real values
    from scipy import fft  # noqa: PLC0415  # dear to import, and only grids need it

    values = np.empty((*grid.shape, outputs.shape[1]))
    values[tuple(grid.places.T)] = outputs
    found = fft.fftn(values, axes=range(len(grid.shape)), norm="forward")
    # waves that are alike on the grid, as k and k - n, differ in the shift alone
    picked = found[tuple((cycles % grid.shape).T)]
    shifted: Complex = picked * np.exp(-2j * np.pi * (waves @ inputs.min(axis=0).astype(np.float64)))[:, None]
    return shifted


def _scattered(inputs: Array, waves: NDArray[np.float64], precision: float) -> Transform:
    """FINUFFT's third type, on one thread: with several the sums would depend on their order."""
    # isign -1 is the minus in exp(-2 pi i k.x)
    plan = finufft.Plan(3, inputs.shape[1], n_trans=1, eps=precision, isign=-1, nthreads=1)
    centre = inputs.astype(np.float64).mean(axis=0)
    # k.x = k.(x - c) + k.c: about the centre phases are smaller, and its own is put back below
    axes = (inputs.astype(np.float64) - centre).T
    plan.setpts(*_three(axes), *_three(2 * np.pi * waves.T))
    shift = np.exp(-2j * np.pi * (waves @ centre)) / len(inputs)

    def coefficients(outputs: Array) -> Complex:
        columns = [plan.execute(column.astype(np.complex128)) * shift for column in outputs.T]
        return np.stack(columns, axis=1)

    return coefficients


def _three(axes: NDArray[np.float64]) -> list[NDArray[np.float64] | None]:
    """Three axes, None for those that are not there."""
    return [*map(np.ascontiguousarray, axes), *[None] * (3 - len(axes))]


def _in_blocks(inputs: Array, waves: NDArray[np.float64], outputs: Array) -> Complex:
    """Blocks of samples, so that the matrix never holds more than `ELEMENTS`."""
    size = max(1, ELEMENTS // len(waves))
    sums = np.zeros((len(waves), outputs.shape[1]), np.complex128)
    for start in range(0, len(inputs), size):
        block = slice(start, start + size)
        # transform divides by the length of a block, the formula by n
        matrix = transform(inputs[block], waves) * (len(inputs[block]) / len(inputs))
        sums += matrix.real @ outputs[block] + 1j * (matrix.imag @ outputs[block])
    return sums
