"""A module from what the user gave, ready to be called: lazy layers made, and every constant in one precision."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from problems import draws
from problems.networks.registered import unregistered

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
    if beside := unregistered(module):
        raise ValueError(beside)
    return module


def check_same(make: Callable[[], Any], shape: tuple[int, ...]) -> None:
    """Raise ValueError if the module is another one when it is made again under the same seed, as each process does."""
    one, other = (made(make, shape, 0).state_dict() for _ in range(2))
    tensors = {name: value for name, value in one.items() if isinstance(value, Tensor)}
    for name, tensor in tensors.items():
        again = other.get(name)
        if again is None or not torch.equal(tensor.nan_to_num(), again.nan_to_num()):
            raise ValueError(
                f"A module is the same when it is made again under the same seed; '{name}' is another. Draw it from "
                "torch's or numpy's global generator, which is seeded for every run, or from one with its own seed."
            )


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
