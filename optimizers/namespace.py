"""The library of an array: what is written with it moves numpy's vectors and torch's tensors by the same lines."""

import sys
from typing import Any

import numpy as np


def library(array: Any) -> Any:
    """numpy, or torch for a tensor, which is loaded where there is one; functions that both spell alike may be used."""
    return np if isinstance(array, np.ndarray) else sys.modules["torch"]


def copied(array: Any) -> Any:
    """The same numbers in memory of their own, on the device where they are."""
    return library(array).asarray(array, copy=True)
