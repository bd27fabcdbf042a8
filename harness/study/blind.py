"""Checks that nothing is seen where nothing is: learners without preference, and labels that were permuted."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.analysis.order import PRIMARY_CLOCK, PRIMARY_THRESHOLD
from harness.run.build import build
from harness.run.spec import RunSpec, find_optimizer, find_problem, stream
from harness.study.nulls import null_table
from problems.classes.digits import encode
from problems.probes.fourier import FourierProbe
from problems.probes.projection import watch_steps
from problems.probes.selection import NothingToWatch

Digits: TypeAlias = NDArray[np.int64]
Row = tuple[str, str, str, str, bool]
"""Control, what, expected, measured, whether they agree."""

PROBLEM = "digits-pca"
PERMUTATIONS, MOST_WATCHED = 20, 4
"""More than that has a probability of 0.3 % at the rate of 5 % that the noise floor allows."""
AMPLITUDES = {"sin135": (0.3, 0.7), "ten-tones-rising": (0.0, 0.35), "steps-periodic": (0.65, 1.0)}
"""Bounds on C of a white residual where amplitudes are equal, rise and fall."""


def blind_checks() -> Iterator[Row]:
    """The nulls on equal, rising and falling amplitudes, and what is watched of labels in order and permuted."""
    for name, (low, high) in AMPLITUDES.items():
        table = null_table(name, _spec(name))
        at = (table["matched_by"] == PRIMARY_CLOCK) & (table["threshold"] == PRIMARY_THRESHOLD)
        concordance = float(table.loc[at & (table["null"] == "white"), "concordance"].iloc[0])
        expected = f"C from {low:g} to {high:g} by amplitude alone"
        yield f"{name}, white residual", "order", expected, f"C = {concordance:.2f}", low <= concordance <= high
    # what never finds anything would pass the second of these
    found = watched_of_labels(lambda labels: labels)
    yield f"{PROBLEM}, labels in order", "frequencies", "some above 0", f"{len(found)} above 0", bool(found)
    watched = permuted_and_watched(PERMUTATIONS)
    yield (
        f"{PROBLEM}, labels permuted",
        "frequencies",
        f"in at most {MOST_WATCHED} of {PERMUTATIONS}",
        f"in {watched}",
        watched <= MOST_WATCHED,
    )


def permuted_and_watched(permutations: int) -> int:
    """In how many permutations of the labels some k above 0 would be watched."""
    rng = stream(0, "permuted labels")
    # the classes are as frequent as before, and tied to the inputs no more
    return sum(bool(watched_of_labels(rng.permutation)) for _ in range(permutations))


def watched_of_labels(rearranged: Callable[[Digits], Digits]) -> list[float]:
    """Each k above 0 that would be watched of the problem with its labels rearranged; none where nothing stands out."""
    probe = build(_spec(PROBLEM)).probes[0]
    assert isinstance(probe, FourierProbe)
    targets = encode(rearranged(probe.targets.argmax(axis=1)).astype(np.uint8), "one-hot")
    try:
        found = watch_steps(probe.inputs.astype(np.float64), targets, np.linspace(0, 1.5, 200), [0])
    except NothingToWatch:
        return []
    return [float(k) for k in found.frequency if k > 0]


def _spec(name: str) -> RunSpec:
    # nothing is trained: method and budget are there because a run has them
    return RunSpec(name, find_problem(name), "gd", find_optimizer("gd"), 0, 1.0)
