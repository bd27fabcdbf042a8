"""Specifications to problems: the data of a run are drawn from its seed alone."""

from collections.abc import Sequence

from harness.run.spec import RunSpec, stream
from problems.base import Problem
from problems.probes.named import watch_named


def build(spec: RunSpec) -> Problem:
    """The problem of a run, with its data."""
    problem = spec.recipe.build(stream(spec.seed, "data"))
    named = spec.recipe.watch
    return watch_named(problem, named) if named and named not in spec.recipe.watch_words else problem


def build_all(specs: Sequence[RunSpec]) -> list[Problem]:
    """The problems of several runs; where seeds do not change the data, one for each recipe."""
    if specs[0].recipe.random_data:
        return [build(spec) for spec in specs]
    built = {spec.recipe: build(spec) for spec in {spec.recipe: spec for spec in specs}.values()}
    return [built[spec.recipe] for spec in specs]
