"""Features from grids of doubling fineness, whose corners share a table by hashing (Mueller et al. 2022, section 3).

Level l has `coarsest 2^l` cells an axis; where its corners are no more than the table's rows, each has a row of its
own, otherwise they are hashed by `xor_i x_i p_i` (equation 4). Features are interpolated linearly and start as
U(+-1e-4). The paper has 16 levels with tables of 2^14 to 2^24 rows; small ones do for small problems.
"""

from itertools import product

import torch
from torch import Tensor, nn

PRIMES = (1, 2654435761, 805459861)
FEATURES = 2


class HashGrid(nn.Module):
    """From shares `(n, d)` of the domain, d up to 3, to `(n, 2 levels)` features."""

    def __init__(self, variables: int, levels: int, table: int, coarsest: int) -> None:
        super().__init__()
        if variables > len(PRIMES):
            raise ValueError(f"A hash grid has at most {len(PRIMES)} variables; got {variables}.")
        self.cells = [coarsest * 2**level for level in range(levels)]
        self.rows = [min(table, (cells + 1) ** variables) for cells in self.cells]
        self.tables = nn.ParameterList([torch.empty(rows, FEATURES).uniform_(-1e-4, 1e-4) for rows in self.rows])
        self.corners = torch.tensor(list(product((0, 1), repeat=variables)))

    @property
    def width(self) -> int:
        """How many features there are."""
        return FEATURES * len(self.cells)

    def forward(self, share: Tensor) -> Tensor:
        """Interpolated features, level after level."""
        levels = zip(self.tables, self.cells, self.rows, strict=True)
        return torch.cat([self._level(share, *level) for level in levels], dim=1)

    def _level(self, share: Tensor, table: Tensor, cells: int, rows: int) -> Tensor:
        place = share.clamp(0, 1) * cells
        low = place.detach().floor().clamp(max=cells - 1)
        # (n, corners, d): each corner's cell, and how much of each axis is nearest to it
        near = torch.where(self.corners == 1, (place - low)[:, None], 1 - (place - low)[:, None])
        features = table[self._row(low.long()[:, None] + self.corners, cells, rows)]
        return (features * near.prod(-1, keepdim=True)).sum(1)

    def _row(self, corner: Tensor, cells: int, rows: int) -> Tensor:
        if (cells + 1) ** corner.shape[-1] == rows:
            row = corner[..., 0]
            for axis in range(1, corner.shape[-1]):
                row = row * (cells + 1) + corner[..., axis]
            return row
        row = corner[..., 0] * PRIMES[0]
        for axis in range(1, corner.shape[-1]):
            row = torch.bitwise_xor(row, corner[..., axis] * PRIMES[axis])
        return row % rows
