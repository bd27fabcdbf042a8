"""What was understood of data, network and what is watched: the sentences before a run, kept in its folder."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from harness.analysis.configurations import FOUND
from harness.run.spec import settings_of
from problems.base import Problem, Recipe
from problems.probes.summary import sentences

UNDERSTOOD = "understood.txt"


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
        *sentences(problem),
    )


def understood_of(problems: Mapping[Recipe, Problem]) -> tuple[str, ...]:
    """The sentences on several: once what is true of all, and else behind the settings in which a recipe differs."""
    said = {recipe: understood(problem) for recipe, problem in problems.items()}
    settings = {recipe: settings_of(recipe) for recipe in problems}
    shared = set.intersection(*map(set, said.values()))
    first, *_ = said.values()
    lines = [line for line in first if line in shared]
    for recipe, own in settings.items():
        differing = [
            f"{name}={value}"
            for name, value in own.items()
            if name not in FOUND and any(other.get(name) != value for other in settings.values())
        ]
        lines += [f"{' '.join(differing)}: {line}" for line in said[recipe] if line not in shared]
    return tuple(lines)


def kept(folder: Path) -> tuple[str, ...]:
    """Those sentences; none where the folder has none."""
    path = folder / UNDERSTOOD
    return tuple(path.read_text(encoding="utf-8").splitlines()) if path.is_file() else ()


def keep(folder: Path, lines: tuple[str, ...]) -> None:
    """Write the sentences into a study's folder, one a line."""
    (folder / UNDERSTOOD).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
