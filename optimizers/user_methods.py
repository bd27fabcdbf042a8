"""Methods written for other houses, as they come: a class of torch, an ask-and-tell object, a function of scipy's kind.

`adapt` makes an `Optimizer` of each; the parameters of its signature that have a plain default become its settings.
"""

import copy
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, make_dataclass
from typing import Any, ClassVar

import numpy as np

from optimizers.base import Doubles, Need, Objective, Optimizer, Streams, setting
from optimizers.layered.matrix_methods import LayeredMethod

FORMS = (
    "a subclass of optimizers.base.Optimizer; a torch.optim.Optimizer class; a class or object with ask() and tell(x, "
    "losses); or a function minimize(fun, x0)"
)
PLAIN = (bool, int, float, str, tuple)
TORCH_SWITCHES = ("capturable", "differentiable", "foreach", "fused", "maximize")
"""Parameters of torch's classes that are about execution, or turn a method round."""


@dataclass(frozen=True)
class Foreign(Optimizer):
    """What all adapted methods share."""

    family: ClassVar[str] = "foreign"
    foreign: ClassVar[Any]

    @property
    def chosen(self) -> dict[str, Any]:
        """The settings, as arguments."""
        return {spec.name: getattr(self, spec.name) for spec in fields(self)}

    def memory(self, dim: int) -> int:
        return 8 * 16 * dim  # a guess; what it holds cannot be known from outside


@dataclass(frozen=True)
class ForeignTorch(LayeredMethod, Foreign):
    """A class of torch's kind, with one parameter for each array of the layout."""

    family: ClassVar[str] = "foreign"

    def build(self, matrices: list[Any], others: list[Any]) -> list[Any]:
        return [self.foreign([*matrices, *others], **self.chosen)]


@dataclass(frozen=True)
class ForeignAskTell(Foreign):
    """An object with `ask()`, which gives one point or several, and `tell(points, losses)`, in turns."""

    needs: ClassVar[frozenset[Need]] = frozenset({"value", "population"})

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        assert isinstance(rng, np.random.Generator)
        method = self._make(theta0.copy(), rng)
        objective.value(theta0)
        while True:
            asked = method.ask()
            points = np.array(asked, np.float64)
            losses = objective.values(np.atleast_2d(points))
            method.tell(asked, float(losses[0]) if points.ndim == 1 else losses)

    def _make(self, theta0: Doubles, rng: np.random.Generator) -> Any:
        if not callable(self.foreign):
            return copy.deepcopy(self.foreign)
        return self.foreign(theta0, **_wanted(self.foreign, {"rng": rng}), **self.chosen)


@dataclass(frozen=True)
class ForeignFunction(Foreign):
    """A function `minimize(fun, x0)`; one with a parameter `jac` gets `jac=True` and a `fun` with loss and gradient."""

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        assert isinstance(rng, np.random.Generator)
        extras = _wanted(self.foreign, {"rng": rng, "jac": True})

        def value_and_grad(x: Doubles) -> tuple[float, Doubles]:
            loss, gradient = objective.value_and_grad(np.ascontiguousarray(x, np.float64))
            return float(loss), gradient

        def value(x: Doubles) -> float:
            return float(objective.value(np.ascontiguousarray(x, np.float64)))

        self.foreign(value_and_grad if "jac" in extras else value, theta0.copy(), **extras, **self.chosen)


def adapt(name: str, foreign: Any, tune: Mapping[str, tuple[float, float]] | None = None) -> Optimizer:
    """An `Optimizer` that behaves as `foreign`; raises ValueError, naming the forms, if it is none of them."""
    if isinstance(foreign, Optimizer):
        return foreign
    if isinstance(foreign, type) and issubclass(foreign, Optimizer):
        return foreign()
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(foreign, type) and issubclass(foreign, torch.optim.Optimizer):
        return _instance(name, foreign, ForeignTorch, {}, tune or {})
    if callable(getattr(foreign, "ask", None)) and callable(getattr(foreign, "tell", None)):
        return _instance(name, foreign, ForeignAskTell, {}, tune or {})
    if inspect.isfunction(foreign) and len(_parameters(foreign)) >= 2:
        need: Need = "gradient" if _wanted(foreign, {"jac": True}) else "value"
        return _instance(name, foreign, ForeignFunction, {"needs": frozenset({need})}, tune or {})
    raise ValueError(f"The optimizer '{name}' must be {FORMS}; got {foreign!r}.")


def _instance(
    name: str,
    foreign: Any,
    base: type[Optimizer],
    declared: dict[str, Any],
    tune: Mapping[str, tuple[float, float]],
) -> Optimizer:
    about = (inspect.getdoc(foreign) or f"The method '{name}'.").partition("\n")[0]
    own = staticmethod(foreign) if inspect.isfunction(foreign) else foreign
    namespace = {"foreign": own, "source": f"{foreign.__module__}", "__doc__": about, **declared}
    settings = [
        (label, type(default), _field(default, f"{label} of the method", tune.get(label)))
        for label, default in _settings(foreign)
    ]
    made = make_dataclass(_class_name(name), settings, bases=(base,), namespace=namespace, frozen=True)
    method: Optimizer = made()
    return method


def _field(default: Any, doc: str, tune: tuple[float, float] | None) -> Any:
    return setting(default, doc, tune=tune) if tune else setting(default, doc)


def _class_name(name: str) -> str:
    return "".join(part.title() for part in name.replace("_", "-").split("-") if part.isidentifier()) or "Method"


def _settings(foreign: Any) -> Iterator[tuple[str, Any]]:
    """Parameters with a plain default, which a user may change."""
    if not callable(foreign):
        return
    for name, parameter in _parameters(foreign).items():
        default = parameter.default
        if isinstance(default, PLAIN) and name not in ("jac", "rng", *TORCH_SWITCHES):
            whole = type(default) is int and "float" in str(parameter.annotation)  # such as `weight_decay: float = 0`
            number: Any = default
            yield name, float(number) if whole else default


def _parameters(foreign: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(foreign).parameters


def _wanted(foreign: Callable[..., Any], offered: dict[str, Any]) -> dict[str, Any]:
    """Those of the offered arguments that the signature names."""
    return {name: value for name, value in offered.items() if name in _parameters(foreign)}
