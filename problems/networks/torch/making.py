"""A module from what the user gave, ready to be called: lazy layers made, and every constant in one precision."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from problems import draws
from problems.networks.registered import unregistered

WRAPPERS = {"DataParallel": "module", "DistributedDataParallel": "module", "OptimizedModule": "_orig_mod"}
"""Classes of torch around a module whose parameters are not to be exchanged through them, and where they keep it."""
COMPLEX = {torch.float32: torch.complex64, torch.float64: torch.complex128}


def seeded(make: Callable[[], Any], seed: int) -> Any:
    """What `make` returns under this seed; the global generators are as before."""
    with draws.seeded(seed):
        return make()


def made(make: Callable[[], Any], shape: tuple[int, ...], seed: int) -> nn.Module:
    """The module made under `seed`, its lazy layers by a first call with samples of `shape`.

    Raises ValueError if it is no module, or holds layers that are not registered."""

    def whole() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch, about how the user has written it
            module = make()
            lazy = isinstance(module, nn.Module) and any(
                isinstance(tensor, UninitializedParameter | UninitializedBuffer)
                for tensor in (*module.parameters(), *module.buffers())
            )
            if lazy:
                with torch.no_grad():
                    module(torch.zeros((2, *shape)))  # two: batch statistics refuse a single one
        return module

    module = seeded(whole, seed)
    if not isinstance(module, nn.Module):
        raise ValueError(  # noqa: TRY004  # a user's mistake is a ValueError
            f"A network from a file is a torch.nn.Module; got {type(module).__name__}. A function that gives data has "
            "no arguments: write its numbers into it, or register one for each."
        )
    _check_plain(module)
    if beside := unregistered(module):
        raise ValueError(beside)
    return module


def _check_plain(module: nn.Module) -> None:
    kind = type(module).__name__
    within = f"the module within it, its attribute {WRAPPERS[kind]}" if kind in WRAPPERS else ""
    if isinstance(module, torch.jit.ScriptModule):
        within = "the Python module that it was made from, with its state dict loaded"
    if within:
        raise ValueError(
            f"The parameters of a network are exchanged at every call; {kind} does not allow it. Give {within}."
        )


def is_drawn(make: Callable[[], Any], shape: tuple[int, ...]) -> bool:
    """Whether the parameters that are trained are others under another seed.

    Raises ValueError if the module is another one under the same seed: each process makes it again."""
    one, again, other = (made(make, shape, seed) for seed in (0, 0, 1))
    repeated = again.state_dict()
    for name, tensor in one.state_dict().items():
        if isinstance(tensor, Tensor) and (name not in repeated or not _equal(tensor, repeated[name])):
            raise ValueError(
                f"A module is the same when it is made again under the same seed; '{name}' is another. Draw it from "
                "torch's or numpy's global generator, which is seeded for every run, or from one with its own seed."
            )
    beside = dict(other.named_parameters())
    trained = {name: parameter for name, parameter in one.named_parameters() if parameter.requires_grad}
    return any(name not in beside or not _equal(parameter, beside[name]) for name, parameter in trained.items())


def _equal(one: Tensor, other: Tensor) -> bool:
    return torch.equal(one.detach().nan_to_num(), other.detach().nan_to_num())


def converted(module: nn.Module, kind: torch.dtype, device: str) -> nn.Module:
    """The module with parameters, buffers and tensors kept as attributes in one precision and place.

    Whole numbers stay, and complex ones stay complex, which `Module.to` would not grant."""

    def moved(tensor: Tensor) -> Tensor:
        if tensor.is_complex():
            return tensor.to(device, COMPLEX[kind])
        return tensor.to(device, kind) if tensor.is_floating_point() else tensor.to(device)

    with torch.no_grad():
        for parameter in module.parameters():
            parameter.data = moved(parameter.data)
        for layer in module.modules():
            for name, buffer in list(layer.named_buffers(recurse=False)):
                setattr(layer, name, moved(buffer))
            for name, value in list(vars(layer).items()):
                if not name.startswith("_"):
                    constant = _each(value, moved)
                    if constant is not value:
                        setattr(layer, name, constant)
    return module


def _each(value: Any, moved: Callable[[Tensor], Tensor]) -> Any:
    """The same with every tensor in it moved; the same object where there is none."""
    if isinstance(value, Tensor):
        return moved(value.detach())
    if isinstance(value, list | tuple) and any(isinstance(item, Tensor) for item in value):
        return type(value)(_each(item, moved) for item in value)
    if isinstance(value, Mapping) and any(isinstance(item, Tensor) for item in value.values()):
        return {key: _each(item, moved) for key, item in value.items()}
    return value
