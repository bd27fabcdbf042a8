"""Modules of torch on coordinates, by the names of `problems.networks.families`, each from its paper."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from problems.factories import resolve
from problems.networks.families import FAMILIES, numbers_of
from problems.networks.torch.architectures import ACTIVATIONS
from problems.networks.torch.hash_grid import HashGrid
from problems.networks.torch.kan import Kan
from problems.networks.torch.transformer import Transformer


class Domain(nn.Module):
    """Where the variables lie: `start` and `length` of each, `(d,)`; a share of 0 is the start, 1 the end."""

    def __init__(self, start: tuple[float, ...], length: tuple[float, ...]) -> None:
        super().__init__()
        self.start, self.length = torch.tensor(start), torch.tensor(length)

    def forward(self, x: Tensor) -> Tensor:
        """Shares `(n, d)` of the domain."""
        return (x - self.start) / self.length


class Wavelet(nn.Module):
    """exp(i w0 z - |s0 z|^2) of a linear layer (Saragadam et al. 2023, equation 3)."""

    def __init__(self, linear: nn.Linear, w0: float, s0: float) -> None:
        super().__init__()
        self.linear, self.w0, self.s0 = linear, w0, s0

    def forward(self, x: Tensor) -> Tensor:
        """Complex activations."""
        z = self.linear(x)
        square = (z.real**2 + z.imag**2) if z.is_complex() else z**2  # |z| itself has no slope at 0
        return torch.exp(1j * self.w0 * z - self.s0**2 * square)


class Wire(nn.Module):
    """The first layer is real, the others complex, and the real part is the output."""

    def __init__(self, ends: tuple[int, int], width: int, layers: int, speeds: tuple[float, float]) -> None:
        super().__init__()
        linear = [nn.Linear(ends[0], width)]
        linear += [nn.Linear(width, width, dtype=torch.cfloat) for _ in range(layers - 1)]
        self.waves = nn.Sequential(*[Wavelet(layer, *speeds) for layer in linear])
        self.last = nn.Linear(width, ends[1], dtype=torch.cfloat)

    def forward(self, x: Tensor) -> Tensor:
        """Outputs `(n, m)`."""
        return self.last(self.waves(x)).real


class Block(nn.Module):
    """h + W2 phi(W1 h)."""

    def __init__(self, width: int, phi: nn.Module) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(width, width), phi, nn.Linear(width, width))

    def forward(self, h: Tensor) -> Tensor:
        """The same shape."""
        return h + self.inner(h)


def wire(ends: tuple[int, int], phi: str, domain: Domain, *numbers: float) -> nn.Module:
    """`families.wire`."""
    del phi, domain
    width, layers, w0, s0 = numbers
    return Wire(ends, int(width), int(layers), (w0, s0))


def kan(ends: tuple[int, int], phi: str, domain: Domain, *numbers: float) -> nn.Module:
    """`families.kan`."""
    del phi
    width, layers, grid = map(int, numbers)
    return nn.Sequential(domain, Kan((ends[0], *[width] * layers, ends[1]), grid))


def hash_grid(ends: tuple[int, int], phi: str, domain: Domain, *numbers: float) -> nn.Module:
    """`families.hash_grid`."""
    del phi
    levels, table, coarsest, width = map(int, numbers)
    grid = HashGrid(ends[0], levels, table, coarsest)
    head: list[nn.Module] = [
        nn.Linear(grid.width, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, ends[1]),
    ]
    return nn.Sequential(domain, grid, *head)


def residual(ends: tuple[int, int], phi: str, domain: Domain, *numbers: float) -> nn.Module:
    """`families.residual`."""
    del domain
    width, blocks = map(int, numbers)
    modules: list[nn.Module] = [nn.Linear(ends[0], width)]
    modules += [Block(width, _activation(phi)) for _ in range(blocks)]
    return nn.Sequential(*modules, nn.Linear(width, ends[1]))


def layer_norm(ends: tuple[int, int], phi: str, domain: Domain, *numbers: float) -> nn.Module:
    """`families.layer_norm`."""
    del domain
    width, layers = map(int, numbers)
    modules: list[nn.Module] = []
    for layer in range(layers):
        modules += [nn.Linear(width if layer else ends[0], width), nn.LayerNorm(width), _activation(phi)]
    return nn.Sequential(*modules, nn.Linear(width, ends[1]))


def transformer(ends: tuple[int, int], phi: str, domain: Domain, *numbers: float) -> nn.Module:
    """`families.transformer`."""
    del phi, domain
    width, layers, tokens, heads = map(int, numbers)
    return Transformer(ends, width, layers, tokens, heads)


def _activation(text: str) -> nn.Module:
    return resolve("activation of a torch network", text, ACTIVATIONS)


NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "hash-grid": hash_grid,
    "kan": kan,
    "layer-norm": layer_norm,
    "residual": residual,
    "transformer": transformer,
    "wire": wire,
}
"""Of inputs and outputs, the name of the activations, the domain, and all numbers of the family."""


def maker(
    text: str, ends: tuple[int, int], activation: str, start: tuple[float, ...], length: tuple[float, ...]
) -> Callable[[], nn.Module]:
    """What makes the module that `text` names, from `ends` inputs to outputs; raises ValueError."""
    name, numbers = text.partition("(")[0].strip(), numbers_of(text)
    # a part of the module, if its family says so
    if FAMILIES[name](*numbers).activation != "own":
        _activation(activation)
    elif activation != "own":
        raise ValueError(f"The network '{name}' has its own activation: --activation own; got '{activation}'.")
    return lambda: NETWORKS[name](ends, activation, Domain(start, length), *numbers)
