"""Any torch module on the flat vector: its parameters are views of one tensor, on the CPU or on a GPU.

Inputs arrive as flat rows `(n, d)` and are handed to the module in the shape of one sample, such as `(3, 32, 32)`.
Imported only when such a network is asked for: torch takes seconds to load.
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from problems.base import Array, Loss, Pullback, Slot
from problems.networks.torch.behaviour import check_behaviour, tensors
from problems.networks.torch.blame import blaming
from problems.networks.torch.devices import check_device
from problems.networks.torch.making import converted, made
from problems.networks.torch.module_inits import draw, find_init
from problems.networks.torch.outputs import numbers, rows
from problems.networks.torch.packing import Packing, constants, pack

Function: TypeAlias = Callable[[Tensor], Tensor]

CACHE_ELEMENTS = 1 << 16
"""Activations of one block of parameter vectors, as for a fully connected network."""
MEMORY = 1 << 29
"""Bytes of activations that one chunk of samples may keep for the way back."""
PRECISIONS = {"float32": torch.float32, "float64": torch.float64}
TRIED = 6
"""Samples of the calls by which a module is tried out."""
MOVED = 0.05
"""Standard deviation by which parameters are moved for those calls: layers that begin at zero would hide the rest."""


@dataclass(frozen=True)
class ModuleNetwork:
    """The module that `make` makes, for samples of `shape`; two of one name and settings are taken for the same.

    Trained are the parameters that ask for a gradient; others, and all buffers, are constants. Raises ValueError for a
    module whose output is not a function of parameters and sample alone, and for a device that is not there."""

    name: str
    make: Callable[[], nn.Module] = field(compare=False)
    shape: tuple[int, ...]
    init: str = "own"
    precision: str = "float64"
    device: str = "cpu"
    outputs: int | None = None
    """How many numbers the module must give for a sample; None takes what comes."""

    def __post_init__(self) -> None:
        _ = self.dtype, find_init(self.init)
        check_device(self.device)
        if not self.dim:
            frozen = sum(parameter.numel() for parameter in self._module.parameters())
            raise ValueError(f"A network has parameters to train; this module has none ({frozen:,} are frozen).")
        self._try_out()

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        if self.precision not in PRECISIONS:
            raise ValueError(f"The dtype of a network is float32 or float64; got '{self.precision}'.")
        return np.dtype(self.precision)

    @property
    def layout(self) -> tuple[Slot, ...]:
        return self._packing.slots

    @property
    def dim(self) -> int:
        return self._packing.dim

    @cached_property
    def activations(self) -> int:
        """Numbers that one sample leaves behind in the layers."""
        counts: list[int] = []
        layers = [layer for layer in self._module.modules() if not list(layer.children())]
        hooks = [
            layer.register_forward_hook(lambda _, __, out: counts.append(sum(one.numel() for one in tensors(out))))
            for layer in layers
        ]
        try:
            with torch.no_grad():
                self._module(torch.zeros((1, *self.shape), dtype=self._kind, device=self.device))
        finally:
            for hook in hooks:
                hook.remove()
        return max(1, sum(counts))

    @property
    def chunk(self) -> int:
        """Samples at once that keep the activations within `MEMORY`."""
        return max(1, MEMORY // (self.activations * self.dtype.itemsize))

    @property
    def notes(self) -> tuple[str, ...]:
        """What is constant in the module, and what became of complex parameters, in sentences."""
        return constants(self._module, self._packing)

    def theta0(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Drawn from `rng` alone: torch's generator is seeded from it for the module's own law, and put back."""
        return draw(self.init, self.make, self.shape, self.layout, rng)

    def block(self, n_samples: int) -> int:
        if self.device == "cpu":
            return max(1, CACHE_ELEMENTS // (n_samples * self.activations))
        # a device wants as many lanes at once as its memory holds
        return max(1, MEMORY // (n_samples * self.activations * self.dtype.itemsize))

    def forward(self, thetas: Array, inputs: Array) -> Array:
        with torch.no_grad():
            return numbers(self._outputs(self._tensor(thetas), self._samples(inputs)))

    @torch.enable_grad()
    def vjp(self, thetas: Array, inputs: Array) -> tuple[Array, Pullback]:
        flat = self._tensor(thetas).requires_grad_()
        outputs = self._outputs(flat, self._samples(inputs))

        def pullback(cotangent: Array) -> NDArray[np.float64]:
            (grads,) = torch.autograd.grad(outputs, flat, self._tensor(cotangent))
            return grads.double().cpu().numpy()

        return numbers(outputs.detach()), pullback

    @torch.enable_grad()
    def input_gradient(self, theta: Array, inputs: Array, cotangent: Array) -> Array:
        samples = self._samples(inputs).requires_grad_()
        outputs = self._outputs(self._tensor(theta[None]), samples)[0]
        grads = _grad(outputs, samples, self._tensor(cotangent))
        return numbers(grads.reshape(len(inputs), -1))

    @torch.enable_grad()
    def jacobian(self, theta: Array, inputs: Array) -> NDArray[np.float64]:
        if self.maps:
            jacobian = torch.func.jacrev(self._function(inputs))(self._tensor(theta))
            return jacobian.double().cpu().numpy()
        flat = self._tensor(theta).requires_grad_()
        outputs = self._call(flat, self._samples(inputs))
        found = [
            _grad(outputs, flat, row)  # one way back for each of the n m outputs
            for row in torch.eye(outputs.numel(), dtype=self._kind, device=self.device).reshape(-1, *outputs.shape)
        ]
        return torch.stack(found).reshape(*outputs.shape, self.dim).double().cpu().numpy()

    @torch.enable_grad()
    def hvp(self, theta: Array, vector: Array, inputs: Array, targets: Array, loss: Loss) -> NDArray[np.float64]:
        """`J^T (d2L) J v`, and the outputs' own curvature along v; J v is the derivative of `u.J v` in u."""
        flat, move = self._tensor(theta).requires_grad_(), self._tensor(vector)
        outputs = self._call(flat, self._samples(inputs))
        u = torch.zeros_like(outputs, requires_grad=True)
        moved = _grad(_grad(outputs, flat, u, create_graph=True), u, move)
        weights = loss.value_and_cotangent(numbers(outputs.detach())[None], targets)[1][0]
        bent = loss.curvature(numbers(outputs.detach())[None], numbers(moved)[None], targets)[0]
        sloped = _grad(outputs, flat, self._tensor(weights), create_graph=True)
        # J' L'' J v + sum_k L'_k (d2 f_k) v: the second is the gradient of L'.f, differentiated along v, L' held fixed
        product = _grad(outputs, flat, self._tensor(bent)) + _grad(sloped, flat, move)
        return product.double().cpu().numpy()

    def placed(self, array: Array) -> Tensor:
        """Numbers in the precision of the module, where it computes."""
        return self._tensor(array)

    def sampled(self, inputs: Array) -> Tensor:
        """Inputs `(n, d)` there, in the shape of the module's samples."""
        return self._samples(inputs)

    def respond(self, flat: Tensor, samples: Tensor) -> Tensor:
        """Outputs `(B, n, m)` for parameters `(B, P)` that are there already; torch can differentiate them."""
        return self._outputs(flat, samples)

    def leaves(self, flat: Tensor) -> dict[str, Tensor]:
        """Parameters `(..., P)` as tensors to differentiate in, by slot."""
        return self._packing.leaves(flat)

    def answer(self, leaves: Mapping[str, Tensor], samples: Tensor) -> Tensor:
        """Outputs `(n, m)` for the slots of one vector."""
        return self._called(self._packing.parameters(leaves), samples)

    @cached_property
    def _module(self) -> nn.Module:
        with blaming(self.name, f"cannot be made for samples of shape {self.shape}"):
            return converted(made(self.make, self.shape, 0), self._kind, self.device)

    @cached_property
    def _packing(self) -> Packing:
        return pack(self._module)

    @property
    def _kind(self) -> torch.dtype:
        return PRECISIONS[self.precision]

    @cached_property
    def maps(self) -> bool:
        """Whether torch can batch this module over parameters; one with decisions inside it cannot."""
        flat = torch.zeros((2, self.dim), dtype=self._kind, device=self.device)
        samples = torch.zeros((2, *self.shape), dtype=self._kind, device=self.device)
        try:
            with torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("error")  # torch warns where it would batch by a slow loop of its own
                torch.func.vmap(lambda one: self._call(one, samples))(flat)
        except (RuntimeError, UserWarning):
            return False
        return True

    def _try_out(self) -> None:
        """Call the module on a few samples near zero, and look at what it does."""
        rng = np.random.default_rng(0)
        theta = self.theta0(rng) + MOVED * rng.standard_normal(self.dim)
        flat, samples = self._tensor(theta), self._tensor(rng.uniform(-1, 1, (TRIED, *self.shape)))
        with blaming(self.name, f"fails on samples of shape {self.shape}"):
            check_behaviour(self._module, lambda some: self._call(flat, some), samples)
            outputs = self._call(flat.requires_grad_(), samples)
        if not outputs.requires_grad:
            raise ValueError(
                f"The module '{self.name}' gives an output without a gradient: something detaches, or leaves torch."
            )

    def _outputs(self, flat: Tensor, samples: Tensor) -> Tensor:
        if len(flat) > 1 and self.maps:
            return torch.func.vmap(lambda one: self._call(one, samples))(flat)
        return torch.stack([self._call(one, samples) for one in flat])

    def _call(self, flat: Tensor, samples: Tensor) -> Tensor:
        return self._called(self._packing.views(flat), samples)

    def _called(self, parameters: dict[str, Tensor], samples: Tensor) -> Tensor:
        answer = torch.func.functional_call(self._module, parameters, (samples,))
        return rows(answer, len(samples), self.outputs)

    def _function(self, inputs: Array) -> Function:
        samples = self._samples(inputs)
        return lambda flat: self._call(flat, samples)

    def _samples(self, inputs: Array) -> Tensor:
        return self._tensor(inputs).reshape(len(inputs), *self.shape)

    def _tensor(self, array: Array) -> Tensor:
        array = np.require(array, self.dtype, ["C", "W"])  # torch warns of arrays that nobody may write into
        return torch.from_numpy(array).to(self.device)


def _grad(outputs: Tensor, inputs: Tensor, weights: Tensor, *, create_graph: bool = False) -> Tensor:
    """`weights . d outputs / d inputs`, zero where the outputs do not depend on them; the graph is kept."""
    options: dict[str, Any] = {"retain_graph": True, "create_graph": create_graph, "materialize_grads": True}
    return torch.autograd.grad(outputs, inputs, weights, **options)[0]
