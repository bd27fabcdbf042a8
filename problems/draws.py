"""Whoever draws from a global generator while a problem is made draws the same in every process."""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import numpy as np


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the global generators of Python, numpy and, once it is loaded, torch on a CPU; then they are as before."""
    torch = sys.modules.get("torch")
    states = random.getstate(), np.random.get_state()  # noqa: NPY002  # not drawn from by us
    with torch.random.fork_rng(devices=[]) if torch else nullcontext():
        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002  # for a user's code
        if torch:
            # torch.manual_seed would seed the GPUs too, which the fork does not put back
            torch.default_generator.manual_seed(seed)
        try:
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])  # noqa: NPY002  # as it was
