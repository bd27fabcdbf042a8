"""A look at a model that leaves no trace: random states, modes and statistics of its layers are as before.

Modules of torch are found in what makes the predictions, and as they are called, so that none needs to be named."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import get_ident
from types import CodeType, FunctionType, MethodType
from typing import Any

from optimizers.isolation import globals_kept

MANY = 100
"""Things in a list beyond which it is taken for data."""


@dataclass(eq=False)
class Look:
    """What was seen of modules as they were called."""

    found: list[Any] = field(default_factory=list)
    """Modules, but no parts of one that is in it."""
    precision: str = ""
    """Of their arithmetic where torch's autocast sets it, such as `bfloat16`: what comes out may be widened again."""


@contextmanager
def untouched(model: Any, predict: Any) -> Iterator[Look]:
    """Nothing that the loop would notice: no gradients, and modules in evaluation mode, with their buffers put back.

    What it gives grows as modules are called."""
    torch = sys.modules.get("torch")
    with globals_kept(), ExitStack() as stack:
        if torch is None:
            yield Look()
            return
        stack.enter_context(torch.random.fork_rng())
        stack.enter_context(torch.no_grad())
        kept = _Kept(torch)
        stack.callback(kept.put_back)
        for found in (model, *_held(predict)):
            kept.take(found)
        # what is called before it was found; of this thread alone, as another may be training
        own = get_ident()

        def hook(module: Any, given: Any) -> None:
            del given
            if get_ident() == own:
                kept.take(module)
                kept.look.precision = _autocast(torch, module) or kept.look.precision

        stack.callback(torch.nn.modules.module.register_module_forward_pre_hook(hook).remove)
        yield kept.look


class _Kept:
    """The modes and buffers of modules, as they were before each was put into evaluation mode."""

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        self.look = Look()
        self._modes: dict[int, tuple[Any, bool]] = {}
        self._buffers: list[tuple[Any, str, Any, Any]] = []

    def take(self, thing: Any) -> None:
        """Keep a module and its parts; anything else is passed over."""
        if not isinstance(thing, self._torch.nn.Module) or id(thing) in self._modes:
            return
        self.look.found.append(thing)
        lazy = self._torch.nn.parameter.is_lazy
        for part in thing.modules():
            if id(part) in self._modes:
                continue
            # each part's own mode: `train()` afterwards would wake those that the user keeps in evaluation
            self._modes[id(part)] = part, part.training
            part.training = False
            for name, buffer in part.named_buffers(recurse=False):
                if not lazy(buffer):
                    self._buffers.append((part, name, buffer, buffer.detach().clone()))

    def put_back(self) -> None:
        """As all were found."""
        for part, mode in self._modes.values():
            part.training = mode
        for part, name, buffer, before in self._buffers:
            if getattr(part, name, None) is not buffer:
                setattr(part, name, buffer)
            # untouched where nothing has changed: a graph that is still to be gone back through may hold it
            if not self._torch.equal(buffer, before):
                buffer.copy_(before)


def _autocast(torch: Any, module: Any) -> str:
    """The precision to which torch lowers what this module multiplies, as it is called; empty for its own."""
    for each in module.parameters():
        kind = each.device.type
        # double precision is left as it is, and nothing is computed on `meta`
        lowers = each.is_floating_point() and each.dtype != torch.float64 and kind != "meta"
        if lowers and torch.is_autocast_enabled(kind):
            return str(torch.get_autocast_dtype(kind)).removeprefix("torch.")
    return ""


def _held(predict: Any) -> Iterator[Any]:
    """What a function has at hand: itself or its owner, what it encloses, what is bound to it, globals it names."""
    yield predict
    if isinstance(predict, partial):
        for each in (*predict.args, *predict.keywords.values()):
            yield each
        yield from _held(predict.func)
    elif isinstance(predict, MethodType):
        yield predict.__self__
        yield from _held(predict.__func__)
    elif isinstance(predict, FunctionType):
        for cell in predict.__closure__ or ():
            yield from _members(_content(cell))
        for each in (*(predict.__defaults__ or ()), *(predict.__kwdefaults__ or {}).values()):
            yield from _members(each)
        for name in _names(predict.__code__):
            yield from _members(predict.__globals__.get(name))


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a name that has no value yet
        return None


def _members(thing: Any) -> Iterator[Any]:
    """A thing, what a plain list or dictionary of few holds, and the owner of a method."""
    yield thing
    if isinstance(thing, list | tuple) and len(thing) <= MANY:
        yield from thing
    elif isinstance(thing, dict) and len(thing) <= MANY:
        yield from thing.values()
    elif isinstance(thing, MethodType):
        yield thing.__self__


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
