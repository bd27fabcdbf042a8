"""What was understood of data, network and what is watched: the sentences before a run, kept in its folder."""

from collections import Counter
from math import isfinite
from pathlib import Path

import numpy as np

from problems.base import Probe, Problem

UNDERSTOOD = "understood.txt"
MOST_LISTED = 6


def understood(problem: Problem) -> tuple[str, ...]:
    """One sentence a line: the problem's own notes, the samples, the network and the frequencies."""
    n, d = problem.inputs.shape[0], int(np.prod(problem.inputs.shape[1:]))
    network = problem.network
    test = "" if problem.test is None else f", {len(problem.test[0]):,} test samples"
    share = "" if problem.chunk is None or problem.chunk >= n else f", {problem.chunk:,} samples at a time"
    return (
        *problem.notes,
        f"{n:,} samples of {d} input(s) and {problem.targets.shape[-1]} output(s){test}.",
        f"The network {network.name} has {network.dim:,} parameters to train, in {network.dtype}{share}.",
        *(_watched(probe) for probe in (*problem.probes, *problem.test_probes)),
    )


def keep(folder: Path, sentences: tuple[str, ...]) -> None:
    """Write the sentences into a study's folder, one a line."""
    (folder / UNDERSTOOD).write_text("".join(f"{sentence}\n" for sentence in sentences), encoding="utf-8")


def _watched(probe: Probe) -> str:
    rows = Counter(float(frequency) for frequency in probe.frequency if isfinite(frequency))
    if not rows:
        return f"Watched: {probe.name}."
    listed = [f"{frequency:.4g}" for frequency in sorted(rows)]
    if len(listed) > MOST_LISTED:
        listed = [*listed[:3], "...", *listed[-2:]]
    return f"Watched: {probe.name}, {len(rows)} frequencies: {', '.join(listed)}."
