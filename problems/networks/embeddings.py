"""What a network sees of its variables: the variables themselves, or Fourier features of them (TANCIK, section 5).

An embedding is a map of the inputs, so any network can stand behind it. Features are cosines and sines of `2 pi b.v`,
where v in [0, 1)^d is the variables as shares of their domain and each b a wave vector in cycles per domain:

- `fourier(J, p)`: b = j along each axis, j = 1 .. J, with loudness `j^-p`. With p = 0 all frequencies are equally loud,
  with p = 1 they fade, and with p = inf the first alone is left.
- `gaussian(m, sigma, seed)`: m vectors from N(0, sigma^2), the same for every run with that `seed`.
- `dyadic(L)`: b = 2^l along each axis, l = 0 .. L - 1, beside the variables (Mildenhall et al. 2020, equation 4, where
  x in [-1, 1] is 2 v - 1, and `2^l pi x` hence `2 pi 2^l v` but for the sign at l = 0).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isnan

import numpy as np
from numpy.typing import NDArray

from problems.base import Array
from problems.factories import resolve

Numbers = NDArray[np.float64]
MOST_WAVES = 65_536
"""Of an axis; of 1,000 samples their features take a GB."""


@dataclass(frozen=True)
class Embedding:
    """`waves(d)` are the wave vectors `(J, d)` and their loudness `(J,)`; `keeps` says that the variables stay, too."""

    name: str
    waves: Callable[[int], tuple[Numbers, Numbers]]
    keeps: bool = False

    def width(self, variables: int) -> int:
        """How many numbers the network sees of so many variables."""
        return 2 * len(self.waves(variables)[1]) + variables * self.keeps

    def features(self, x: Array, start: Array | float, length: Array | float) -> Array:
        """What the network sees, `(n, width)`, of `x (n, d)` from `start` on over `length`: numbers, or one an axis."""
        vectors, loudness = self.waves(x.shape[1])
        phases = 2 * np.pi * ((x - start) / length) @ vectors.T
        return np.concatenate(
            [x[:, : x.shape[1] * self.keeps], loudness * np.cos(phases), loudness * np.sin(phases)], 1
        )

    def speed(self, x: Array, start: float, length: float) -> Array:
        """The derivative of the features of one variable, `(n, width)`."""
        vectors, loudness = self.waves(1)
        # v = (x - start) / length, so the phase 2 pi b v runs at 2 pi b / length in x
        speed = 2 * np.pi * vectors[:, 0] / length
        phases = (x - start) * speed
        waves = [-speed * loudness * np.sin(phases), speed * loudness * np.cos(phases)]
        return np.concatenate([np.ones((len(x), int(self.keeps))), *waves], axis=1)


def none() -> Embedding:
    """The variables themselves."""
    return Embedding("none", lambda d: (np.empty((0, d)), np.empty(0)), keeps=True)


def fourier(J: float = 16, p: float = 0) -> Embedding:
    """j^-p cos and sin of 2 pi j v along each axis, j = 1 .. J (whole), p from 0 to inf (TANCIK, section 5)."""
    if not 1 <= J <= MOST_WAVES or J % 1 or p < 0 or isnan(p):
        raise ValueError(
            f"The embedding fourier(J, p) needs a whole J from 1 to {MOST_WAVES} and a p from 0 to inf; got {J:g}, "
            f"{p:g}."
        )
    frequencies = np.arange(1, (1 if p == inf else int(J)) + 1.0)
    loudness = np.ones(1) if p == inf else frequencies**-p
    # what has loudness 0, at p = inf all but j = 1, is left out, not fed to the network as zeros
    frequencies, loudness = frequencies[loudness > 0], loudness[loudness > 0]
    return Embedding(f"fourier({J:g},{p:g})", lambda d: (_along_axes(frequencies, d), np.tile(loudness, d)))


def gaussian(m: float = 256, sigma: float = 10, seed: float = 0) -> Embedding:
    """cos and sin of 2 pi b.v for m wave vectors b from N(0, sigma^2) (TANCIK, section 6: 256, and 10 for images)."""
    if not 1 <= m <= MOST_WAVES or m % 1 or not 0 < sigma < inf or not 0 <= seed < inf or seed % 1:
        raise ValueError(
            f"The embedding gaussian(m, sigma, seed) needs a whole m from 1 to {MOST_WAVES}, sigma above 0 and a whole "
            f"seed from 0; got {m:g}, {sigma:g}, {seed:g}."
        )

    def waves(d: int) -> tuple[Numbers, Numbers]:
        return sigma * np.random.default_rng(int(seed)).standard_normal((int(m), d)), np.ones(int(m))

    return Embedding(f"gaussian({m:g},{sigma:g},{seed:g})", waves)


def dyadic(L: float = 10) -> Embedding:
    """The variables, and cos and sin of 2 pi 2^l v along each axis, l = 0 .. L - 1 (Mildenhall et al. 2020: L = 10)."""
    if not 1 <= L <= 50 or L % 1:
        raise ValueError(f"The embedding dyadic(L) needs a whole L from 1 to 50; got {L:g}.")
    frequencies = 2.0 ** np.arange(int(L))
    return Embedding(f"dyadic({L:g})", lambda d: (_along_axes(frequencies, d), np.ones(len(frequencies) * d)), True)


def _along_axes(frequencies: Array, axes: int) -> Numbers:
    """Wave vectors `(J d, d)`, all of the first axis first."""
    return np.concatenate([np.outer(frequencies, axis) for axis in np.eye(axes)])


EMBEDDINGS: dict[str, Callable[..., Embedding]] = {
    "dyadic": dyadic,
    "fourier": fourier,
    "gaussian": gaussian,
    "none": none,
}


def make_embedding(text: str) -> Embedding:
    """The embedding that `text` names, such as `fourier(16,1)`."""
    return resolve("embedding", text, EMBEDDINGS, infinite=True)
