"""Samples that contradict each other: the same inputs, and other targets."""

import numpy as np
from numpy.typing import NDArray


def contradictions(inputs: NDArray[np.float64], targets: NDArray[np.float64]) -> tuple[str, ...]:
    """A note where samples of `inputs (n, d)` are alike and their `targets (n, m)` are not."""
    bits = np.ascontiguousarray(inputs + 0.0).view(np.uint64)  # 0 for -0 as well
    # sums of whole numbers modulo 2^64 are exact, so that equal rows have equal keys
    weights = np.random.default_rng(0).integers(1, 2**63, bits.shape[1], np.uint64)
    keys = bits @ weights
    order = np.argsort(keys, kind="stable")
    near = np.flatnonzero(keys[order[1:]] == keys[order[:-1]])
    one, other = order[near], order[near + 1]
    alike = (inputs[one] == inputs[other]).all(axis=1) & (targets[one] != targets[other]).any(axis=1)
    if not alike.any():
        return ()
    first, second = sorted((int(one[alike][0]), int(other[alike][0])))
    said = (
        f"{int(alike.sum()):,} of the samples have the inputs of another and not its targets, such as those number "
        f"{first:,} and {second:,} (counted from 0): no network gives both, and the loss stays above 0."
    )
    return (said,)
