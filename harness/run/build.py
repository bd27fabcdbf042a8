"""Specifications to problems: the data of a run are drawn from its seed alone."""

from collections.abc import Sequence

from harness.run.spec import RunSpec, stream
from problems.base import Problem
from problems.probes.by_name import watch_also
from problems.probes.named import watch_named, without_absent


def build(spec: RunSpec) -> Problem:
    """The problem of a run, with its data; raises ValueError where no memory holds them."""
    try:
        return _built(spec)
    except MemoryError as error:
        raise ValueError(f"The data of '{spec.problem}' do not fit into memory; take fewer samples. {error}") from None


def _built(spec: RunSpec) -> Problem:
    problem = spec.recipe.build(stream(spec.seed, "data"))
    named = spec.recipe.watch
    # words such as `steps` have been seen to by the recipe, as it was built
    if named and named not in spec.recipe.watch_words:
        problem = watch_named(problem, named)
    problem = without_absent(problem)
    return watch_also(problem, spec.probes) if spec.probes else problem


def build_all(specs: Sequence[RunSpec]) -> list[Problem]:
    """The problems of several runs; where seeds do not change the data, one for each recipe."""
    if specs[0].recipe.random_data:
        return [build(spec) for spec in specs]
    built = {key: build(spec) for key, spec in {(spec.recipe, spec.probes): spec for spec in specs}.items()}
    return [built[spec.recipe, spec.probes] for spec in specs]
