"""A torch module in place of a problem's network: from a class, a factory function or an instance, with its settings.

The parameters of its constructor, and the settings of the problem whose data it learns, are its settings.
"""

import ast
import copy
import inspect
from collections.abc import Callable, Collection, Iterator
from dataclasses import Field, dataclass, field, fields, make_dataclass, replace
from functools import partial
from importlib import import_module
from typing import Any, ClassVar

import numpy as np

from problems.base import Problem, Recipe
from problems.losses.regression import LOSSES, SlopeMSE
from problems.networks.by_name import image_shape
from problems.networks.carried import Around
from problems.networks.chunks import chunk_of

PLAIN = (bool, int, float, str, tuple)
KINDS: dict[str, type] = {"int": int, "float": float, "bool": bool, "str": str}
TAKEN = "module_"
"""Before a parameter of a module whose name is that of another setting."""


@dataclass(frozen=True, kw_only=True)
class ModuleProblem(Recipe):
    """The data, loss and probes of another problem, and a torch module as the network.

    The module takes inputs `(n, d)`, or images where it takes nothing else, and gives outputs `(n, m)` (or `(n,)`)."""

    arguments: ClassVar[dict[str, inspect.Parameter]] = {}
    """Parameters of the module's constructor, by the name of the setting."""
    borrowed: ClassVar[tuple[str, ...]] = ()
    """Settings of the problem whose data it learns."""
    found: ClassVar[tuple[str, ...]] = ()
    """Fields that say which data those are."""
    given: ClassVar[bool] = False
    """Whether it is an instance, and not what makes one."""

    network: str = "module"
    activation: str = "own"
    init: str = "own"
    device: str = "cpu"
    make: Callable[..., Any] = field(metadata={"fixed": True})
    like: Recipe = field(metadata={"fixed": True})

    def __post_init__(self) -> None:
        if self.found:
            like = self._like()
            for name in self.found:
                # frozen, but these fields follow from the others
                object.__setattr__(self, name, getattr(like, name))

    def heed(self, asked: Collection[str]) -> None:
        for name in (name for name in ("network", "activation") if name in asked):
            there = f"set its parameter with --set problem.{TAKEN}{name}=VALUE"
            how = there if TAKEN + name in self.arguments else "change it there, and leave it out here"
            raise ValueError(f"The {name} of a torch module is its own: {how}.")
        self._like().heed([name for name in asked if name in self.borrowed])

    def build(self, rng: np.random.Generator) -> Problem:
        problem = self._like().build(rng)
        _check_replaceable(problem)
        network = self._network(problem.inputs.shape[1], outputs_of(problem))
        notes = (*problem.notes, *self._start(network), *network.notes)
        # a loss over all samples at once cannot be summed by chunks
        chunk = None if problem.whole else chunk_of(network, len(problem.inputs))
        return replace(problem, network=network, chunk=chunk, notes=notes)

    def _like(self) -> Recipe:
        borrowed = {name: getattr(self, name) for name in self.borrowed}
        return replace(self.like, loss=self.loss, dtype=self.dtype, **borrowed)

    def _network(self, inputs: int, outputs: int) -> Any:
        """With flat samples, or else as images, if they can be that and only then it works."""
        networks = import_module("problems.networks.torch.module")
        make = partial(self.make, **self._chosen())
        offer = partial(networks.ModuleNetwork, self.network, make)
        settings = {"init": self.init, "precision": self.dtype, "device": self.device, "outputs": outputs}
        network: Any
        try:
            network = offer((inputs,), **settings)
        except import_module("problems.networks.torch.outputs").DoesNotFit:
            try:
                network = offer(image_shape(inputs), **settings)
            except ValueError:
                network = None  # the first refusal is the one to tell
            if network is None:
                raise
        return network

    def _start(self, network: Any) -> tuple[str, ...]:
        """A note if all runs start from the same weights. Raises ValueError if the module is not made alike again."""
        drawn = import_module("problems.networks.torch.making").is_drawn(network.make, network.shape)
        if drawn or self.init != "own":
            return ()
        if self.given:
            return ("Every run starts from the weights of the given instance; give its class to draw them anew.",)
        return (f"Every run starts from the same weights: {self.network} draws none under the run's seed.",)

    def _chosen(self) -> dict[str, Any]:
        lacking = [
            name for name, parameter in self.arguments.items() if _is_open(parameter) and not getattr(self, name)
        ]
        if lacking:
            given = " ".join(f"--set problem.{name}=..." for name in lacking)
            # a class makes modules and nothing else
            data = ". A function that gives data has no arguments" if inspect.isfunction(self.make) else ""
            raise ValueError(
                f"The module '{self.network}' cannot be made without {', '.join(lacking)}. Give them: {given}{data}"
            )
        return {
            parameter.name: _value(name, parameter, getattr(self, name)) for name, parameter in self.arguments.items()
        }


def module_problem(name: str, foreign: Any, like: Recipe, about: str) -> ModuleProblem:
    """The problem `like` with the module that `foreign` is, or makes, in place of its network."""
    # what is neither a function nor a class is taken to be made already
    is_instance = not inspect.isfunction(foreign) and not isinstance(foreign, type)
    arguments = {} if is_instance else dict(_arguments(foreign, {spec.name for spec in fields(like)}))
    settings = [spec for spec in fields(like) if _is_borrowed(spec)]
    found = [spec for spec in fields(like) if not spec.init]
    namespace = {
        "arguments": arguments,
        "borrowed": tuple(spec.name for spec in settings),
        "found": tuple(spec.name for spec in found),
        "given": is_instance,
        "random_data": like.random_data,
    }
    specs = [(spec.name, type(getattr(like, spec.name)), field(default=getattr(like, spec.name))) for spec in settings]
    specs += [(spec.name, str, field(init=False, default="")) for spec in found]
    specs += [(label, type(_default(one)), field(default=_default(one))) for label, one in arguments.items()]
    # a class of its own, so that its settings are fields like those of any recipe
    kind = make_dataclass(
        "ModuleProblem", specs, bases=(ModuleProblem,), namespace=namespace, frozen=True, kw_only=True
    )
    # a copy for every run, or the second would start from what the first has learned
    make = partial(copy.deepcopy, foreign) if is_instance else foreign
    label = type(foreign).__name__ if is_instance else getattr(foreign, "__name__", name)
    made: ModuleProblem = kind(
        network=label, make=make, like=like, about=about, loss=like.loss, budget=like.budget, dtype=like.dtype
    )
    return made


def _check_replaceable(problem: Problem) -> None:
    """Raises ValueError if the network carries derivatives, which a module in its place would take for more outputs."""
    if isinstance(problem.network, Around) or isinstance(problem.loss, SlopeMSE):
        raise ValueError(  # noqa: TRY004  # a user's mistake is a ValueError
            f"The loss '{problem.loss.name}' takes derivatives of the network in its inputs, which a module in the "
            f"place of {problem.network.name} does not give: choose another loss, or another problem as `like`. For an "
            "equation, let the module return them beside its output, and `like` be a class of yours whose loss takes "
            "them (docs/howto-own-problem.md)."
        )


def outputs_of(problem: Problem) -> int:
    """Numbers that the loss takes of a sample: as many as there are targets, but for a loss of the user's."""
    if isinstance(problem.loss, tuple(kind for kind in LOSSES.values() if isinstance(kind, type))):
        return int(problem.targets.shape[-1])
    # which may weigh an equation and its boundary by columns of the targets that no output has
    start = problem.network.theta0(np.random.default_rng(0))
    inputs = problem.inputs if problem.whole else problem.inputs[:1]
    return int(problem.network.forward(start[None], inputs).shape[-1])


def is_module(kind: type) -> bool:
    """Whether a class is one of torch's modules; torch is not loaded to say so."""
    return any(base.__module__ == "torch.nn.modules.module" and base.__name__ == "Module" for base in kind.__mro__)


def _is_borrowed(spec: "Field[Any]") -> bool:
    own = {one.name for one in fields(ModuleProblem)}
    return spec.init and spec.name not in own and not spec.metadata.get("fixed")


def _arguments(foreign: Callable[..., Any], taken: set[str]) -> Iterator[tuple[str, inspect.Parameter]]:
    """The parameters that a user can set, by a name that nothing else has."""
    reserved = taken | {one.name for one in fields(ModuleProblem)}
    for name, parameter in inspect.signature(foreign).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):  # none that could be set
            continue
        if _is_open(parameter) or parameter.default is None or isinstance(parameter.default, PLAIN):
            yield (TAKEN + name if name in reserved else name), parameter


def _is_open(parameter: inspect.Parameter) -> bool:
    return parameter.default is inspect.Parameter.empty


def _default(parameter: inspect.Parameter) -> Any:
    """A number whose annotation says float is one; what has no plain default is text until it is given."""
    default = parameter.default
    if _is_open(parameter) or default is None:
        return ""
    return float(default) if type(default) is int and "float" in str(parameter.annotation) else default


def _value(name: str, parameter: inspect.Parameter, given: Any) -> Any:
    if not (_is_open(parameter) or parameter.default is None) or not isinstance(given, str):
        return given
    if not given:
        return None
    # "int" of int, "int" of the text `int | None` as well
    kind = getattr(parameter.annotation, "__name__", str(parameter.annotation)).partition(" ")[0]
    try:
        # literals alone, never code
        value = ast.literal_eval(given)
    except (ValueError, SyntaxError):
        value = given
    wanted = KINDS.get(kind)
    if wanted is float and type(value) is int:  # 1 is written where 1.0 is meant
        return float(value)
    if wanted is not None and type(value) is not wanted:
        raise ValueError(f"The setting {name} of this module takes {kind}; got '{given}'.")
    return value
