"""Which parameters of a torch module are trained, and where each lies in the flat vector."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from problems.base import Slot


@dataclass(frozen=True)
class Packing:
    """The slots of a flat vector; a complex parameter of shape `s` has the slot shape `(*s, 2)`, real parts first."""

    slots: tuple[Slot, ...]
    pairs: frozenset[str]
    """Names of the complex parameters."""

    @property
    def dim(self) -> int:
        """P, the length of the flat vector."""
        return sum(prod(slot.shape) for slot in self.slots)

    def leaves(self, flat: Tensor) -> dict[str, Tensor]:
        """The slots in `flat (..., P)` as tensors `(..., *shape)` to differentiate in, without a copy.

        Each by itself: through views of one tensor, torch would add up a whole vector of zeros for every slot."""
        return {
            slot.name: flat[..., slot.offset : slot.offset + prod(slot.shape)]
            .view((*flat.shape[:-1], *slot.shape))
            .detach()
            .requires_grad_()
            for slot in self.slots
        }

    def parameters(self, leaves: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What the module takes, of slots `(*shape)`."""
        return {name: self._own(name, leaf) for name, leaf in leaves.items()}

    def views(self, flat: Tensor) -> dict[str, Tensor]:
        """The parameters in `flat (P,)`, by name."""
        return {slot.name: self._parameter(flat, slot) for slot in self.slots}

    def _parameter(self, flat: Tensor, slot: Slot) -> Tensor:
        return self._own(slot.name, flat[slot.offset : slot.offset + prod(slot.shape)].view(slot.shape))

    def _own(self, name: str, values: Tensor) -> Tensor:
        return torch.complex(values[..., 0], values[..., 1]) if name in self.pairs else values


def trained(module: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """Parameters that ask for a gradient and have a number, each once, also where layers share one."""
    return ((name, own) for name, own in module.named_parameters() if own.requires_grad and own.numel())


def pack(module: nn.Module) -> Packing:
    """The packing of a module's parameters, in its own order."""
    slots: list[Slot] = []
    offset = 0
    for name, parameter in trained(module):
        shape = (*parameter.shape, 2) if parameter.is_complex() else tuple(parameter.shape)
        slots.append(Slot(name, shape, offset))
        offset += prod(shape)
    return Packing(tuple(slots), frozenset(name for name, parameter in trained(module) if parameter.is_complex()))


def flattened(module: nn.Module) -> NDArray[np.float64]:
    """The present values `(P,)` of the parameters that are trained."""
    values = [_real(parameter.detach()).double().cpu().numpy().ravel() for _, parameter in trained(module)]
    return np.concatenate(values) if values else np.zeros(0)


def _real(parameter: Tensor) -> Tensor:
    # a conjugate is a flag on the same memory, which has no real view until it is carried out
    return torch.view_as_real(parameter.resolve_conj()) if parameter.is_complex() else parameter


def constants(module: nn.Module, packing: Packing) -> tuple[str, ...]:
    """What is constant in the module, and what became of complex parameters, in sentences."""
    frozen = [parameter for parameter in module.parameters() if not parameter.requires_grad]
    buffers = [name for name, _ in module.named_buffers()]
    said = []
    if frozen:
        count = sum(parameter.numel() for parameter in frozen)
        said.append(f"{count:,} parameters are frozen (requires_grad=False): constants, the same in every run.")
    if buffers:
        said.append(f"Buffers are constants, the same in every run: {', '.join(buffers)}.")
    if packing.pairs:
        said.append(f"Complex parameters are trained as pairs of real ones: {', '.join(sorted(packing.pairs))}.")
    return tuple(said)
