"""Problems written by the user: a recipe, a function that returns data, or a torch module in place of a network."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from time import perf_counter
from typing import Any

import numpy as np

from problems.base import Recipe
from problems.draws import seeded
from problems.line.curves import Curve, Focus, Samples
from problems.line.points import Points
from problems.own_data import OwnData
from problems.probes.line import Line
from problems.readers.curves import described
from problems.readers.samples import read_samples
from problems.user_modules import is_module, module_problem

FORMS = (
    "a problems.base.Recipe; a function without arguments that returns inputs and targets; or a torch.nn.Module: its "
    "class, an instance, or a function that returns one"
)


MOST_SECONDS = 10.0
"""A function that takes longer is not called again to see whether its data are the same."""


@dataclass(frozen=True, kw_only=True)
class Data(Curve):
    """Samples of a function of one variable, as the user's function returns them.

    Equally spaced points are one period; on others the non-uniform transform is watched. Frequencies are in cycles per
    unit of x."""

    make: Callable[[], Any] = field(metadata={"fixed": True})

    def sample(self, rng: np.random.Generator) -> Samples:
        del rng  # the data are the same for every seed
        read = read_samples(*self.make())
        x, y = read.inputs[:, 0], read.targets[:, 0]
        order = np.argsort(x, kind="stable")
        points = Points(x[order], y[order])
        if not (np.diff(points.x) > 0).all():
            raise ValueError("The inputs must all be different; leave out or average those that occur twice.")
        uniform = points.is_uniform
        # a period includes the step after its last point; scattered points have none
        length = points.length if uniform else float(points.x[-1] - points.x[0])
        notes = (*read.notes, *described(points.x, points.y, uniform=uniform))
        focus = Focus(orthogonal=uniform)
        return Samples(Line(float(points.x[0]), length), points.x[:, None], points.y[:, None], focus, notes=notes)


def adapt(name: str, foreign: Any, like: Recipe) -> Recipe:
    """A `Recipe` for `foreign`; raises ValueError, naming the forms, if it is none of them.

    A function without required arguments is called once, to see whether it returns data or a module."""
    about = (inspect.getdoc(foreign) or f"The problem '{name}'.").partition("\n")[0].rstrip(".")
    if isinstance(foreign, Recipe):
        return foreign
    if isinstance(foreign, type) and issubclass(foreign, Recipe):
        _check_fields(foreign)
        return foreign()
    if is_module(foreign if isinstance(foreign, type) else type(foreign)):
        return module_problem(name, foreign, like, about)
    if not inspect.isfunction(foreign):
        raise ValueError(f"The problem '{name}' must be {FORMS}; got {_told(foreign)}")
    if any(parameter.default is parameter.empty for parameter in inspect.signature(foreign).parameters.values()):
        return module_problem(name, foreign, like, about)
    began = perf_counter()
    returned = _called(name, foreign)
    seconds = perf_counter() - began
    if is_module(type(returned)):
        return module_problem(name, foreign, like, about)
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        raise ValueError(f"The problem '{name}' must be {FORMS}; the function returned {_told(returned)}")
    return _data(name, foreign, *returned, again=seconds < MOST_SECONDS, about=about)


def _check_fields(recipe: type[Recipe]) -> None:
    """What a class writes as settings is set, or the one that it stands for would be passed over in silence."""
    known = {spec.name: spec.default for spec in fields(recipe)}
    annotated = [name for name, kind in inspect.get_annotations(recipe).items() if "ClassVar" not in str(kind)]
    undecorated = [name for name in annotated if name not in known]
    # a value that is no default is written without its type, or in a class without @dataclass
    passed = [name for name in vars(recipe) if name in known and vars(recipe)[name] is not known[name]]
    if undecorated or passed:
        raise ValueError(
            f"{(undecorated or passed)[0]} of the class {recipe.__name__} is no setting of it. Write "
            f"@dataclass(frozen=True, kw_only=True) between @problem and the class, and each setting with its type, "
            f'such as network: str = "1-20-1".'
        )


def _told(thing: Any) -> str:
    """What it is, as the end of a message: a plain value itself, of all else its kind."""
    kind = type(thing).__name__
    if isinstance(thing, Mapping) and thing and all(hasattr(value, "dtype") for value in thing.values()):
        return f"{kind}. Weights alone are no module: make it, load them with load_state_dict, and give that."
    if isinstance(thing, str | int | float | None):
        return f"{thing!r}."
    length = f" of {len(thing)}" if isinstance(thing, tuple | list) else ""
    return f"{kind}{length}."


def _data(name: str, function: Callable[[], Any], inputs: Any, targets: Any, *, again: bool, about: str) -> Recipe:
    read = read_samples(inputs, targets)
    if again:
        _check_same(name, read, function)

    def make() -> tuple[Any, Any]:
        return inputs, targets

    # a function of one variable has a spectrum of its own kind: grid, period and peaks
    if read.inputs.shape[1] == read.targets.shape[1] == 1:
        return Data(make=make, about=about)
    return OwnData(make=make, about=about)


def _check_same(name: str, read: Any, function: Callable[[], Any]) -> None:
    """Each process of a study calls the function for itself, and so does whoever goes on with it."""
    again = read_samples(*_called(name, function))
    if not (np.array_equal(read.inputs, again.inputs) and np.array_equal(read.targets, again.targets)):
        raise ValueError(
            f"The data of a problem are the same for every run; the function of '{name}' gives others when it is "
            "called again. Seed what it draws from, as by np.random.default_rng(0)."
        )


def _called(name: str, function: Callable[[], Any]) -> Any:
    try:
        with seeded(0):
            return function()
    except Exception as error:
        said = " ".join(str(error).split())[:300].rstrip(".")
        raise ValueError(
            f"The function of the problem '{name}' failed: {type(error).__name__}: {said}. With "
            "--traceback (or FREQUENCY_HARNESS_TRACEBACK=1) its own traceback is shown."
        ) from error
