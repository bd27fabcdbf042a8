"""A direction in the space of inputs, along which a spectrum is taken: x becomes the number p.x, |p| = 1."""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from problems.user_files import user_path

Vector = NDArray[np.float64]
BLOCK = 4096
"""Samples at once in sums over all of them."""
FEW = 4
DEAD_END = 1e-6
"""Share of the covariance that a start of Lanczos iteration has at least."""
FORMS = "pc1, pc2, ...; random or random(SEED); means(A,B), the difference of two class means; or a file .npy or .csv"


def principal_directions(inputs: NDArray[np.floating], count: int) -> NDArray[np.float64]:
    """The first `count` eigenvectors `(count, d)` of the covariance of `inputs (n, d)`, by falling variance.

    Float64, summed over blocks of samples. The sign is such that the entry of largest modulus is positive. A few of
    many are found by Lanczos iteration to machine precision, 40 times faster for the 3,072 pixels of CIFAR-10."""
    from scipy.sparse.linalg import eigsh

    mean = inputs.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((inputs.shape[1], inputs.shape[1]))
    for start in range(0, len(inputs), BLOCK):
        # float64, as the mean is
        centred = inputs[start : start + BLOCK] - mean
        # n times the covariance: a factor turns no eigenvector
        covariance += centred.T @ centred
    # a start of ones, as ARPACK would draw one at random and the last digits with it
    ones = np.ones(len(covariance))
    # where inputs add up to the same in each sample, as one-hot ones do, it leads nowhere
    leads = np.linalg.norm(covariance @ ones) > DEAD_END * np.linalg.norm(covariance)
    few = FEW * count < inputs.shape[1] and leads
    found = eigsh(covariance, count, v0=ones) if few else np.linalg.eigh(covariance)
    # eigenvectors are columns; eigh has them rising, eigsh promises no order
    vectors: NDArray[np.float64] = found[1][:, np.argsort(found[0])[::-1][:count]].T
    largest = vectors[np.arange(len(vectors)), np.abs(vectors).argmax(axis=1)]
    return vectors * np.sign(largest)[:, None]


def direction(text: str, inputs: NDArray[np.floating], labels: NDArray[np.integer]) -> Vector:
    """The unit vector `(d,)` that `text` names, from training `inputs (n, d)` and `labels (n,)`.

    Raises ValueError if `text` is none of `FORMS`, or what it names does not fit the inputs."""
    text = text.strip()
    if match := re.fullmatch(r"pc(\d+)", text):
        return _principal(inputs, int(match[1]))
    if match := re.fullmatch(r"random(?:\((\d+)\))?", text):
        # a normal vector has no preferred direction
        return _unit(np.random.default_rng(int(match[1] or 0)).standard_normal((inputs.shape[1],)), text)
    if match := re.fullmatch(r"means\((\d+),\s*(\d+)\)", text):
        return _unit(_mean(inputs, labels, int(match[1])) - _mean(inputs, labels, int(match[2])), text)
    if text.endswith((".npy", ".csv")):
        return _from_file(user_path(text), inputs.shape[1])
    raise ValueError(f"A direction is {FORMS}; got '{text}'.")


def project(inputs: NDArray[np.floating], along: Vector) -> NDArray[np.float64]:
    """`p.x` of each sample, float64 `(n, 1)`, by blocks."""
    parts = [inputs[start : start + BLOCK].astype(np.float64) @ along for start in range(0, len(inputs), BLOCK)]
    return np.concatenate(parts)[:, None]


def _principal(inputs: NDArray[np.floating], number: int) -> Vector:
    if not 1 <= number <= inputs.shape[1]:
        raise ValueError(f"These inputs have principal components 1 to {inputs.shape[1]}; got pc{number}.")
    return principal_directions(inputs, number)[number - 1]


def _mean(inputs: NDArray[np.floating], labels: NDArray[np.integer], label: int) -> Vector:
    chosen = inputs[labels == label]
    if not len(chosen):
        raise ValueError(f"There is no image of class {label}; the classes are {sorted(set(labels.tolist()))}.")
    return chosen.mean(axis=0, dtype=np.float64)


def _from_file(path: Path, length: int) -> Vector:
    if not path.is_file():
        raise ValueError(f"There is no file '{path}' to read the direction from.")
    try:
        numbers = np.load(path) if path.suffix == ".npy" else np.loadtxt(path, delimiter=",")
        vector = np.asarray(numbers, np.float64).ravel()
    except (ValueError, OSError) as error:
        raise ValueError(f"'{path}' holds no numbers that can be read: {error}") from None
    if len(vector) != length:
        raise ValueError(f"A direction needs {length} numbers, one for each input; '{path}' has {len(vector)}.")
    return _unit(vector, str(path))


def _unit(vector: Vector, name: str) -> Vector:
    length = float(np.linalg.norm(vector))
    if not 0 < length < np.inf:
        raise ValueError(f"The direction '{name}' has length {length:g}: it must be finite, and not zero.")
    return vector / length
