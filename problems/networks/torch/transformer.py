"""A small transformer of a few variables: tokens are affine images of them, so that a sample attends to itself alone.

The tokens are those of Gorishniy et al. 2021, section 3.3, several a variable, and the blocks normalise before
attention and before the two linear layers (Xiong et al. 2020). Attention is written out: it is differentiated twice.
"""

from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # as torch's own pages write it


class Block(nn.Module):
    """h + attention(norm h), and then h + W2 gelu(W1 norm h), four times as wide inside."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.into, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, h: Tensor) -> Tensor:
        """Tokens `(n, T, width)`."""
        h = h + self.out(self._attended(self.into(self.norm1(h))))
        return h + self.narrow(F.gelu(self.wide(self.norm2(h))))

    def _attended(self, joined: Tensor) -> Tensor:
        n, tokens, width = joined.shape[0], joined.shape[1], joined.shape[2] // 3
        # three of shape `(n, heads, T, width / heads)`
        q, k, v = joined.reshape(n, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        # softmax(q k' / sqrt(width of a head)) v
        weights = torch.softmax(q @ k.transpose(-1, -2) / sqrt(width // self.heads), dim=-1)
        return (weights @ v).transpose(1, 2).reshape(n, tokens, width)


class Transformer(nn.Module):
    """Tokens, blocks, a last norm, and a linear layer of the tokens' mean."""

    def __init__(self, ends: tuple[int, int], width: int, layers: int, tokens: int, heads: int) -> None:
        super().__init__()
        self.tokens, self.width = tokens, width
        self.embed = nn.Linear(ends[0], tokens * width)
        self.blocks = nn.Sequential(*[Block(width, heads) for _ in range(layers)])
        self.norm, self.last = nn.LayerNorm(width), nn.Linear(width, ends[1])

    def forward(self, x: Tensor) -> Tensor:
        """Outputs `(n, m)`."""
        h = self.blocks(self.embed(x).reshape(len(x), self.tokens, self.width))
        return self.last(self.norm(h).mean(dim=1))
