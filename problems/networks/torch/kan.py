"""Kolmogorov-Arnold networks (Liu, Wang et al. 2024): a learned function on every edge, and sums at the nodes.

Each is `w_b silu(x) + w_s sum_g c_g B_g(x)` with cubic B-splines on an even grid of [-1, 1] (equation 2.10); at the
start `w_s = 1`, c from N(0, 0.1^2) and w_b by Glorot's law (section 2.2). The published code may move its grid while it
trains; here it stays, so that the network is one function of its parameters. What leaves it has silu alone.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # as torch's own pages write it

ORDER = 3


class Edges(nn.Module):
    """One layer, from `inputs` to `outputs` numbers."""

    def __init__(self, inputs: int, outputs: int, grid: int) -> None:
        super().__init__()
        self.grid = grid
        self.base = nn.Parameter(torch.empty(outputs, inputs))
        self.scale = nn.Parameter(torch.ones(outputs, inputs))
        self.spline = nn.Parameter(0.1 * torch.randn(outputs, inputs, grid + ORDER))
        nn.init.xavier_uniform_(self.base)

    def forward(self, x: Tensor) -> Tensor:
        """Outputs `(n, outputs)`."""
        weights = self.scale[..., None] * self.spline
        return F.linear(F.silu(x), self.base) + F.linear(splines(x, self.grid).flatten(1), weights.flatten(1))


def splines(x: Tensor, grid: int) -> Tensor:
    """The grid + 3 cubic B-splines on [-1, 1] in so many cells, `(n, d, grid + 3)` for `x (n, d)`."""
    centres = torch.arange(-1, grid + 2, dtype=x.dtype, device=x.device)
    # distance from the middle of each spline, in cells
    u = torch.abs((x[..., None] + 1) * (grid / 2) - centres)
    # the cardinal cubic: ((2 - u)_+^3 - 4 (1 - u)_+^3) / 6
    return (torch.relu(2 - u) ** 3 - 4 * torch.relu(1 - u) ** 3) / 6


class Kan(nn.Module):
    """Layers of edges; it sees shares of the domain, which become [-1, 1]."""

    def __init__(self, widths: tuple[int, ...], grid: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*[Edges(inputs, outputs, grid) for inputs, outputs in pairwise(widths)])

    def forward(self, share: Tensor) -> Tensor:
        """Outputs `(n, m)`."""
        return self.layers(2 * share - 1)
