"""Pairs of functions of optax's kind: `state = init(params)`, `updates, state = update(gradients, state, params)`."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, NamedTuple

import numpy as np

from optimizers.base import Doubles, Need, Objective, Slot, Streams
from optimizers.user.ask_tell import make
from optimizers.user.foreign import Foreign
from optimizers.user.signatures import parameters


class Pair(NamedTuple):
    """What makes the first state, and what turns gradients into updates."""

    init: Callable[..., Any]
    update: Callable[..., Any]


def as_pair(thing: Any) -> Pair | None:
    """The pair that `thing` is, or None."""
    if isinstance(thing, type):
        return None
    parts: Any = thing if isinstance(thing, tuple) and len(thing) == 2 else ()
    init, update = parts or (getattr(thing, "init", None), getattr(thing, "update", None))
    return Pair(init, update) if callable(init) and callable(update) else None


@dataclass(frozen=True)
class ForeignUpdates(Foreign):
    """theta <- theta + updates, in float64; a pair that takes a dict of arrays sees one for each slot of the layout."""

    needs: ClassVar[frozenset[Need]] = frozenset({"gradient", "layout"})

    def minimize(self, objective: Objective, theta0: Doubles, rng: Streams) -> None:
        assert isinstance(rng, np.random.Generator)
        with float64():
            own = as_pair(self.foreign)
            pair = own or as_pair(make(self.foreign, theta0.copy(), rng, self.chosen))
            assert pair is not None  # or recognise.adapt has refused
            follow(pair, objective, theta0)


def follow(pair: Pair, objective: Objective, theta0: Doubles) -> None:
    """Update for ever."""
    shaper = Shaper(objective.layout, layered=takes_layers(pair))
    theta = theta0.copy()
    state = pair.init(shaper.cut(theta))
    takes_params, takes_more = _update_takes(pair.update)

    value_fn = traced_value(objective, shaper) if "jax" in sys.modules else partial(_value, objective, shaper)
    told = {"value_fn": value_fn} if takes_more else {}
    update = compiled(partial(pair.update, **told)) if _is_of_optax(pair.update) else partial(pair.update, **told)
    while True:
        loss, gradient = objective.value_and_grad(theta)
        gradients, params = shaper.cut(gradient), shaper.cut(theta)
        # what optax hands to its line searches
        extras = {"value": float(loss), "grad": gradients} if takes_more else {}
        updates, state = update(gradients, state, *([params] if takes_params else []), **extras)
        theta = theta + shaper.join(updates)  # the sign and the step length are in the updates


def _value(objective: Objective, shaper: "Shaper", params: Any) -> float:
    return float(objective.value(shaper.join(params)))


def traced_value(objective: Objective, shaper: "Shaper") -> Callable[..., Any]:
    """The loss as JAX can trace it: a line search of optax compiles its loop, and asks for slopes within.

    Numbers travel as the halves they are stored in: JAX may call from a thread of its own, and round there."""
    jax = sys.modules["jax"]

    def halves(leaf: Any) -> Any:
        return jax.lax.bitcast_convert_type(leaf, np.uint32)

    def whole(leaf: Any) -> Any:
        return jax.lax.bitcast_convert_type(leaf, np.float64)

    def of_halves(given: Any) -> Any:
        return jax.tree.map(lambda leaf: np.ascontiguousarray(leaf).view(np.float64)[..., 0], given)

    def as_halves(found: Any) -> Any:
        return jax.tree.map(lambda leaf: np.asarray(leaf, np.float64)[..., None].view(np.uint32), found)

    def alike(params: Any) -> Any:
        return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((*leaf.shape, 2), np.uint32), params)

    def loss(given: Any) -> Any:
        return as_halves(_value(objective, shaper, of_halves(given)))

    def both(given: Any) -> Any:
        value, gradient = objective.value_and_grad(shaper.join(of_halves(given)))
        return as_halves((value, shaper.cut(gradient)))

    def asked(ask: Callable[..., Any], params: Any, *more: Any) -> Any:
        number = jax.ShapeDtypeStruct((2,), np.uint32)
        found = jax.pure_callback(ask, (number, *more) if more else number, jax.tree.map(halves, params))
        return jax.tree.map(whole, found)

    @jax.custom_vjp  # type: ignore[untyped-decorator]  # jax is not there for everybody
    def value_fn(params: Any) -> Any:
        return asked(loss, params)

    value_fn.defvjp(
        lambda params: asked(both, params, alike(params)),
        lambda slopes, factor: (jax.tree.map(lambda leaf: factor * leaf, slopes),),
    )
    fn: Callable[..., Any] = value_fn
    return fn


def _is_of_optax(update: Callable[..., Any]) -> bool:
    return str(getattr(update, "__module__", None)).partition(".")[0] == "optax"


def compiled(update: Callable[..., Any]) -> Callable[..., Any]:
    """An update compiled as optax's are meant to be: a line search is otherwise compiled anew at every step.

    What JAX cannot trace, such as a user's own transformation in a chain that looks at numbers, is called as it is."""
    fast = sys.modules["jax"].jit(update)
    known: list[Callable[..., Any]] = []

    def step(*arguments: Any, **extras: Any) -> Any:
        if not known:
            try:
                found = fast(*arguments, **extras)
            except TypeError:  # what a traced number says that is asked for its value
                known.append(update)
            else:
                known.append(fast)
                return found
        return known[0](*arguments, **extras)

    return step


def _update_takes(update: Callable[..., Any]) -> tuple[bool, bool]:
    known = parameters(update)
    more = any(parameter.kind == parameter.VAR_KEYWORD for parameter in known.values())
    return len([p for p in known.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]) > 2, more


def takes_layers(pair: Pair) -> bool:
    """Whether the pair works on a dict of arrays; it is tried on one."""
    shaper = Shaper((Slot("a", (2, 2), 0), Slot("b", (2,), 4)), layered=True)
    params = shaper.cut(np.linspace(0.1, 0.6, 6))
    takes_params, _ = _update_takes(pair.update)
    try:
        updates, _ = pair.update(params, pair.init(params), *([params] if takes_params else []))
        return bool(np.isfinite(shaper.join(updates)).all())
    except Exception:  # noqa: BLE001  # whatever it says of a dict, it is asked about a vector next
        return False


def float64() -> AbstractContextManager[Any]:
    """JAX rounds to single precision unless it is told otherwise."""
    jax = sys.modules.get("jax")
    return nullcontext() if jax is None else jax.enable_x64(True)


class Shaper:
    """Between the flat vector and what the pair sees: the vector itself, or a dict of arrays by name."""

    def __init__(self, layout: tuple[Slot, ...], *, layered: bool) -> None:
        self._layout = layout
        self._layered = layered

    def cut(self, vector: Doubles) -> Any:
        """A fresh vector, or fresh arrays."""
        if not self._layered:
            return vector.copy()
        return {
            slot.name: vector[slot.offset : slot.offset + int(np.prod(slot.shape))].reshape(slot.shape).copy()
            for slot in self._layout
        }

    def join(self, arrays: Any) -> Doubles:
        """The flat vector; raises ValueError if it has another length."""
        if self._layered:
            return np.concatenate([np.asarray(arrays[slot.name], np.float64).ravel() for slot in self._layout])
        joined = np.asarray(arrays)
        size = self._layout[-1].offset + int(np.prod(self._layout[-1].shape))
        if joined.shape != (size,):
            raise ValueError(f"update gives updates of the shape of the parameters, ({size},); it gave {joined.shape}.")
        return joined
