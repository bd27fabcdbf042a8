"""Specifications to problems: the data of a run are drawn from its seed alone."""

from collections.abc import Sequence

from harness.run.spec import RunSpec, stream
from problems.base import Problem


def build(spec: RunSpec) -> Problem:
    """The problem of a run, with its data."""
    return spec.recipe.build(stream(spec.seed, "data"))


def build_all(specs: Sequence[RunSpec]) -> list[Problem]:
    """The problems of several runs; where seeds do not change the data, one for each recipe."""
    if specs[0].recipe.random_data:
        return [build(spec) for spec in specs]
    built = {spec.recipe: build(spec) for spec in {spec.recipe: spec for spec in specs}.values()}
    return [built[spec.recipe] for spec in specs]
