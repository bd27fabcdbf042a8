"""What every adapted method shares: the plain parameters of a foreign signature are the settings of a dataclass."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, fields, make_dataclass
from typing import Any, ClassVar

from optimizers.base import Optimizer, setting
from optimizers.user.signatures import core, plain_defaults

Extras = Mapping[str, tuple[Any, str]]
"""Settings beside those of the signature: name -> default and what it means."""


@dataclass(frozen=True)
class Foreign(Optimizer):
    """A method of another house, in `foreign`."""

    family: ClassVar[str] = "foreign"
    foreign: ClassVar[Any]
    arguments: ClassVar[tuple[str, ...]] = ()
    """The settings that are arguments of `foreign`; the others are the adapter's own."""

    @property
    def chosen(self) -> dict[str, Any]:
        """The settings of the foreign method, as arguments."""
        return {name: getattr(self, name) for name in self.arguments}

    def memory(self, dim: int) -> int:
        return 8 * 16 * dim  # a guess; what it holds cannot be known from outside


def instance(
    name: str,
    foreign: Any,
    base: type[Foreign],
    declared: Mapping[str, Any],
    tune: Mapping[str, tuple[float, float]],
    extras: Extras,
) -> Optimizer:
    """A method of class `base` around `foreign`; `declared` are class variables.

    Raises ValueError for a setting whose name is taken by the contract, or a range of a setting that is none."""
    defaults = plain_defaults(foreign) if callable(foreign) else {}
    taken = sorted(defaults.keys() & (set(dir(base)) | extras.keys() | {"foreign"}))
    if taken:
        raise ValueError(f"The optimizer '{name}' has a parameter '{taken[0]}', a name of the contract: rename it.")
    unknown = sorted(tune.keys() - defaults.keys() - extras.keys())
    if unknown:
        known = ", ".join([*defaults, *extras]) or "none"
        raise ValueError(f"tune gives a range for '{unknown[0]}', which is no setting of '{name}'. It has: {known}.")
    described = {label: (value, f"{label} of the method") for label, value in defaults.items()} | dict(extras)
    settings = [
        (label, type(value), setting(value, doc, **({"tune": tune[label]} if label in tune else {})))
        for label, (value, doc) in described.items()
    ]
    own = core(foreign)
    namespace = {
        # a bare function in a class would be bound as its method
        "foreign": staticmethod(foreign) if callable(foreign) else foreign,
        "arguments": tuple(defaults),
        "source": str(getattr(own, "__module__", type(own).__module__)),
        "__doc__": (inspect.getdoc(own) or f"The method '{name}'.").partition("\n")[0],
        **declared,
    }
    made = make_dataclass(_class_name(name), settings, bases=(base,), namespace=namespace, frozen=True)
    method: Optimizer = made()
    assert {spec.name for spec in fields(method)} == described.keys()
    return method


def _class_name(name: str) -> str:
    return "".join(part.title() for part in name.replace("_", "-").split("-") if part.isidentifier()) or "Method"
