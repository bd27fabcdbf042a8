"""The main job: several methods on one problem, at equal cost and from equal starting points, over several seeds."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from harness.analysis.hits import find_hits
from harness.analysis.incumbents import check_incumbent
from harness.analysis.incumbents import declared as declared_incumbent
from harness.analysis.order import order_table
from harness.analysis.thinned import check_marks
from harness.questions.reading import read_observers
from harness.run.build import build
from harness.run.fit import Refused, check_fit, check_observers
from harness.run.given import by_owner, names_of, plain, problem_named, seeds_of
from harness.run.marks.observer import Observer
from harness.run.spec import RunSpec, digest, families, find_optimizer, find_problem
from harness.study.ledger.part import declared
from harness.study.nulls import read_nulls
from harness.study.roll import roll_of
from harness.study.step_lengths import step_notes, stepped
from harness.study.store import STUDY, Store, read_exported
from harness.study.understood import understood_of
from harness.study.vary import PROBLEM, crossed_methods, crossed_recipes
from harness.tables import SCHEMA, Tables
from optimizers import OPTIMIZERS
from optimizers.base import Optimizer
from problems.base import Problem, Recipe
from problems.engines.choose import choose
from problems.nearest import lookup
from problems.user_files import user_path

DEFAULT_OPTIMIZERS = ("gd", "adam", "bfgs", "lbfgs", "cg", "powell", "pso")
DEFAULT_SEEDS = 8
FORMATS = ("parquet", "csv")
DRAWING = "harness.figures"
"""Loaded when there is something to draw: runs need not wait for matplotlib."""
EVERYTHING = "all"
"""In place of names: every registered optimizer that fits."""
RECIPE_OPTIONS = ("network", "activation", "init", "loss", "dtype")
TERMS = ("cost_per_gradient", "marks", "time_limit", "target_loss", "engine", "probes")
"""The terms of a run that a comparison may change."""
OPTIONS = (*RECIPE_OPTIONS, *TERMS, "observe", "settings_file", "lenient")
"""What else `plan` may be told by name."""


@dataclass(frozen=True)
class Results:
    """The tables of a study, and where they lie."""

    folder: Path
    runs: pd.DataFrame
    curves: pd.DataFrame
    spectra: pd.DataFrame
    predictions: pd.DataFrame
    hits: pd.DataFrame
    order: pd.DataFrame
    nulls: pd.DataFrame
    machines: pd.DataFrame
    observed: Tables = field(default_factory=dict)
    """The tables of observers, by name; empty where they did not watch."""
    damaged: Mapping[str, str] = field(default_factory=dict)
    """Files of runs that could not be read and are in no table, and why."""

    @property
    def tables(self) -> Tables:
        """All of them, by name."""
        own = {name: value for name, value in vars(self).items() if name in SCHEMA}
        return own | self.observed

    def _repr_html_(self) -> str:
        """What a notebook shows of it."""
        shown: str = import_module(f"{DRAWING}.inline").study_html(self.tables)
        return shown

    @classmethod
    def of(cls, folder: Path, tables: Tables, damaged: Mapping[str, str] | None = None) -> "Results":
        """From tables by name."""
        own = {name: rows for name, rows in tables.items() if name in SCHEMA}
        observed = {name: rows for name, rows in tables.items() if name not in SCHEMA}
        return cls(folder, **own, observed=observed, damaged=damaged or {})


@dataclass(frozen=True)
class Plan:
    """The runs of a comparison, and the methods left out with the reason why."""

    specs: tuple[RunSpec, ...]
    left_out: Mapping[str, str]
    understood: tuple[str, ...] = ()
    """What was understood of the data, the network and what is watched, in sentences for the user."""

    @property
    def observers(self) -> tuple[Observer, ...]:
        """What else is written about every run."""
        return self.specs[0].observers

    @property
    def study(self) -> dict[str, Any]:
        """What makes this comparison the same one when it is started again."""
        return roll_of(self.specs)

    @property
    def study_id(self) -> str:
        """Identity of the set of runs."""
        # sorted: the same runs are one study, in whatever order they are asked for
        return digest(sorted(spec.run_id for spec in self.specs))

    @property
    def folder(self) -> Path:
        """Where the results go unless the user says otherwise."""
        return Path("results") / f"{self.specs[0].problem}-{self.study_id[:8]}"


def plan(
    problem: str,
    optimizers: str | Iterable[str] | None = None,
    seeds: int | Iterable[int] = DEFAULT_SEEDS,
    *,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    vary: Mapping[str, Mapping[str, Iterable[Any]]] | None = None,
    budget: float | None = None,
    **options: Any,
) -> Plan:
    """Check everything that a user can get wrong, before anything is written.

    `optimizers` are a name or several, or `all`: those that do not fit are left out, as they are without any names.
    `settings` maps an optimizer's name, or `problem`, to changed settings; `vary` maps it to settings with several
    values each, which are crossed: `{"problem": {"k": range(1, 31)}}`; `settings_file` is what `read_settings_file`
    gives: it may name optimizers that are not compared, and `settings` go before it; `lenient` leaves out methods that
    were named and do not fit, as a study of several problems does. `options` are the recipe's network, activation,
    init, loss and dtype, and the run's terms (`TERMS`); `observe` names observers, such as `"rank,samples(search=50)"`.
    Raises ValueError."""
    for name in options:
        lookup("option of a comparison", name, dict.fromkeys(OPTIONS))
    changes, varied = by_owner("settings", settings), by_owner("vary", vary)
    of_recipe = {name: options.pop(name) for name in RECIPE_OPTIONS if options.get(name) is not None}
    recipes = crossed_recipes(problem_named(problem), changes, varied, of_recipe)
    asked = names_of(optimizers)
    everything = asked == (EVERYTHING,)
    names = tuple(OPTIMIZERS) if everything else asked or DEFAULT_OPTIMIZERS
    _check_owners((changes.keys() | varied.keys()) - {PROBLEM, problem}, names)
    methods = crossed_methods(names, changes, varied, options.pop("settings_file", None) or {})
    # who names a method wants it or the reason; who says `all`, or nothing, wants those that fit
    lenient = options.pop("lenient", False) or everything or optimizers is None
    options["observers"] = read_observers(options.pop("observe", None) or ())
    terms = {name: plain(value) for name, value in options.items() if value is not None}
    budget = find_problem(problem).budget if budget is None else plain(budget)
    chosen_seeds = seeds_of(seeds)
    specs = [
        RunSpec(problem, recipe, name, stepped(method, recipe, several.chosen), seed, budget, **terms)
        for name, several in methods.items()
        # seeds change fastest: the runs of a configuration stand together, as lanes and as rows
        for method, recipe, seed in product(several.methods, recipes, chosen_seeds)
    ]
    return _of_fitting(specs, {name: several.chosen for name, several in methods.items()}, strict=not lenient)


def _of_fitting(specs: Sequence[RunSpec], chosen: Mapping[str, Collection[str]], *, strict: bool) -> Plan:
    """The plan of those runs whose methods fit their problems; raises ValueError where none does."""
    # once a recipe, and not once a run: the last entry of a key wins, and reversed that is the recipe's first run
    firsts = {spec.recipe: spec for spec in reversed(specs)}
    problems = {recipe: (first, build(first)) for recipe, first in firsts.items()}
    left_out = _misfits(specs, problems, strict=strict)
    fitting = tuple(spec for spec in specs if (spec.method, spec.recipe) not in left_out)
    reasons = dict(left_out.values())
    if not fitting:
        raise Refused("No optimizer fits this problem: " + " ".join(reasons.values()))
    notes = (*understood_of({spec.recipe: problems[spec.recipe][1] for spec in fitting}), *step_notes(fitting, chosen))
    return Plan(fitting, reasons, notes)


def _check_owners(owners: Iterable[str], names: Sequence[str]) -> None:
    for name in sorted(set(owners) - set(names)):
        # raises with the choices where nothing at all has that name
        find_optimizer(name)
        raise ValueError(f"Settings were given for '{name}', which is not compared. Compared are: {', '.join(names)}.")


def _misfits(
    specs: Sequence[RunSpec], problems: Mapping[Recipe, tuple[RunSpec, Problem]], *, strict: bool
) -> dict[tuple[Optimizer, Recipe], tuple[str, str]]:
    """Methods that cannot take a problem, with their name and the reason.

    It is an error where the user has asked for them by name, and a problem that cannot be built is one too."""
    left_out: dict[tuple[Optimizer, Recipe], tuple[str, str]] = {}
    for recipe, (first, problem) in problems.items():
        choose(problem, first.engine)  # a demand that cannot be met is said before the study
        check_observers(first, problem)
        for method, name in {spec.method: spec.optimizer for spec in specs if spec.recipe == recipe}.items():
            try:
                check_fit(name, method, problem, first.engine)
            except Refused as refusal:
                if strict:
                    raise
                left_out[method, recipe] = name, str(refusal)
    return left_out


def conclude(store: Store, file_format: str, incumbent: str | None = None) -> Results:
    """Write the tables and the figures of the finished runs, and which point of a run is judged from now on."""
    results = load(store.folder, incumbent)
    store.export(results.tables, file_format, incumbent or store.incumbent)
    drawing = import_module(DRAWING)
    for name in drawing.applicable(results.tables):
        drawing.save(drawing.drawn(name, results.tables, families()), store.folder / name)
    return results


def load(folder: str | Path, incumbent: str | None = None) -> Results:
    """The tables of a study: from its parts, or where there are none, from the exported files.

    `incumbent`, `best` or `last`, is the point of a run that `hits` and `order` are about; without it the one that the
    study was made with. Exported files that are about that point are returned as they are. Raises ValueError for an
    unknown one and, where exported files lack marks, for the other one, and FileNotFoundError, saying what was looked
    for."""
    folder = user_path(folder)
    store = Store(folder)
    if (folder / STUDY).is_file():
        tables, nulls = store.read(), read_nulls(folder)
        judged = check_incumbent(incumbent or store.incumbent)
    else:
        tables = read_exported(folder)
        judged, nulls = check_incumbent(incumbent or declared_incumbent(tables)), tables["nulls"]
        if judged == declared_incumbent(tables):
            return Results.of(folder, tables)
        check_marks(tables)
    # made anew and not read: old runs and new ones are judged by one version of the statistics
    hits = find_hits(tables["runs"], tables["curves"], tables["spectra"], incumbent=judged)
    order = order_table(tables["runs"], tables["curves"], tables["spectra"], hits, nulls, judged)
    return Results.of(folder, {**tables, "hits": hits, "order": order, "nulls": nulls}, dict(store.ledger.damaged))


def load_table(folder: str | Path, name: str) -> pd.DataFrame:
    """One table of a study: as it was written, if no run has come since, else made anew; raises as `load` does."""
    lookup("table", name, declared())
    found = Store(user_path(folder)).exported(name)
    return load(folder).tables[name] if found is None else found
