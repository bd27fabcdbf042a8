"""Compiling a core once for a machine: numba's cache on disk, made to notice every change of ours.

numba's index of a cached function holds the function's own code and what it closes over, but no code that it calls in
other files. So each core closes over `version = VERSION`, which changes when any source file of this folder does.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from numba import njit, types
from numba.extending import register_jitable

Core: TypeAlias = Callable[..., Any]
F = TypeVar("F", bound=Callable[..., Any])

PLAIN = {"error_model": "numpy", "no_cfunc_wrapper": True}
PART = {**PLAIN, "forceinline": True}
"""Of what is called: a call that is left has the numbers of whichever copy of the part the process has loaded first."""


def plain(function: F) -> F:
    """A part of cores that keeps to the rules of floating point, as scalar searches do: scipy's numbers to the bit."""
    return register_jitable(**PART)(function)


def fast(function: F) -> F:
    """A part whose sums may be reordered, and become vectors."""
    return register_jitable(**PART, fastmath={"reassoc", "contract", "nsz"})(function)


VERSION = int.from_bytes(
    hashlib.sha256(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))).digest()[:7]
)

WHOLE = types.int64
FLOAT = types.float64
FLOATS = types.float64[::1]
WHOLES = types.int64[::1]
START = (WHOLE, WHOLE, FLOATS, FLOATS, FLOATS)
"""What every core begins with: address and context of the loss, the point moved, room for a point and a gradient."""


def compile_core(function: Any, *arguments: Any) -> Core:
    """The machine code of a core, which begins with `START` and goes on with these types."""
    return compile_for(function, *START, *arguments)


def compile_for(function: Any, *arguments: Any) -> Core:
    """The machine code of `function` for these types, from numba's cache where it has been there before.

    It is called without numba's checks: arguments must be exactly of these types, and arrays contiguous."""
    assert "version" in function.__code__.co_freevars
    try:
        return njit(cache=True, **PLAIN)(function).compile(arguments)
    except Exception:  # noqa: BLE001  # a cache that is cut off, full or read-only is a miss; an error of ours comes again
        return njit(**PLAIN)(function).compile(arguments)
