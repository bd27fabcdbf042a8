"""Keeps what some libraries change for the whole process: random states, warnings filters, the root logger."""

import logging
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def globals_kept() -> Iterator[None]:
    """Put back, however the block ends, what importing or running a library in it has changed."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    numpy_state = np.random.get_state()  # noqa: NPY002  # not drawn from: kept for whoever does
    python_state = random.getstate()
    try:
        with warnings.catch_warnings():
            yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)
        root.setLevel(level)
        root.handlers[:] = handlers
