"""Configurations: runs that differ in nothing but their seed, and the shortest names that tell them apart."""

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd

from harness.tables import LABELS

SOURCES = ("target", "data", "image", "points", "mesh")
"""Settings of problems that may name a file."""
FOUND = ("content", "digest")
"""Settings of problems that nobody gives: where there is a file, one of them is its sha256."""


def configurations(runs: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Name and runs of each configuration, in the order in which they first occur."""
    index = runs.groupby(list(LABELS), sort=False, dropna=False).ngroup()
    for place, name in enumerate(configuration_names(runs[list(LABELS)].drop_duplicates())):
        yield name, runs[index == place]


def of_problems(runs: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """The same, problem by problem: a name tells a configuration from the others on its problem, and says no more."""
    for _, own in runs.groupby("problem", sort=False):
        yield from configurations(own)


def configuration_names(labels: pd.DataFrame) -> list[str]:
    """Of each row of `labels`, the optimizer and whatever else tells it from another."""
    plain = [label for label in LABELS if label not in ("optimizer", "settings", "problem_settings")]
    varied = ["optimizer", *(label for label in plain if labels[label].nunique() > 1)]
    names = [" ".join(row) for row in labels[varied].to_numpy(str)]
    settings = [
        {key: value for text in row if text for key, value in json.loads(text).items()}
        for row in labels[["settings", "problem_settings"]].to_numpy(str)
    ]
    # only runs of the same name need their settings to be told apart
    twins: dict[str, list[dict[str, Any]]] = {}
    for name, own in zip(names, settings, strict=True):
        twins.setdefault(name, []).append(own)
    full = []
    for name, own in zip(names, settings, strict=True):
        others = twins[name]
        differing = [f"{key}={value}" for key, value in own.items() if any(other.get(key) != value for other in others)]
        full.append(" ".join([name, *differing]))
    return full


def varied_settings(runs: pd.DataFrame) -> set[str]:
    """The settings of the problem in which `runs` differ."""
    settings = [json.loads(text) for text in runs["problem_settings"].unique()]
    return {key for own in settings for key, value in own.items() if any(o.get(key) != value for o in settings)}


def data_files(runs: pd.DataFrame) -> dict[str, str]:
    """The files of the user's own that the problems of `runs` read, each with the sha256 that it had."""
    found: dict[str, str] = {}
    for text in runs["problem_settings"].unique():
        settings = json.loads(text or "{}")
        known = [settings[name] for name in FOUND if settings.get(name)]
        found |= {settings[name]: digest for digest in known for name in SOURCES if settings.get(name)}
    return found
