"""Image frequency: the spectrum of a picture itself, in cycles per pixel, from 0 to at most 0.71 in a corner.

It is not response frequency: how fast the output of a network changes along a direction in the space of inputs.
"""

import numpy as np
from numpy.typing import NDArray

from problems.base import Array
from problems.networks.by_name import image_shape


def power(images: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Radial frequencies `(q,)`, ascending, and power `(n, q)` of square `images (n, d)`, summed over channels.

    Powers of equal radius are added; the mean of a picture is the power at frequency 0."""
    channels, side, _ = image_shape(images.shape[1])
    pictures = images.reshape(-1, channels, side, side).astype(np.float64)
    powers = (np.abs(np.fft.fft2(pictures)) ** 2).sum(axis=1).reshape(len(pictures), -1)
    grid = np.fft.fftfreq(side)  # cycles per pixel, up to 1/2 on an axis, 0.71 in a corner
    # rounded, so that equal radii are equal; in the order of the fast transform
    radius = np.round(np.hypot(grid[:, None], grid).ravel(), 12)
    frequency, place = np.unique(radius, return_inverse=True)
    rings = np.zeros((len(pictures), len(frequency)))
    # add.at, as a plain += on repeated places would keep only the last of them
    np.add.at(rings.T, place, powers.T)
    return frequency, rings


def mean_frequency(images: Array) -> NDArray[np.float64]:
    """The mean radial frequency `(n,)` of each picture, weighted by power; NaN for a picture of nothing."""
    frequency, rings = power(images)
    with np.errstate(invalid="ignore"):
        return rings @ frequency / rings.sum(axis=1)


def share_above_median(images: Array) -> NDArray[np.float64]:
    """Of each picture's power without its mean, the share `(n,)` above the median frequency of all of them.

    The median is the frequency up to which the powers of all pictures, added, have half their sum."""
    frequency, rings = power(images)
    rings[:, frequency == 0] = 0.0
    pooled = np.cumsum(rings.sum(axis=0))
    # the first frequency at which the pooled sum reaches half
    above = frequency > frequency[int(np.searchsorted(pooled, pooled[-1] / 2))]
    with np.errstate(invalid="ignore"):
        return rings[:, above].sum(axis=1) / rings.sum(axis=1)
