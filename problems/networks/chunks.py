"""How many samples at once keep what a network computes on the way within a bound of memory."""

from problems.base import Network

MEMORY = 1 << 29
"""Bytes of activations that are held at once."""
COPIES = 4
"""Arrays of the size of all activations: before and after the nonlinearity, and on the way back."""


def chunk_of(network: Network, samples: int) -> int | None:
    """At most so many samples at once, None where all of them fit.

    A torch module says so itself; of other networks each matrix has as many outputs as it has rows."""
    own = getattr(network, "chunk", None)
    if own is None:
        width = sum(slot.shape[0] for slot in network.layout if len(slot.shape) > 1) or 1
        own = max(1, MEMORY // (width * network.dtype.itemsize * COPIES))
    return own if own < samples else None
