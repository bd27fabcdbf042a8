"""The searches that a study's file asks for, with equal trials for every optimizer, and the study of their winners.

A part is searched once for each optimizer and problem. Targets of one law are one problem: they share their winner."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from harness.run.spec import RunSpec, settings_of
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
# At their defaults, as nothing else had a lower loss or there is nothing to set, and so not made again:"""


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


def searches_of(study: Study) -> tuple[list[Searched], list[RunSpec]]:
    """The searches, and a run of each optimizer and problem without free settings; raises ValueError without any."""
    found, fixed = [], []
    for terms, planned in study.searched:
        for specs in _alike(planned.specs):
            if ranges(specs[0].method):
                found.append(_searched(terms, specs))
            else:
                fixed.append(specs[0])
    if not found:
        raise ValueError(
            f"'{study.path.name}' asks for no search: add a line such as tuning = {{trials = 8, seeds = 3}} to a part."
        )
    return found, fixed


def winner(searched: Searched, runs: pd.DataFrame) -> tuple[Optimizer, pd.DataFrame]:
    """The method with the lowest loss, and a row for each trial; the default where it is as good as any."""
    tuning = searched.tuning
    tried = {method: judge(runs, tuning.runs(method)) for method in tuning.trials_at_once()}
    rows = [
        {"problem": tuning.spec.problem, "optimizer": tuning.spec.optimizer, "trial": trial, "loss": loss}
        | {"activation": tuning.spec.recipe.activation, "network": tuning.spec.recipe.network}
        | {"settings": json.dumps(settings_of(method))}
        for trial, (method, loss) in enumerate(tried.items())
    ]
    best = min(tried, key=lambda method: tried[method])
    # no trial of a method may have ended: then there is nothing to choose by
    return (best if np.isfinite(tried[best]) else tuning.spec.method), pd.DataFrame(rows)


def tuned_text(study: Study, winners: Sequence[tuple[Searched, Optimizer]], fixed: Sequence[RunSpec]) -> str:
    """The study of the winners as a file; methods whose winner is their default are named in its head."""
    counts = sorted({one.tuning.trials for one, _ in winners})
    trials = f"{' or '.join(map(str, counts))} trials"
    stay = [one.tuning.spec for one, method in winners if method == one.tuning.spec.method]
    by_place: dict[Any, list[str]] = {}
    for spec in [*stay, *fixed]:
        by_place.setdefault(_place(spec.recipe, spec.problem), []).append(spec.optimizer)
    lines = [HEAD.format(file=study.path.as_posix(), trials=trials)]
    lines += [f"#   {place}: {', '.join(names)}" for place, names in by_place.items()]
    lines += [f"name = {toml_value(f'{study.name}-tuned')}"]
    parts: dict[Any, list[tuple[Searched, Optimizer]]] = {}
    seen: Counter[Any] = Counter()
    for one, method in winners:
        if method != one.tuning.spec.method:
            place = (replace(one.tuning.spec, optimizer="gd", method=OPTIMIZERS["gd"]), one.recipes, one.seeds)
            # a part has one table for an optimizer: of several variants each goes into a part of its own
            seen[place, one.tuning.spec.optimizer] += 1
            parts.setdefault((place, seen[place, one.tuning.spec.optimizer]), []).append((one, method))
    for own in parts.values():
        lines += _part(own)
    return "\n".join(lines) + "\n"


def _part(own: Sequence[tuple[Searched, Optimizer]]) -> Iterator[str]:
    first, spec = own[0][0], own[0][0].tuning.spec
    yield from ("", "[[parts]]", f"seeds = {toml_value(spans(first.seeds))}")
    yield from (f"{key} = {toml_value(value)}" for key, value in terms_of(spec).items())
    settings = [changed(recipe, PROBLEMS[spec.problem]) for recipe in first.recipes]
    # one value for all recipes, or the list of those that they differ in: targets of one law
    names = dict.fromkeys(name for one in settings for name in one)
    values = {name: [settings_of(recipe)[name] for recipe in first.recipes] for name in names}
    recipe = {name: given[0] if len(set(map(str, given))) == 1 else given for name, given in values.items()}
    yield from toml_table(f"parts.problems.{spec.problem}", {"budget": spec.budget, **recipe})
    for one, method in own:
        name = one.tuning.spec.optimizer
        yield from toml_table(f"parts.optimizers.{name}", changed(method, OPTIMIZERS[name]))


def _alike(specs: Sequence[RunSpec]) -> list[list[RunSpec]]:
    """Runs that differ in seed and target alone."""
    found: dict[RunSpec, list[RunSpec]] = {}
    for spec in specs:
        found.setdefault(replace(spec, seed=0, recipe=spec.recipe.lane_group), []).append(spec)
    return list(found.values())


def _searched(terms: SearchTerms, specs: Sequence[RunSpec]) -> Searched:
    first = specs[0]
    values: Mapping[str, Any] = terms.problem or {}
    recipes = variants(first.problem, first.recipe, values) if values else []
    tuning = Tuning(first, terms.trials, terms.seeds, draw=terms.draw, recipes=tuple(recipes))
    seeds = terms.runs or tuple(dict.fromkeys(spec.seed for spec in specs))
    return Searched(tuning, tuple(dict.fromkeys(spec.recipe for spec in specs)), seeds)


def _place(recipe: Recipe, problem: str) -> str:
    shown = {name: value for name, value in changed(recipe, PROBLEMS[problem]).items() if name != "target"}
    return " ".join([problem, *(f"{name}={value}" for name, value in shown.items())])
