"""One part of a study's file: problems, crossed with optimizers, crossed with seeds."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.questions.reading import read_observers
from harness.run.numbers import is_number
from harness.run.spec import RunSpec, find_optimizer, find_problem, override, settings_of
from harness.study.comparison import DEFAULT_SEEDS, EVERYTHING, RECIPE_OPTIONS, TERMS, Plan, plan
from harness.study.file.mistakes import Mistakes
from harness.study.file.search_terms import SearchTerms, read_search
from harness.study.file.values import alternatives, names, seeds
from harness.study.settings_files import read_settings_file
from problems.nearest import unknown

KEYS = ("problems", "optimizers", "seeds", "budget", "settings", "observe", "tuning", *RECIPE_OPTIONS, *TERMS)
ELSEWHERE = ("name", "description", "plugins", "ledger", "compiled", "parts")
"""Keys of the file as a whole."""


class Part:
    """What stands in `content`, of which the keys `own` are at the place `prefix` of the file and others at its top."""

    def __init__(
        self, path: Path, content: Mapping[str, Any], mistakes: Mistakes, prefix: tuple[str, ...], own: frozenset[str]
    ) -> None:
        self.path = path
        self.content = content
        self.mistakes = mistakes
        self.prefix = prefix
        self.own = own

    def read(self, only_seeds: str | None) -> "Part":
        """Read every key, and note its mistakes."""
        for key in self.content:
            if key not in KEYS:
                # the nearest match may be a key of the whole file, put into a part by mistake
                self._add(key, str(unknown("key", key, (*KEYS, *ELSEWHERE))))
        self.problems = self._problems()
        self.optimizers = self._optimizers()
        self.seeds = self._seeds(only_seeds)
        self.terms = self._terms()
        self.search: SearchTerms | None = None
        with self._at("tuning"):
            self.search = read_search(self.content.get("tuning"))
            for problem, key, value in self._searched():
                override(problem, find_problem(problem), {key: value})
        with self._at("observe"):
            self.terms["observe"] = read_observers(self.content.get("observe", ()))
        return self

    def plans(self) -> Iterator[Plan]:
        """A plan for each problem and budget."""
        names = None if self.optimizers is None else list(self.optimizers)
        for problem, settings in self.problems.items():
            varied = {name: dict(values) for name, values in (self.optimizers or {}).items() if values}
            # a budget is a term of the run and no setting of the recipe: its alternatives are plans of their own
            varied["problem"] = {key: values for key, values in settings.items() if key != "budget"}
            for budget in settings.get("budget", [None]):
                with self._at("problems", problem):
                    tuned = self._tuned(problem)
                    # lenient: a method that one problem cannot take still runs on the others
                    options = {"vary": varied, "budget": budget, "settings_file": tuned, "lenient": True, **self.terms}
                    made = plan(problem, names, self.seeds, **options)
                    left_out = {f"{problem}: {name}": reason for name, reason in made.left_out.items()}
                    yield Plan(made.specs, left_out, tuple(f"{problem}: {said}" for said in made.understood))

    def _searched(self) -> Iterator[tuple[str, str, Any]]:
        """The settings of each problem on which is searched."""
        for key, values in ((self.search and self.search.problem) or {}).items():
            yield from ((problem, key, value) for problem in self.problems for value in values if key != "budget")

    def _at(self, *key: str) -> AbstractContextManager[None]:
        return self.mistakes.at(*self._place(key))

    def _add(self, key: str, sentence: str) -> None:
        self.mistakes.add(self._place((key,)), sentence)

    def _place(self, key: tuple[str, ...]) -> tuple[str, ...]:
        # a wrong key of the top is told at the top, whichever part inherits it
        return (*self.prefix, *key) if not self.prefix or key[0] in self.own else key

    def _seeds(self, only: str | None) -> list[int]:
        with self._at("seeds"):
            return seeds(self.content.get("seeds", DEFAULT_SEEDS)) if only is None else seeds(only)
        # reached where a mistake was noted: `at` swallows the error
        return []

    def _terms(self) -> dict[str, Any]:
        """Each term with its alternatives; a budget may stand with a problem instead."""
        found: dict[str, Any] = {}
        # any run will do: only the rules on terms are tried
        sample = RunSpec("sin135", find_problem("sin135"), "gd", find_optimizer("gd"), 0, 1.0)
        for key in (name for name in TERMS if name in self.content):
            with self._at(key):
                found[key] = self.content[key]
                override_terms(sample, {key: found[key]})
        return found

    def _problems(self) -> dict[str, dict[str, list[Any]]]:
        """For each problem its settings, each with its alternatives; what stands above goes for all of them."""
        common = {key: self.content[key] for key in (*RECIPE_OPTIONS, "budget") if key in self.content}
        found: dict[str, dict[str, list[Any]]] = {}
        with self._at("budget"):
            for budget in alternatives(common.get("budget", [])):
                _check_budget(budget)
        if "problems" not in self.content:
            self._add("problems", "It needs problems, such as: problems = ['sin135'].")
            return {}
        with self._at("problems"):
            for name, settings in names(self.content["problems"], "problems").items():
                with self._at("problems", name):
                    recipe = find_problem(name)
                    # on the right what stands with the problem itself, which goes before what stands above it
                    found[name] = self._alternatives("problems", name, recipe, {**common, **settings}, settings)
        return found

    def _optimizers(self) -> dict[str, dict[str, list[Any]]] | None:
        """The same for each optimizer; None for the default ones, and those of `all`."""
        found: dict[str, dict[str, list[Any]]] = {}
        if "optimizers" not in self.content:
            return None
        with self._at("optimizers"):
            listed = names(self.content["optimizers"], "optimizers")
            for name, settings in listed.items():
                with self._at("optimizers", name):
                    if name == EVERYTHING:
                        found[name] = {}
                        continue
                    found[name] = self._alternatives("optimizers", name, find_optimizer(name), settings, settings)
        return found

    def _alternatives(
        self, kind: str, name: str, instance: Any, settings: Mapping[str, Any], own: Mapping[str, Any]
    ) -> dict[str, list[Any]]:
        present = settings_of(instance)
        found: dict[str, list[Any]] = {}
        for key, value in settings.items():
            where = (kind, name, key) if key in own else (key,)
            with self._at(*where):
                found[key] = alternatives(value, present.get(key))
                if not found[key]:
                    raise ValueError(f"'{key}' has no value in its list.")
                for one in found[key]:
                    if key == "budget" and kind == "problems":
                        _check_budget(one)
                    else:
                        override(name, instance, {key: one})
        return found

    def _tuned(self, problem: str) -> dict[str, dict[str, Any]] | None:
        source = self.content.get("settings")
        if source is None:
            return None
        with self._at("settings"):
            if not isinstance(source, str):
                raise ValueError(f"settings is 'tuned', or the path of a file of settings; got {source!r}.")  # noqa: TRY004  # a mistake in a file, as all others
            return read_settings_file(source if source == "tuned" else str(self.path.parent / str(source)), problem)
        return None


def override_terms(sample: RunSpec, terms: Mapping[str, Any]) -> RunSpec:
    """A run with these terms; raises ValueError for one that it cannot have."""
    for key, value in terms.items():
        # True is a number to Python, and no number of marks
        text = key in ("engine", "probes")
        if isinstance(value, bool) or not isinstance(value, str if text else int | float):
            raise ValueError(f"{key} is a {'text' if text else 'number'}, the same for all runs; got {value!r}.")  # noqa: TRY004  # a mistake in a file, as all others
    return replace(sample, **terms)


def _check_budget(value: Any) -> None:
    # a value of the loss costs 1: below that not even the start could be evaluated
    if not is_number(value) or not 1 <= value < float("inf"):
        raise ValueError(f"The budget must be a finite number of at least 1; got {value!r}.")
