"""Specifications to problems: the data of a run are drawn from its seed alone."""

from collections.abc import Sequence

from harness.run.spec import RunSpec, stream
from problems.base import Problem, Recipe
from problems.losses.cross_entropy import CrossEntropy, check_shares
from problems.probes.by_name import watch_also
from problems.probes.named import watch_named, without_absent
from problems.user_built import check_built, check_drawn


def build(spec: RunSpec) -> Problem:
    """The problem of a run, with its data; raises ValueError where no memory holds them."""
    try:
        return _built(spec)
    except MemoryError as error:
        raise ValueError(f"The data of '{spec.problem}' do not fit into memory; take fewer samples. {error}") from None


def _built(spec: RunSpec) -> Problem:
    problem = settled(_data(spec), spec.recipe)
    problem = watch_also(problem, spec.probes) if spec.probes else problem
    if spec.recipe.origin and not (*problem.probes, *problem.test_probes):
        raise ValueError(f"{_whose(spec)} watches nothing: give it probes, or name one with --probe.")
    return problem


def settled(problem: Problem, recipe: Recipe) -> Problem:
    """What a recipe has built, with the frequencies that a run measures: those it names, of which the target has some.

    Raises ValueError where nothing is left."""
    if isinstance(problem.loss, CrossEntropy):
        check_shares(problem.targets)
    # words such as `steps` have been seen to by the recipe, as it was built
    if recipe.watch and recipe.watch not in recipe.watch_words:
        problem = watch_named(problem, recipe.watch)
    return without_absent(problem)


def data_of(recipe: Recipe, seed: int) -> Problem:
    """What a recipe builds of a seed; raises ValueError where one of the user's does not keep the contracts."""
    rng = stream(seed, "data")
    before = rng.bit_generator.state
    problem = recipe.build(rng)
    if recipe.origin:
        check_built(problem)
        check_drawn(before, rng, random_data=recipe.random_data)
    return problem


def _data(spec: RunSpec) -> Problem:
    try:
        return data_of(spec.recipe, spec.seed)
    except Exception as error:
        if not spec.recipe.origin or isinstance(error, MemoryError):
            raise
        said = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        raise ValueError(f"{_whose(spec)} cannot be built: {said}") from error


def _whose(spec: RunSpec) -> str:
    file = spec.recipe.plugin_file
    return f"The problem '{spec.problem}'" + f" of '{file}'" * bool(file)


def build_all(specs: Sequence[RunSpec]) -> list[Problem]:
    """The problems of several runs; where seeds do not change the data, one for each recipe."""
    if specs[0].recipe.random_data:
        return [build(spec) for spec in specs]
    built = {key: build(spec) for key, spec in {(spec.recipe, spec.probes): spec for spec in specs}.items()}
    return [built[spec.recipe, spec.probes] for spec in specs]
