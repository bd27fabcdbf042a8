"""Error by bands of |k|: power of the difference over power of the target, summed over the wave vectors of a band.

In two and three dimensions there are too many wave vectors to watch one by one. A band has the amplitude
`sqrt(sum |f_k|^2)` and the error `sqrt(sum |h_k - f_k|^2 / sum |f_k|^2)`. On a grid the coefficients come from the
fast transform, elsewhere from the formula itself. Target and predictions are centred with the target's mean, which on
scattered points would leak to every k; the mean itself may be the band k = 0.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from types import EllipsisType

import numpy as np
from numpy.typing import NDArray

from problems.base import Array
from problems.probes.selection import MEAN_SHARE, NAMED, Selection, check_varies
from problems.probes.transforms import ELEMENTS, Complex, Transform, fast_transform, transform


@dataclass(frozen=True, eq=False)
class BandProbe:
    """Watches bands of the wave vectors `waves (q, d)`; wave vector i is in band `band[i]`, -1 for none.

    `transform` gives the coefficients at `waves`; a row of the probe is a band of one output component, all bands of
    component 0 first. Its frequency is the mean |k| of its wave vectors."""

    targets: Array
    waves: NDArray[np.float64]
    band: NDArray[np.intp]
    transform: Transform
    name: str = "rings"
    selection: Selection = NAMED
    halved: bool = False
    """Whether `waves` has one of each pair k and -k."""
    rows: NDArray[np.intp] | EllipsisType = ...
    """Those that are watched, of all bands of all components."""

    def __post_init__(self) -> None:
        members = np.bincount(self.band[self.band >= 0])
        if not len(members) or not members.all():
            empty = f"band {int(np.argmin(members))}" if len(members) else "any band"
            raise ValueError(
                f"A band has wave vectors of the samples; none lies in {empty} of '{self.name}', so that nothing could "
                "be watched there. Take more samples along each axis, or wider bands."
            )

    @cached_property
    def _bands(self) -> int:
        return int(self.band.max()) + 1

    @cached_property
    def frequency(self) -> NDArray[np.float64]:
        lengths = np.linalg.norm(self.waves, axis=1)
        means = [lengths[self.band == band].mean() for band in range(self._bands)]
        return np.tile(means, self.targets.shape[1])[self.rows]

    @cached_property
    def component(self) -> NDArray[np.int64]:
        return np.arange(self.targets.shape[1]).repeat(self._bands)[self.rows]

    @cached_property
    def _target(self) -> Complex:
        return self._coefficients(self.targets)

    @cached_property
    def _mean(self) -> NDArray[np.float64]:
        return np.asarray(self.targets.mean(axis=0, dtype=np.float64))

    @cached_property
    def _zero(self) -> NDArray[np.intp]:
        return np.flatnonzero((self.waves == 0).all(axis=1))

    def _coefficients(self, outputs: Array) -> Complex:
        """At `waves`, of `outputs (n, m)` less the target's mean; at 0, with it."""
        found = self.transform(outputs - self._mean)
        # on any points the coefficient of a constant at k = 0 is the constant itself
        found[self._zero] += self._mean
        return found

    @cached_property
    def target_amplitude(self) -> NDArray[np.float64]:
        return self._root_power(self._target)

    def measure(self, predictions: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        found = self._coefficients(predictions)
        return self._root_power(found), self._root_power(found - self._target) / self.target_amplitude

    def errors(self, residual: Array) -> NDArray[np.float64]:
        """What `measure` tells of predictions with this residual `(n, m)`, in less time on a grid.

        There the waves k and -k, whose power is the same, are in one band."""
        if not isinstance(self.transform, GridTransform):
            return self._root_power(self.transform(residual)) / self.target_amplitude
        power = self.transform.powers(residual) * self.transform.times
        return self._root_sums(self.band[self.transform.once], power) / self.target_amplitude

    @cached_property
    def power_share(self) -> float:
        """By Parseval's sum; on scattered points, where waves are not orthogonal, only roughly."""
        # mean |f|^2 = sum_k |f_k|^2; of a real target k and -k have the same, and half of them may be here
        watched = (self.band >= 0) & self.waves.any(axis=1)
        power = float((np.abs(self._target[watched]) ** 2).sum()) * (2 if self.halved else 1)
        return min(1.0, power / float(((self.targets - self._mean) ** 2).mean(axis=0).sum()))

    @cached_property
    def _weights(self) -> NDArray[np.float64]:
        """Of each wave vector in the power of its band, `(q, 1)`."""
        weights = np.ones(len(self.waves))
        if self.halved:
            # k stands for -k too and 0 for itself alone, so beside others it counts half; alone it is the mean itself
            beside = [zero for zero in self._zero if (self.band == self.band[zero]).sum() > 1]
            weights[beside] = 0.5
        return weights[:, None]

    def _root_power(self, coefficients: Complex) -> NDArray[np.float64]:
        """Root of the power of each row, `(R,)`."""
        power = self._weights * (coefficients.real**2 + coefficients.imag**2)
        return self._root_sums(self.band, power.T)

    def _root_sums(self, band: NDArray[np.intp], powers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Root of the sum over each band of `powers (m, q)`, row by row of the probe."""
        # what is in no band, -1, is counted first and left out: cheaper than to copy all that is in one
        sums = [np.bincount(band + 1, component, self._bands + 1)[1:] for component in powers]
        return np.asarray(np.sqrt(np.concatenate(sums))[self.rows])


@dataclass(frozen=True, eq=False)
class BiasProbe:
    """The spectral bias `(E_high - E_low) / (E_high + E_low)` of the error (Kiessling and Thor 2022), in one row.

    E_low is the mean square of the error's waves up to a cut, whose coefficients `transform` gives (of each pair k and
    -k, one), and E_high that of all others. Amplitude is the bias, from -1 to 1, error the share of E_high in both; it
    is about no frequency. The waves must be orthogonal on the samples, as those of a periodic grid are."""

    targets: Array
    waves: NDArray[np.float64]
    transform: Transform
    name: str = "bias"
    component = np.array([-1])
    frequency = np.array([np.nan])
    target_amplitude = np.array([1.0])

    def measure(self, predictions: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        difference = predictions.astype(np.float64) - self.targets
        found = self.transform(difference)
        # mean |r|^2 = sum_k |r_k|^2, in which k and -k are two, and k = 0 is one
        weight = np.where((self.waves == 0).all(axis=1), 1, 2)
        low, whole = float(weight @ (np.abs(found) ** 2).sum(axis=1)), float((difference**2).mean(axis=0).sum())
        high = np.array([max(whole - low, 0.0)]) / whole if whole else np.array([0.5])
        return 2 * high - 1, high


def into_bands(waves: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.intp]:
    """The band `(q,)` of each wave vector: i where `edges[i] <= |k| < edges[i + 1]`, -1 outside."""
    lengths = np.linalg.norm(waves, axis=1)
    band = np.searchsorted(edges, lengths, side="right") - 1
    return np.where((lengths >= edges[0]) & (lengths < edges[-1]), band, -1)


def mean_and_bands(probe: BandProbe) -> BandProbe:
    """The probe with the mean as its first band, k = 0, where it is at least a hundredth of the largest amplitude.

    Raises ValueError if the target is constant."""
    check_varies(probe.targets)
    zero = np.flatnonzero((probe.waves == 0).all(axis=1))
    # every component has the same bands: the smallest mean decides for all
    if len(zero) != 1 or np.abs(probe.targets.mean(axis=0)).min() < MEAN_SHARE * probe.target_amplitude.max():
        return probe
    band = np.where(probe.band >= 0, probe.band + 1, -1)
    band[zero] = 0
    return replace(probe, band=band)


def half_lattice(highest: float, dimension: int) -> NDArray[np.float64]:
    """Wave vectors `(q, d)` of whole numbers up to `highest` along each axis: 0, and one of each pair k and -k."""
    axes = [np.arange(-int(highest), int(highest) + 1)] * dimension
    # (2 h + 1)^d vectors, an odd number, ordered so that -k mirrors k about the middle, which is 0
    lattice = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, dimension)
    return lattice[len(lattice) // 2 :].astype(np.float64)


def grid_waves(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Wave vectors `(n, d)` of the fast transform on a grid of `shape`, in cycles per grid, in its own order."""
    # cycles per sample times size are cycles per grid, whole numbers from -size / 2
    axes = [np.fft.fftfreq(size, 1 / size) for size in shape]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(shape))


@dataclass(frozen=True)
class GridTransform:
    """The fast transform on a periodic grid of `shape`, samples in C order, with origin at the first sample."""

    shape: tuple[int, ...]

    def __call__(self, outputs: Array) -> Complex:
        # half the time of numpy's of real values
        from scipy import fft  # noqa: PLC0415  # dear to import, and only grids need it

        values = outputs.reshape(*self.shape, -1).astype(np.float64)
        # "forward" puts the 1 / n of the formula here
        found: Complex = fft.fftn(values, axes=tuple(range(len(self.shape))), norm="forward").reshape(outputs.shape)
        return found

    def powers(self, outputs: Array) -> NDArray[np.float64]:
        """Power `(m, q)` of one each of the waves that have the same, those at `once`; each is there `times`."""
        from scipy import fft  # noqa: PLC0415  # as above

        axes = tuple(range(1, len(self.shape) + 1))
        found = fft.rfftn(self._by_component(outputs), axes=axes, norm="forward").reshape(outputs.shape[1], -1)
        return np.asarray(found.real**2 + found.imag**2)

    def _by_component(self, outputs: Array) -> NDArray[np.float64]:
        """Outputs `(n, m)` as grids `(m, *shape)`."""
        return np.ascontiguousarray(outputs.T, np.float64).reshape(-1, *self.shape)

    @cached_property
    def once(self) -> NDArray[np.intp]:
        """Places `(q,)` among all waves."""
        places = np.arange(np.prod(self.shape)).reshape(self.shape)
        return places[..., : self.shape[-1] // 2 + 1].ravel()

    @cached_property
    def times(self) -> NDArray[np.float64]:
        """How many waves each at `once` stands for, `(q,)`."""
        # those along the last axis stand for k and -k, but for 0 and the highest of an even number
        along = np.where(2 * np.arange(self.shape[-1] // 2 + 1) % self.shape[-1], 2.0, 1.0)
        return np.broadcast_to(along, (*self.shape[:-1], len(along))).ravel()


def scattered_transform(inputs: Array, waves: NDArray[np.float64]) -> Transform:
    """The formula itself at `waves (q, d)` in cycles per unit."""
    if len(waves) * len(inputs) > ELEMENTS:
        return fast_transform(inputs, waves)
    matrix = transform(inputs, waves)  # small enough to keep
    return lambda outputs: matrix @ outputs.astype(np.float64)
