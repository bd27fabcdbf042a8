"""Layers that a torch module holds beside its parts, as in a plain list: its `parameters()` lack them.

Torch is not loaded here: whoever has a module has loaded it."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

MOST = 1_000
"""Things in a list beyond which it is taken for data."""
DEEP = 3
"""Lists within lists."""
REMEDY = (
    "Hold layers as attributes or in torch.nn.ModuleList or ModuleDict, and parameters in torch.nn.ParameterList; "
    "call requires_grad_(False) on those that are to stay as they are."
)


def unregistered(module: Any) -> str:
    """A sentence on what asks for a gradient within `module` and is none of its parameters; empty if nothing does."""
    own = {id(parameter) for parameter in module.parameters()}
    found: dict[str, dict[int, int]] = {}
    for prefix, part in module.named_modules():
        # layers of torch's own keep their parameters a second time, in lists
        if type(part).__module__.startswith("torch."):
            continue
        for name, thing in vars(part).items():
            beside = {} if name in ("_parameters", "_buffers", "_modules") else _trained(thing, DEEP)
            beside = {key: count for key, count in beside.items() if key not in own}
            if beside:
                found[f"{prefix}.{name}" if prefix else name] = beside
    if not found:
        return ""
    count = sum({key: n for beside in found.values() for key, n in beside.items()}.values())
    names = ", ".join(f"'{name}'" for name in found)
    return (
        f"The module {type(module).__name__} holds {count:,} parameters in {names} that are not registered: its "
        f"parameters() lack them, and an optimizer of these does not train them. {REMEDY}"
    )


def _trained(thing: Any, deep: int) -> dict[int, int]:
    """Sizes by identity of the tensors in a thing that ask for a gradient and are nobody's result."""
    if callable(getattr(thing, "named_parameters", None)) and not isinstance(thing, type):
        return {id(each): each.numel() for each in thing.parameters() if each.requires_grad and not is_lazy(each)}
    if getattr(thing, "requires_grad", False) is True and getattr(thing, "is_leaf", False):
        return {id(thing): thing.numel()}
    sizes: dict[int, int] = {}
    for each in _held(thing) if deep else ():
        sizes |= _trained(each, deep - 1)
    return sizes


def is_lazy(parameter: Any) -> bool:
    """Whether a parameter has no numbers yet, until its layer is first called."""
    return "Uninitialized" in type(parameter).__name__


def _held(thing: Any) -> Iterator[Any]:
    if isinstance(thing, Mapping):
        thing = thing.values()
    elif not isinstance(thing, list | tuple | set | frozenset):
        return iter(())
    return islice(thing, MOST)
