"""The searches that a study's file asks for, with equal trials for every optimizer, and the study of their winners.

A part is searched once for each optimizer and problem. Targets of one law are one problem: they share their winner."""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.run.spec import RunSpec, settings_of
from harness.study.execution.jobs import configuration
from harness.study.file.search_terms import SearchTerms
from harness.study.file.study_file import Study
from harness.study.file.written import changed, spans, terms_of, toml_table, toml_value
from harness.study.tune import Tuning, judge, ranges
from harness.study.vary import variants
from optimizers import OPTIMIZERS
from optimizers.base import Optimizer
from problems import PROBLEMS
from problems.base import Recipe

HEAD = """\
# Made by `python -m harness tune {file}`: each optimizer with the settings of the lowest loss of {trials}.
# At their defaults, as nothing else had a lower loss or there is nothing to set, and so {which}:"""
LEFT_OUT, ALL = "not made again", "all of them are below"
TRIALS = ("problem", "optimizer", "trial", "loss", "activation", "network", "settings")
"""Columns of the table of trials."""


@dataclass(frozen=True)
class Entry:
    """A method, and the recipes and seeds on which the study of the winners runs it."""

    spec: RunSpec
    recipes: tuple[Recipe, ...]
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Searched:
    """A search, and the runs that its winner gets: these recipes and seeds."""

    tuning: Tuning
    recipes: tuple[Recipe, ...]
    seeds: tuple[int, ...]

    @property
    def specs(self) -> list[RunSpec]:
        """The runs of all trials."""
        return [spec for method in self.tuning.trials_at_once() for spec in self.tuning.runs(method)]

    def final(self, method: Optimizer) -> list[RunSpec]:
        """The runs of the winner."""
        first = replace(self.tuning.spec, method=method)
        return [replace(first, recipe=one, seed=seed) for one, seed in product(self.recipes, self.seeds)]


def searches_of(study: Study) -> tuple[list[Searched], list[Entry]]:
    """The searches, and the optimizers without free settings; raises ValueError where nothing is to be tuned."""
    found, fixed = [], []
    for terms, planned in study.searched:
        for specs in _alike(planned.specs):
            recipes = tuple(dict.fromkeys(spec.recipe for spec in specs))
            seeds = terms.runs or tuple(dict.fromkeys(spec.seed for spec in specs))
            if ranges(specs[0].method):
                found.append(Searched(_tuning(terms, specs[0]), recipes, seeds))
            else:
                fixed.append(Entry(specs[0], recipes, seeds))
    if not found and not fixed:
        raise ValueError(
            f"'{study.path.name}' asks for no search: add a line such as tuning = {{trials = 8, seeds = 3}} to a part."
        )
    return found, fixed


def winner(searched: Searched, runs: pd.DataFrame) -> tuple[Optimizer, pd.DataFrame]:
    """The method with the lowest loss, and a row for each trial; the default where it is as good as any."""
    tuning = searched.tuning
    tried = {method: judge(runs, tuning.runs(method)) for method in tuning.trials_at_once()}
    spec = tuning.spec
    network, activation = spec.recipe.network, spec.recipe.activation
    rows = [
        (spec.problem, spec.optimizer, trial, loss, activation, network, json.dumps(settings_of(method)))
        for trial, (method, loss) in enumerate(tried.items())
    ]
    best = min(tried, key=lambda method: tried[method])
    # no trial of a method may have ended: then there is nothing to choose by
    return (best if np.isfinite(tried[best]) else spec.method), pd.DataFrame(rows, columns=TRIALS)


def tuned_text(
    study: Study, winners: Sequence[tuple[Searched, Optimizer]], fixed: Sequence[Entry], folder: Path | None = None
) -> str:
    """The study of the winners as a file in `folder`, or beside the study; its head names those that stay as they are.

    Where all do, the file has them as well, since a study must have runs."""
    counts = sorted({one.tuning.trials for one, _ in winners})
    trials = f"{' or '.join(map(str, counts)) or 'no'} trials"
    stay = [_entry(one, method) for one, method in winners if method == one.tuning.spec.method]
    moved = [_entry(one, method) for one, method in winners if method != one.tuning.spec.method]
    by_place: dict[Any, list[str]] = {}
    for entry in [*stay, *fixed]:
        by_place.setdefault(_place(entry.spec.recipe, entry.spec.problem), []).append(entry.spec.optimizer)
    lines = [HEAD.format(file=study.path.as_posix(), trials=trials, which=LEFT_OUT if moved else ALL)]
    lines += [f"#   {place}: {', '.join(names)}" for place, names in by_place.items()]
    lines += [f"name = {toml_value(f'{study.name}-tuned')}"]
    if study.plugins:
        # relative to the file, as its reader takes them
        base = (folder or study.path.parent).resolve()  # as `..` means, also behind a link
        own = [Path(os.path.relpath(path, base)).as_posix() for path in study.plugins]
        lines += [f"plugins = {toml_value(own)}"]
    parts: dict[Any, list[Entry]] = {}
    seen: Counter[Any] = Counter()
    for entry in moved or [*stay, *fixed]:
        place = (replace(entry.spec, optimizer="gd", method=OPTIMIZERS["gd"]), entry.recipes, entry.seeds)
        # a part has one table for an optimizer: of several variants each goes into a part of its own
        seen[place, entry.spec.optimizer] += 1
        parts.setdefault((place, seen[place, entry.spec.optimizer]), []).append(entry)
    for entries in parts.values():
        lines += _part(entries)
    return "\n".join(lines) + "\n"


def _entry(one: Searched, method: Optimizer) -> Entry:
    return Entry(replace(one.tuning.spec, method=method), one.recipes, one.seeds)


def _part(entries: Sequence[Entry]) -> Iterator[str]:
    first, spec = entries[0], entries[0].spec
    yield from ("", "[[parts]]", f"seeds = {toml_value(spans(first.seeds))}")
    yield from (f"{key} = {toml_value(value)}" for key, value in terms_of(spec).items())
    settings = [changed(recipe, PROBLEMS[spec.problem]) for recipe in first.recipes]
    # one value for all recipes, or the list of those that they differ in: targets of one law
    names = dict.fromkeys(name for one in settings for name in one)
    values = {name: [settings_of(recipe)[name] for recipe in first.recipes] for name in names}
    recipe = {name: given[0] if len(set(map(str, given))) == 1 else given for name, given in values.items()}
    yield from toml_table(f"parts.problems.{spec.problem}", {"budget": spec.budget, **recipe})
    for entry in entries:
        name = entry.spec.optimizer
        yield from toml_table(f"parts.optimizers.{name}", changed(entry.spec.method, OPTIMIZERS[name]))


def _alike(specs: Sequence[RunSpec]) -> list[list[RunSpec]]:
    """Runs that differ in seed and target alone."""
    found: dict[RunSpec, list[RunSpec]] = {}
    for spec in specs:
        found.setdefault(configuration(spec), []).append(spec)
    return list(found.values())


def _tuning(terms: SearchTerms, first: RunSpec) -> Tuning:
    values: Mapping[str, Any] = terms.problem or {}
    recipes = variants(first.problem, first.recipe, values) if values else []
    return Tuning(first, terms.trials, terms.seeds, draw=terms.draw, recipes=tuple(recipes))


def _place(recipe: Recipe, problem: str) -> str:
    shown = {name: value for name, value in changed(recipe, PROBLEMS[problem]).items() if name != "target"}
    return " ".join([problem, *(f"{name}={value}" for name, value in shown.items())])
