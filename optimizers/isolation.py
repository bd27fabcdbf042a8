"""Keeps what some libraries change for the whole process: random states, warnings filters, the root logger."""

import copy
import logging
import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import numpy as np

from optimizers.base import Streams


@contextmanager
def globals_kept() -> Iterator[None]:
    """Put back, however the block ends, what importing or running a library in it has changed."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    numpy_state = np.random.get_state()  # noqa: NPY002  # not drawn from: kept for whoever does
    python_state = random.getstate()
    torch = sys.modules.get("torch")
    try:
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]) if torch else nullcontext():
            yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002  # as above
        random.setstate(python_state)
        root.setLevel(level)
        root.handlers[:] = handlers


@contextmanager
def seeded(rng: Streams) -> Iterator[None]:
    """Have the global generators, torch's too once it is loaded, draw what `rng` says, which itself stays as it is.

    Of several streams it is the first one. The states are put back, however the block ends."""
    first = rng if isinstance(rng, np.random.Generator) else rng[0]
    seed = int(copy.deepcopy(first).integers(2**32))
    with globals_kept():
        np.random.seed(seed)  # noqa: NPY002  # for whoever draws from it all the same
        random.seed(seed)
        if "torch" in sys.modules:
            sys.modules["torch"].default_generator.manual_seed(seed)
        yield
