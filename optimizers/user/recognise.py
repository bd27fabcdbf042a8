"""Which of the forms a method of the user's has, told by what it offers and by its signature; the adapter for each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from optimizers.base import Optimizer
from optimizers.isolation import seeded
from optimizers.user.ask_tell import OFFERED, RADIUS, ForeignAskTell, is_teller, make
from optimizers.user.foreign import Extras, Foreign, instance
from optimizers.user.functions import ForeignFunction, convention_of
from optimizers.user.signatures import check_given, core, parameters, required, shown, with_arguments
from optimizers.user.torch_optimizers import COMPANION, ForeignTorch, declared
from optimizers.user.updates import ForeignUpdates, as_pair, float64

FORMS = (
    "a subclass of optimizers.base.Optimizer; a torch.optim.Optimizer class, or a function of params that makes one; a "
    "pair (init, update) as of optax; a class or object with ask() and tell(x, losses); a function minimize(fun, x0); "
    "or a function of nothing, or of x0, rng or seed, that makes a pair or an object to ask"
)
PARAMS = ("params", "parameters", "model_parameters", "named_parameters")
"""What torch optimizers call their first argument."""


BOXES = ("bounds", "ranges")
"""What methods that search a box call their second argument."""


@dataclass(frozen=True)
class Wishes:
    """What is said beside the method: ranges of its settings, arguments that it needs, and a torch scheduler."""

    tune: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    schedule: Callable[[Any], Any] | None = None


@seeded(np.random.default_rng(0))  # it is tried, and may draw
def adapt(name: str, foreign: Any, wishes: Wishes | None = None) -> Optimizer:
    """An `Optimizer` that behaves as `foreign`; raises ValueError, naming the forms, if it is none of them."""
    wishes = wishes or Wishes()
    if isinstance(foreign, Optimizer) or (isinstance(foreign, type) and issubclass(foreign, Optimizer)):
        return _native(name, foreign, wishes)
    if as_pair(foreign) or is_teller(foreign):
        if wishes.arguments:
            raise ValueError(f"arguments are for a class or a function; the optimizer '{name}' is an object already.")
        base = ForeignUpdates if as_pair(foreign) else ForeignAskTell
        return _adapted(name, foreign, base, wishes)
    if not callable(foreign):
        raise ValueError(  # noqa: TRY004  # a user's mistake is a ValueError
            f"The optimizer '{name}' must be {FORMS}; got {shown(foreign)}."
        )
    foreign = with_arguments(name, foreign, wishes.arguments)
    if _is_torch(foreign):
        check_given(name, foreign, (*list(parameters(foreign))[:1], "generator"))
        return _torch(name, foreign, wishes)
    if isinstance(core(foreign), type) and all(
        callable(getattr(core(foreign), part, None)) for part in ("ask", "tell")
    ):
        check_given(name, foreign, (*list(parameters(foreign))[:1], *OFFERED))
        return _adapted(name, foreign, ForeignAskTell, wishes)
    wants = required(foreign)
    if all(argument in OFFERED for argument in wants):
        return _maker(name, foreign, wishes)
    if len(wants) >= 2 and wants[0] not in OFFERED:
        if wants[1] in BOXES:
            raise ValueError(
                f"The optimizer '{name}' wants {wants[1]}, and a run has a start. Register a function of (fun, x0) "
                "that asks for fun(x0) and then searches around it, within [(v - 2, v + 2) for v in x0] say."
            )
        check_given(name, foreign, (*wants[:2], "jac", "rng", "callback", "hessp"))
        convention = convention_of(name, foreign)
        return _adapted(name, foreign, ForeignFunction, wishes, convention=convention, needs=convention.needs)
    raise ValueError(
        f"What the optimizer '{name}' is cannot be told from its arguments, {', '.join(parameters(foreign))}. It must "
        f"be {FORMS}."
    )


def _native(name: str, foreign: Any, wishes: Wishes) -> Optimizer:
    if wishes.schedule is not None or wishes.tune:
        raise ValueError(
            f"The optimizer '{name}' declares its own settings: tune and schedule are for foreign methods."
        )
    lacking = [part for part in ("family", "needs", "source") if not hasattr(foreign, part)]
    if lacking:
        raise ValueError(
            f"The optimizer '{name}' declares in its class what family it is of, what it needs, as "
            f"frozenset({{'gradient'}}), and its source; it has no {', '.join(lacking)}."
        )
    try:
        method: Optimizer = foreign() if isinstance(foreign, type) else foreign
        return replace(method, **wishes.arguments)
    except TypeError as error:
        raise ValueError(f"The optimizer '{name}' cannot be made with its defaults: {error}.") from None


def _is_torch(foreign: Any) -> bool:
    """Whether the first argument is a list of parameters: by its name, or by the class it is an argument of."""
    first = next(iter(parameters(foreign)), "")
    steps = isinstance(core(foreign), type) and callable(getattr(core(foreign), "step", None))
    return first in PARAMS or (steps and "ask" not in dir(core(foreign)))


def _torch(name: str, foreign: Any, wishes: Wishes) -> Optimizer:
    traits = declared(name, foreign, wishes.schedule)
    extras = COMPANION if traits["manners"].matrices_only else {}
    return instance(name, foreign, ForeignTorch, traits, wishes.tune, extras)


def _maker(name: str, foreign: Any, wishes: Wishes) -> Optimizer:
    """A function that makes something anew for each run: what, is seen by calling it once."""
    with float64():
        try:
            made = make(foreign, np.zeros(3), np.random.default_rng(0), {})
        except Exception as error:
            raise ValueError(
                f"The optimizer '{name}', called to see what it makes, raises {type(error).__name__}: {error}"
            ) from error
        suggests = is_teller(made) and callable(getattr(_first(name, made), "suggest_float", None))
    if as_pair(made):
        return _adapted(name, foreign, ForeignUpdates, wishes)
    if is_teller(made):
        return instance(
            name, foreign, ForeignAskTell, _scheduled_by_none(name, wishes), wishes.tune, RADIUS if suggests else {}
        )
    raise ValueError(f"The optimizer '{name}' is a function that makes {shown(made)}. It must be {FORMS}.")


def _first(name: str, made: Any) -> Any:
    try:
        return made.ask()
    except Exception as error:
        raise ValueError(f"The first ask() of '{name}' raises {type(error).__name__}: {error}") from error


def _adapted(name: str, foreign: Any, base: type[Foreign], wishes: Wishes, **traits: Any) -> Optimizer:
    extras: Extras = {}
    return instance(name, foreign, base, _scheduled_by_none(name, wishes) | traits, wishes.tune, extras)


def _scheduled_by_none(name: str, wishes: Wishes) -> dict[str, Any]:
    if wishes.schedule is not None:
        raise ValueError(f"A schedule is for torch optimizers; the optimizer '{name}' is none.")
    return {}
