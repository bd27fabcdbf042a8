"""What a network sees of its variable: the variable itself, or Fourier features of it (TANCIK, section 5).

An embedding is a map of the inputs, so any network can stand behind it. `fourier(J, p)` replaces v in [0, 1), which is
the variable as a share of its domain, by `j^-p cos 2 pi j v` and `j^-p sin 2 pi j v` for j = 1 .. J: with p = 0 all
frequencies are equally loud, with p = 1 they fade, and with p = inf the first alone is left.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isnan

import numpy as np

from problems.base import Array
from problems.factories import resolve


@dataclass(frozen=True)
class Embedding:
    """`features(x, start, length)` of `x (n, 1)` in [start, start + length) and their derivative, both `(n, width)`."""

    name: str
    width: int
    features: Callable[[Array, float, float], tuple[Array, Array]]


def none() -> Embedding:
    """The variable itself."""
    return Embedding("none", 1, lambda x, start, length: (x, np.ones_like(x)))


def fourier(J: float = 16, p: float = 0) -> Embedding:
    """j^-p cos and sin of 2 pi j v, j = 1 .. J (whole), p from 0 to inf (TANCIK, section 5)."""
    if J < 1 or J % 1 or p < 0 or isnan(p):
        raise ValueError(f"The embedding fourier(J, p) needs a whole J from 1 and a p from 0 to inf; got {J:g}, {p:g}.")
    # at p = inf all but j = 1 have loudness 0: they are left out, not fed to the network as zeros
    frequencies = np.arange(1, (1 if p == inf else int(J)) + 1.0)
    loudness = np.ones(1) if p == inf else frequencies**-p

    def features(x: Array, start: float, length: float) -> tuple[Array, Array]:
        # v = (x - start) / length, so the phase 2 pi j v runs at 2 pi j / length in x
        speed = 2 * np.pi * frequencies / length
        phases = (x - start) * speed
        cosine, sine = loudness * np.cos(phases), loudness * np.sin(phases)
        # d cos = -speed sin, d sin = speed cos, each with its loudness
        return np.concatenate([cosine, sine], axis=1), np.concatenate([-speed * sine, speed * cosine], axis=1)

    return Embedding(f"fourier({J:g},{p:g})", 2 * len(frequencies), features)


EMBEDDINGS: dict[str, Callable[..., Embedding]] = {"fourier": fourier, "none": none}


def make_embedding(text: str) -> Embedding:
    """The embedding that `text` names, such as `fourier(16,1)`."""
    return resolve("embedding", text, EMBEDDINGS)
