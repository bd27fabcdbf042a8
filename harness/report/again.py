"""How to make a study again: commands for the shell, read off the table `runs`."""

import json
import shlex
from collections.abc import Sequence
from typing import Any

import pandas as pd

from harness.analysis.configurations import FOUND
from harness.analysis.units import WATCHED
from harness.tables import LABELS, PLACE

TERMS = ["dtype", "budget", "cost_per_gradient"]
OPTIONS = {"network": "--network", "activation": "--activation", "init": "--init", "loss": "--loss", "dtype": "--dtype"}


def commands(runs: pd.DataFrame) -> list[str]:
    """A command for the runs that share a problem, terms and seeds; none for loops that were only watched."""
    made = runs[runs["engine"] != WATCHED]
    found: dict[tuple[Any, ...], list[dict[str, pd.Series]]] = {}
    for _, own in made.groupby([*LABELS, *TERMS], sort=False, dropna=False):
        first = own.iloc[0]
        key = (*(str(first[name]) for name in (*PLACE, *TERMS)), tuple(sorted(own["seed"].astype(int))))
        batches = found.setdefault(key, [])
        free = [batch for batch in batches if first["optimizer"] not in batch]  # a setting is given once an optimizer
        (free[0] if free else _appended(batches))[str(first["optimizer"])] = first
    return [line for key, batches in found.items() for batch in batches for line in _lines(batch, key[-1])]


def _appended(batches: list[dict[str, pd.Series]]) -> dict[str, pd.Series]:
    batches.append({})
    return batches[-1]


def _lines(batch: dict[str, pd.Series], seeds: tuple[int, ...]) -> list[str]:
    words = _terms(next(iter(batch.values())))
    if seeds == tuple(range(len(seeds))):
        start = ["compare", "--optimizers", ",".join(batch), "--seeds", str(len(seeds))]
        settings = [word for name, run in batch.items() for word in _settings(name, run["settings"])]
        return [_command([*start, *words, *settings])]
    return [
        _command(["run", "--optimizer", name, "--seed", str(seed), *words, *_settings(name, run["settings"])])
        for name, run in batch.items()
        for seed in seeds
    ]


def _terms(run: pd.Series) -> list[str]:
    words = ["--problem", str(run["problem"])]
    for name, option in OPTIONS.items():
        words += [option, str(run[name])] if run[name] else []
    # 15 digits: a decimal number that was typed comes back as it was typed
    words += ["--budget", f"{run['budget']:.15g}", "--cost-per-gradient", f"{run['cost_per_gradient']:.15g}"]
    return words + _settings("problem", run["problem_settings"], FOUND)


def _settings(owner: str, text: str, found: Sequence[str] = ()) -> list[str]:
    # nothing that one can type means None: what is left out stays as it is registered
    settled = ((name, value) for name, value in json.loads(text or "{}").items() if name not in found)
    given = {name: value for name, value in settled if value not in (None, "", [])}
    return [word for name, value in given.items() for word in ("--set", f"{owner}.{name}={_value(value)}")]


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_value, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _command(words: list[str]) -> str:
    return f"python -m harness {shlex.join(words)}"
