"""What is watched along a direction p in the space of inputs: frequencies of the targets' spectrum at `K = k p`.

Targets are centred, for the projections are scattered: a constant has the spectrum of the projections themselves, which
is large at low k whatever the labels say. The mean is the row k = 0, where it stands above the floor."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from problems.base import Array
from problems.probes.fourier import MOST_PEAKS, FourierProbe, find_peaks, largest, noise_floor, nudft
from problems.probes.selection import NothingToWatch, Selection, check_varies

WAVES = 16
"""Frequencies at once: a block of the transform of 60,000 samples takes 15 MiB."""

# In what follows `projection` is `(n, 1)`, `targets (n, m)`, and `k (q,)` rises, in cycles per unit of the projection.


def spectrum(projection: NDArray[np.float64], outputs: Array, k: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Coefficients `(q, m)` of `outputs (n, m)` at `projection (n, 1)` for `k (q,)` in cycles per unit, by blocks."""
    # blocks of frequencies, all samples in each
    blocks = (k[start : start + WAVES, None] for start in range(0, len(k), WAVES))
    return np.concatenate([nudft(projection, outputs, waves) for waves in blocks])


def watch_peaks(
    projection: NDArray[np.float64], targets: Array, k: NDArray[np.float64], components: Sequence[int]
) -> FourierProbe:
    """Watches the local maxima of each component's centred spectrum that rise above what shuffled targets reach.

    Raises NothingToWatch if there are none."""
    return _above_the_floor(projection, targets, k, components, orthogonal=False)


def watch_steps(
    projection: NDArray[np.float64], targets: Array, k: NDArray[np.float64], components: Sequence[int]
) -> FourierProbe:
    """Watches the multiples of `1 / (largest - smallest projection)` up to the last of `k`, above the same floor.

    That is how far apart frequencies must be to be told apart on an interval of this length.
    Raises NothingToWatch if there are none."""
    step = 1 / float(np.ptp(projection))
    # 1e-9 of a step, so that the last of k itself is among them, in any unit
    multiples = step * np.arange(1, np.floor(k[-1] / step + 1e-9) + 1)
    return _above_the_floor(projection, targets, multiples, components, orthogonal=True)


def watch_grid(
    projection: NDArray[np.float64], targets: Array, k: NDArray[np.float64], components: Sequence[int]
) -> FourierProbe:
    """Watches every frequency, for a picture of the whole spectrum."""
    return _watching(projection, targets, [k] * len(components), components, Selection("every frequency of a grid"))


def _above_the_floor(
    projection: NDArray[np.float64],
    targets: Array,
    k: NDArray[np.float64],
    components: Sequence[int],
    *,
    orthogonal: bool,
) -> FourierProbe:
    chosen = targets[:, list(components)].astype(np.float64)
    check_varies(chosen)
    mean = chosen.mean(axis=0)
    # one floor a component: each has a variance of its own
    floor = noise_floor(projection, chosen, k[:, None])
    # one row a frequency, one column a component
    amplitudes = np.abs(spectrum(projection, chosen - mean, k))
    found = [find_peaks(amplitudes[:, c], float(floor[c]), orthogonal=orthogonal) for c in range(len(mean))]
    if not any(map(len, found)):
        raise NothingToWatch(
            f"No frequency from {k[0]:g} to {k[-1]:g} of the centred target stands above the noise floor, "
            f"{floor.max():.3g}, along this direction: nothing would be watched. Take another direction, another "
            "component, or more images, or name frequencies to watch."
        )
    kept = [largest(one, amplitudes[:, c]) for c, one in enumerate(found)]
    # centred, a component has nothing at k = 0: the row of the mean is judged by the mean
    frequencies = [np.concatenate([[0.0] * bool(abs(mean[c]) > floor[c]), k[one]]) for c, one in enumerate(kept)]
    rule = f"{'multiples of one over the extent' if orthogonal else 'local maxima'} of the centred target above what "
    rule += f"shuffled targets reach, {floor.max():.3g}"
    return _watching(projection, targets, frequencies, components, Selection(rule, tuple(_left_out(found, kept))))


def _left_out(found: Sequence[NDArray[np.intp]], kept: Sequence[NDArray[np.intp]]) -> Iterator[str]:
    more = sum(map(len, found)) - sum(map(len, kept))
    if more:
        yield f"{more} more of smaller amplitude: the {MOST_PEAKS} largest of each component are watched"


def _watching(
    projection: NDArray[np.float64],
    targets: Array,
    k: Sequence[NDArray[np.float64]],
    components: Sequence[int],
    selection: Selection,
) -> FourierProbe:
    frequency = np.concatenate(k)
    component = np.repeat(np.asarray(components, np.int64), [len(found) for found in k])
    return FourierProbe(projection, targets, frequency[:, None], frequency, component, selection=selection)
