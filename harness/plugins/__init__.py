"""The door for methods, problems, probes and observers of the user's own: a file, or a package with entry points.

    from harness import optimizer, problem

    @optimizer("mine")
    def minimize(fun, x0, jac, lr=0.1):
        ...

What is registered travels to worker processes as the file's path and a name, and is loaded there anew; the hash of the
file, and of what it imports from its own folder, is part of the identity of every run.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, TypeVar

from harness.plugins.loading import DOORS, Plugin, files_of, load, load_installed, register
from harness.plugins.names import check_name
from harness.plugins.probes import adapt as adapt_probe
from optimizers.user.recognise import Wishes
from optimizers.user.recognise import adapt as adapt_optimizer
from problems import PROBLEMS
from problems.base import Recipe
from problems.nearest import lookup
from problems.user_problems import adapt as adapt_problem

__all__ = ["Plugin", "files_of", "load", "load_installed", "observer", "optimizer", "probe", "problem"]

T = TypeVar("T")


def optimizer(
    name: str,
    *,
    tune: Mapping[str, tuple[float, float]] | None = None,
    arguments: Mapping[str, Any] | None = None,
    schedule: Callable[[Any], Any] | None = None,
) -> Callable[[T], T]:
    """Decorate a method in one of the forms of `optimizers.user.recognise`.

    `tune` gives ranges of its settings, `arguments` what it cannot do without, and `schedule` makes a torch scheduler
    of a torch optimizer. Raises ValueError, naming the forms."""
    check_name("optimizer", name)

    def decorate(foreign: T) -> T:
        with _named("optimizer", name):
            register("optimizer", name, adapt_optimizer(name, foreign, Wishes(tune or {}, arguments or {}, schedule)))
        return foreign

    return decorate


def problem(name: str, *, like: str | Recipe = "sin135") -> Callable[[T], T]:
    """Decorate a problem in one of the forms of `problems.user_problems`; a torch module takes the data of `like`."""
    check_name("problem", name)

    def decorate(foreign: T) -> T:
        with _named("problem", name):
            recipe = lookup("problem", like, PROBLEMS) if isinstance(like, str) else like
            register("problem", name, adapt_problem(name, foreign, recipe))
        return foreign

    return decorate


def probe(name: str) -> Callable[[T], T]:
    """Decorate a probe in one of the forms of `harness.plugins.probes`, to be watched with `--probe NAME(NUMBERS)`."""
    check_name("probe", name)

    def decorate(foreign: T) -> T:
        with _named("probe", name):
            register("probe", name, adapt_probe(name, foreign))
        return foreign

    return decorate


def observer(name: str, *, columns: Mapping[str, str] | Iterable[str] = ()) -> Callable[[T], T]:
    """Decorate an observer in one of the forms of `harness.plugins.observers`, to be asked with `--observe NAME`.

    `columns` are those of a function's answers, with their types (`float64` where only names are given)."""
    check_name("observer", name)

    def decorate(foreign: T) -> T:
        with _named("observer", name):
            # it knows the tables, whose library `harness list` and a method's plugin do without
            register("observer", name, import_module("harness.plugins.observers").adapt(name, foreign, columns))
        return foreign

    return decorate


@contextmanager
def _named(kind: str, name: str) -> Iterator[None]:
    """Whatever goes wrong with what is registered within is a ValueError that names it."""
    try:
        yield
    except Exception as error:
        if isinstance(error, ValueError) and f"'{name}'" in str(error):
            raise
        said = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        raise ValueError(f"The {kind} '{name}' cannot be registered: {said}") from error


DOORS.update({"optimizer": optimizer, "problem": problem, "probe": probe, "observer": observer})
