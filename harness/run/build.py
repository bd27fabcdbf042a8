"""Specifications to problems: the data of a run are drawn from its seed alone."""

from collections.abc import Sequence

from harness.run.spec import RunSpec, stream
from problems.base import Problem, Recipe
from problems.losses.cross_entropy import CrossEntropy, check_shares
from problems.probes.by_name import watch_also
from problems.probes.named import watch_named, without_absent


def build(spec: RunSpec) -> Problem:
    """The problem of a run, with its data; raises ValueError where no memory holds them."""
    try:
        return _built(spec)
    except MemoryError as error:
        raise ValueError(f"The data of '{spec.problem}' do not fit into memory; take fewer samples. {error}") from None


def _built(spec: RunSpec) -> Problem:
    problem = settled(_data(spec), spec.recipe)
    return watch_also(problem, spec.probes) if spec.probes else problem


def settled(problem: Problem, recipe: Recipe) -> Problem:
    """What a recipe has built, with the frequencies that a run measures: those it names, of which the target has some.

    Raises ValueError where nothing is left."""
    if isinstance(problem.loss, CrossEntropy):
        check_shares(problem.targets)
    # words such as `steps` have been seen to by the recipe, as it was built
    if recipe.watch and recipe.watch not in recipe.watch_words:
        problem = watch_named(problem, recipe.watch)
    return without_absent(problem)


def _data(spec: RunSpec) -> Problem:
    try:
        problem = spec.recipe.build(stream(spec.seed, "data"))
    except Exception as error:
        if not spec.recipe.origin or isinstance(error, MemoryError):
            raise
        said = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        raise ValueError(f"{_whose(spec)} cannot be built: {said}") from error
    if not isinstance(problem, Problem):
        got = type(problem).__name__
        raise ValueError(f"{_whose(spec)} must build a problems.base.Problem; it built {got}.")  # noqa: TRY004  # a user's mistake
    return problem


def _whose(spec: RunSpec) -> str:
    file = spec.recipe.plugin_file
    return f"The problem '{spec.problem}'" + f" of '{file}'" * bool(file)


def build_all(specs: Sequence[RunSpec]) -> list[Problem]:
    """The problems of several runs; where seeds do not change the data, one for each recipe."""
    if specs[0].recipe.random_data:
        return [build(spec) for spec in specs]
    built = {key: build(spec) for key, spec in {(spec.recipe, spec.probes): spec for spec in specs}.items()}
    return [built[spec.recipe, spec.probes] for spec in specs]
