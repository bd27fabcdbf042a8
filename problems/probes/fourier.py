"""The one Fourier formula of the house: `g_k = (1/n) sum_i g(x_i) exp(-2 pi i k.x_i)` on the training inputs.

On a periodic grid this is the discrete Fourier transform; on scattered inputs, in any dimension or along a direction,
it is the non-uniform one. The error of a frequency is the complex modulus `|h_k - f_k| / |f_k|`, so phase counts.

Target and predictions are centred with one constant, the target's mean: on scattered inputs, or where a wave has no
whole periods, a constant leaks to every k through the inputs' own spectrum. The row k = 0 is the mean itself.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from problems.base import Array
from problems.probes.selection import NAMED, Selection
from problems.probes.transforms import Complex, Transform, fast_transform, is_small, transform
from problems.readers.steps import in_equal_steps

SHUFFLES, SHUFFLE_SEED = 200, 0
QUANTILE = 0.95
MANY = 1024
"""Frequencies from which on a fast transform of each shuffle is faster than one matrix for all of them."""
FLOOR_PRECISION = 1e-6
"""Of the fast transform of shuffled targets, whose quantile has a statistical error of 1e-2."""
DEPENDENT = 1e-12
"""Of the largest eigenvalue of the waves' products, below which waves at all samples are sums of each other."""
SAMPLES = 2048
"""At once, so that 60,000 samples with 10 components take less than 200 MB."""


def nudft(inputs: Array, outputs: Array, waves: NDArray[np.float64]) -> Complex:
    """Coefficients `(q, m)` of `outputs (n, m)` at `inputs (n, d)` for `waves (q, d)`, vectors in cycles per unit."""
    if is_small(inputs, waves):
        return transform(inputs, waves) @ outputs
    return fast_transform(inputs, waves)(outputs)


MOST_PEAKS = 12
"""Of a component that are watched."""
MOST_KNOWN = 1_000
"""Noise floors beyond which the oldest are forgotten."""
KNOWN: dict[str, tuple[float, ...]] = {}
"""Noise floors that were found, by what they were found from; a study has the same data in every run."""


@dataclass(frozen=True, eq=False)
class FourierProbe:
    """Watches `frequency (R,)` in output `component (R,)`; `waves (R, d)` are the wave vectors in cycles per unit."""

    inputs: Array
    targets: Array
    waves: NDArray[np.float64]
    frequency: NDArray[np.float64]
    component: NDArray[np.int64]
    name: str = "fourier"
    selection: Selection = NAMED

    @cached_property
    def _matrix(self) -> NDArray[np.float64]:
        """Cosine and minus-sine rows by turns, `(2 R, n)`: one real product a measurement."""
        matrix = transform(self.inputs, self.waves)
        return np.stack([matrix.real, matrix.imag], axis=1).reshape(-1, len(self.inputs))

    @cached_property
    def _places(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where in a product `(2 R, m)` the component is that each of its rows is about."""
        return np.arange(2 * len(self.frequency)), self.component.repeat(2)

    @cached_property
    def _mean(self) -> NDArray[np.float64]:
        """The constant `(m,)` that is taken from target and predictions alike."""
        return np.asarray(self.targets.mean(axis=0, dtype=np.float64))

    @cached_property
    def _offset(self) -> NDArray[np.float64]:
        """What the rows of frequency 0 get back: they are about the mean itself."""
        # a mean is real, so the imaginary part gets nothing back
        return np.where((self.waves == 0).all(axis=1), self._mean[self.component], 0.0)

    def coefficients(self, outputs: Array) -> Complex:
        """The coefficient of each row, `(R,)`, of `outputs (n, m)` less the target's mean; at 0, with it."""
        both = (self._matrix @ (outputs - self._mean))[self._places]
        # a real part and the imaginary one behind it are a complex number
        result: Complex = both.view(np.complex128) + self._offset
        return result

    @cached_property
    def _target(self) -> Complex:
        return self.coefficients(self.targets)

    @cached_property
    def target_amplitude(self) -> NDArray[np.float64]:
        return np.abs(self._target)

    def measure(self, predictions: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        found = self.coefficients(predictions)
        return np.abs(found), np.abs(found - self._target) / self.target_amplitude

    @cached_property
    def power_share(self) -> float:
        """By least squares on the waves that are watched, which on a periodic grid is Parseval's sum.

        It is of all samples: of some of them, fast waves that nobody watches would be slow ones."""
        explained = total = 0.0
        for component in np.unique(self.component):
            rows = self._matrix[np.repeat(self.component == component, 2)]
            means, values = rows.mean(axis=1), self.targets[:, component] - self._mean[component]
            # without their means, which is beside a constant; k = 0 is nothing then, and of aliases one counts
            gram = rows @ rows.T - len(values) * np.outer(means, means)
            along = rows @ values - means * values.sum()
            explained += float(along @ np.linalg.pinv(gram, rcond=DEPENDENT, hermitian=True) @ along)
            total += float((values**2).sum())
        return min(1.0, explained / total)


def check_resolved(inputs: Array, cycles: NDArray[np.float64], unit: float = 1.0) -> None:
    """Raise ValueError for a frequency beyond half the samples per length of a line: they show another in its place.

    `inputs` are `(n, d)`; of more than one variable, or in uneven steps, nothing is refused. The sentence has
    frequencies of `unit` times `cycles (R,)`, which are per unit of the inputs."""
    if inputs.shape[1] != 1 or len(inputs) < 3 or not in_equal_steps(inputs[:, 0].astype(np.float64)):
        return
    highest = (len(inputs) - 1) / (2 * float(np.ptp(inputs)))
    # 1e-9, so that the last one itself is none beyond, in any unit
    if (cycles > highest * (1 + 1e-9)).any():
        raise ValueError(
            f"Of {len(inputs)} samples in equal steps the highest frequency is {highest * unit:.6g}: beyond, they show "
            f"others in its place; got {cycles.max() * unit:.6g}."
        )


def _key(inputs: NDArray[np.number], targets: NDArray[np.number], waves: NDArray[np.float64], seed: int) -> str:
    """One text for the same numbers, in the same precision, and the same draws."""
    found = hashlib.sha256(str(seed).encode())
    for array in (inputs, targets, waves):
        found.update(f"{array.dtype}{array.shape}".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def tell_floors(found: Mapping[str, tuple[float, ...]]) -> None:
    """Remember noise floors that another process has found: each takes two hundred transforms."""
    KNOWN.update(found)
    while len(KNOWN) > MOST_KNOWN:
        del KNOWN[next(iter(KNOWN))]


def noise_floor(
    inputs: Array, targets: Array, waves: NDArray[np.float64], seed: int = SHUFFLE_SEED
) -> NDArray[np.float64]:
    """The amplitude `(m,)` that the largest of the `waves (q, d)` reaches by chance: 95 % quantile over shuffles.

    Those of `targets (n, m)` at `inputs (n, d)` are drawn from `seed`, and found once for the same data."""
    key = _key(inputs, targets, waves, seed)
    if key not in KNOWN:
        rng = np.random.default_rng(seed)
        tell_floors({key: tuple(np.atleast_1d(_noise_floor(inputs, targets, waves, rng)).tolist())})
    return np.array(KNOWN[key])


def _noise_floor(inputs: Array, targets: Array, waves: NDArray[np.float64], rng: np.random.Generator) -> Any:
    n, m = targets.shape
    centred = targets - targets.mean(axis=0)  # the mean survives every shuffle: it is no noise
    if not is_small(inputs, waves) and len(waves) > MANY:
        return _fast_floor(fast_transform(inputs, waves, FLOOR_PRECISION), centred, rng)
    # (n, SHUFFLES); shuffling keeps inputs and values and breaks their pairing: what is left is chance
    orders = np.stack([rng.permutation(n).astype(np.int32) for _ in range(SHUFFLES)], axis=1)
    sums = np.zeros((len(waves), SHUFFLES * m), np.complex128)
    for start in range(0, n, SAMPLES):
        block = slice(start, start + SAMPLES)
        # transform divides by the length of a block, the formula by n
        matrix = transform(inputs[block], waves) * (len(inputs[block]) / n)
        shuffled = centred[orders[block]].reshape(-1, SHUFFLES * m)
        # two real products: a complex one would make the shuffled values complex first
        sums += matrix.real @ shuffled + 1j * (matrix.imag @ shuffled)
    # the largest over all waves, so that the floor holds for all of them at once
    largest = np.abs(sums).max(axis=0).reshape(SHUFFLES, m)
    return _exceeded_by_chance(largest)


def _fast_floor(coefficients: Transform, centred: Array, rng: np.random.Generator) -> Any:
    """The same, a shuffle at a time."""
    shuffles = (centred[rng.permutation(len(centred))] for _ in range(SHUFFLES))
    largest = np.stack([np.abs(coefficients(shuffled)).max(axis=0) for shuffled in shuffles])
    return _exceeded_by_chance(largest)


def _exceeded_by_chance(largest: Array) -> Any:
    """Of `(SHUFFLES, m)` the one `(m,)` that another shuffle exceeds with a probability of at most 5 %: the tenth."""
    # one more is as likely to come at each of the 201 places: 10 / 201; a quantile between two of them is 10.95 / 201
    return np.quantile(largest, QUANTILE, axis=0, method="higher")


def centred_amplitudes(inputs: Array, targets: Array, waves: NDArray[np.float64]) -> NDArray[np.float64]:
    """`|f_k| (q, m)` of `targets (n, m)` less their mean."""
    return np.abs(nudft(inputs, targets - targets.mean(axis=0, dtype=np.float64), waves))


def find_peaks(amplitudes: NDArray[np.float64], floor: float, *, orthogonal: bool) -> NDArray[np.intp]:
    """Indices, ascending, of the frequencies worth watching, of `amplitudes (k,)`: those above the floor.

    On a periodic grid (`orthogonal`) the frequencies do not leak into each other and each one counts; otherwise only
    local maxima do."""
    above = amplitudes > floor
    if not orthogonal:
        above &= local_maxima(amplitudes)
    return np.flatnonzero(above)


def largest(peaks: NDArray[np.intp], amplitudes: NDArray[np.float64], most: int = MOST_PEAKS) -> NDArray[np.intp]:
    """Those `most` of `peaks` that have the largest of `amplitudes (k,)`, ascending; of equal ones the first."""
    return np.sort(peaks[np.argsort(-amplitudes[peaks], kind="stable")[:most]])


def local_maxima(amplitudes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where `(k,)` no neighbour of `amplitudes (k,)` is larger; of neighbours of equal height the last."""
    padded = np.concatenate([[-np.inf], amplitudes, [-np.inf]])
    return (amplitudes >= padded[:-2]) & (amplitudes > padded[2:])
